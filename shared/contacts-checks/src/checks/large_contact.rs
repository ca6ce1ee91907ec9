//! Contacts as large as they may be are stored whole, and larger ones are refused.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};
use serde_json::{Value, json};

use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::{attributes, merged};

/// The longest body that the API takes, in bytes.
const BODY_BYTES: usize = 256 * 1024;

/// The largest item that a table takes, in bytes (DynamoDB developer guide, "Quotas": 400 KB).
const ITEM_BYTES: usize = 400 * 1024;

/// Room for what an item holds beside the two large attributes: its own members, their names, and the note.
const ROOM: usize = 2 * 1024;

pub(crate) async fn large_contact<T: Transport>(cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    // Exactly as long as a body may be.
    let largest = padded(&attributes(cx, json!({})), "first", BODY_BYTES);
    let created = api
        .create_as(cx, "create a contact of 256 KiB", &largest)
        .await?;
    created.answer.has_attributes(&largest, &created.contact)?;

    let second = padded(&json!({}), "second", ITEM_BYTES - BODY_BYTES - ROOM);
    let merge = |body: &Value| Request::new(Method::PATCH, created.path()).json(body);
    let answer = api.send("merge it to 398 KB", merge(&second)).await?;
    let (grown, _) = answer.contact(StatusCode::OK)?;
    let whole = merged(&largest, &second);
    answer.has_attributes(&whole, &grown)?;

    // Refused by the table, for a body of this length is taken.
    let third = padded(&json!({}), "third", 2 * ROOM);
    api.send("merge it past the 400 KB of an item", merge(&third))
        .await?
        .problem(StatusCode::PAYLOAD_TOO_LARGE, None)?;
    let read = Request::new(Method::GET, created.path());
    let answer = api.send("read the contact of 398 KB back", read).await?;
    let (contact, _) = answer.contact(StatusCode::OK)?;
    answer.shows(&grown, &contact)?;

    let longer = padded(&attributes(cx, json!({})), "first", BODY_BYTES + 1);
    let request = Request::new(Method::POST, "/contacts").json(&longer);
    // A broken version may well create it.
    let step = "create a contact from a body one byte too long";
    let (answer, _) = api.send_creating(cx, step, request).await?;
    answer.problem(StatusCode::PAYLOAD_TOO_LARGE, None)
}

/// `attributes` with one more, a text, so that their JSON has `bytes` bytes.
fn padded(attributes: &Value, name: &str, bytes: usize) -> Value {
    let empty = merged(attributes, &json!({ name: "" }));
    let padding = bytes.saturating_sub(empty.to_string().len());
    merged(&empty, &json!({ name: "x".repeat(padding) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_fills_a_body_to_the_byte() {
        for attributes in [json!({}), json!({"name": "Ada", "n": [1, {"é": null}]})] {
            let body = padded(&attributes, "first", 1000).to_string();
            assert_eq!(body.len(), 1000);
        }
    }
}
