//! What an answer says beside its body: `Location` leads to what was created, and the `ETag` is that of what is stored.
//! The content type is checked wherever a body is read.

use http::header::LOCATION;
use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};
use serde_json::json;

use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::attributes;

pub(crate) async fn headers<T: Transport>(cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    let created = api
        .create(cx, &attributes(cx, json!({"name": "Ada"})))
        .await?;
    let location = created.answer.text_header(&LOCATION).unwrap_or("none");
    // API Gateway puts the stage before it.
    if !location.ends_with(&created.path()) {
        return Err(created.answer.unexpected(
            format!("a Location that ends in {}", created.path()),
            location,
        ));
    }

    let read = Request::new(Method::GET, created.path());
    let answer = api.send("read the contact's headers", read.clone()).await?;
    let (_, etag) = answer.contact(StatusCode::OK)?;
    if etag != created.etag {
        return Err(answer.unexpected(format!("ETag {}, as when created", created.etag), etag));
    }

    let merge = Request::new(Method::PATCH, created.path()).json(&json!({"name": "Grace"}));
    let answer = api.send("change the contact", merge).await?;
    let (_, changed) = answer.contact(StatusCode::OK)?;
    if changed == created.etag {
        return Err(answer.unexpected("a new ETag after the change", format!("{changed} again")));
    }
    let answer = api.send("read the changed contact's headers", read).await?;
    let (_, etag) = answer.contact(StatusCode::OK)?;
    if etag == changed {
        Ok(())
    } else {
        Err(answer.unexpected(format!("ETag {changed}, as when changed"), etag))
    }
}
