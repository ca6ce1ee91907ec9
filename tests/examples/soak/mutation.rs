//! Damage to a text: what an editor, a broken disk or someone hostile makes of it.

use std::ops::Range;

use crate::dice::Dice;

/// Numbers that are beyond what something takes.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1441",
    "100001",
    "4294967296",
    "18446744073709551616",
    "999999999999999999999999999999",
    "1e400",
    "-0.0",
    "nan",
    "0x7fffffffffffffff",
    "1e-9",
];

/// Bytes that act on a terminal or a parser, or are no UTF-8.
const CONTROL: [&[u8]; 12] = [
    b"\0",
    b"\x1b[2J",
    b"\x1b]0;title\x07",
    b"\r",
    b"\x7f",
    b"\x0b\x0c",
    b"\t",
    b"\xff\xfe",
    b"\xc2\x9b31m",
    b"\xe2\x80\xae",
    b"\xe2\x80\xa8",
    b"\xef\xbb\xbf",
];

/// How much the copies of a line may come to, in bytes: more than is read of any file but an event's.
const MOST_COPIED: usize = 1 << 21;

/// The text with a few things wrong.
pub fn mutated(dice: &mut Dice, text: &[u8]) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..*dice.one(&[&1, &1, &1, &2, &5]) {
        mutate(dice, &mut text);
    }
    text
}

fn mutate(dice: &mut Dice, text: &mut Vec<u8>) {
    match dice.number(0..=9) {
        0 => {
            for _ in 0..dice.number(1..=8) {
                let (at, bit) = (dice.index(text.len()), dice.number(0..=7));
                if let Some(byte) = text.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
        }
        1 => drop(text.drain(some_line(dice, text))),
        2 => {
            let line = some_line(dice, text);
            let times = *dice.one(&[&1, &1, &1, &2_000]);
            let times = times.min(MOST_COPIED / line.len().max(1));
            let copies = text[line.clone()].repeat(times);
            text.splice(line.end..line.end, copies);
        }
        3 => {
            let numbers = numbers(text);
            if !numbers.is_empty() {
                let number = numbers[dice.index(numbers.len())].clone();
                text.splice(number, dice.one(&NUMBERS).bytes());
            }
        }
        4 => insert(dice, text, CONTROL),
        5 => text.truncate(dice.index(text.len())),
        6 => {
            let line = some_line(dice, text);
            let line: Vec<u8> = text.drain(line).collect();
            let at = some_line(dice, text).start;
            text.splice(at..at, line);
        }
        7 => insert(
            dice,
            text,
            [b"{", b"[", b"\"", b": ", b"#", b"&a *a", b"!Ref ", b"- "],
        ),
        8 => {
            let long = "x".repeat(usize::try_from(dice.number(1..=300_000)).unwrap_or_default());
            insert(dice, text, [long.as_bytes()]);
        }
        _ => {
            let from = some_line(dice, text);
            let to = some_line(dice, text);
            let line = text[from].to_vec();
            text.splice(to, line);
        }
    }
}

fn insert<const N: usize>(dice: &mut Dice, text: &mut Vec<u8>, what: [&[u8]; N]) {
    let at = dice.index(text.len());
    text.splice(at..at, dice.one(&what).iter().copied());
}

/// Where a line is, its line feed included.
fn some_line(dice: &mut Dice, text: &[u8]) -> Range<usize> {
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let mut end = 0;
    let mut ranges: Vec<_> = lines
        .map(|line| {
            let start = end;
            end += line.len();
            start..end
        })
        .collect();
    if ranges.is_empty() {
        return 0..0;
    }
    ranges.swap_remove(dice.index(ranges.len()))
}

/// Where the whole numbers of a text are.
fn numbers(text: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, _) in text
        .iter()
        .enumerate()
        .filter(|(_, byte)| byte.is_ascii_digit())
    {
        match found.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => found.push(at..at + 1),
        }
    }
    found
}
