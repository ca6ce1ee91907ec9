//! A gateway's event → a request that the router understands.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::Uri;
use http::header::CONTENT_LENGTH;
use http::uri::PathAndQuery;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use tower::Service;

use crate::config::Api;
use crate::routes::router;

/// What a URI's path may not hold as it is. `%` is left alone: a gateway that passes a path as it was sent has escaped it.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What a request says about the way it came, beside HTTP's own part.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    /// The path as the caller sees it, the stage included.
    pub path: String,
    /// The id of the caller's API key (REST APIs with a usage plan).
    pub api_key_id: Option<String>,
    /// Lambda's id of the invocation.
    pub request_id: Option<String>,
    /// The query's `limit`s.
    pub limits: Vec<String>,
    /// The query's `cursor`s.
    pub cursors: Vec<String>,
}

/// The API as a service for `lambda_http::run`: it takes the events of REST APIs, HTTP APIs and function URLs.
///
/// ```
/// use contacts_api::{Api, Gateway};
/// use tower::Service;
///
/// # async fn example(event: &str) -> Result<(), Box<dyn std::error::Error>> {
/// let request = lambda_http::request::from_str(event)?;
/// let response = Gateway::new(Api::from_environment()).call(request).await?;
/// # let _ = response;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Gateway {
    router: Router,
}

impl Gateway {
    /// The service of an API.
    pub fn new(api: Api) -> Self {
        Self {
            router: router(api),
        }
    }
}

impl Service<lambda_http::Request> for Gateway {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        <Router as Service<http::Request<Body>>>::poll_ready(&mut self.router, context)
    }

    fn call(&mut self, request: lambda_http::Request) -> Self::Future {
        let answer = self.router.call(to_routed(request));
        Box::pin(async move {
            let mut response = answer.await?;
            // The gateway frames the body; it may have to encode it first.
            response.headers_mut().remove(CONTENT_LENGTH);
            Ok(response)
        })
    }
}

/// The same request under the path that routes know, with its [`Origin`] beside it.
fn to_routed(request: lambda_http::Request) -> http::Request<Body> {
    let origin = origin(&request);
    let uri = routed_path(&request);
    let (mut parts, body) = request.into_parts();
    parts.uri = uri;
    parts.extensions.insert(origin);
    http::Request::from_parts(parts, Body::from(body.to_vec()))
}

fn origin(request: &lambda_http::Request) -> Origin {
    let (path, api_key_id) = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => {
            (context.path.clone(), context.identity.api_key_id.clone())
        }
        Some(RequestContext::ApiGatewayV2(context)) => (context.http.path.clone(), None),
        _ => (None, None),
    };
    let all = |name: &str| {
        let values = request
            .query_string_parameters_ref()
            .and_then(|query| query.all(name));
        values
            .unwrap_or_default()
            .into_iter()
            .map(ToOwned::to_owned)
            .collect()
    };
    Origin {
        path: path.unwrap_or_else(|| request.raw_http_path().to_owned()),
        api_key_id,
        request_id: request
            .lambda_context_ref()
            .map(|context| context.request_id.clone()),
        limits: all("limit"),
        cursors: all("cursor"),
    }
}

/// The path without the stage.
///
/// A REST API's event has it so. An HTTP API puts a stage other than `$default` in front of `rawPath` (API Gateway
/// developer guide, "Create AWS Lambda proxy integrations for HTTP APIs": with the stage in `requestContext`).
fn routed_path(request: &lambda_http::Request) -> Uri {
    let raw = request.raw_http_path();
    let path = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context
            .stage
            .as_deref()
            .map_or(raw, |stage| without_stage(raw, stage)),
        _ => raw,
    };
    let path = utf8_percent_encode(path, NOT_IN_A_PATH).to_string();
    // A path that is none even so can only be one that no route has.
    PathAndQuery::try_from(path).map_or_else(|_| Uri::default(), Uri::from)
}

fn without_stage<'p>(path: &'p str, stage: &str) -> &'p str {
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_first_segment_is_the_stage() {
        assert_eq!(without_stage("/live/contacts", "live"), "/contacts");
        assert_eq!(without_stage("/live", "live"), "/");
        assert_eq!(
            without_stage("/lively/contacts", "live"),
            "/lively/contacts"
        );
        assert_eq!(without_stage("/contacts", "$default"), "/contacts");
        assert_eq!(without_stage("/contacts/live", "live"), "/contacts/live");
    }
}
