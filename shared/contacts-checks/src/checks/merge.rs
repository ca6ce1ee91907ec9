//! Attributes are merged over what is stored, and a merge that rests on a stale read is refused.

use http::header::IF_MATCH;
use http::{HeaderValue, Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};
use serde_json::json;

use crate::answer::Contact;
use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::attributes;

pub(crate) async fn merge<T: Transport>(cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    let before = attributes(cx, json!({"name": "Ada", "city": "London", "phone": "1"}));
    let created = api.create(cx, &before).await?;
    // An entity tag came in a header, so it fits into one.
    let tag = |etag: &str| HeaderValue::from_str(etag).unwrap_or(HeaderValue::from_static("*"));

    let request = Request::new(Method::PATCH, created.path())
        .header(IF_MATCH, tag(&created.etag))
        .json(&json!({"phone": "2", "city": null, "email": "ada@example.com"}));
    let answer = api
        .send("merge attributes over the contact", request)
        .await?;
    let (merged, etag) = answer.contact(StatusCode::OK)?;
    let expected = attributes(
        cx,
        json!({"name": "Ada", "phone": "2", "email": "ada@example.com"}),
    );
    answer.has_attributes(&expected, &merged)?;
    keeps_identity(&created.contact, &merged)
        .map_err(|(expected, got)| answer.unexpected(expected, got))?;
    if etag == created.etag {
        return Err(answer.unexpected("a new ETag after the merge", format!("{etag} again")));
    }

    let request = Request::new(Method::PUT, created.path())
        .header(IF_MATCH, tag(&created.etag))
        .json(&json!({"phone": "lost"}));
    api.send("merge with a stale If-Match", request)
        .await?
        .problem(StatusCode::PRECONDITION_FAILED, None)?;

    let request = Request::new(Method::GET, created.path());
    let answer = api
        .send("read the contact after the refused merge", request)
        .await?;
    let (after, etag_after) = answer.contact(StatusCode::OK)?;
    answer.shows(&merged, &after)?;
    if etag_after == etag {
        Ok(())
    } else {
        Err(answer.unexpected(format!("ETag {etag}, untouched"), etag_after))
    }
}

/// A merge keeps `id` and `createdAt`, and `updatedAt` does not go back.
fn keeps_identity(before: &Contact, after: &Contact) -> Result<(), (String, String)> {
    if before.id != after.id {
        return Err((
            format!("contact {}", before.id),
            format!("contact {}", after.id),
        ));
    }
    if before.created_at != after.created_at {
        return Err((
            format!("createdAt to stay {}", before.created_at),
            after.created_at.to_string(),
        ));
    }
    // Two writes may fall into one millisecond.
    if after.updated_at < before.updated_at {
        return Err((
            format!("updatedAt not before {}", before.updated_at),
            after.updated_at.to_string(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;

    #[test]
    fn a_merge_moves_nothing_but_the_time_of_the_update() {
        let contact = |id: &str, created_at, updated_at| Contact {
            id: id.to_owned(),
            created_at,
            updated_at,
            attributes: Map::new(),
        };
        let before = contact("a", 10, 10);
        assert_eq!(keeps_identity(&before, &contact("a", 10, 10)), Ok(()));
        assert_eq!(keeps_identity(&before, &contact("a", 10, 11)), Ok(()));
        for (after, word) in [
            (contact("b", 10, 11), "contact a"),
            (contact("a", 11, 11), "createdAt"),
            (contact("a", 10, 9), "updatedAt"),
        ] {
            let (expected, _) = keeps_identity(&before, &after).unwrap_err();
            assert!(expected.contains(word), "{expected}");
        }
    }
}
