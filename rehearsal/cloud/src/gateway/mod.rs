//! REST and HTTP APIs in front of functions.
//!
//! The pure part, usable without HTTP: [`Api::route`] finds the route, [`event`] makes the event, [`response`] maps the
//! answer, `members` what it consists of. [`Gateway`] is those three behind a listener; `signature` verifies who signed, `request` is what is
//! then asked.

mod event;
mod members;
pub(crate) mod request;
mod response;
mod signature;
#[cfg(test)]
mod test_api;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use rehearsal_aws::apigateway::route::{Api, Authorization, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_host::listener::{Handler, Listener, Unreadable, read};
use rehearsal_host::{Caller, Callers};
use rehearsal_host::{awake, request_id};

pub use event::{ParsedRequest, domain, event};
pub use request::ApiRequest;
pub use response::{
    ApiResponse, Integration, Payload, WITH_PRELUDE, response, response_to, status_to, takes,
};

use crate::authorization::Authorization as Signed;
use crate::backend::Backend;

/// The longest a function behind an API may take, in wall time. Source: API Gateway quotas, integration time-out: 29 s.
pub const INTEGRATION_TIMEOUT: Duration = Duration::from_secs(29);

/// The stage of an HTTP API, or a function URL, that is no part of the path.
const DEFAULT_STAGE: &str = "$default";

/// The longest request, in bytes. Source: API Gateway quotas, payload size: 10 MB.
const MAX_REQUEST_BYTES: usize = 10 * 1024 * 1024;

const AMZN_REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const AMZN_TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");
const AMZ_APIGW_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
const APIGW_REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// One listener for each API, so that `https://<api>.execute-api.<region>.<suffix>` is one authority here as well. Dropping
/// it closes them.
///
/// ```no_run
/// # async fn example(backend: std::sync::Arc<dyn rehearsal_cloud::Backend>, api: rehearsal_aws::apigateway::route::Api)
/// #     -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_cloud::gateway::Gateway;
/// use rehearsal_host::Callers;
///
/// let gateway = Gateway::start(backend, Callers::default(), vec![api]).await?;
/// let url = gateway.rewrite_urls("https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/live");
/// assert!(url.starts_with("http://127.0.0.1:") && url.ends_with("/live"));
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Gateway {
    fronts: Vec<Served>,
}

/// An API with its listener.
#[derive(Debug)]
struct Served {
    /// Its id.
    id: String,
    /// What its address on AWS begins with.
    address: String,
    /// What is deployed of it now.
    deployed: Deployed,
    listener: Listener,
}

/// The stages that an API has; none while it does not exist.
type Deployed = Arc<RwLock<Arc<[Arc<Api>]>>>;

/// The stages that there are now.
fn now(deployed: &Deployed) -> Arc<[Arc<Api>]> {
    let stages = deployed.read().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(&stages)
}

/// The stage that a path begins with, and the rest of the path; `$default`, which is of HTTP APIs, takes what no other does
/// (assumed: no document says which goes first).
fn of_path<'p>(stages: &[Arc<Api>], path: &'p str) -> Option<(Arc<Api>, &'p str)> {
    let named = stages.iter().filter(|api| api.stage != DEFAULT_STAGE);
    let default = stages.iter().filter(|api| api.stage == DEFAULT_STAGE);
    named
        .chain(default)
        .find_map(|api| Some((Arc::clone(api), api.without_stage(path)?)))
}

impl Gateway {
    /// Serves the APIs; several stages of one API have one address.
    ///
    /// # Errors
    /// When no port can be bound on 127.0.0.1.
    pub async fn start(
        backend: Arc<dyn Backend>,
        callers: Callers,
        apis: Vec<Api>,
    ) -> io::Result<Self> {
        let mut fronts = Vec::new();
        let mut stages: BTreeMap<String, Vec<Arc<Api>>> = BTreeMap::new();
        for api in apis {
            stages
                .entry(api.id.clone())
                .or_default()
                .push(Arc::new(api));
        }
        for (id, apis) in stages {
            let Some(address) = apis.first().map(|api| address(api)) else {
                continue;
            };
            let deployed = Arc::new(RwLock::new(apis.into()));
            let front = Front {
                deployed: Arc::clone(&deployed),
                backend: Arc::clone(&backend),
                callers: callers.clone(),
            };
            fronts.push(Served {
                id,
                address,
                deployed,
                listener: Listener::start(front).await?,
            });
        }
        Ok(Self { fronts })
    }

