//! When the table fails: a clear answer without its insides, and the function goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contacts_api::config::Misconfigured;
use contacts_store::store::ATTEMPT_TIMEOUT;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::network::{Fate, way_to};
use crate::support::{Answer, Call, Caller, Table, api, id};

fn every_operation() -> Vec<Call> {
    vec![
        Call::new("POST", "/contacts").json("{}"),
        Call::new("GET", "/contacts"),
        Call::new("GET", "/contacts/some"),
        Call::new("PUT", "/contacts/some").json("{}"),
        Call::new("DELETE", "/contacts/some"),
    ]
}

#[track_caller]
fn assert_without_insides(answer: &Answer) -> Value {
    let problem = answer.problem(503);
    for inside in [
        "127.0.0.1",
        "onnect",
        "dynamodb",
        "DynamoDB",
        "Exception",
        "AKIA",
    ] {
        assert!(!answer.text.contains(inside), "{inside}: {}", answer.text);
    }
    problem
}

/// An endpoint that gives every request the same answer.
async fn endpoint_that_answers(status: u16, code: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(
        "{{\"__type\": \"com.amazonaws.dynamodb.v20120810#{code}\", \"message\": \"secret insides\"}}"
    );
    let status = http::StatusCode::from_u16(status).unwrap();
    let app = axum::Router::new().fallback(move || std::future::ready((status, body.clone())));
    tokio::spawn(async move { axum::serve(listener, app).await });
    endpoint
}

#[tokio::test]
async fn a_table_that_refuses_connections_is_a_503_to_try_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let caller = Caller::of(api(&endpoint));
    for call in every_operation() {
        let answer = caller.send(call).await;
        assert_without_insides(&answer);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[tokio::test]
async fn a_throttled_table_is_a_503_to_try_again() {
    let endpoint = endpoint_that_answers(400, "ProvisionedThroughputExceededException").await;
    let answer = Caller::of(api(&endpoint))
        .send(Call::new("GET", "/contacts/some"))
        .await;
    assert_without_insides(&answer);
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert!(!answer.text.contains("secret"));
}

#[tokio::test]
async fn what_will_not_pass_by_itself_is_a_503_without_an_invitation_to_try_again() {
    for code in [
        "ResourceNotFoundException",
        "AccessDeniedException",
        "ValidationException",
    ] {
        let caller = Caller::of(api(&endpoint_that_answers(400, code).await));
        for call in every_operation() {
            let answer = caller.send(call).await;
            assert_without_insides(&answer);
            assert_eq!(answer.header("retry-after"), None, "{code}");
        }
    }
}

#[tokio::test]
async fn a_table_that_hangs_is_given_up_before_the_function_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    // Never accepted: the connection stands in the backlog and nothing answers.
    let started = std::time::Instant::now();
    let answer = Caller::of(api(&endpoint))
        .send(Call::new("GET", "/contacts/some"))
        .await;
    assert_without_insides(&answer);
    assert!(
        started.elapsed() < std::time::Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    drop(listener);
}

#[tokio::test]
async fn a_scan_may_take_longer_than_other_calls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(|| async {
        tokio::time::sleep(ATTEMPT_TIMEOUT + ATTEMPT_TIMEOUT / 4).await;
        r#"{"Items": [], "Count": 0, "ScannedCount": 0}"#
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    let caller = Caller::of(api(&endpoint));
    caller
        .send(Call::new("GET", "/contacts"))
        .await
        .success(200);
    assert_without_insides(&caller.send(Call::new("GET", "/contacts/some")).await);
}

#[tokio::test]
async fn the_function_goes_on_when_the_table_comes_back() {
    let table = Table::start().await;
    let is_up = Arc::new(AtomicBool::new(false));
    let state = Arc::clone(&is_up);
    let fate = move |_| {
        if state.load(Ordering::SeqCst) {
            Fate::Pass
        } else {
            Fate::Refuse
        }
    };
    let caller = Caller::of(api(&way_to(&table.endpoint, fate).await));
    assert_without_insides(&caller.send(Call::new("GET", "/contacts")).await);
    is_up.store(true, Ordering::SeqCst);
    caller.create("{}").await;
}

#[tokio::test]
async fn an_item_that_is_no_contact_is_a_503_and_hides_nothing_else() {
    let table = Table::start().await;
    let foreign = aws_sdk_dynamodb::types::AttributeValue::S("foreign".to_owned());
    table.put([("id".to_owned(), foreign)].into()).await;
    let api = table.api();
    assert_without_insides(&api.get("foreign").await);
    let contact = api.create("{}").await;
    api.get(id(&contact)).await.success(200);
}

#[tokio::test]
async fn a_misconfigured_function_says_so_for_every_request() {
    let misconfigured = api("http://127.0.0.1:9").without_table(Misconfigured::NoTable);
    let caller = Caller::of(misconfigured);
    for call in every_operation() {
        let problem = caller.send(call).await.problem(500);
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("misconfigured"),
            "{problem}"
        );
        assert_eq!(problem["metadata"]["table"], Value::Null);
    }
    caller
        .send(Call::new("GET", "/elsewhere"))
        .await
        .problem(404);
}
