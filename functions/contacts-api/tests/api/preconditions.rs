//! `If-Match` with many clients at once: whoever is told of a success has written, and nobody has written over it unseen.

use axum::Json;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::support::{Answer, Call, Caller, Table, api, id};

const CLIENTS: usize = 8;

fn merge(path: &str, body: &Value, tag: &str) -> Call {
    Call::new("PATCH", path)
        .json(body.to_string())
        .header("If-Match", tag)
}

/// What many attempts to raise a counter came to.
#[derive(Debug, Default)]
pub struct Raised {
    pub successes: i64,
    pub conflicts: i64,
    /// Of which the caller does not know.
    pub unknown: i64,
    /// What the counter says in the end.
    pub counter: i64,
}

/// Each client reads a counter and raises it by one with `If-Match`, so many times.
pub async fn raise(table: &Table, attempts: usize, api: impl Fn() -> Caller) -> Raised {
    let contact = table.api().create(r#"{"n": 0}"#).await;
    let path = format!("/contacts/{}", id(&contact));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (api, path) = (api(), path.clone());
            tokio::spawn(async move {
                let mut statuses = Vec::new();
                for _ in 0..attempts {
                    let read = api.send(Call::new("GET", &path)).await;
                    if read.status == 503 {
                        continue;
                    }
                    let n = read.success(200)["data"]["n"].as_i64().unwrap();
                    let tag = read.header("etag").unwrap();
                    let answer = api.send(merge(&path, &json!({ "n": n + 1 }), tag)).await;
                    statuses.push(answer.status);
                }
                statuses
            })
        })
        .collect();
    let mut raised = Raised::default();
    for client in clients {
        for status in client.await.unwrap() {
            match status {
                200 => raised.successes += 1,
                412 => raised.conflicts += 1,
                503 => raised.unknown += 1,
                other => panic!("{other}"),
            }
        }
    }
    let read = table.api().send(Call::new("GET", &path)).await;
    raised.counter = read.success(200)["data"]["n"].as_i64().unwrap();
    raised
}

async fn n_successes_give_n(table: Table, attempts: usize) {
    let raised = raise(&table, attempts, || table.api()).await;
    assert_eq!(raised.counter, raised.successes, "{raised:?}");
    assert_eq!(raised.unknown, 0, "{raised:?}");
    assert!(raised.conflicts > 0, "no two clients met: {raised:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n_successes_of_eight_clients_raise_a_counter_by_n() {
    n_successes_give_n(Table::start().await, 25).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn n_successes_of_eight_clients_raise_a_counter_by_n_on_moto() {
    n_successes_give_n(Table::start_on_moto().await, 10).await;
}

async fn one_of_eight_succeeds(table: Table, rounds: usize) {
    let api = table.api();
    for round in 0..rounds {
        let contact = api.create("{}").await;
        let path = format!("/contacts/{}", id(&contact));
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| tokio::spawn(table.api().send(merge(&path, &json!({"n": 1}), "\"1\""))))
            .collect();
        let mut statuses = Vec::new();
        for client in clients {
            statuses.push(client.await.unwrap().status);
        }
        statuses.sort_unstable();
        assert_eq!(
            statuses,
            [200, 412, 412, 412, 412, 412, 412, 412],
            "{round}"
        );
        assert_eq!(api.get(id(&contact)).await.header("etag"), Some("\"2\""));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_eight_clients_with_one_body_and_one_tag_one_succeeds() {
    one_of_eight_succeeds(Table::start().await, 30).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_eight_clients_with_one_body_and_one_tag_one_succeeds_on_moto() {
    one_of_eight_succeeds(Table::start_on_moto().await, 10).await;
}

/// A DynamoDB that refuses the condition of each write, because of an item that is what this very write would leave, in this very
/// millisecond: but another's. And the operations that it was asked for.
async fn another_was_faster() -> (String, mpsc::UnboundedReceiver<String>) {
    let (asked, operations) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |headers: http::HeaderMap, body: String| {
        let body: Value = serde_json::from_str(&body).unwrap();
        let operation = headers["x-amz-target"].to_str().unwrap().to_owned();
        asked.send(operation).unwrap();
        let item = match body.get("Item") {
            Some(item) => item.clone(),
            None => json!({
                "id": body["Key"]["id"],
                "createdAt": {"N": "1"},
                "updatedAt": body["ExpressionAttributeValues"].get(":u").unwrap_or(&json!({"N": "1"})),
                "revision": {"N": "2"},
                "attributes": {"M": {"n": {"N": "1"}}},
                "requestToken": {"S": "another's"},
            }),
        };
        let answer = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "message": "The conditional request failed",
            "Item": item,
        });
        std::future::ready((http::StatusCode::BAD_REQUEST, Json(answer)))
    };
    let app = axum::Router::new().fallback(answer);
    tokio::spawn(async move { axum::serve(listener, app).await });
    (endpoint, operations)
}

/// Sends a call whose one attempt is refused.
async fn refused_once(call: Call) -> Answer {
    let (endpoint, mut operations) = another_was_faster().await;
    let answer = Caller::of(api(&endpoint)).send(call).await;
    operations.close();
    let mut attempts = Vec::new();
    while let Some(operation) = operations.recv().await {
        attempts.push(operation);
    }
    assert_eq!(attempts.len(), 1, "{attempts:?}");
    answer
}

#[tokio::test]
async fn a_single_attempt_that_is_refused_is_never_a_success() {
    let body = json!({"n": 1});
    let path = "/contacts/some";
    refused_once(merge(path, &body, "\"1\"")).await.problem(412);
    refused_once(merge(path, &body, "\"1\", \"2\""))
        .await
        .problem(412);
    // Nothing but an item that is not there refuses these; what such an answer means nobody knows.
    refused_once(merge(path, &body, "*")).await.problem(503);
    refused_once(Call::new("PUT", path).json("{}"))
        .await
        .problem(503);
    refused_once(Call::new("POST", "/contacts").json("{}"))
        .await
        .problem(503);
    let delete = Call::new("DELETE", path).header("If-Match", "\"1\"");
    refused_once(delete).await.problem(412);
}

#[tokio::test]
async fn a_callers_second_request_is_no_retry_of_the_first() {
    let table = Table::start().await;
    let contact = table.api().create("{}").await;
    let call = merge(
        &format!("/contacts/{}", id(&contact)),
        &json!({"n": 1}),
        "\"1\"",
    );
    table.api().send(call.clone()).await.success(200);
    table.api().send(call).await.problem(412);
}

#[tokio::test]
async fn no_answer_shows_the_token_of_a_request() {
    let table = Table::start().await;
    let api = table.api();
    let contact = api.create("{}").await;
    let path = format!("/contacts/{}", id(&contact));
    let merged = api.send(merge(&path, &json!({"n": 1}), "\"1\"")).await;
    let stale = api.send(merge(&path, &json!({"n": 1}), "\"1\"")).await;
    let item = table.item(id(&contact)).await.unwrap();
    let token = item["requestToken"].as_s().unwrap();
    for answer in [
        merged,
        stale,
        api.get(id(&contact)).await,
        api.send(Call::new("GET", "/contacts")).await,
    ] {
        assert!(!answer.text.contains(token), "{}", answer.text);
        assert!(!answer.text.contains("requestToken"), "{}", answer.text);
        assert!(
            !format!("{:?}", answer.headers).contains(token),
            "{:?}",
            answer.headers
        );
    }
}
