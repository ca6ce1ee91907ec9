//! The hashes in SAM's logical ids (SAM translator, `translator/logical_id_generator.py`).

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

use crate::text::{Node, NodeKind};

/// The first ten hexadecimal digits of the SHA-1 of a text.
pub(super) fn of_text(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let mut hash = String::new();
    for byte in Sha1::digest(text.as_bytes()).iter().take(5) {
        write!(hash, "{byte:02x}").expect("a String takes all that is written to it");
    }
    hash
}

/// The hash of a value: of its JSON as Python writes it, compact and with sorted keys.
pub(super) fn of_node(node: &Node) -> String {
    let mut json = String::new();
    write_json(node, &mut json);
    of_text(&json)
}

fn write_json(node: &Node, json: &mut String) {
    match &node.kind {
        NodeKind::Null => json.push_str("null"),
        NodeKind::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
        NodeKind::Number(number) => json.push_str(&number.to_string()),
        NodeKind::String(text) => write_string(text, json),
        NodeKind::List(items) => {
            json.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_json(item, json);
            }
            json.push(']');
        }
        NodeKind::Map(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            json.push('{');
            for (index, (key, entry)) in entries.into_iter().enumerate() {
                if index > 0 {
                    json.push(',');
                }
                write_string(key, json);
                json.push(':');
                write_json(&entry.value, json);
            }
            json.push('}');
        }
    }
}

/// As Python's `ensure_ascii` does: everything beyond ASCII as UTF-16 escapes.
fn write_string(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            ' '..='\u{7e}' => json.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(json, "\\u{unit:04x}")
                        .expect("a String takes all that is written to it");
                }
            }
        }
    }
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Place;
    use crate::text::parse;

    #[test]
    fn a_version_hashes_as_the_translator_hashes_it() {
        // Both recorded from a run of aws-sam-translator 1.115.0.
        for (code, hash) in [
            (
                r#"{"S3Bucket": "b", "S3Key": "k", "Variables": {"A": "1"}, "MemorySize": 256}"#,
                "2074b460d4",
            ),
            (r#"{"S3Bucket": "b", "S3Key": "k"}"#, "03ba323aca"),
        ] {
            assert_eq!(of_node(&parse(code).unwrap().root), hash);
        }
    }

    #[test]
    fn text_beyond_ascii_is_escaped_as_python_does() {
        let mut json = String::new();
        write_json(&Node::string("é😀\u{7f}", Place::default()), &mut json);
        assert_eq!(
            json,
            "\"\\u00e9\\ud83d\\ude00\u{7f}\"".replace('\u{7f}', "\\u007f")
        );
    }
}
