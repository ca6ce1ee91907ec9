//! How a request reaches an API: the seam between what is checked and the road it takes.

use std::future::Future;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::failure::Failure;

/// A road to an API.
///
/// Checks are the same whether the API is invoked as a function ([`Invoke`](crate::Invoke), before traffic) or asked as its callers ask it
/// ([`Https`](crate::Https), after it); a transport is all that differs. It sends one request and hands back what came, whatever its status:
/// only an answer that the API did not give (none at all, a function error, one that is no HTTP answer) is an error.
///
/// A test of checks brings a transport of its own:
///
/// ```
/// use lifecycle_hook::http::StatusCode;
/// use lifecycle_hook::{Request, Response, Transport, TransportError};
///
/// struct OneOrder;
///
/// impl Transport for OneOrder {
///     async fn send(&self, request: Request) -> Result<Response, TransportError> {
///         Ok(match request.path.as_str() {
///             "/orders/7" => Response::new(StatusCode::OK, r#"{"id": 7}"#),
///             _ => Response::new(StatusCode::NOT_FOUND, ""),
///         })
///     }
/// }
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends one request and waits for its answer.
    ///
    /// # Errors
    /// When no HTTP answer of the API came back; see [`TransportError`].
    fn send(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<Response, TransportError>> + Send;
}

/// A request to an API, before a transport gives it its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path under the API's root, percent-encoded, for example `/orders/018f…`.
    pub path: String,
    /// Query parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: HeaderMap,
    /// The body, when there is one.
    pub body: Option<String>,
}

impl Request {
    /// A request without query, headers or body.
    ///
    /// ```
    /// use lifecycle_hook::{Request, http::Method};
    ///
    /// let request = Request::new(Method::GET, "/orders").query("limit", "1");
    /// assert_eq!(request, Request::get("/orders").query("limit", "1"));
    /// ```
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: None,
        }
    }

    /// A `GET` of a path.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// A `POST` to a path.
    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    /// A `PUT` to a path.
    pub fn put(path: impl Into<String>) -> Self {
        Self::new(Method::PUT, path)
    }

    /// A `PATCH` of a path.
    pub fn patch(path: impl Into<String>) -> Self {
        Self::new(Method::PATCH, path)
    }

    /// A `DELETE` of a path.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path)
    }

    /// Adds a query parameter; a transport encodes it.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), value.into()));
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Sets a JSON body and its content type.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.text("application/json", body.to_string())
    }

    /// Sets a body as it is, with a content type.
    #[must_use]
    pub fn text(mut self, content_type: &'static str, body: impl Into<String>) -> Self {
        self.headers.insert(
            http::header::CONTENT_TYPE,
            HeaderValue::from_static(content_type),
        );
        self.body = Some(body.into());
        self
    }
}

/// An answer of an API, stripped of the shape its transport gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decoded; empty when there is none.
    pub body: Vec<u8>,
    /// The function version that ran, when the transport is told: Lambda's `Invoke` is, in
    /// `X-Amz-Executed-Version` (Lambda API reference, Invoke); API Gateway's callers are not.
    pub executed_version: Option<String>,
    /// What to search the logs for: the request id that the service gave.
    pub request_id: Option<String>,
    /// From the request's sending to the whole answer. Attempts before the last one do not count.
    pub latency: Duration,
    /// What came of the attempts before the last one.
    pub retries: Retries,
}

impl Response {
    /// An answer without headers, that took no time: for a [`Transport`] of one's own, which sets what else it knows.
    pub fn new(status: StatusCode, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
            executed_version: None,
            request_id: None,
            latency: Duration::ZERO,
            retries: Retries::default(),
        }
    }

    /// The status is `expected`; otherwise a failure that says which it is and the request id to look up.
    ///
    /// # Errors
    /// The status is another one.
    pub fn expect_status(&self, expected: u16) -> Result<(), Failure> {
        if self.status.as_u16() == expected {
            return Ok(());
        }
        Err(self.unexpected(
            &format!("status {expected}"),
            &format!("status {}", self.status.as_u16()),
        ))
    }

    /// Whether API Gateway may have given this answer itself, for a failure that says nothing of the function: a 500 when Lambda refused the
    /// invocation, a 503 or a 504 of its own.
    ///
    /// A 502 is the function's, though API Gateway words it: the function ran and failed, or gave no proper answer (Lambda developer guide,
    /// "Handling errors with an API Gateway API"). To ask again would hide a version that fails now and then.
    pub fn may_be_gateways_own(&self) -> bool {
        matches!(
            self.status,
            StatusCode::INTERNAL_SERVER_ERROR
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        )
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// It is no JSON, or not what a `T` is made of.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|error| self.unexpected("a JSON body", &format!("one that is not ({error})")))
    }

    fn unexpected(&self, expected: &str, got: &str) -> Failure {
        let request = self
            .request_id
            .as_ref()
            .map(|id| format!(" (request id {id})"));
        Failure::new(format!(
            "expected {expected}, got {got}{}",
            request.unwrap_or_default()
        ))
    }
}

