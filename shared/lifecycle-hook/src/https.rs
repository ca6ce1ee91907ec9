//! The transport that callers use: HTTP(S) to the API's URL, signed where the API asks for it.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use aws_clients::{Environment, ReadError, Signer, causes, http_client_to, is_tls, read_within};
use http::{HeaderMap, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Url};

use crate::transport::{Request, Response, Retries, Transport, TransportError};

/// How long an answer may take unless another time is given: API Gateway itself waits for 29 s (API Gateway developer guide, "Quotas").
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The most that is read of an answer unless another limit is given: API Gateway's own (API Gateway developer guide, "Quotas": payload size).
const ANSWER_LIMIT: usize = 10 << 20;

/// How often a request is sent that may be sent again.
const ATTEMPTS: u32 = 4;

/// How many requests are sent again in all after a failure of API Gateway's own or of a connection, over one [`Https`] and its clones. One that
/// fails all the time is soon reported as it is, rather than asked to the end of the hook's time.
const GATEWAY_RETRIES: u32 = 12;

/// The pause before a request is sent again. It doubles each time: four attempts wait 1.4 s.
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

/// All but RFC 3986's unreserved characters, as Signature Version 4 encodes them: the query that is sent must be the
/// one that is signed (IAM user guide, "Create a signed AWS API request").
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// An API behind its URL, asked as its callers ask it; with the feature `http`.
///
/// A 429 is sent again, and so is a request for which no connection could be opened, and a read after a failure of API Gateway's own
/// ([`retry_reads_on`](Self::retry_reads_on)) or of a connection that was open; no redirect is followed. Of an answer 10 MB are read at most
/// ([`answer_limit`](Self::answer_limit)).
///
/// ```no_run
/// use lifecycle_hook::{Check, Error, Https, Request, Signer, Transport};
///
/// async fn answers(_cx: Check) -> Result<(), Error> {
///     // Leave the signature out where the API asks for none.
///     let api = Https::at("https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live")?
///         .signed(Signer::new("execute-api")?);
///     let answer = api.send(Request::get("/orders").query("limit", "1")).await?;
///     answer.expect_status(200)?;
///     Ok(())
/// }
/// # let _ = lifecycle_hook::Hook::after_allow_traffic().check("answers", answers);
/// ```
#[derive(Debug, Clone)]
pub struct Https {
    client: Client,
    base: String,
    host: String,
    signer: Option<Signer>,
    attempts: u32,
    answer_timeout: Duration,
    answer_limit: usize,
    gateways_own: fn(&Response) -> bool,
    gateway_retries: Arc<AtomicU32>,
}

impl Https {
    /// The API at `url`, its stage's root, over a client of its own.
    ///
    /// # Errors
    /// The text is no `http` or `https` URL, or `AWS_CA_BUNDLE` cannot be used.
    pub fn at(url: &str) -> Result<Self, TransportError> {
        Self::new(url, Environment::process())
    }

    /// The same with the `AWS_CA_BUNDLE` of `environment` rather than the process's.
    ///
    /// # Errors
    /// As [`at`](Self::at).
    pub fn new(url: &str, environment: &Environment) -> Result<Self, TransportError> {
        let unsendable = |reason: String| TransportError::Unsendable { reason };
        // Not the text: what is no URL may be anything, a password too.
        let url = Url::parse(url.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| unsendable("the API's URL is no http or https URL".to_owned()))?;
        let client = http_client_to(&url, environment);
        let client = client.map_err(|error| unsendable(causes(&error)))?.build();
        let client = client.map_err(|error| unsendable(causes(&error)))?;
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => url.to_string(),
        };
        Ok(Self {
            client,
            base: url.as_str().trim_end_matches('/').to_owned(),
            host,
            signer: None,
            attempts: ATTEMPTS,
            answer_timeout: ANSWER_TIMEOUT,
            answer_limit: ANSWER_LIMIT,
            gateways_own: is_gateways_own,
            gateway_retries: Arc::new(AtomicU32::new(GATEWAY_RETRIES)),
        })
    }

    /// Signs each request: for an API that asks for IAM, with `Signer::new("execute-api")`.
    #[must_use]
    pub fn signed(self, signer: Signer) -> Self {
        Self {
            signer: Some(signer),
            ..self
        }
    }

    /// Waits this long for an answer, rather than 30 s.
    #[must_use]
    pub fn answer_timeout(self, limit: Duration) -> Self {
        Self {
            answer_timeout: limit,
            ..self
        }
    }

    /// Reads this many bytes of an answer, rather than 10 MB; one that is longer is [`TransportError::TooLong`].
    #[must_use]
    pub fn answer_limit(self, bytes: usize) -> Self {
        Self {
            answer_limit: bytes,
            ..self
        }
    }

    /// Sends a read again when this is true of its answer: a failure that says nothing of the function. Otherwise those are taken for it that
    /// API Gateway marks as its own by `x-amzn-errortype`: 500, 503 and 504.
    #[must_use]
    pub fn retry_reads_on(self, gateways_own: fn(&Response) -> bool) -> Self {
        Self {
            gateways_own,
            ..self
        }
    }

    /// Sends each request once, so that every answer is seen, a 429 too.
    #[must_use]
    pub fn without_retries(self) -> Self {
        Self {
            attempts: 1,
            ..self
        }
    }

    fn url(&self, request: &Request) -> String {
        let mut url = format!("{}{}", self.base, request.path);
        for (index, (name, value)) in request.query.iter().enumerate() {
            let separator = if index == 0 { '?' } else { '&' };
            let (name, value) = (
                utf8_percent_encode(name, QUERY),
                utf8_percent_encode(value, QUERY),
            );
            // Writing to a text cannot fail.
            let _ = write!(url, "{separator}{name}={value}");
        }
        url
    }

    fn failure(&self, error: reqwest::Error) -> Unanswered {
        // A host's name is enough; the rest of the URL is in the step.
        let error = error.without_url();
        let (target, reason) = (self.host.clone(), causes(&error));
        let was_sent = !error.is_connect();
        let error = if error.is_builder() {
            TransportError::Unsendable { reason }
        } else if is_tls(&error) {
            TransportError::Tls { target, reason }
        } else if error.is_timeout() && !error.is_connect() {
            TransportError::TimedOut {
                target,
                after: self.answer_timeout,
            }
        } else {
            TransportError::Unreachable { target, reason }
        };
        Unanswered { error, was_sent }
    }
}

