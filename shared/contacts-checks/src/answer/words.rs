//! What is found in an answer, in words short enough for a report.

use serde_json::Value;

/// The longest excerpt of a server's words that goes into a report, in characters.
pub(super) const EXCERPT: usize = 160;

/// Whether a text in `value`, or the name of a member, contains `name`.
pub(super) fn mentions(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => text.contains(name),
        Value::Array(items) => items.iter().any(|item| mentions(item, name)),
        Value::Object(members) => members
            .iter()
            .any(|(member, value)| member.contains(name) || mentions(value, name)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// What kind of value it is. Never the value itself: it may be anyone's data.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(text) if text.is_empty() => "an empty text",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// The beginning of a text.
pub(super) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
