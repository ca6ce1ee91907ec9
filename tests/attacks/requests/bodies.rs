//! Bodies: what the API must refuse, and what it must take as it is.

use std::fmt::Write as _;

use bytes::Bytes;

/// What must come of a body.
#[derive(Clone, Copy, Debug)]
pub enum Expected {
    /// This status, and a problem whose text has this in it.
    Refused(u16, &'static str),
    /// It is stored, and reads back with this in it.
    Taken(&'static str),
}

/// A body with its media type.
#[derive(Clone, Debug)]
pub struct Body {
    pub name: &'static str,
    pub content_type: Option<&'static str>,
    pub bytes: Bytes,
    pub expected: Expected,
}

const JSON: Option<&str> = Some("application/json");

/// The longest body, in bytes. Written out, so that a change of the limit is seen here.
const LONGEST: usize = 256 * 1024;

fn refused(name: &'static str, bytes: impl Into<Bytes>, status: u16, says: &'static str) -> Body {
    Body {
        name,
        content_type: JSON,
        bytes: bytes.into(),
        expected: Expected::Refused(status, says),
    }
}

fn taken(name: &'static str, bytes: impl Into<Bytes>, reads: &'static str) -> Body {
    Body {
        name,
        content_type: JSON,
        bytes: bytes.into(),
        expected: Expected::Taken(reads),
    }
}

fn declared(name: &'static str, content_type: Option<&'static str>, expected: Expected) -> Body {
    Body {
        name,
        content_type,
        bytes: Bytes::from_static(b"{\"declared\": true}"),
        expected,
    }
}

fn nested(levels: usize) -> String {
    format!(
        r#"{{"deep": {}1{}}}"#,
        "[".repeat(levels),
        "]".repeat(levels)
    )
}

fn attributes(count: usize) -> String {
    let mut text = String::from(r#"{"a0":0"#);
    for index in 1..count {
        let _ = write!(text, r#","a{index}":{index}"#);
    }
    text + "}"
}

fn long(bytes: usize) -> String {
    let frame = r#"{"text":""}"#.len();
    format!(r#"{{"text":"{}"}}"#, "x".repeat(bytes - frame))
}

/// All of them.
pub fn all() -> Vec<Body> {
    [syntax(), limits(), names_and_text(), media_types()].concat()
}

/// What is no JSON, or no object.
fn syntax() -> Vec<Body> {
    vec![
        refused("none", "", 400, "no body"),
        refused("only space", " \n", 400, "line 2"),
        refused("no JSON", "oops", 400, "line 1 column 1"),
        refused("cut off", r#"{"a": [1, 2"#, 400, "line 1"),
        refused("two values", "{} {}", 400, "line 1 column 4"),
        refused("quoted as JavaScript", "{'a': 1}", 400, "line 1 column 2"),
        refused(
            "a number with a leading zero",
            r#"{"a": 01}"#,
            400,
            "line 1",
        ),
        refused("a byte order mark", "\u{feff}{}", 400, "line 1 column 1"),
        refused("half a surrogate pair", r#"{"a": "\ud800"}"#, 400, "line 1"),
        refused("NUL as it is", "{\"a\": \"\0\"}", 400, "line 1"),
        refused("NUL for a body", "\0", 400, "line 1"),
        refused(
            "no UTF-8",
            &b"{\"a\": \"\xff\"}"[..],
            400,
            "line 1 column 8",
        ),
        refused(
            "UTF-8 cut off",
            &b"{\"a\": \"\xe2\x82"[..],
            400,
            "line 1 column 8",
        ),
        refused("an array", "[]", 400, "object"),
        refused("null", "null", 400, "object"),
        refused("a number", "7", 400, "object"),
        refused("text", "\"{}\"", 400, "object"),
    ]
}

/// What is too much, by a little, and what is just enough.
fn limits() -> Vec<Body> {
    vec![
        refused("31 levels", nested(31), 400, "30 levels"),
        refused("100,000 levels", nested(100_000), 400, "30 levels"),
        taken("30 levels", nested(30), "[[[[1]]]]"),
        refused("257 attributes", attributes(257), 400, "256"),
        taken("256 attributes", attributes(256), r#""a255":255"#),
        refused("too long by a byte", long(LONGEST + 1), 413, "262144"),
        refused("a megabyte", long(1024 * 1024), 413, "262144"),
        taken("as long as may be", long(LONGEST), "xxx\""),
        refused(
            "39 digits",
            r#"{"n": 123456789012345678901234567890123456789}"#,
            400,
            "#/n",
        ),
        refused(
            "too large a number",
            r#"{"n": {"m": [1e126]}}"#,
            400,
            "#/n/m/0",
        ),
        refused("too small a number", r#"{"n": -1e-131}"#, 400, "#/n"),
        refused(
            "an exponent of 20 digits",
            r#"{"n": 1e99999999999999999999}"#,
            400,
            "#/n",
        ),
        refused("no number", r#"{"n": NaN}"#, 400, "line 1"),
        taken(
            "38 digits",
            r#"{"n": 12345678901234567890123456789012345678}"#,
            r#""n":12345678901234567890123456789012345678"#,
        ),
        taken(
            "the largest number",
            r#"{"n": 9.9999999999999999999999999999999999999e125}"#,
            r#""n":9.9999999999999999999999999999999999999E+125"#,
        ),
        taken("the smallest number", r#"{"n": -1e-130}"#, r#""n":-1E-130"#),
        taken(
            "what a float would round",
            r#"{"n": 0.1000000000000000055511}"#,
            r#""n":0.1000000000000000055511"#,
        ),
    ]
}

/// Names and text of every kind.
fn names_and_text() -> Vec<Body> {
    vec![
        refused("an empty key", r#"{"": 1}"#, 400, "#/"),
        refused("an empty key inside", r#"{"a": [{"": 1}]}"#, 400, "#/a/0/"),
        refused("a key twice", r#"{"a": 1, "\u0061": 2}"#, 400, "#/a"),
        refused(
            "a key of 64 KB",
            format!(r#"{{"{}": 1}}"#, "k".repeat(65_536)),
            400,
            "65535",
        ),
        refused("the server's id", r#"{"id": "mine"}"#, 400, "#/id"),
        refused(
            "the server's time",
            r#"{"name": "Ada", "createdAt": 0}"#,
            400,
            "#/createdAt",
        ),
        taken(
            "NUL escaped",
            r#"{"a\u0000b": "\u0000"}"#,
            r#""a\u0000b":"\u0000""#,
        ),
        taken(
            "other scripts",
            r#"{"имя": "Адa 愛 👩‍💻"}"#,
            r#""имя":"Адa 愛 👩‍💻""#,
        ),
        taken(
            "escapes of what needs none",
            r#"{"a": "\u00e9\/\ud83d\ude00"}"#,
            r#""a":"é/😀""#,
        ),
        taken(
            "names of DynamoDB's own",
            r##"{"#a": 1, ":a": 2, "a.b[0]": 3, "SET": 4}"##,
            r#""a.b[0]":3"#,
        ),
    ]
}

/// What a body is declared as.
fn media_types() -> Vec<Body> {
    use Expected::{Refused, Taken};
    vec![
        declared(
            "no media type",
            None,
            Refused(415, "no Content-Type at all"),
        ),
        declared(
            "an empty media type",
            Some(""),
            Refused(415, "application/json"),
        ),
        declared("plain text", Some("text/plain"), Refused(415, "text/plain")),
        declared(
            "a form",
            Some("application/x-www-form-urlencoded"),
            Refused(415, "x-www-form-urlencoded"),
        ),
        declared(
            "a media type of no one",
            Some("nonsense; ;=;"),
            Refused(415, "nonsense"),
        ),
        declared(
            "another charset",
            Some("application/json; charset=latin1"),
            Refused(415, "UTF-8"),
        ),
        declared(
            "UTF-8, said",
            Some("Application/JSON; charset=\"utf-8\""),
            Taken(r#""declared":true"#),
        ),
        declared(
            "a merge patch",
            Some("application/merge-patch+json"),
            Taken(r#""declared":true"#),
        ),
    ]
}
