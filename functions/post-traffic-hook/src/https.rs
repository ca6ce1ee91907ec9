//! The road that callers take: HTTP(S) to the API's URL, signed where the API asks for it.

use std::fmt::Write;
use std::time::Duration;

use aws_clients::Signer;
use contacts_checks::{Request, Response, Transport, TransportError, causes, is_tls};
use http::{HeaderMap, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Url};

/// How long an answer may take: the contacts function's own time-out is 10 s, and API Gateway's answer that it was
/// reached must still arrive.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(12);

/// All but RFC 3986's unreserved characters, as Signature Version 4 encodes them: the query that is sent must be the
/// one that is signed (IAM user guide, "Create a signed AWS API request").
const QUERY: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The contacts API behind its URL.
///
/// ```no_run
/// use contacts_checks::{Request, Transport};
/// use http::Method;
/// use post_traffic_hook::Https;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client = aws_clients::http_client()?.build()?;
/// let url = "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/live".parse()?;
/// let signer = aws_clients::Signer::new("execute-api")?;
/// let api = Https::new(client, &url, Some(signer));
/// let answer = api.send(Request::new(Method::GET, "/contacts")).await?;
/// assert_eq!(answer.status, 200);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Https {
    client: Client,
    base: String,
    host: String,
    signer: Option<Signer>,
}

impl Https {
    /// The API at `url`, its stage's root; requests are signed when there is a signer.
    pub fn new(client: Client, url: &Url, signer: Option<Signer>) -> Self {
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => url.to_string(),
        };
        Self {
            client,
            base: url.as_str().trim_end_matches('/').to_owned(),
            host,
            signer,
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

    fn failure(&self, error: reqwest::Error) -> TransportError {
        // A host's name is enough; the rest of the URL is in the step.
        let error = error.without_url();
        let (target, reason) = (self.host.clone(), causes(&error));
        if error.is_builder() {
            TransportError::Unsendable { reason }
        } else if is_tls(&error) {
            TransportError::Tls { target, reason }
        } else if error.is_timeout() && !error.is_connect() {
            TransportError::TimedOut {
                target,
                after: ANSWER_TIMEOUT,
            }
        } else {
            TransportError::Unreachable { target, reason }
        }
    }
}

impl Transport for Https {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let url = self.url(&request);
        let Request {
            method,
            mut headers,
            body,
            ..
        } = request;
        if let Some(signer) = &self.signer {
            let signed = body.as_deref().unwrap_or_default().as_bytes();
            let signature = signer
                .sign(&method, &url, &headers, signed)
                .map_err(|error| TransportError::Unsendable {
                    reason: causes(&error),
                })?;
            headers.extend(signature);
        }
        let mut call = self
            .client
            .request(method, url)
            .headers(headers)
            .timeout(ANSWER_TIMEOUT);
        if let Some(body) = body {
            call = call.body(body);
        }
        let answer = call.send().await.map_err(|error| self.failure(error))?;
        let status = answer.status();
        let headers = answer.headers().clone();
        let request_id = request_id(&headers);
        let body = answer
            .bytes()
            .await
            .map_err(|error| self.failure(error))?
            .to_vec();
        if status == StatusCode::TOO_MANY_REQUESTS {
            // The contacts API has no such answer: it is API Gateway's own.
            return Err(TransportError::Throttled {
                reason: "API Gateway answered 429 Too Many Requests".to_owned(),
                request_id,
            });
        }
        Ok(Response {
            status,
            headers,
            body,
            executed_version: None,
            request_id,
        })
    }
}

/// API Gateway's request id: what its access and execution logs are searched for.
fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-amzn-requestid", "x-amz-apigw-id"]
        .into_iter()
        .find_map(|name| headers.get(name)?.to_str().ok().map(str::to_owned))
}
