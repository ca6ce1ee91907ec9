//! The members of an object of JSON, each as it is written. What a function answers has a body of JSON in a string, in which each quotation mark is
//! escaped, up to six megabytes of it: a reader that stops at each, to know what it means, needs most of its time for them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// The texts of the values, by their names. Of two of one name the last counts, as for `serde_json`.
pub(super) type Members<'t> = BTreeMap<Cow<'t, str>, &'t str>;

/// The members of an object; `None` where the text is not one object of JSON.
pub(super) fn of(text: &str) -> Option<Members<'_>> {
    let mut members = Members::new();
    let mut rest = without_spaces(text).strip_prefix('{')?;
    if let Some(behind) = without_spaces(rest).strip_prefix('}') {
        return without_spaces(behind).is_empty().then_some(members);
    }
    loop {
        rest = without_spaces(rest);
        let (name, behind) = rest.split_at_checked(length_of_string(rest.as_bytes())?)?;
        let name = serde_json::from_str::<Name<'_>>(name).ok()?.0;
        rest = without_spaces(without_spaces(behind).strip_prefix(':')?);
        let (value, behind) = rest.split_at_checked(length_of_value(rest)?)?;
        members.insert(name, value);
        rest = without_spaces(behind);
        let Some(behind) = rest.strip_prefix(',') else {
            let behind = rest.strip_prefix('}')?;
            return without_spaces(behind).is_empty().then_some(members);
        };
        rest = behind;
    }
}

/// A name, borrowed where nothing in it is escaped.
#[derive(PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
struct Name<'t>(#[serde(borrow)] Cow<'t, str>);

/// Without what JSON takes for spaces (RFC 8259, section 2).
fn without_spaces(text: &str) -> &str {
    text.trim_start_matches([' ', '\t', '\n', '\r'])
}

/// How many bytes the value has that a text begins with.
fn length_of_value(text: &str) -> Option<usize> {
    if text.starts_with('"') {
        return length_of_string(text.as_bytes());
    }
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    values.next()?.ok()?;
    Some(values.byte_offset())
}

/// What stands in a string for itself: all but its end, what begins an escape, and control characters (RFC 8259, section 7).
const PLAIN: [bool; 256] = {
    let mut plain = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        plain[byte] = false;
        byte += 1;
    }
    plain[b'"' as usize] = false;
    plain[b'\\' as usize] = false;
    plain
};

/// How many bytes are looked at at once.
const DULL: usize = 64;

/// Whether bytes within a string are such as stand for themselves, and whole escapes of quotation marks: what a body of JSON consists of. Of
/// each byte it is one question, so that a processor asks it of many at once.
fn is_dull(bytes: &[u8; DULL]) -> bool {
    let is_end = |byte: u8| byte == b'"';
    let escapes = |byte: u8| byte == b'\\';
    let pairs = bytes.iter().zip(&bytes[1..]);
    let odd = pairs.fold(0, |odd, (&before, &byte)| {
        odd | u8::from(escapes(before) != is_end(byte)) | u8::from(byte < 0x20)
    });
    odd == 0 && !is_end(bytes[0]) && bytes[0] >= 0x20 && !escapes(bytes[DULL - 1])
}

/// How many bytes the string has that a text begins with, quotation marks included; `None` where it begins with none.
fn length_of_string(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'"') {
        return None;
    }
    let (mut at, mut looked_at) = (1, 1);
    loop {
        if at >= looked_at {
            while let Some(chunk) = text[at..].first_chunk().filter(|chunk| is_dull(chunk)) {
                at += chunk.len();
            }
            looked_at = at + DULL;
        }
        match *text.get(at)? {
            plain if PLAIN[usize::from(plain)] => at += 1,
            b'"' => return Some(at + 1),
            b'\\' => match text.get(at + 1)? {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' => {
                    let digits = text.get(at + 2..at + 6)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    at += 6;
                }
                _ => return None,
            },
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What `serde_json` makes of it.
    fn read_by_serde(text: &str) -> Option<Members<'_>> {
        let read: BTreeMap<Name<'_>, &RawValue> = serde_json::from_str(text).ok()?;
        Some(
            read.into_iter()
                .map(|(name, value)| (name.0, value.get()))
                .collect(),
        )
    }

    #[test]
    fn members_are_as_they_are_written_and_the_last_of_a_name_counts() {
        let text = " {\"statusCode\" : 200 ,\n\"a\\u0062\":[1, {\"x\": null}],\"body\":\"{\\\"n\\\":\\\\1}\",\"statusCode\":\"201\"} ";
        let found = of(text).unwrap();
        assert_eq!(found["statusCode"], "\"201\"");
        assert_eq!(found["ab"], "[1, {\"x\": null}]");
        assert_eq!(found["body"], "\"{\\\"n\\\":\\\\1}\"");
        assert_eq!(found.len(), 3);
    }

    proptest! {
        #[test]
        fn a_text_has_the_members_that_serde_json_finds(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "{", "}", "\"", "\\", ":", ",", "[", "]", "a", "\"a\":", "\"b\":\"", "\\\"", "\\u00e9", "\\ud83d", "\\x", "1", "-", "1.5e3",
                    "null", "true", " ", "\n", "\t", "\u{1}", "\u{a0}", "é", "\"body\":\"{\\\"n\\\":1}\"",
                ]),
                0..14,
            ),
            is_wrapped: bool,
        ) {
            let mut text: String = pieces.concat();
            if is_wrapped {
                text = format!("{{{text}}}");
            }
            prop_assert_eq!(of(&text), read_by_serde(&text), "{}", text);
        }

        #[test]
        fn a_long_string_ends_where_serde_json_finds_its_end(
            pieces in prop::collection::vec(
                prop_oneof![
                    40 => prop::sample::select(vec!["\\\"id\\\":", "a", "1234567890123", "é"]),
                    1 => prop::sample::select(vec!["\"", "\\\\", "\\n", "\\u00e9", "\\u00g9", "\\", "\u{1f}"]),
                ],
                0..120,
            ),
        ) {
            let text = format!("{{\"body\":\"{}\"}}", pieces.concat());
            prop_assert_eq!(of(&text), read_by_serde(&text), "{}", text);
        }
    }
}