    /// Serves an API with the stages that it has from now on; without any it does not exist, and a request to it gets no answer.
    pub fn deploy(&self, api_id: &str, stages: Vec<Api>) {
        if let Some(front) = self.fronts.iter().find(|front| front.id == api_id) {
            let mut deployed = front
                .deployed
                .write()
                .unwrap_or_else(PoisonError::into_inner);
            *deployed = stages.into_iter().map(Arc::new).collect();
        }
    }

    /// The local address of an API, `http://127.0.0.1:<port>`, to which its stage is appended as on AWS.
    pub fn url(&self, api_id: &str) -> Option<String> {
        let front = self.fronts.iter().find(|front| front.id == api_id)?;
        Some(format!("http://{}", front.listener.address()))
    }

    /// A resolved value with the addresses of these APIs made local, wherever they stand in it. An address of another API
    /// is left as it is.
    pub fn rewrite_urls(&self, text: &str) -> String {
        let local: Vec<(String, String)> = self
            .fronts
            .iter()
            .map(|front| {
                let url = format!("http://{}", front.listener.address());
                (front.address.clone(), url)
            })
            .collect();
        rewrite_urls(text, &local)
    }
}

/// What an API's address begins with, up to the suffix of its partition.
fn address(api: &Api) -> String {
    let service = match api.kind {
        ApiKind::Rest | ApiKind::Http => "execute-api",
        ApiKind::FunctionUrl => "lambda-url",
    };
    format!("https://{}.{service}.{}.", api.id, api.region)
}

/// Replaces each address with its suffix, such as `https://<id>.execute-api.<region>.<suffix>`, where the host name ends there.
fn rewrite_urls(text: &str, local: &[(String, String)]) -> String {
    let mut text = text.to_owned();
    for (remote, url) in local {
        let mut from = 0;
        while let Some(start) = text[from..].find(remote.as_str()).map(|found| found + from) {
            let rest = &text[start + remote.len()..];
            let suffix = rest
                .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'))
                .unwrap_or(rest.len());
            text.replace_range(start..start + remote.len() + suffix, url);
            from = start + url.len();
        }
    }
    text
}

#[derive(Clone)]
struct Front {
    deployed: Deployed,
    backend: Arc<dyn Backend>,
    callers: Callers,
}

impl Handler for Front {
    type Body = Full<Bytes>;

    async fn handle(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let request_id = request_id::new().to_string();
        let stages = now(&self.deployed);
        let kind = stages.first()?.kind;
        let answer = match read(body, MAX_REQUEST_BYTES).await {
            Ok((body, _)) => match of_path(&stages, head.uri.path()) {
                Some(stage) => self.answer(stage, &head, body, &request_id).await,
                None if kind == ApiKind::Rest => {
                    ApiResponse::refusal(403, "ForbiddenException", "Forbidden")
                }
                None => ApiResponse::message(404, "Not Found"),
            },
            Err(Unreadable::TooLong) => {
                ApiResponse::refusal(413, "RequestTooLargeException", "Request Too Long")
            }
            Err(Unreadable::Broken) => return None,
        };
        Some(to_http(kind, answer, &request_id))
    }
}

