//! Characters beyond the basic plane, as JSON escapes them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Writes JSON's surrogate pairs, which YAML does not have, as YAML's own escapes.
///
/// The escape is shorter by two characters; two spaces behind the string keep every later place where it was.
pub(super) fn without_surrogates(text: &str) -> Cow<'_, str> {
    if !text.contains("\\ud") && !text.contains("\\uD") {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len());
    let mut padding = 0;
    let mut in_string = false;
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let mut length = character.len_utf8();
        match character {
            '\\' if in_string => {
                if let Some(pair) = surrogate_pair(rest) {
                    write!(written, "\\U{pair:08X}")
                        .expect("a String takes all that is written to it");
                    padding += 2;
                    rest = &rest[12..];
                    continue;
                }
                length += rest[1..].chars().next().map_or(0, char::len_utf8);
            }
            '"' => in_string = !in_string,
            _ => {}
        }
        written.push_str(&rest[..length]);
        if character == '"' && !in_string {
            written.extend(std::iter::repeat_n(' ', std::mem::take(&mut padding)));
        }
        rest = &rest[length..];
    }
    Cow::Owned(written)
}

/// The character that a text's first two `\u` escapes stand for together.
fn surrogate_pair(text: &str) -> Option<u32> {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let units = [unit(0)?, unit(6)?];
    (0xD800..0xDC00).contains(&units[0]).then_some(())?;
    char::decode_utf16(units).next()?.ok().map(u32::from)
}
