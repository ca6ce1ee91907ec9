//! Why the table did not do what it was asked, and what of it may pass.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::RequestId;

use crate::item;
use crate::log::Failure;

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such contact.
    #[error("there is no such contact")]
    Missing,
    /// The contact has another revision than the request asks for.
    #[error("the contact is at revision {revision}")]
    Stale {
        /// Its revision now.
        revision: i64,
    },
    /// Whether the write was done cannot be told: an answer was lost, and the contact has been written to since.
    #[error("it is not known whether the contact was changed")]
    Unknown,
    /// The contact would be larger than an item may be.
    #[error("the contact would be larger than an item may be")]
    TooLarge,
    /// A contact cannot be written as JSON.
    #[error(transparent)]
    Unwritable(#[from] serde_json::Error),
    /// The table did not answer, or not as it should.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A failure of the table. Its text is for the log, not for callers.
///
/// Nothing that the other side wrote is in it but its status, and its code and request id where they look like such: what stands in
/// an answer may be a value of a contact, or the function's own session token (`InvalidSignatureException` quotes the whole
/// request back), and it need not even come from DynamoDB.
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed: {detail}")]
pub struct Unavailable {
    operation: &'static str,
    status: Option<u16>,
    code: Option<String>,
    detail: String,
    service_request_id: Option<String>,
    transient: bool,
}

impl Unavailable {
    /// Whether the same request may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    /// Tells the operator, with Lambda's id of the invocation.
    pub fn log(&self, request_id: Option<&str>) {
        let mut failure = Failure::new("The table of contacts did not answer as it should.");
        failure.operation = Some(self.operation);
        failure.status = self.status;
        failure.code = self.code.as_deref();
        failure.detail = Some(&self.detail);
        failure.service_request_id = self.service_request_id.as_deref();
        failure.request_id = request_id;
        failure.write();
    }

    fn from_sdk<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        SdkError<E>: RequestId,
    {
        let status = error
            .raw_response()
            .map(|response| response.status().as_u16());
        let code = error.code().and_then(word);
        let detail = match error {
            SdkError::ServiceError(_) | SdkError::ResponseError(_) => {
                meaning(code.as_deref()).to_owned()
            }
            // No answer: the causes are the client's own words.
            _ => causes(error),
        };
        Self {
            operation,
            // What is left after the retries: a lost connection, a time-out, an answer that was cut off, a fault or a throttle of the
            // service may pass; a missing table, a missing permission or a malformed request will not.
            transient: match status {
                Some(400..=499) => is_throttle(code.as_deref()) || status == Some(429),
                Some(_) => true,
                None => !matches!(error, SdkError::ConstructionFailure(_)),
            },
            status,
            code,
            detail,
            service_request_id: error.request_id().and_then(word),
        }
    }

    pub(crate) fn foreign(operation: &'static str, error: &item::NotAContact) -> Self {
        Self {
            operation,
            status: None,
            code: None,
            detail: error.to_string(),
            service_request_id: None,
            transient: false,
        }
    }
}

/// A code or an id: one word, and a short one. Anything else in its place is not logged.
fn word(text: &str) -> Option<String> {
    let is_word = (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    is_word.then(|| text.to_owned())
}

fn is_throttle(code: Option<&str>) -> bool {
    code.is_some_and(|code| {
        ["Throttl", "LimitExceeded", "ProvisionedThroughputExceeded"]
            .iter()
            .any(|part| code.contains(part))
    })
}

/// What a code means, in words of our own (DynamoDB developer guide, "Error handling with DynamoDB"; IAM's "Common errors").
fn meaning(code: Option<&str>) -> &'static str {
    match code {
        None => "the answer could not be read; it need not be DynamoDB's",
        code if is_throttle(code) => "the table, or the account, is throttled",
        Some("ResourceNotFoundException") => "there is no such table in this Region and account",
        Some("AccessDeniedException" | "AccessDenied") => "the function's role may not do this",
        Some("ValidationException") => "the request was refused as invalid",
        Some("ConditionalCheckFailedException") => "a condition was refused that can only hold",
        Some("InternalServerError" | "ServiceUnavailable" | "InternalFailure") => {
            "the service failed"
        }
        Some(
            "ExpiredTokenException"
            | "IncompleteSignatureException"
            | "InvalidSignatureException"
            | "MissingAuthenticationTokenException"
            | "UnrecognizedClientException",
        ) => "the function's credentials, or its signature, were refused",
        Some(_) => "the service refused the request; its code says why",
    }
}

/// An error and what caused it.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = chain.map(ToString::to_string).collect();
    causes.join(": ")
}

/// What an error of the SDK means.
pub(crate) fn refused<E>(operation: &'static str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    SdkError<E>: RequestId,
{
    // "Item size has exceeded the maximum allowed size" on a put, "Item size to update has exceeded …" on an update.
    // The service has no code of its own for it.
    let is_size = error.code() == Some("ValidationException")
        && error.message().is_some_and(|text| {
            text.starts_with("Item size") && text.contains("exceeded the maximum")
        });
    if is_size {
        StoreError::TooLarge
    } else {
        Unavailable::from_sdk(operation, error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_looks_like_a_code_is_one() {
        for code in ["ThrottlingException", "4.2", "VVH7EKPPVT-aa_0"] {
            assert_eq!(word(code).as_deref(), Some(code));
        }
        for text in [
            "",
            "x-amz-security-token:abc",
            "two words",
            "é",
            "a/b=",
            &"x".repeat(101),
        ] {
            assert_eq!(word(text), None, "{text}");
        }
    }

    #[test]
    fn throttles_have_one_meaning() {
        for code in [
            "ThrottlingException",
            "Throttling",
            "RequestLimitExceeded",
            "ProvisionedThroughputExceededException",
        ] {
            assert!(meaning(Some(code)).contains("throttled"), "{code}");
        }
        assert!(!meaning(Some("ValidationException")).contains("throttled"));
    }
}