/// How often a request was sent again before its answer came, and why. None of it speaks against the version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retries {
    /// Lambda or API Gateway turned it away with a 429: too many were on their way.
    pub throttled: u32,
    /// API Gateway answered with a 5xx of its own, or the connection to it broke or could not be opened.
    pub gateway_errors: u32,
}

/// Why no HTTP answer of the API came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The function ended in an error instead of an answer: an exception, an exit, its time-out.
    #[error(
        "the function ended in an error, {error_type}: {message}; look the request id up in its log"
    )]
    FunctionError {
        /// `errorType` of the error document, for example `Runtime.ExitError`; `Unhandled` where it has none.
        error_type: String,
        /// `errorMessage` of the error document.
        message: String,
        /// The invocation's request id.
        request_id: Option<String>,
    },
    /// The function answered, but not as API Gateway wants it from a proxy integration.
    #[error("the function's answer is no API Gateway proxy response: {reason}")]
    MalformedAnswer {
        /// What is wrong with it.
        reason: String,
        /// The invocation's request id.
        request_id: Option<String>,
    },
    /// Another version answered than the one that was asked.
    #[error("expected an answer of version {expected}, got one of version {got}")]
    OtherVersion {
        /// The version that was asked.
        expected: String,
        /// The version that answered.
        got: String,
        /// The invocation's request id.
        request_id: Option<String>,
    },
    /// Lambda does not say which version answered, so it is not known that it was the one that was asked.
    #[error("expected an answer of version {expected}, and Lambda does not say which one answered")]
    UnknownVersion {
        /// The version that was asked.
        expected: String,
        /// The invocation's request id.
        request_id: Option<String>,
    },
    /// The answer goes on for longer than may be read of one.
    #[error(
        "the answer of {target} is longer than {limit} bytes, which is all that is read of one"
    )]
    TooLong {
        /// The host or service that was asked.
        target: String,
        /// How many bytes are read.
        limit: usize,
    },
    /// Lambda or API Gateway turned the request away because too many were on their way. It says nothing of the version.
    #[error(
        "throttled at each of {attempts} attempts ({reason}): inconclusive, it says nothing of the version; \
         look at the account's concurrency and the API's rate limits"
    )]
    Throttled {
        /// How often it was sent.
        attempts: u32,
        /// The service's code and message.
        reason: String,
        /// The request id that the service gave.
        request_id: Option<String>,
    },
    /// The service refused the call itself, for example for a missing permission.
    #[error("{service} refused the call, {code}: {message}")]
    Refused {
        /// The service, for example `Lambda`.
        service: &'static str,
        /// Its error code, for example `AccessDeniedException`.
        code: String,
        /// Its message.
        message: String,
        /// The request id that the service gave.
        request_id: Option<String>,
    },
    /// The other end did not prove who it is, or TLS could not be agreed on.
    #[error("TLS with {target} failed: {reason}")]
    Tls {
        /// The host that was asked.
        target: String,
        /// What went wrong.
        reason: String,
    },
    /// No connection: a name that does not resolve, a port that refuses, a connection that broke.
    #[error("{target} could not be reached: {reason}")]
    Unreachable {
        /// The host that was asked.
        target: String,
        /// What went wrong.
        reason: String,
    },
    /// No answer in time.
    #[error("{target} did not answer within {} ms", after.as_millis())]
    TimedOut {
        /// The host that was asked.
        target: String,
        /// How long was waited.
        after: Duration,
    },
    /// The request could not even be made, for example because there are no credentials to sign it with.
    #[error("the request could not be made: {reason}")]
    Unsendable {
        /// What is missing, and what to do.
        reason: String,
    },
}

impl TransportError {
    /// The request id to look up, where a service gave one.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::FunctionError { request_id, .. }
            | Self::MalformedAnswer { request_id, .. }
            | Self::OtherVersion { request_id, .. }
            | Self::UnknownVersion { request_id, .. }
            | Self::Throttled { request_id, .. }
            | Self::Refused { request_id, .. } => request_id.as_deref(),
            Self::TooLong { .. }
            | Self::Tls { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Unsendable { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: StatusCode, body: &str) -> Response {
        Response {
            request_id: Some("r-1".to_owned()),
            ..Response::new(status, body)
        }
    }

    #[test]
    fn another_status_says_which_and_what_to_look_up() {
        assert!(response(StatusCode::OK, "").expect_status(200).is_ok());
        let failure = response(StatusCode::BAD_GATEWAY, "").expect_status(200);
        assert_eq!(
            failure.unwrap_err().reason(),
            "expected status 200, got status 502 (request id r-1)"
        );
    }

    #[test]
    fn a_body_is_read_as_what_is_asked_for() {
        let orders: Vec<u32> = response(StatusCode::OK, "[1, 2]").json().unwrap();
        assert_eq!(orders, [1, 2]);
        let failure = response(StatusCode::OK, "<html>")
            .json::<Value>()
            .unwrap_err();
        assert_eq!(
            failure.reason(),
            "expected a JSON body, got one that is not (expected value at line 1 column 1) (request id r-1)"
        );
    }
}
