//! The AWS JSON protocols, versions 1.0 and 1.1.

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use http_body_util::Full;
use serde::de::DeserializeOwned;
use serde_json::json;

use rehearsal_host::listener::answer;
use rehearsal_host::request_id;

use super::refused::Refused;
use super::served::Throttle;

/// DynamoDB's.
pub(super) const V1_0: &str = "application/x-amz-json-1.0";
/// CodeDeploy's and SSM's.
pub(super) const V1_1: &str = "application/x-amz-json-1.1";

/// How CodeDeploy and SSM throttle.
pub(super) const THROTTLE: Throttle = Throttle {
    status: 400,
    code: "ThrottlingException",
    message: "Rate exceeded",
};

/// The operation in `X-Amz-Target: <Service>_<version>.<Operation>`.
pub(super) fn target(head: &Parts) -> Option<&str> {
    target_of(&head.headers)
}

/// The same of a request's headers.
pub(super) fn target_of(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    target.rsplit_once('.').map(|(_, operation)| operation)
}

/// The input of a call of version 1.1.
///
/// # Errors
/// The answer to a body that is none.
pub(super) fn input<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<Response<Full<Bytes>>>> {
    serde_json::from_slice(body).map_err(|problem| {
        let message = problem.to_string();
        Box::new(error(V1_1, 400, "SerializationException", &message))
    })
}

/// A good answer.
pub(super) fn success(version: &str, body: &serde_json::Value) -> Response<Full<Bytes>> {
    with_request_id(answer(StatusCode::OK, version, body.to_string()))
}

/// An error.
pub(super) fn error(
    version: &str,
    status: u16,
    code: &str,
    message: &str,
) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = with_request_id(answer(
        status,
        version,
        json!({ "__type": code, "message": message }).to_string(),
    ));
    answer.extensions_mut().insert(Refused::new(code, message));
    answer
}

pub(super) fn with_request_id(mut response: Response<Full<Bytes>>) -> Response<Full<Bytes>> {
    if let Ok(id) = request_id::new().to_string().parse() {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}
