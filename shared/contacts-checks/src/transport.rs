//! How a request reaches the contacts API: the seam between what is checked and the road it takes.

use std::future::Future;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde_json::Value;

/// A road to the contacts API.
///
/// The checks are the same whether the API is invoked as a function or asked through API Gateway;
/// a transport is all that differs. It sends one request and hands back what came, whatever its status:
/// only an answer that the API did not give (none at all, a function error, one that is no HTTP answer) is an error.
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

/// A request to the contacts API, before a transport gives it its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path under the API's root, percent-encoded, for example `/contacts/018f…`.
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
    /// use contacts_checks::Request;
    /// use http::Method;
    ///
    /// let request = Request::new(Method::GET, "/contacts").query("limit", "1");
    /// assert_eq!(request.query, [("limit".to_owned(), "1".to_owned())]);
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

/// An answer of the contacts API, stripped of the shape its transport gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// How often a request was sent again before its answer came, and why. None of it speaks against the version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retries {
    /// Lambda or API Gateway turned it away with a 429: too many were on their way.
    pub throttled: u32,
    /// API Gateway answered with a 5xx of its own.
    pub gateway_errors: u32,
}

/// Why no HTTP answer of the API came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
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
            | Self::Throttled { request_id, .. }
            | Self::Refused { request_id, .. } => request_id.as_deref(),
            Self::Tls { .. }
            | Self::Unreachable { .. }
            | Self::TimedOut { .. }
            | Self::Unsendable { .. } => None,
        }
    }
}
