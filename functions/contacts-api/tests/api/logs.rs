//! What the function logs when its table answers as it should not: the status and the code, and nothing that the other side wrote.

use std::fmt::Write as _;
use std::time::SystemTime;

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat as Format};
use axum::Router;
use axum::extract::Request;
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::process::{SECRET, SESSION_TOKEN, Sandbox, response};
use crate::support::{Call, TABLE};

/// What a table may answer, given what it was asked, word for word.
type Wrong = fn(&str) -> String;

fn error(code: &str, message: &str) -> String {
    json!({"__type": format!("com.amazon.coral.service#{code}"), "message": message}).to_string()
}

/// A table that echoes the whole request, its signature and its session token with it.
async fn echo(status: StatusCode, wrong: Wrong) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(move |request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let mut asked = format!("{} {}\n", parts.method, parts.uri);
        for (name, value) in &parts.headers {
            writeln!(asked, "{name}:{}", value.to_str().unwrap()).unwrap();
        }
        asked += &String::from_utf8_lossy(&body);
        (status, wrong(&asked))
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    endpoint
}

/// The one line that is logged, after looking for what may not be in it.
async fn logged(status: u16, wrong: Wrong) -> Value {
    let endpoint = echo(StatusCode::from_u16(status).unwrap(), wrong).await;
    let started = DateTime::from_secs(DateTime::from(SystemTime::now()).secs());
    let mut sandbox =
        Sandbox::start(&[("TABLE_NAME", TABLE), ("AWS_ENDPOINT_URL", &endpoint)]).await;
    let call = Call::new("POST", "/contacts").json(r#"{"name": "private"}"#);
    let answer = response(sandbox.invoke(call.rest()).await);
    assert_eq!(answer["statusCode"], 503, "{answer}");
    let log = sandbox.end().await;
    for text in [&answer.to_string(), &log] {
        for secret in [
            SECRET,
            SESSION_TOKEN,
            "private",
            "Signature=",
            "Credential=",
            "AKIATEST",
        ] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert_eq!(log.lines().count(), 1, "{log}");
    let line: Value = serde_json::from_str(&log).unwrap();
    // What Lambda reads of a line, where the log format is JSON.
    assert_eq!(line["level"], "ERROR", "{line}");
    let written = line["timestamp"].as_str().unwrap();
    let written = DateTime::from_str(written, Format::DateTime).unwrap();
    assert!(
        (started..=DateTime::from(SystemTime::now())).contains(&written),
        "{line}"
    );
    assert_eq!(line["operation"], "PutItem");
    assert_eq!(line["status"], status, "{line}");
    line
}

#[tokio::test]
async fn a_refusal_that_quotes_the_request_is_logged_by_its_code() {
    #[rustfmt::skip] // A table.
    let cases = [
        (400, "InvalidSignatureException", (|asked| error("InvalidSignatureException", asked)) as Wrong),
        (400, "ValidationException", |asked| { error("ValidationException", asked) }),
        (400, "AccessDeniedException", |asked| { error("AccessDeniedException", asked) }),
        (400, "SomethingNewException", |asked| { error("SomethingNewException", asked) }),
        (500, "InternalServerError", |asked| { error("InternalServerError", asked) }),
    ];
    for (status, code, wrong) in cases {
        let line = logged(status, wrong).await;
        assert_eq!(line["code"], code, "{line}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_is_logged_by_its_status() {
    #[rustfmt::skip] // A table.
    let rows = [
        (403, (|asked| format!("<html>The Canonical String for this request was {asked}</html>")) as Wrong),
        (502, |asked| format!("<html>{asked}</html>")),
        (200, |asked| format!("{{\"Attributes\": {asked}")),
        (200, |asked| { json!({"Attributes": {"id": {"S": 1}, "x": asked}}).to_string() }),
        (400, |_| String::new()),
        (400, |asked| { json!({"__type": asked, "message": asked}).to_string() }),
    ];
    for (status, wrong) in rows {
        let line = logged(status, wrong).await;
        assert_eq!(line.get("code"), None, "{line}");
        assert!(
            line["detail"]
                .as_str()
                .unwrap()
                .contains("could not be read"),
            "{line}"
        );
    }
}
