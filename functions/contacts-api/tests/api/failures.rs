//! When the table fails: a clear answer without its insides, and the function goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use contacts_api::config::Misconfigured;
use serde_json::Value;
use tokio::io::{AsyncReadExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

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

/// What becomes of a connection on the way to the table.
enum Fate {
    Pass,
    Refuse,
    LoseAnswer,
}

/// A way to the table on which the n-th connection, from 0, meets its fate.
async fn way_to(endpoint: &str, fate: impl Fn(usize) -> Fate + Send + 'static) -> String {
    let table = endpoint.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for number in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let fate = fate(number);
            let mut table = TcpStream::connect(&table).await.unwrap();
            tokio::spawn(async move {
                match fate {
                    Fate::Refuse => {}
                    Fate::Pass => drop(copy_bidirectional(&mut client, &mut table).await),
                    Fate::LoseAnswer => {
                        let (mut from_client, _to_client) = client.split();
                        let (mut from_table, mut to_table) = table.split();
                        // The request has taken effect once the table answers it; nobody hears the answer.
                        tokio::select! {
                            _ = copy(&mut from_client, &mut to_table) => {}
                            _ = from_table.read_u8() => {}
                        }
                    }
                }
            });
        }
    });
    address
}

/// A way to the table that loses the answer to the first request, and the number of connections it saw.
async fn losing_the_first_answer(endpoint: &str) -> (String, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let fate = move |number| {
        count.store(number + 1, Ordering::SeqCst);
        if number == 0 {
            Fate::LoseAnswer
        } else {
            Fate::Pass
        }
    };
    (way_to(endpoint, fate).await, connections)
}

#[tokio::test]
async fn a_conditional_merge_whose_answer_was_lost_is_a_success_and_no_conflict() {
    let table = Table::start().await;
    let contact = table.api().create(r#"{"a": 1, "b": 2}"#).await;
    let (endpoint, connections) = losing_the_first_answer(&table.endpoint).await;
    let merge =
        Call::new("PATCH", &format!("/contacts/{}", id(&contact))).json(r#"{"a": 9, "b": null}"#);
    let answer = Caller::of(api(&endpoint))
        .send(merge.header("If-Match", "\"1\""))
        .await;
    assert_eq!(answer.success(200)["data"]["a"], 9);
    assert_eq!(answer.header("etag"), Some("\"2\""));
    assert!(connections.load(Ordering::SeqCst) > 1, "no answer was lost");
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_makes_one_contact() {
    let table = Table::start().await;
    let (endpoint, connections) = losing_the_first_answer(&table.endpoint).await;
    let contact = Caller::of(api(&endpoint)).create(r#"{"a": 1}"#).await;
    assert_eq!(table.count().await, 1);
    assert_eq!(
        table.api().get(id(&contact)).await.success(200)["data"],
        contact
    );
    assert!(connections.load(Ordering::SeqCst) > 1, "no answer was lost");
}
