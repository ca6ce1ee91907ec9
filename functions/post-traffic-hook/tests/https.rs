//! The transport and the whole hook against an API and a Parameter Store over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

#[path = "../../../shared/contacts-checks/tests/support/mod.rs"]
mod support;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use aws_clients::{Environment, Signer};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use contacts_api::gateway::Origin;
use contacts_checks::{CONFIGURATION, Transport, TransportError};
use http::{HeaderMap, Method, StatusCode};
use lifecycle_hook::{CheckStatus, Status, Verdict};
use post_traffic_hook::Https;
use serde_json::{Value, json};
use time::PrimitiveDateTime;
use time::format_description::parse_borrowed;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use support::{Table, assert_ended, result, run};

const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";
const PARAMETER: &str = "/contacts/production/api-url";
const AMPLE: Duration = Duration::from_mins(1);

/// A server that lives as long as this.
struct Server {
    authority: String,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Server {
    async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let service = Router::new().fallback(answer);
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { authority, serving }
    }

    /// The API's URL, with a stage.
    fn url(&self) -> String {
        format!("http://{}/live", self.authority)
    }
}

fn environment(ssm: &str) -> Environment {
    Environment::from_variables([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "token"),
        ("AWS_ENDPOINT_URL_SSM", ssm),
    ])
}

fn https(url: &str, signer: Option<Signer>) -> Https {
    let client = aws_clients::http_client().unwrap().build().unwrap();
    Https::new(client, &url.parse().unwrap(), signer)
}

