//! Outcomes → responses.

use axum::body::Body;
use axum::response::Response;
use contacts::problem::{self, Problem};
use contacts::{Envelope, Metadata, etag, limits};
use contacts_store::listing::weight;
use http::header::{CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::value::RawValue;

use crate::config::Api;
use crate::incoming::Incoming;
use crate::refusal::Refusal;

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

/// The response of an outcome, signed with who answers.
pub fn respond(api: &Api, incoming: &Incoming, outcome: Result<Success, Refusal>) -> Response {
    let metadata = api.metadata(incoming.context.api_key_id.as_deref());
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
            let location = format!("{}/{id}", incoming.context.path.trim_end_matches('/'));
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
    refusal.log(incoming.context.request_id.as_deref());
    let status = refusal.status();
    let title = status.canonical_reason().unwrap_or_default();
    let mut problem = Problem::new(
        status.as_u16(),
        title,
        refusal.detail(&incoming.method, &incoming.context.path),
        metadata,
    );
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
