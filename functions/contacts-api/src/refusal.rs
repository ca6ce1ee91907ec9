//! Why an operation was not done: what callers read of it, and what the operator.

use contacts::problem::quoted;
use contacts::{Invalid, etag, limits};
use contacts_store::StoreError;
use contacts_store::error::Unavailable;
use contacts_store::log::Failure;
use http::{Method, StatusCode};

use crate::config::Misconfigured;

/// An operation that was not done, and why.
#[derive(Debug)]
pub enum Refusal {
    /// The request is malformed.
    BadRequest(String),
    /// The body is malformed.
    InvalidBody(Invalid),
    /// No such contact.
    NoContact,
    /// No such route.
    NoRoute,
    /// The route has no such method; axum adds the ones it has.
    NoMethod,
    /// The contact has moved on.
    Stale {
        /// Its revision now.
        revision: i64,
    },
    /// Whether the contact was changed is not known.
    Unknown,
    /// The body is longer than one may be.
    BodyTooLarge,
    /// The contact would be larger than one may be.
    ContactTooLarge,
    /// The body is not declared as JSON.
    UnsupportedMediaType {
        /// What it is declared as.
        content_type: Option<String>,
    },
    /// The table failed.
    Unavailable(Unavailable),
    /// The function's environment is wrong.
    Misconfigured(Misconfigured),
    /// An answer that is longer than one may be.
    AnswerTooLarge,
    /// An answer that could not be written as JSON.
    Unwritable(serde_json::Error),
}

impl Refusal {
    /// A malformed request.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::BadRequest(detail.into())
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::InvalidBody(_) => StatusCode::BAD_REQUEST,
            Self::NoContact | Self::NoRoute => StatusCode::NOT_FOUND,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Stale { .. } => StatusCode::PRECONDITION_FAILED,
            Self::BodyTooLarge | Self::ContactTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType { .. } => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unavailable(_) | Self::Unknown => StatusCode::SERVICE_UNAVAILABLE,
            Self::Misconfigured(_) | Self::AnswerTooLarge | Self::Unwritable(_) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
        }
    }

    /// What a caller that asked this of this path reads. The insides of a failure are for the log.
    pub(crate) fn detail(&self, method: &Method, path: &str) -> String {
        let path = quoted(path);
        match self {
            Self::BadRequest(detail) => detail.clone(),
            Self::InvalidBody(invalid) => invalid.to_string(),
            Self::NoContact => format!("There is no contact at {path}."),
            Self::NoRoute => format!(
                "There is nothing at {path}; contacts are at /contacts and /contacts/{{id}}."
            ),
            Self::NoMethod => format!(
                "{} is not possible at {path}; Allow says what is.",
                quoted(method.as_str())
            ),
            Self::Stale { revision } => format!(
                "If-Match does not match: the contact's entity tag is {}. Read it again and repeat the change.",
                etag(*revision)
            ),
            Self::Unknown => "It is not known whether the change was made: others have changed the contact since. \
                Read it again, and repeat the change if it is not there."
                .to_owned(),
            Self::BodyTooLarge => format!(
                "The body is too long; it may have at most {} bytes.",
                limits::BODY_BYTES
            ),
            Self::ContactTooLarge => {
                format!(
                    "The contact would be too large; it may have at most {} KB in all.",
                    limits::ITEM_KILOBYTES
                )
            }
            Self::UnsupportedMediaType { content_type } => format!(
                "The body must be sent as application/json in UTF-8, not as {}.",
                quoted(content_type.as_deref().unwrap_or("no Content-Type at all"))
            ),
            Self::Unavailable(_) => "The contacts cannot be reached at the moment.".to_owned(),
            Self::Misconfigured(_) => "The function is misconfigured; its log says how.".to_owned(),
            Self::AnswerTooLarge => {
                "The contact cannot be shown: it is longer than an answer may be.".to_owned()
            }
            Self::Unwritable(_) => {
                "The answer could not be written; the function's log says why.".to_owned()
            }
        }
    }

    /// Tells the operator of what is not the caller's fault.
    pub(crate) fn log(&self, request_id: Option<&str>) {
        let (message, detail) = match self {
            Self::Unavailable(unavailable) => return unavailable.log(request_id),
            Self::Unknown => (
                "It is not known whether a merge was done.",
                "the answer to an attempt was lost, and others have written to the contact since"
                    .to_owned(),
            ),
            Self::Misconfigured(reason) => ("The function is misconfigured.", reason.to_string()),
            Self::AnswerTooLarge => (
                "An answer is too long for Lambda.",
                format!("it has more than {} bytes", limits::ANSWER_BYTES),
            ),
            Self::Unwritable(error) => ("An answer could not be written.", error.to_string()),
            _ => return,
        };
        let mut failure = Failure::new(message);
        failure.detail = Some(&detail);
        failure.request_id = request_id;
        failure.write();
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing => Self::NoContact,
            StoreError::Stale { revision } => Self::Stale { revision },
            StoreError::Unknown => Self::Unknown,
            StoreError::Unwritable(error) => Self::Unwritable(error),
            StoreError::TooLarge => Self::ContactTooLarge,
            StoreError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl From<Invalid> for Refusal {
    fn from(invalid: Invalid) -> Self {
        Self::InvalidBody(invalid)
    }
}

impl From<&Misconfigured> for Refusal {
    fn from(misconfigured: &Misconfigured) -> Self {
        Self::Misconfigured(misconfigured.clone())
    }
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Unwritable(error)
    }
}