impl Front {
    async fn answer(
        &self,
        (api, within_stage): (Arc<Api>, &str),
        head: &http::request::Parts,
        body: Bytes,
        request_id: &str,
    ) -> ApiResponse {
        let Some(found) = api.route(head.method.as_str(), within_stage) else {
            return match api.kind {
                ApiKind::Rest => ApiResponse::refusal(
                    403,
                    "MissingAuthenticationTokenException",
                    "Missing Authentication Token",
                ),
                ApiKind::Http | ApiKind::FunctionUrl => ApiResponse::message(404, "Not Found"),
            };
        };
        let caller = match self.caller((&api, found.route), head, &body) {
            Ok(caller) => caller,
            Err(refused) => return ApiResponse::refusal(403, refused.code, refused.message),
        };
        let headers = head.headers.iter();
        let headers = headers.map(|(name, value)| (name.as_str(), value.as_bytes()));
        if !found.route.takes_key(headers) {
            return ApiResponse::refusal(403, "ForbiddenException", "Forbidden");
        }
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let request = ParsedRequest {
            method: head.method.as_str().to_owned(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            headers: head
                .headers
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), text(value)))
                .collect(),
            body,
            request_id: request_id.to_owned(),
            at: SystemTime::now(),
            access_key_id: caller.as_ref().map(|caller| caller.access_key_id.clone()),
            claims: None,
        };
        let event = event(&api, &found, &request);
        let accept = head.headers.get(ACCEPT);
        let accept = accept.and_then(|accept| accept.to_str().ok());
        let integration = Integration::new(&api, found.route, accept);
        let request = ApiRequest {
            integration,
            route: found.route.clone(),
            api: Arc::clone(&api),
            request,
            event,
        };
        match awake::timeout(INTEGRATION_TIMEOUT, self.backend.request(caller, request)).await {
            Some(answer) => response_to(integration, &answer),
            None => ApiResponse::timed_out(integration.kind),
        }
    }

    /// Who calls: verified where the route asks for it, else whom a header names, if anyone.
    fn caller(
        &self,
        (api, route): (&Api, &Route),
        head: &http::request::Parts,
        body: &[u8],
    ) -> Result<Option<Arc<Caller>>, signature::Refused> {
        match &route.authorization {
            Authorization::Iam => {
                signature::verify(&self.callers, &api.region, head, body, SystemTime::now())
                    .map(Some)
            }
            Authorization::None | Authorization::Authorizer { .. } => Ok(Signed::of(&head.headers)
                .and_then(|signed| self.callers.find(signed.access_key_id))),
        }
    }
}

fn to_http(kind: ApiKind, answer: ApiResponse, request_id: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() =
        http::StatusCode::from_u16(answer.status).unwrap_or(http::StatusCode::BAD_GATEWAY);
    for (name, value) in answer.headers {
        // The connection's own headers are not the function's to set, and what no header can carry is left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            && ![CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name)
        {
            response.headers_mut().append(name, value);
        }
    }
    let own = match kind {
        ApiKind::Rest => [AMZN_REQUEST_ID, AMZ_APIGW_ID],
        ApiKind::Http => [APIGW_REQUEST_ID, AMZN_REQUEST_ID],
        ApiKind::FunctionUrl => [AMZN_REQUEST_ID, AMZN_TRACE_ID],
    };
    if let Ok(value) = HeaderValue::from_str(request_id) {
        for name in own {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str) -> String {
        rewrite_urls(
            text,
            &[(
                "https://abc.execute-api.us-east-1.".to_owned(),
                "http://127.0.0.1:1".to_owned(),
            )],
        )
    }

    #[test]
    fn addresses_of_known_apis_become_local_wherever_they_stand() {
        assert_eq!(
            rewritten("https://abc.execute-api.us-east-1.amazonaws.com/live/contacts"),
            "http://127.0.0.1:1/live/contacts"
        );
        assert_eq!(
            rewritten("https://abc.execute-api.us-east-1.amazonaws.com.cn"),
            "http://127.0.0.1:1"
        );
        let two = r#"{"a":"https://abc.execute-api.us-east-1.amazonaws.com/x","b":"https://abc.execute-api.us-east-1.amazonaws.com"}"#;
        assert_eq!(
            rewritten(two),
            r#"{"a":"http://127.0.0.1:1/x","b":"http://127.0.0.1:1"}"#
        );
    }

    #[test]
    fn a_function_urls_address_becomes_local_too() {
        let mut api = test_api::api(ApiKind::FunctionUrl, "$default", &[]);
        api.id = "abc".to_owned();
        let local = [(address(&api), "http://127.0.0.1:1".to_owned())];
        assert_eq!(
            rewrite_urls("https://abc.lambda-url.us-east-1.on.aws/a", &local),
            "http://127.0.0.1:1/a"
        );
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "",
            "https://xyz.execute-api.us-east-1.amazonaws.com/live",
            "https://abc.execute-api.eu-west-1.amazonaws.com",
            "arn:aws:execute-api:us-east-1:1:abc/live",
        ] {
            assert_eq!(rewritten(text), text);
        }
    }
}