/// Why an attempt has no answer.
struct Unanswered {
    error: TransportError,
    /// Whether a connection was open, so that the request may have been carried out.
    was_sent: bool,
}

impl From<TransportError> for Unanswered {
    /// As if the request had been sent: it is not sent again then, which does no harm.
    fn from(error: TransportError) -> Self {
        Self {
            error,
            was_sent: true,
        }
    }
}

impl Transport for Https {
    /// Sends a request, and again what says nothing of the version.
    ///
    /// A 429, or no connection at all, means that nothing was done, so any request may be sent again. After a 5xx of API Gateway's own, or a
    /// connection that broke, it may have been done, so only a read is.
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let mut retries = Retries::default();
        let (mut attempts, mut backoff) = (0, INITIAL_BACKOFF);
        loop {
            attempts += 1;
            let outcome = self.attempt(&request).await;
            let throttled =
                matches!(&outcome, Ok(answer) if answer.status == StatusCode::TOO_MANY_REQUESTS);
            let again = attempts < self.attempts
                && (throttled || self.may_be_repeated(&request, &outcome) && self.may_retry());
            if !again {
                let answer = outcome.map_err(|unanswered| unanswered.error)?;
                if throttled && self.attempts > 1 {
                    return Err(TransportError::Throttled {
                        attempts,
                        reason: "API Gateway answered 429 Too Many Requests".to_owned(),
                        request_id: answer.request_id,
                    });
                }
                return Ok(Response { retries, ..answer });
            }
            if throttled {
                retries.throttled += 1;
            } else {
                retries.gateway_errors += 1;
            }
            tokio::time::sleep(backoff).await;
            backoff *= 2;
        }
    }
}

impl Https {
    /// Whether one more request may be sent again; it counts as sent.
    fn may_retry(&self) -> bool {
        let one_less = |left: u32| left.checked_sub(1);
        let (order, left) = (Ordering::Relaxed, &self.gateway_retries);
        left.fetch_update(order, order, one_less).is_ok()
    }

    /// Whether what came of an attempt says nothing of the function, and the request was not carried out, or is a read, which may be repeated.
    fn may_be_repeated(&self, request: &Request, outcome: &Result<Response, Unanswered>) -> bool {
        let is_read = request.method.is_safe();
        match outcome {
            Ok(answer) => is_read && (self.gateways_own)(answer),
            Err(Unanswered { error, was_sent }) => {
                let is_unreachable = matches!(error, TransportError::Unreachable { .. });
                is_unreachable && (is_read || !was_sent)
            }
        }
    }

    /// Sends a request once, with a signature of its own: one is good for some minutes, and for one method, URL and body.
    async fn attempt(&self, request: &Request) -> Result<Response, Unanswered> {
        let url = self.url(request);
        let mut headers = request.headers.clone();
        if let Some(signer) = &self.signer {
            let signed = request.body.as_deref().unwrap_or_default().as_bytes();
            let signature = signer
                .sign(&request.method, &url, &headers, signed)
                .map_err(|error| TransportError::Unsendable {
                    reason: causes(&error),
                })?;
            headers.extend(signature);
        }
        let mut call = self
            .client
            .request(request.method.clone(), url)
            .headers(headers)
            .timeout(self.answer_timeout);
        if let Some(body) = &request.body {
            call = call.body(body.clone());
        }
        let sent = Instant::now();
        let answer = call.send().await.map_err(|error| self.failure(error))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let request_id = request_id(&headers);
        let body = read_within(answer, self.answer_limit).await;
        let body = body.map_err(|error| match error {
            ReadError::TooLong(too_long) => Unanswered::from(TransportError::TooLong {
                target: self.host.clone(),
                limit: too_long.limit,
            }),
            ReadError::Broken(error) => self.failure(error),
        })?;
        Ok(Response {
            status,
            headers,
            body,
            executed_version: None,
            request_id,
            latency: sent.elapsed(),
            retries: Retries::default(),
        })
    }
}

/// Whether an answer is a failure of API Gateway's own, which it marks (API Gateway developer guide, "Gateway response types").
fn is_gateways_own(answer: &Response) -> bool {
    answer.may_be_gateways_own() && answer.headers.contains_key("x-amzn-errortype")
}

/// API Gateway's request id: what its access and execution logs are searched for.
fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-amzn-requestid", "x-amz-apigw-id"]
        .into_iter()
        .find_map(|name| headers.get(name)?.to_str().ok().map(str::to_owned))
}
