//! A deleted contact is gone, and deleting it again is no error.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};
use serde_json::json;

use crate::api::Api;
use crate::failure::StepError;
use crate::test_contact::attributes;

pub(crate) async fn delete<T: Transport>(cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    let created = api
        .create(cx, &attributes(cx, json!({"name": "Ada"})))
        .await?;

    let request = Request::new(Method::DELETE, created.path());
    api.send("delete the contact", request.clone())
        .await?
        .no_content()?;

    let read = Request::new(Method::GET, created.path());
    api.send("read the deleted contact", read)
        .await?
        .problem(StatusCode::NOT_FOUND, None)?;
    created.test_contact.is_deleted();

    api.send("delete the contact again", request)
        .await?
        .no_content()
}
