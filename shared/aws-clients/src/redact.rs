//! What a process must not tell, taken out of what it says.
//!
//! Services quote what they were sent: API Gateway's 403 and `InvalidSignatureException` hold the canonical request, and with it the
//! session token. So text that came from elsewhere passes through here on its way out, wherever it is going: a log line, a response, an
//! error.
//!
//! | module | what it does |
//! |---|---|
//! | `spelled` | a text with every escape undone, each character with where it stood: pure |
//! | `known` | the credentials of this process, as pieces to be looked for |
//! | `header` | what is secret by its name: `Authorization`, `Signature`, `Credential`, `X-Amz-Security-Token`: pure |

mod header;
pub(crate) mod known;
mod spelled;

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

use crate::environment::Environment;
use spelled::Spelled;

/// What stands where something was taken out.
pub const REDACTED: &str = "[redacted]";

/// The text without this process's credentials and without signatures.
///
/// What is taken out, [`REDACTED`] standing in its place:
///
/// - The access key id, secret key and session token of the process, of every [`Environment`] and [`Signer`](crate::Signer) that was ever made in
///   it, and what [`keep_secret`] was given: raw, percent-encoded, JSON- or HTML-escaped, one within the other and as often as one likes,
///   and in base64. Twelve characters of one in a row are enough, so that a text that was cut tells no half of one either.
/// - The values of `Authorization`, `X-Amz-Security-Token`, `Signature` and `Credential`, whatever they are.
///
/// A value of fewer than eight characters is no credential that AWS gives out, and is left alone: hosts on one machine take `local` or
/// `test` for one, and a text without those words would be hard to read.
///
/// ```
/// use aws_clients::{Environment, redact};
///
/// let _environment = Environment::from_variables([("AWS_SESSION_TOKEN", "IQoJb3JpZ2luX2VjEXAMPLE+TOKEN/==")]);
/// let answer = r#"403 {"message":"host:example.com\nx-amz-security-token:IQoJb3JpZ2luX2VjEXAMPLE+TOKEN\/==\n"}"#;
/// assert_eq!(redact(answer), r#"403 {"message":"host:example.com\nx-amz-security-token:[redacted]\n"}"#);
/// assert_eq!(redact("token=IQoJb3JpZ2luX2VjEXAMPLE%2BTOKEN%2F%3D%3D"), "token=[redacted]");
/// ```
pub fn redact(text: &str) -> Cow<'_, str> {
    // Made here, so that what the process itself has is known even where every client was made from other variables.
    Environment::process();
    let spelled = Spelled::of(text);
    let mut found = known::pieces().found_in(&spelled);
    found.extend(header::values(&spelled));
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(without(
        text,
        found.into_iter().map(|of| spelled.source(of)),
    ))
}

/// The same for all texts in a JSON document, names included. Where a member has the name of such a header, its value is secret.
///
/// ```
/// let mut document = serde_json::json!({"headers": {"Authorization": ["Bearer abc"]}, "status": 403});
/// aws_clients::redact_json(&mut document);
/// assert_eq!(document, serde_json::json!({"headers": {"Authorization": ["[redacted]"]}, "status": 403}));
/// ```
pub fn redact_json(document: &mut Value) {
    match document {
        Value::String(text) => {
            if let Cow::Owned(redacted) = redact(text) {
                *text = redacted;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(redact_json),
        Value::Object(members) => {
            for (name, value) in std::mem::take(members) {
                let mut value = value;
                if header::is_secret(&name) {
                    take_texts(&mut value);
                } else {
                    redact_json(&mut value);
                }
                members.insert(redact(&name).into_owned(), value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Adds a value to what [`redact`] takes out: a credential that this crate was never given, an API key, a password. One of fewer than
/// eight characters is not taken.
pub fn keep_secret(value: &str) {
    known::add(value);
}

fn take_texts(value: &mut Value) {
    match value {
        Value::String(text) if !text.is_empty() => REDACTED.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(take_texts),
        Value::Object(members) => members.values_mut().for_each(take_texts),
        _ => {}
    }
}

/// The text with the ranges taken out; those that touch are one.
fn without(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> String {
    let mut ranges: Vec<_> = ranges.collect();
    ranges.sort_by_key(|range| range.start);
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        // What begins within the one before, or right behind it, is part of it.
        if range.start > at || rest.is_empty() {
            rest.push_str(&text[at..range.start]);
            rest.push_str(REDACTED);
        }
        at = at.max(range.end);
    }
    rest.push_str(&text[at..]);
    rest
}

#[cfg(test)]
mod tests;
