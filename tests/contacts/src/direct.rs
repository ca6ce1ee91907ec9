//! A road that ends in this process.

use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use contacts_api::Api;
use contacts_api::request_context::RequestContext;
use tower::ServiceExt;

use crate::Table;
use lifecycle_hook::{Request, Response, Transport, TransportError};

/// A road that ends in this process, and is told which version ran, as Lambda's `Invoke` is.
#[derive(Debug, Clone)]
pub struct Direct {
    router: Router,
    version: String,
}

impl Direct {
    /// The road to one version of the API on `table`.
    pub fn new(table: &Table, version: &str) -> Self {
        Self::to(table.api(version), version)
    }

    /// The road to `api`, which runs as `version`.
    pub fn to(api: Api, version: &str) -> Self {
        Self {
            router: contacts_api::router(api),
            version: version.to_owned(),
        }
    }
}

impl Transport for Direct {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let sent = Instant::now();
        let all = |wanted: &str| {
            let found = request.query.iter().filter(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let context = RequestContext {
            path: format!("/live{}", request.path),
            limits: all("limit"),
            cursors: all("cursor"),
            ..RequestContext::default()
        };
        let mut routed = http::Request::builder()
            .method(request.method)
            .uri(request.path)
            .extension(context)
            .body(Body::from(request.body.unwrap_or_default()))
            .unwrap();
        *routed.headers_mut() = request.headers;
        let answer = self.router.clone().oneshot(routed).await.unwrap();
        let (parts, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let mut response = Response::new(parts.status, body);
        response.headers = parts.headers;
        response.executed_version = Some(self.version.clone());
        response.request_id = Some("request-1".to_owned());
        response.latency = sent.elapsed();
        Ok(response)
    }
}
