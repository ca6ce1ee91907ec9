//! Why the table did not do what it was asked, and what of it may pass.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
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
#[derive(Debug, thiserror::Error)]
#[error("{operation} failed: {detail}")]
pub struct Unavailable {
    operation: &'static str,
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
        failure.code = self.code.as_deref();
        failure.detail = Some(&self.detail);
        failure.service_request_id = self.service_request_id.as_deref();
        failure.request_id = request_id;
        failure.write();
    }

    fn new<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let code = error.code().map(ToOwned::to_owned);
        let detail = match error.as_service_error() {
            // Its message may quote an attribute's value.
            Some(_) if code.as_deref() == Some("ValidationException") => {
                "the request was refused as invalid".to_owned()
            }
            Some(service) => service
                .message()
                .unwrap_or("the service gave no reason")
                .to_owned(),
            None => DisplayErrorContext(error).to_string(),
        };
        // What is left after the retries: a lost connection, a time-out, a fault or a throttle of the service may pass; a
        // missing table, a missing permission or a malformed request will not.
        let transient = match error {
            SdkError::ServiceError(service) => {
                service.raw().status().is_server_error()
                    || code.as_deref().is_some_and(|code| {
                        ["Throttl", "LimitExceeded", "ProvisionedThroughputExceeded"]
                            .iter()
                            .any(|part| code.contains(part))
                    })
            }
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        Self {
            operation,
            code,
            detail,
            service_request_id: None,
            transient,
        }
    }

    fn from_sdk<E>(operation: &'static str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
        SdkError<E>: RequestId,
    {
        Self {
            service_request_id: error.request_id().map(ToOwned::to_owned),
            ..Self::new(operation, error)
        }
    }

    pub(crate) fn foreign(operation: &'static str, error: &item::NotAContact) -> Self {
        Self {
            operation,
            code: None,
            detail: error.to_string(),
            service_request_id: None,
            transient: false,
        }
    }
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
