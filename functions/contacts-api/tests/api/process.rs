//! The function as Lambda runs it: a process that asks the Runtime API for its next event.

use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use contacts::limits;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::{Mutex, mpsc};

use crate::support::{Call, TABLE, Table};

pub const SECRET: &str = "do-not-log-me";
pub const SESSION_TOKEN: &str = "IQoJb3JpZ2luX2VjEXAMPLETOKEN//////////wEaDA==";

/// How the function ended an invocation.
#[derive(Debug)]
pub enum End {
    Response(Value),
    Error(Value),
}

/// The Runtime API for one process, and the process.
pub struct Sandbox {
    events: mpsc::UnboundedSender<Value>,
    ends: mpsc::UnboundedReceiver<End>,
    process: Child,
}

struct RuntimeApi {
    events: Mutex<mpsc::UnboundedReceiver<Value>>,
    ends: mpsc::UnboundedSender<End>,
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Response {
    let event = api.events.lock().await.recv().await;
    let Some(event) = event else {
        return std::future::pending().await;
    };
    let headers = [
        (
            "Lambda-Runtime-Aws-Request-Id",
            "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        ("Lambda-Runtime-Deadline-Ms", "4102444800000"),
        (
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:contacts:7",
        ),
    ];
    (headers, event.to_string()).into_response()
}

async fn end(
    State(api): State<Arc<RuntimeApi>>,
    Path((_, kind)): Path<(String, String)>,
    body: Bytes,
) -> StatusCode {
    let body = serde_json::from_slice(&body).unwrap_or_default();
    let _ = api.ends.send(if kind == "response" {
        End::Response(body)
    } else {
        End::Error(body)
    });
    StatusCode::ACCEPTED
}

impl Sandbox {
    pub async fn start(variables: &[(&str, &str)]) -> Self {
        let (events, received) = mpsc::unbounded_channel();
        let (sent, ends) = mpsc::unbounded_channel();
        let api = Arc::new(RuntimeApi {
            events: Mutex::new(received),
            ends: sent,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let app = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/{kind}", post(end))
            .with_state(api);
        tokio::spawn(async move { axum::serve(listener, app).await });
        let process = Command::new(env!("CARGO_BIN_EXE_contacts-api"))
            .env_clear()
            .envs([
                ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
                ("AWS_LAMBDA_FUNCTION_NAME", "contacts"),
                ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
                ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
                ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/contacts"),
                ("AWS_LAMBDA_LOG_STREAM_NAME", "one"),
                ("AWS_REGION", "eu-central-1"),
                ("AWS_ACCESS_KEY_ID", "AKIATEST"),
                ("AWS_SECRET_ACCESS_KEY", SECRET),
                ("AWS_SESSION_TOKEN", SESSION_TOKEN),
            ])
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self {
            events,
            ends,
            process,
        }
    }

    pub async fn invoke(&mut self, event: Value) -> End {
        self.events.send(event).unwrap();
        tokio::time::timeout(Duration::from_secs(20), self.ends.recv())
            .await
            .expect("an end within 20 s")
            .unwrap()
    }

    /// Ends the process and returns what it logged.
    pub async fn end(mut self) -> String {
        self.process.start_kill().unwrap();
        let output = self.process.wait_with_output().await.unwrap();
        String::from_utf8(output.stderr).unwrap()
    }
}

pub fn response(end: End) -> Value {
    match end {
        End::Response(response) => response,
        End::Error(error) => panic!("{error}"),
    }
}

#[tokio::test]
async fn the_process_answers_with_the_version_that_lambda_gave_it() {
    let table = Table::start().await;
    let variables = [
        ("TABLE_NAME", TABLE),
        ("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint.as_str()),
    ];
    let mut sandbox = Sandbox::start(&variables).await;
    let created = response(
        sandbox
            .invoke(
                Call::new("POST", "/contacts")
                    .json(r#"{"name": "Ada"}"#)
                    .rest(),
            )
            .await,
    );
    assert_eq!(created["statusCode"], 201);
    assert_eq!(created["isBase64Encoded"], false);
    let body: Value = serde_json::from_str(created["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["metadata"]["function_version"], "7");
    assert_eq!(created["multiValueHeaders"]["etag"], json!(["\"1\""]));
    assert_eq!(table.count().await, 1);
}

/// A table that has nothing; each request's port is sent.
async fn empty_table() -> (String, mpsc::UnboundedReceiver<SocketAddr>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (asked, requests) = mpsc::unbounded_channel();
    let app = Router::new()
        .fallback(move |ConnectInfo(from): ConnectInfo<SocketAddr>| {
            asked.send(from).unwrap();
            async { "{}" }
        })
        .into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (endpoint, requests)
}

#[tokio::test]
async fn a_sandbox_that_is_started_ahead_of_events_has_its_connection_before_the_first() {
    let (endpoint, mut requests) = empty_table().await;
    let mut variables = vec![
        ("TABLE_NAME", TABLE),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency"),
    ];
    let mut sandbox = Sandbox::start(&variables).await;
    let before = requests.recv().await.unwrap();
    let read = || Call::new("GET", "/contacts/01976b1c-7c1e-7c3a-9f0e-3b8a0c7b9d11").rest();
    assert_eq!(response(sandbox.invoke(read()).await)["statusCode"], 404);
    assert_eq!(requests.recv().await.unwrap(), before, "another connection");
    assert_eq!(sandbox.end().await, "");

    variables[2].1 = "on-demand";
    let mut sandbox = Sandbox::start(&variables).await;
    response(sandbox.invoke(read()).await);
    requests.recv().await.unwrap();
    assert!(requests.try_recv().is_err(), "it asked before its event");
}

#[tokio::test]
async fn a_sandbox_that_is_started_ahead_of_events_starts_without_its_table() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut sandbox = Sandbox::start(&[
        ("TABLE_NAME", TABLE),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "provisioned-concurrency"),
    ])
    .await;
    let read = Call::new("GET", "/contacts/01976b1c-7c1e-7c3a-9f0e-3b8a0c7b9d11").rest();
    assert_eq!(response(sandbox.invoke(read).await)["statusCode"], 503);
}

#[tokio::test]
async fn a_process_without_a_table_starts_answers_and_logs_the_reason() {
    let mut sandbox = Sandbox::start(&[]).await;
    for _ in 0..2 {
        let answer = response(sandbox.invoke(Call::new("GET", "/contacts").rest()).await);
        assert_eq!(answer["statusCode"], 500);
        assert!(answer["body"].as_str().unwrap().contains("misconfigured"));
    }
    let log = sandbox.end().await;
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!(
        (&line["level"], &line["requestId"]),
        (
            &"ERROR".into(),
            &"8476a536-e9f4-11e8-9739-2dfe598c3fcd".into()
        )
    );
    assert!(
        line["detail"].as_str().unwrap().starts_with("TABLE_NAME"),
        "{line}"
    );
}

#[tokio::test]
async fn a_failing_table_is_logged_in_one_line_without_body_or_secret() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut sandbox =
        Sandbox::start(&[("TABLE_NAME", TABLE), ("AWS_ENDPOINT_URL", &endpoint)]).await;
    let call = Call::new("POST", "/contacts").json(r#"{"name": "private"}"#);
    assert_eq!(
        response(sandbox.invoke(call.rest()).await)["statusCode"],
        503
    );
    let log = sandbox.end().await;
    assert_eq!(log.lines().count(), 1, "{log}");
    let line: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(line["operation"], "PutItem");
    assert!(!log.contains("private") && !log.contains(SECRET), "{log}");
}

#[tokio::test]
async fn nothing_that_a_caller_sends_ends_an_invocation_in_an_error() {
    let mut sandbox = Sandbox::start(&[("TABLE_NAME", TABLE)]).await;
    let create = || Call::new("POST", "/contacts");
    let name = "n".repeat(12_000);
    let faults = vec![format!("\"{name}\": [1e999]"); 20].join(",");
    let mut calls = vec![
        create().json(format!("{{{faults}}}")),
        create()
            .header("Content-Type", &"\u{1}".repeat(8_000))
            .body("{}"),
        create()
            .json("{}")
            .header("X-Test-Ttl", &"\"".repeat(8_000)),
        Call::new(&"x".repeat(8_000), "/contacts"),
        Call::new("GET", "/contacts").query("cursor", "\0%ff\u{7f}"),
        Call::new("GET", &"/%".repeat(40_000)),
    ];
    calls.extend((0..0x20).chain([0x7f]).map(char::from).map(|letter| {
        create()
            .body("[]")
            .header("User-Agent", &letter.to_string())
            .header("If-Match", &format!("\"1{letter}"))
            .header("Content-Type", &format!("application/json{letter}"))
    }));
    for call in calls {
        for event in [call.rest(), call.http_on_stage("live"), call.function_url()] {
            let answer = response(sandbox.invoke(event).await);
            let status = answer["statusCode"].as_u64().unwrap();
            assert!((400..500).contains(&status), "{answer}");
            assert!(answer.to_string().len() <= limits::ERROR_BYTES, "{answer}");
        }
    }
    let log = sandbox.end().await;
    assert_eq!(log, "", "nothing failed");
}

#[tokio::test]
async fn a_process_refuses_what_it_cannot_read_and_goes_on() {
    let table = Table::start().await;
    let variables = [
        ("TABLE_NAME", TABLE),
        ("AWS_ENDPOINT_URL_DYNAMODB", table.endpoint.as_str()),
    ];
    let mut sandbox = Sandbox::start(&variables).await;
    let broken = Call {
        base64: true,
        ..Call::new("POST", "/contacts").json("!")
    };
    assert_eq!(
        response(sandbox.invoke(broken.rest()).await)["statusCode"],
        400
    );
    // Of another service: an answer would look like a message well received.
    let end = sandbox.invoke(json!({ "Records": [] })).await;
    assert!(
        matches!(&end, End::Error(error) if error["errorMessage"].as_str().is_some_and(|text| text.contains("no event of an API Gateway API"))),
        "{end:?}"
    );
    assert_eq!(
        response(sandbox.invoke(Call::new("GET", "/contacts").rest()).await)["statusCode"],
        200
    );
}
