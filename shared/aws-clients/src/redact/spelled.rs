//! A text as it reads once every escape in it is undone.
//!
//! A credential may come back percent-encoded within JSON within JSON. Rather than to look for each spelling, all of them are undone, from
//! the left, as often as it takes: what one step gives may be the beginning of another escape.

use std::ops::Range;

/// The characters that a text stands for, each with the part of the text that spells it.
pub(super) struct Spelled {
    pub characters: Vec<char>,
    /// Where each begins in the text; and where the text ends.
    begins: Vec<usize>,
}

impl Spelled {
    pub fn of(text: &str) -> Self {
        let mut spelled = Self {
            characters: Vec::with_capacity(text.len()),
            begins: Vec::with_capacity(text.len() + 1),
        };
        for (at, character) in text.char_indices() {
            spelled.characters.push(character);
            spelled.begins.push(at);
            // Each step leaves fewer characters, so that all of them together are no more than the text is long.
            while let Some((length, stands_for)) = escape(&spelled.characters) {
                let first = spelled.characters.len() - length;
                spelled.characters.truncate(first + 1);
                spelled.begins.truncate(first + 1);
                spelled.characters[first] = stands_for;
            }
        }
        spelled.begins.push(text.len());
        spelled
    }

    /// The part of the text that spells these characters.
    pub fn source(&self, characters: Range<usize>) -> Range<usize> {
        self.begins[characters.start]..self.begins[characters.end]
    }
}

/// The escape that the characters end with: its length, and what it stands for.
fn escape(characters: &[char]) -> Option<(usize, char)> {
    match *characters {
        [.., '\\', quoted @ ('/' | '\\' | '"' | '\'')] => Some((2, quoted)),
        [.., '%', high, low] if low.is_ascii_hexdigit() => ascii(&[high, low]).map(|c| (3, c)),
        [.., '\\', 'x', high, low] if low.is_ascii_hexdigit() => {
            ascii(&[high, low]).map(|c| (4, c))
        }
        [.., '\\', 'u', a, b, c, d] if d.is_ascii_hexdigit() => {
            ascii(&[a, b, c, d]).map(|c| (6, c))
        }
        [.., ';'] => entity(characters),
        _ => None,
    }
}

/// An ASCII character by its number in base 16; no credential has others.
fn ascii(digits: &[char]) -> Option<char> {
    number(digits, 16)
}

fn number(digits: &[char], base: u32) -> Option<char> {
    let add = |sum: u32, digit: &char| sum.checked_mul(base)?.checked_add(digit.to_digit(base)?);
    let number = digits.iter().try_fold(0, add)?;
    char::from_u32(number).filter(char::is_ascii)
}

/// The entity of HTML or XML that the characters end with.
fn entity(characters: &[char]) -> Option<(usize, char)> {
    /// `&equals;` and `&#x0002b;`.
    const LONGEST: usize = 9;
    const NAMED: [(&str, char); 8] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("plus", '+'),
        ("sol", '/'),
        ("equals", '='),
    ];
    let tail = &characters[characters.len().saturating_sub(LONGEST)..];
    let begin = tail.iter().rposition(|c| *c == '&')?;
    let (length, name) = (tail.len() - begin, &tail[begin + 1..tail.len() - 1]);
    let stands_for = match *name {
        ['#', 'x' | 'X', ref digits @ ..] if !digits.is_empty() => number(digits, 16),
        ['#', ref digits @ ..] if !digits.is_empty() => number(digits, 10),
        _ => {
            let named = NAMED
                .iter()
                .find(|(known, _)| known.chars().eq(name.iter().copied()));
            named.map(|(_, character)| *character)
        }
    };
    stands_for.map(|character| (length, character))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        Spelled::of(text).characters.into_iter().collect()
    }

    #[test]
    fn every_escape_is_undone_however_deep() {
        for (text, reads) in [
            ("a%2Fb%2fc", "a/b/c"),
            ("%252B and %25252B", "+ and +"),
            (r"a\/b\u002Bc\u003d", "a/b+c="),
            (r#"\\\"\\u002b\\\/"#, r#""+/"#),
            ("&#43;&#x2B;&plus;&amp;#43;", "++++"),
            (r"\u00252B", "+"),
            ("100% of 50 %zz", "100% of 50 %zz"),
            ("für &nothing; \\n", "für &nothing; \\n"),
            ("%C3%BC \\u00fc", "%C3%BC \\u00fc"),
        ] {
            assert_eq!(read(text), reads, "{text}");
        }
    }

    #[test]
    fn a_character_knows_where_it_stood() {
        let spelled = Spelled::of("ü%2525b");
        assert_eq!(spelled.characters, ['ü', '%', 'b']);
        assert_eq!(spelled.source(1..2), 2..7);
        assert_eq!(spelled.source(0..3), 0..8);
    }
}