fn a_read() -> contacts_checks::Request {
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
async fn contacts_api<F>(table: &Table, secured: bool, version: F) -> Server
where
    F: Fn(usize) -> &'static str + Clone + Send + Sync + 'static,
{
    let routers = ["7", "8", "$LATEST"].map(|name| (name, contacts_api::router(table.api(name))));
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
async fn parameter_store(value: String) -> Server {
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

async fn verdict(store: &Server, variables: &[(&str, &str)]) -> Verdict {
    let defaults = [
        ("NEW_VERSION_ARN", TARGET),
        ("API_URL_PARAMETER", PARAMETER),
        ("API_AUTHORIZATION", "AWS_IAM"),
        ("SAMPLE_REQUESTS", "12"),
    ];
    let lookup = |name: &str| {
        let found = variables
            .iter()
            .chain(&defaults)
            .find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let environment = environment(&format!("http://{}", store.authority));
    run(post_traffic_hook::hook(lookup, &environment), AMPLE).await
}

#[tokio::test]
async fn a_healthy_api_passes_signed_and_its_table_is_as_it_was() {
    let table = Table::start().await;
    let api = contacts_api(&table, true, |_| "8").await;
    let store = parameter_store(api.url()).await;
    let verdict = verdict(&store, &[("LATENCY_BUDGET_MS", "5000")]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert!(
        verdict
            .checks
            .iter()
            .all(|check| check.status == CheckStatus::Passed),
        "{verdict:#?}"
    );
    let sampled = &result(&verdict, "sampled-requests").notes;
    assert_eq!(
        (&sampled["sampled"], &sampled["asked_again"]),
        (&json!(12), &json!(0))
    );
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_given_url_needs_no_parameter_and_an_open_api_no_signature() {
    let table = Table::start().await;
    let api = contacts_api(&table, false, |_| "8").await;
    let nowhere =
        Server::start(|_| async { StatusCode::INTERNAL_SERVER_ERROR.into_response() }).await;
    let url = api.url();
    let verdict = verdict(
        &nowhere,
        &[("API_URL", url.as_str()), ("API_AUTHORIZATION", "NONE")],
    )
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
}

#[tokio::test]
async fn unsigned_requests_to_a_secured_api_are_a_finding() {
    let table = Table::start().await;
    let api = contacts_api(&table, true, |_| "8").await;
    let store = parameter_store(api.url()).await;
    let verdict = verdict(&store, &[("API_AUTHORIZATION", "NONE")]).await;
    let words = [
        "expected status 201, got status 403 (Missing Authentication Token) (request id request-1)",
    ];
    assert_ended(&verdict, "create-and-read", CheckStatus::Failed, &words);
    let words = ["12 of 12 sampled requests failed"];
    assert_ended(&verdict, "sampled-requests", CheckStatus::Failed, &words);
}

#[tokio::test]
async fn an_alias_that_still_settles_is_asked_again() {
    let table = Table::start().await;
    let api = contacts_api(&table, true, |number| if number < 6 { "7" } else { "8" }).await;
    let store = parameter_store(api.url()).await;
    let verdict = verdict(&store, &[]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn an_old_version_that_never_goes_away_fails_after_the_alias_had_time_to_settle() {
    let table = Table::start().await;
    let api = contacts_api(&table, true, |_| "7").await;
    let store = parameter_store(api.url()).await;
    // Half of the time that is left is shorter than ALIAS_SETTLE here.
    let lookup = |name: &str| match name {
        "NEW_VERSION_ARN" => Some(TARGET.to_owned()),
        "API_URL_PARAMETER" => Some(PARAMETER.to_owned()),
        "API_AUTHORIZATION" => Some("AWS_IAM".to_owned()),
        _ => None,
    };
    let environment = environment(&format!("http://{}", store.authority));
    let hook = post_traffic_hook::hook(lookup, &environment);
    let verdict = run(hook, Duration::from_secs(8)).await;
    let words = [
        "20 of 20 sampled requests failed",
        "version 8, got one of version 7",
    ];
    assert_ended(&verdict, "sampled-requests", CheckStatus::Failed, &words);
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn an_unqualified_target_skips_the_sample_and_checks_the_rest() {
    let table = Table::start().await;
    let api = contacts_api(&table, true, |_| "$LATEST").await;
    let store = parameter_store(api.url()).await;
    let verdict = verdict(&store, &[("NEW_VERSION_ARN", "contacts-api")]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_ended(
        &verdict,
        "sampled-requests",
        CheckStatus::Skipped,
        &["names no version"],
    );
}

#[tokio::test]
async fn a_missing_or_malformed_setting_is_a_failed_check() {
    let store = parameter_store("REPLACE ME".to_owned()).await;
    for (variables, words) in [
        (
            vec![("API_AUTHORIZATION", "maybe")],
            "API_AUTHORIZATION is \"maybe\", expected AWS_IAM or NONE",
        ),
        (vec![("SAMPLE_REQUESTS", "-3")], "SAMPLE_REQUESTS is \"-3\""),
        (vec![("NEW_VERSION_ARN", "")], "NEW_VERSION_ARN is not set"),
        (
            vec![("API_URL_PARAMETER", "")],
            "API_URL_PARAMETER is not set",
        ),
        (
            vec![("API_URL_PARAMETER", "/contacts/other")],
            "SSM parameter /contacts/other cannot be read: ParameterNotFound",
        ),
        (
            vec![],
            "SSM parameter /contacts/production/api-url is \"REPLACE ME\", no URL",
        ),
    ] {
        let verdict = verdict(&store, &variables).await;
        assert_eq!(verdict.status, Status::Failed);
        assert_ended(&verdict, CONFIGURATION, CheckStatus::Failed, &[words]);
        assert_ended(
            &verdict,
            "sampled-requests",
            CheckStatus::Skipped,
            &["see configuration"],
        );
    }
}

#[tokio::test]
async fn a_signature_covers_what_is_sent_however_it_is_written() {
    let table = Table::start().await;
    let api = contacts_api(&table, true, |_| "8").await;
    let signer = Signer::from_environment("execute-api", &environment("")).unwrap();
    let https = https(&api.url(), Some(signer));
    for cursor in ["plain", "a+b/c==", "ä ö&x=1", "%25"] {
        let answer = https.send(a_read().query("cursor", cursor)).await.unwrap();
        // The cursor is no good, but the request got through.
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{cursor}");
    }
}

#[tokio::test]
async fn api_gateways_429_is_told_as_throttling() {
    let server = Server::start(|_| async {
        let headers = [("x-amzn-requestid", "request-9")];
        (
            StatusCode::TOO_MANY_REQUESTS,
            headers,
            r#"{"message": "Too Many Requests"}"#,
        )
            .into_response()
    })
    .await;
    let error = https(&server.url(), None).send(a_read()).await.unwrap_err();
    assert!(matches!(error, TransportError::Throttled { .. }), "{error}");
    assert_eq!(error.request_id(), Some("request-9"));
}

#[tokio::test]
async fn a_server_that_refuses_the_connection_is_told_as_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/live", listener.local_addr().unwrap());
    drop(listener);
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .to_lowercase()
            .contains("connection refused"),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_as_a_tls_failure() {
    let server = Server::start(|_| async { StatusCode::OK.into_response() }).await;
    let url = format!("https://{}/live", server.authority);
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    let TransportError::Tls { target, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(target, &server.authority);
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_as_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/live", listener.local_addr().unwrap());
    let closing = tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    closing.abort();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
}
