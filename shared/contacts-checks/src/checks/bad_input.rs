//! Bad input is refused, and the refusal names what was wrong.

use http::{Method, StatusCode};
use lifecycle_hook::{Check, Request, Transport};

use crate::api::Api;
use crate::failure::StepError;

/// What is sent as a contact, and what the refusal must name.
#[rustfmt::skip] // A table.
const BODIES: [(&str, &str, Option<&str>); 3] = [
    ("create a contact from a body that is no JSON", r#"{"name": "Ada", "#, None),
    ("create a contact from an array", r#"["Ada"]"#, None),
    ("create a contact that sets createdAt", r#"{"name": "Ada", "createdAt": 1700000000000}"#, Some("createdAt")),
];

pub(crate) async fn bad_input<T: Transport>(cx: &Check, api: &Api<T>) -> Result<(), StepError> {
    for (step, body, names) in BODIES {
        let request = Request::new(Method::POST, "/contacts").text("application/json", body);
        // A broken version may well create it.
        let (answer, _) = api.send_creating(cx, step, request).await?;
        answer.problem(StatusCode::BAD_REQUEST, names)?;
    }
    let request = Request::new(Method::GET, "/contacts").query("limit", "0");
    api.send("list contacts with limit 0", request)
        .await?
        .problem(StatusCode::BAD_REQUEST, Some("limit"))
}
