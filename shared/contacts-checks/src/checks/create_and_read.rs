//! A contact can be created, and reads back as it was written.

use http::header::LOCATION;
use http::{Method, StatusCode};
use lifecycle_hook::Check;
use serde_json::{Value, json};

use crate::api::{Api, attributes};
use crate::failure::StepError;
use crate::transport::{Request, Transport};

pub(crate) async fn create_and_read<T: Transport>(
    cx: &Check,
    api: &Api<T>,
) -> Result<(), StepError> {
    // Attributes are open: text beyond ASCII, nesting, a number that a 64-bit float would round.
    let attributes = attributes(
        cx,
        json!({
            "name": "Ada Lovelace, née Byron",
            "phones": [{"kind": "home", "number": "+44 20 7946 0000"}],
            "account": 9_007_199_254_740_993_u64,
            "active": true,
        }),
    );
    let created = api.create(cx, &attributes).await?;
    let wrong = |expected: String, got: String| Err(created.answer.unexpected(expected, got));
    let location = created.answer.text_header(&LOCATION).unwrap_or("none");
    // API Gateway puts the stage before it.
    if !location.ends_with(&created.path()) {
        return wrong(
            format!("a Location that ends in {}", created.path()),
            location.to_owned(),
        );
    }
    if created.contact.created_at != created.contact.updated_at {
        return wrong(
            format!("updatedAt to be createdAt, {}", created.contact.created_at),
            created.contact.updated_at.to_string(),
        );
    }
    let written = Value::Object(created.contact.attributes.clone());
    if written != attributes {
        return wrong(
            format!("the attributes sent, {attributes}"),
            written.to_string(),
        );
    }

    let request = Request::new(Method::GET, created.path());
    let answer = api.send("read the contact back", request).await?;
    let (contact, etag) = answer.contact(StatusCode::OK)?;
    if contact != created.contact {
        return Err(answer.unexpected(
            format!("the contact as it was created, {}", created.contact),
            contact.to_string(),
        ));
    }
    if etag != created.etag {
        return Err(answer.unexpected(format!("ETag {}", created.etag), etag));
    }
    Ok(())
}
