//! Outcomes → responses.

use axum::body::Body;
use axum::response::Response;
use contacts::problem::{self, Problem, quoted};
use contacts::{Envelope, Invalid, Metadata, etag, limits};
use http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::value::RawValue;

use crate::config::{Api, Misconfigured};
use crate::incoming::Incoming;
use crate::listing::weight;
use crate::log::Failure;
use crate::store_error::{StoreError, Unavailable};

/// How many seconds a caller should wait before it tries again what the table could not do.
const RETRY_SECONDS: &str = "1";

/// An operation that was done.
#[derive(Debug)]
pub enum Success {
    /// A contact was made.
    Created {
        /// The contact, as JSON.
        contact: Box<RawValue>,
        /// Its id.
        id: String,
    },
    /// A contact as it is now.
    Found {
        /// The contact, as JSON.
        contact: Box<RawValue>,
        /// What its entity tag names.
        revision: i64,
    },
    /// A page of contacts.
    Listed {
        /// The contacts, as JSON.
        contacts: Vec<Box<RawValue>>,
        /// What to pass for the next page.
        next_cursor: Option<String>,
    },
    /// A contact is gone.
    Deleted,
}

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

    /// What callers are told. The insides of a failure are for the log.
    fn detail(&self, incoming: &Incoming) -> String {
        let path = quoted(&incoming.origin.path);
        match self {
            Self::BadRequest(detail) => detail.clone(),
            Self::InvalidBody(invalid) => invalid.to_string(),
            Self::NoContact => format!("There is no contact at {path}."),
            Self::NoRoute => format!(
                "There is nothing at {path}; contacts are at /contacts and /contacts/{{id}}."
            ),
            Self::NoMethod => format!(
                "{} is not possible at {path}; Allow says what is.",
                quoted(incoming.method.as_str())
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
    fn log(&self, request_id: Option<&str>) {
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

/// The response of an outcome, signed with who answers.
pub fn respond(api: &Api, incoming: &Incoming, outcome: Result<Success, Refusal>) -> Response {
    let metadata = api.metadata(incoming.origin.api_key_id.as_deref());
    let result = outcome.and_then(|success| succeed(incoming, success, metadata.clone()));
    result.unwrap_or_else(|refusal| refuse(incoming, &refusal, metadata))
}

fn succeed(incoming: &Incoming, success: Success, metadata: Metadata) -> Result<Response, Refusal> {
    match success {
        Success::Created { contact, id } => {
            let body = serde_json::to_vec(&Envelope {
                data: contact,
                metadata,
            })?;
            let location = format!("{}/{id}", incoming.origin.path.trim_end_matches('/'));
            json(
                StatusCode::CREATED,
                body,
                [(LOCATION, location), (ETAG, etag(1))],
            )
        }
        Success::Found { contact, revision } => {
            let body = serde_json::to_vec(&Envelope {
                data: contact,
                metadata,
            })?;
            json(StatusCode::OK, body, [(ETAG, etag(revision))])
        }
        Success::Listed {
            contacts,
            next_cursor,
        } => {
            let metadata = Metadata {
                next_cursor,
                ..metadata
            };
            json(
                StatusCode::OK,
                serde_json::to_vec(&Envelope {
                    data: contacts,
                    metadata,
                })?,
                [],
            )
        }
        Success::Deleted => Ok(response(StatusCode::NO_CONTENT, Body::empty(), [])),
    }
}

fn refuse(incoming: &Incoming, refusal: &Refusal, metadata: Metadata) -> Response {
    refusal.log(incoming.origin.request_id.as_deref());
    let status = refusal.status();
    let title = status.canonical_reason().unwrap_or_default();
    let mut problem = Problem::new(status.as_u16(), title, refusal.detail(incoming), metadata);
    if let Refusal::InvalidBody(invalid) = refusal {
        problem.position = invalid.position();
        problem.errors = invalid.violations().to_vec();
    }
    // A problem is made of strings and numbers, which always serialise; without a body the status still says enough.
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut headers = vec![(CONTENT_TYPE, problem::MEDIA_TYPE.to_owned())];
    if matches!(refusal, Refusal::Unavailable(unavailable) if unavailable.is_transient()) {
        headers.push((RETRY_AFTER, RETRY_SECONDS.to_owned()));
    }
    response(status, Body::from(body), headers)
}

fn json<const N: usize>(
    status: StatusCode,
    body: Vec<u8>,
    headers: [(HeaderName, String); N],
) -> Result<Response, Refusal> {
    if weight(&body) > limits::ANSWER_BYTES {
        return Err(Refusal::AnswerTooLarge);
    }
    let content_type = (CONTENT_TYPE, "application/json".to_owned());
    let headers = std::iter::once(content_type).chain(headers);
    Ok(response(status, Body::from(body), headers))
}

fn response(
    status: StatusCode,
    body: Body,
    headers: impl IntoIterator<Item = (HeaderName, String)>,
) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        // A caller's path may hold what a header may not, or too much of it; the answer goes out without it then.
        match HeaderValue::try_from(value) {
            Ok(value) if value.len() <= limits::HEADER_BYTES => {
                response.headers_mut().insert(name, value);
            }
            _ => {}
        }
    }
    response
}
