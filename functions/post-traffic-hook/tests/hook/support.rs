//! An API and a Parameter Store over real HTTP.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use aws_clients::{Environment, Signer};
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::IntoResponse;
use contacts_api::origin::Origin;
use contacts_checks::testing::{Server, Table};
use http::{HeaderMap, Method, StatusCode};
use post_traffic_hook::Https;
use serde_json::{Value, json};
use time::PrimitiveDateTime;
use time::format_description::parse_borrowed;
use tokio::net::TcpListener;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tower::ServiceExt;

pub const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";
pub const PARAMETER: &str = "/contacts/production/api-url";

/// The URL of the API that a server is, with its stage.
pub fn stage(server: &Server) -> String {
    format!("{}/live", server.url())
}

pub fn environment(ssm: &str) -> Environment {
    Environment::from_variables([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL_SSM", ssm),
    ])
}

pub fn https(url: &str, signer: Option<Signer>) -> Https {
    let client = aws_clients::http_client().unwrap().build().unwrap();
    Https::new(client, &url.parse().unwrap(), signer)
}

pub fn a_read() -> contacts_checks::Request {
    contacts_checks::Request::new(Method::GET, "/contacts").query("limit", "1")
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
    let signer = Signer::from_environment("execute-api", &environment("")).unwrap();
    let headers = signer
        .sign_at(SystemTime::from(date), method, &url, &along, body)
        .unwrap();
    headers["authorization"].to_str().ok().map(str::to_owned)
}

/// The contacts API behind a stage, each answer by the version that `version` gives for its number.
pub async fn contacts_api<F>(table: &Table, secured: bool, version: F) -> Server
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
            let query = reqwest::Url::parse(&format!("http://x{target}")).unwrap();
            let all = |wanted: &str| {
                query
                    .query_pairs()
                    .filter(|(name, _)| name == wanted)
                    .map(|(_, value)| value.into_owned())
                    .collect()
            };
            let origin = Origin {
                path: parts.uri.path().to_owned(),
                limits: all("limit"),
                cursors: all("cursor"),
                ..Origin::default()
            };
            let mut inner = http::Request::builder()
                .method(parts.method)
                .uri(path)
                .extension(origin)
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

/// A Parameter Store with one parameter.
pub async fn parameter_store(value: String) -> Server {
    Server::start(move |request: Request| {
        let value = value.clone();
        async move {
            let body = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            let asked: Value = serde_json::from_slice(&body).unwrap();
            if asked["Name"] == PARAMETER {
                Json(json!({"Parameter": {"Name": PARAMETER, "Type": "String", "Value": value}}))
                    .into_response()
            } else {
                (
                    StatusCode::BAD_REQUEST,
                    Json(json!({"__type": "ParameterNotFound"})),
                )
                    .into_response()
            }
        }
    })
    .await
}

/// A TLS server on a free port whose certificate nobody vouches for; its URL.
pub async fn self_signed() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["127.0.0.1".to_owned()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = tokio_rustls::rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("https://{}/live", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            // The client hangs up during the handshake.
            let _ = acceptor.accept(connection).await;
        }
    });
    url
}
