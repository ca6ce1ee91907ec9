//! What came of one request.

use std::time::Duration;

use aws_clients::redact;
use lifecycle_hook::{Response, TransportError};
use serde_json::Value;

use crate::version::FunctionVersion;

/// What came of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status; none where no answer came.
    pub status: Option<u16>,
    /// The function's version that says it answered.
    pub function_version: Option<FunctionVersion>,
    /// The version of its code.
    pub code_version: Option<String>,
    /// From the request's sending to the whole answer, or to the failure.
    pub latency: Duration,
    /// Why it is no success.
    pub failure: Option<String>,
}

impl Answer {
    /// What a request's result says. It took `taken`, failures included.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use lifecycle_hook::TransportError;
    /// use contacts_probes::Answer;
    ///
    /// let nobody = TransportError::Unreachable {
    ///     target: "example.com".to_owned(),
    ///     reason: "no route".to_owned(),
    /// };
    /// let answer = Answer::of(Err(nobody), Duration::from_millis(3));
    /// assert_eq!(answer.status, None);
    /// assert_eq!(answer.failure.as_deref(), Some("example.com could not be reached: no route"));
    /// ```
    pub fn of(result: Result<Response, TransportError>, taken: Duration) -> Self {
        let response = match result {
            Ok(response) => response,
            Err(error) => {
                let (status, failure) = match error {
                    TransportError::Throttled { reason, .. } => (Some(429), reason),
                    other => (None, other.to_string()),
                };
                return Self {
                    status,
                    function_version: None,
                    code_version: None,
                    latency: taken,
                    failure: Some(printable(&failure)),
                };
            }
        };
        let document: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let text = |pointer: &str| document.pointer(pointer)?.as_str().map(printable);
        // A problem document's, then API Gateway's own.
        let reason = ["/detail", "/title", "/message", "/Message"]
            .into_iter()
            .find_map(text);
        Self {
            status: Some(response.status.as_u16()),
            function_version: text("/metadata/function_version").map(FunctionVersion::from),
            code_version: text("/metadata/code_version"),
            latency: response.latency,
            failure: (!response.status.is_success())
                .then(|| reason.unwrap_or_else(|| "it does not say why".to_owned())),
        }
    }
}

/// The text in one line, without credentials, signatures and what a terminal would obey.
fn printable(text: &str) -> String {
    redact(text)
        .chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[test]
    fn what_a_service_quotes_of_the_request_is_not_told() {
        let body =
            r#"{"message": "The Canonical String was x-amz-security-token:IQoJ\nSignature=0a1b"}"#;
        let response = Response::new(StatusCode::FORBIDDEN, body);
        let failure = Answer::of(Ok(response), Duration::ZERO).failure;
        assert_eq!(
            failure.as_deref(),
            Some("The Canonical String was x-amz-security-token:[redacted] Signature=[redacted]")
        );
    }
}
