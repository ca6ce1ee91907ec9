//! The contacts API behind a stage of API Gateway.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use aws_clients::{Environment, Signer};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::IntoResponse;
use contacts_api::request_context::RequestContext;
use http::{HeaderMap, Method, StatusCode};
use time::PrimitiveDateTime;
use time::format_description::parse_borrowed;
use tower::ServiceExt;

use crate::{Server, Table};

/// A caller's Region and credentials, as variables. Where the API is secured, their signatures are the ones that are taken.
pub const CALLER: [(&str, &str); 4] = [
    ("AWS_REGION", "us-east-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_SESSION_TOKEN", "token"),
];

/// The URL of the stage `live` of the API that a server is.
pub fn stage(server: &Server) -> String {
    format!("{}/live", server.url())
}

/// The contacts API behind the stage `live`, each answer by the version that `version` gives for its number: 1, 2, 7, 8 or `$LATEST`.
/// Secured, it takes requests that [`CALLER`] has signed, and no others.
pub async fn api_gateway<F>(table: &Table, secured: bool, version: F) -> Server
where
    F: Fn(usize) -> &'static str + Clone + Send + Sync + 'static,
{
    let routers =
        ["1", "2", "7", "8", "$LATEST"].map(|name| (name, contacts_api::router(table.api(name))));
    let answered = Arc::new(AtomicUsize::new(0));
    Server::start(move |request: Request| {
        let version = version(answered.fetch_add(1, Ordering::Relaxed));
        let router = routers
            .iter()
            .find(|(name, _)| *name == version)
            .unwrap()
            .1
            .clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let target = parts.uri.path_and_query().unwrap().as_str();
            let signature = recomputed(&parts.method, target, &parts.headers, &body);
            let sent = parts
                .headers
                .get("authorization")
                .map(|sent| sent.to_str().unwrap().to_owned());
            if secured && (sent.is_none() || sent != signature) {
                let headers = [
                    ("x-amzn-requestid", "request-1"),
                    ("content-type", "application/json"),
                ];
                let message = r#"{"message": "Missing Authentication Token"}"#;
                return (StatusCode::FORBIDDEN, headers, message).into_response();
            }
            let Some(path) = parts.uri.path().strip_prefix("/live") else {
                return StatusCode::FORBIDDEN.into_response();
            };
            let query = parts.uri.query().unwrap_or_default().as_bytes();
            let all = |wanted: &str| {
                form_urlencoded::parse(query)
                    .filter(|(name, _)| name == wanted)
                    .map(|(_, value)| value.into_owned())
                    .collect()
            };
            let context = RequestContext {
                path: parts.uri.path().to_owned(),
                limits: all("limit"),
                cursors: all("cursor"),
                ..RequestContext::default()
            };
            let mut inner = http::Request::builder()
                .method(parts.method)
                .uri(path)
                .extension(context)
                .body(Body::from(body))
                .unwrap();
            *inner.headers_mut() = parts.headers;
            let mut response = router.oneshot(inner).await.unwrap();
            response
                .headers_mut()
                .insert("x-amzn-requestid", "request-1".parse().unwrap());
            response
        }
    })
    .await
}

/// The signature that API Gateway computes from what it received; `None` where a request is not signed for it.
fn recomputed(method: &Method, path: &str, headers: &HeaderMap, body: &[u8]) -> Option<String> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let names = text("authorization")?
        .split("SignedHeaders=")
        .nth(1)?
        .split(',')
        .next()?;
    let along: HeaderMap = headers
        .iter()
        .filter(|(name, _)| names.split(';').any(|signed| signed == name.as_str()))
        .filter(|(name, _)| {
            !["host", "x-amz-date", "x-amz-security-token"].contains(&name.as_str())
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let format = parse_borrowed::<2>("[year][month][day]T[hour][minute][second]Z").unwrap();
    let date = PrimitiveDateTime::parse(text("x-amz-date")?, &format)
        .ok()?
        .assume_utc();
    let url = format!("http://{}{path}", text("host")?);
    let caller = Environment::from_variables(CALLER);
    let signer = Signer::from_environment("execute-api", &caller).unwrap();
    let headers = signer
        .sign_at(SystemTime::from(date), method, &url, &along, body)
        .unwrap();
    headers["authorization"].to_str().ok().map(str::to_owned)
}
