//! The shape of every error: a problem document (RFC 9457).

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::envelope::Metadata;
use crate::limits;

/// The media type of a problem document (RFC 9457, section 3).
pub const MEDIA_TYPE: &str = "application/problem+json";

/// One fault of a request's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What is wrong there and what would be right.
    pub detail: String,
    /// Where it is: a JSON pointer as a URI fragment, as in RFC 9457's own example (`#/address/0`).
    pub pointer: String,
}

/// Where a body stops being JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The byte within the line, from 1; 0 where the line was just begun.
    pub column: usize,
}

/// A problem document. It carries the same metadata as a success, so that anyone can see which version answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is (RFC 9457, section 4.2.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// The status's own phrase.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time and what to do about it.
    pub detail: String,
    /// Where the body stops being JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The faults of the body, each with its place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Violation>,
    /// Who answered.
    pub metadata: Metadata,
}

impl Problem {
    /// A problem with a status, its phrase and a detail, of which at most [`limits::DETAIL_BYTES`] are kept.
    pub fn new(status: u16, title: &str, detail: impl Into<String>, metadata: Metadata) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status,
            detail: cut(&detail.into(), limits::DETAIL_BYTES).into_owned(),
            position: None,
            errors: Vec::new(),
            metadata,
        }
    }
}

/// What an answer quotes of a text that a caller chose: at most [`limits::QUOTED_BYTES`] of it. A request may hold 10 MB, and
/// an answer that repeats it may not be one that Lambda takes.
///
/// ```
/// use contacts::problem::quoted;
///
/// assert_eq!(quoted("soon"), "soon");
/// assert!(quoted(&"x".repeat(1_000_000)).ends_with("xxx…"));
/// ```
pub fn quoted(text: &str) -> Cow<'_, str> {
    cut(text, limits::QUOTED_BYTES)
}

/// `text`, or its beginning and an ellipsis, in at most `bytes`.
fn cut(text: &str, bytes: usize) -> Cow<'_, str> {
    const ELLIPSIS: &str = "…";
    if text.len() <= bytes {
        return Cow::Borrowed(text);
    }
    let end = text.floor_char_boundary(bytes.saturating_sub(ELLIPSIS.len()));
    Cow::Owned(format!("{}{ELLIPSIS}", &text[..end]))
}

/// `pointer` with one more step, as a URI fragment: `~` and `/` escaped as RFC 6901 says, the rest percent-encoded.
pub(crate) fn step(pointer: &str, name: &str) -> String {
    let mut longer = format!("{pointer}/");
    for byte in name.bytes() {
        match byte {
            b'~' => longer.push_str("~0"),
            b'/' => longer.push_str("~1"),
            // The unreserved characters of RFC 3986.
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
                longer.push(char::from(byte));
            }
            _ => longer.extend(["%", &format!("{byte:02X}")]),
        }
    }
    longer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_what_its_syntax_needs() {
        assert_eq!(step("#", "a/b~c d%é"), "#/a~1b~0c%20d%25%C3%A9");
    }

    #[test]
    fn a_quotation_is_cut_between_characters() {
        assert_eq!(quoted("é"), "é");
        for text in ["x".repeat(257), "é".repeat(129), "👩".repeat(70)] {
            let quotation = quoted(&text);
            assert!(quotation.len() <= limits::QUOTED_BYTES, "{quotation}");
            let beginning = quotation.strip_suffix('…').unwrap();
            assert!(
                text.starts_with(beginning) && beginning.len() > limits::QUOTED_BYTES - 8,
                "{quotation}"
            );
        }
    }

    #[test]
    fn a_detail_is_never_longer_than_its_limit() {
        let problem = Problem::new(400, "Bad Request", "x".repeat(10_000), Metadata::default());
        assert_eq!(problem.detail.len(), limits::DETAIL_BYTES);
    }

    #[test]
    fn a_problem_says_only_what_it_has() {
        let metadata = Metadata {
            code_version: "1".into(),
            ..Metadata::default()
        };
        let problem = Problem::new(404, "Not Found", "There is no contact x.", metadata);
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"There is no contact x.","metadata":{"code_version":"1","function_version":null,"table":null,"api_key_id":null}}"#
        );
    }
}
