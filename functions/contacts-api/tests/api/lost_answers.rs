//! Writes that were done although nobody heard so: the request's own retry is a success, and another's request is none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::config::http::HttpResponse;
use aws_sdk_dynamodb::config::interceptors::BeforeDeserializationInterceptorContextMut;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::AttributeValue;
use serde_json::Value;

use crate::network::{Fate, way_to};
use crate::preconditions::raise;
use crate::support::{Call, Caller, TABLE, Table, api, assert_says, id};

/// A way to the table that loses the answer to the first request, and the number of connections it saw.
async fn losing_the_first_answer(endpoint: &str) -> (String, Arc<AtomicUsize>) {
    losing_the_first_answer_before(endpoint, None).await
}

/// The same, on which something happens before the second request arrives.
async fn losing_the_first_answer_before(
    endpoint: &str,
    mut meanwhile: Option<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>,
) -> (String, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    let fate = move |number| {
        count.store(number + 1, Ordering::SeqCst);
        match (number, meanwhile.take()) {
            (0, event) => {
                meanwhile = event;
                Fate::LoseAnswer
            }
            (_, Some(event)) => Fate::PassAfter(event),
            (_, None) => Fate::Pass,
        }
    };
    (way_to(endpoint, fate).await, connections)
}

fn patch(contact: &Value, body: &str) -> Call {
    Call::new("PATCH", &format!("/contacts/{}", id(contact))).json(body)
}

/// A write of an older version of the code, which knows of no tokens and leaves the one that it finds.
async fn write_as_an_older_version(table: &Table, contact: &Value, name: &str) {
    table
        .client
        .update_item()
        .table_name(TABLE)
        .key("id", AttributeValue::S(id(contact).to_owned()))
        .update_expression("SET #a.#0 = :0 ADD #r :i")
        .expression_attribute_names("#a", "attributes")
        .expression_attribute_names("#0", name)
        .expression_attribute_names("#r", "revision")
        .expression_attribute_values(":0", AttributeValue::N("5".to_owned()))
        .expression_attribute_values(":i", AttributeValue::N("1".to_owned()))
        .send()
        .await
        .unwrap();
}

async fn a_merge_counts_once(table: Table) {
    for tag in [None, Some("*"), Some("\"1\""), Some("\"7\", \"1\"")] {
        let contact = table.api().create(r#"{"a": 1, "b": 2}"#).await;
        let (endpoint, connections) = losing_the_first_answer(&table.endpoint).await;
        let merge = tag
            .into_iter()
            .fold(patch(&contact, r#"{"a": 9, "b": null}"#), |call, tag| {
                call.header("If-Match", tag)
            });
        let answer = Caller::of(api(&endpoint)).send(merge).await;
        assert_eq!(answer.success(200)["data"]["a"], 9, "{tag:?}");
        assert_eq!(answer.header("etag"), Some("\"2\""), "{tag:?}");
        let read = table.api().get(id(&contact)).await;
        assert_eq!(read.header("etag"), Some("\"2\""), "{tag:?}");
        assert!(connections.load(Ordering::SeqCst) > 1, "no answer was lost");
    }
}

#[tokio::test]
async fn a_merge_whose_answer_was_lost_is_done_once_and_a_success() {
    a_merge_counts_once(Table::start().await).await;
}

#[tokio::test]
async fn a_merge_whose_answer_was_lost_is_done_once_and_a_success_on_moto() {
    a_merge_counts_once(Table::start_on_moto().await).await;
}

async fn anothers_write_is_a_conflict(table: Table) {
    // Of a newer and of an older version; the values are those that the request would write.
    for by_an_older_version in [false, true] {
        let contact = table.api().create(r#"{"a": 1}"#).await;
        if by_an_older_version {
            write_as_an_older_version(&table, &contact, "a").await;
        } else {
            let write = patch(&contact, r#"{"a": 5}"#);
            table.api().send(write).await.success(200);
        }
        let (endpoint, connections) = losing_the_first_answer(&table.endpoint).await;
        let merge = patch(&contact, r#"{"a": 5}"#).header("If-Match", "\"1\"");
        let problem = Caller::of(api(&endpoint)).send(merge).await.problem(412);
        assert_says(&problem, "\"2\"");
        assert!(connections.load(Ordering::SeqCst) > 1, "no answer was lost");
    }
}

#[tokio::test]
async fn anothers_write_is_a_conflict_although_an_answer_was_lost() {
    anothers_write_is_a_conflict(Table::start().await).await;
}

#[tokio::test]
async fn anothers_write_is_a_conflict_although_an_answer_was_lost_on_moto() {
    anothers_write_is_a_conflict(Table::start_on_moto().await).await;
}

#[tokio::test]
async fn a_merge_that_was_written_over_before_its_retry_is_neither_a_success_nor_a_conflict() {
    let table = Table::start().await;
    let contact = table.api().create(r#"{"a": 1}"#).await;
    let write = table
        .api()
        .send(patch(&contact, r#"{"a": 5}"#).header("If-Match", "\"2\""));
    let meanwhile = Box::pin(async move {
        write.await.success(200);
    });
    let (endpoint, _) = losing_the_first_answer_before(&table.endpoint, Some(meanwhile)).await;
    let merge = patch(&contact, r#"{"a": 9}"#).header("If-Match", "\"1\"");
    let answer = Caller::of(api(&endpoint)).send(merge).await;
    let problem = answer.problem(503);
    assert_says(&problem, "not known");
    assert_eq!(
        answer.header("retry-after"),
        None,
        "the same request again would tell no more"
    );
    let read = table.api().get(id(&contact)).await;
    assert_eq!(read.success(200)["data"]["a"], 5);
    assert_eq!(read.header("etag"), Some("\"3\""));
}

#[tokio::test]
async fn an_older_version_that_writes_before_the_retry_does_not_undo_the_merge() {
    let table = Arc::new(Table::start().await);
    let contact = table.api().create(r#"{"a": 1}"#).await;
    let (other, theirs) = (Arc::clone(&table), contact.clone());
    let meanwhile = Box::pin(async move { write_as_an_older_version(&other, &theirs, "b").await });
    let (endpoint, _) = losing_the_first_answer_before(&table.endpoint, Some(meanwhile)).await;
    let merge = patch(&contact, r#"{"a": 9}"#).header("If-Match", "\"1\"");
    let answer = Caller::of(api(&endpoint)).send(merge).await;
    let merged = &answer.success(200)["data"];
    assert_eq!((&merged["a"], &merged["b"]), (&9.into(), &5.into()));
    assert_eq!(
        answer.header("etag"),
        Some("\"3\""),
        "what the answer shows"
    );
}

#[tokio::test]
async fn what_an_older_version_wrote_is_merged_into() {
    let table = Table::start().await;
    let contact = table.api().create(r#"{"a": 1}"#).await;
    for (name, tag) in [("b", "\"2\""), ("c", "\"4\"")] {
        write_as_an_older_version(&table, &contact, name).await;
        let merge = patch(&contact, r#"{"a": 2}"#).header("If-Match", tag);
        assert_eq!(table.api().send(merge).await.success(200)["data"][name], 5);
    }
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

#[tokio::test]
async fn a_deletion_whose_answer_was_lost_is_a_success() {
    let table = Table::start().await;
    let contact = table.api().create("{}").await;
    let (endpoint, connections) = losing_the_first_answer(&table.endpoint).await;
    let delete = Call::new("DELETE", &format!("/contacts/{}", id(&contact)));
    let answer = Caller::of(api(&endpoint))
        .send(delete.header("If-Match", "\"1\""))
        .await;
    assert_eq!(answer.status, 204, "{}", answer.text);
    assert_eq!(table.count().await, 0);
    assert!(connections.load(Ordering::SeqCst) > 1, "no answer was lost");
}

/// Every third answer of the table is a server error, whatever was done.
#[derive(Debug, Clone, Default)]
struct EveryThirdLost(Arc<AtomicUsize>);

impl Intercept for EveryThirdLost {
    fn name(&self) -> &'static str {
        "EveryThirdLost"
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if self.0.fetch_add(1, Ordering::SeqCst) % 3 == 2 {
            let response = context.response_mut();
            let body = std::mem::replace(response.body_mut(), "{}".into());
            *response = HttpResponse::new(500.try_into()?, body);
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merge_that_is_called_a_conflict_was_not_done_although_answers_are_lost() {
    let table = Table::start().await;
    let lost = EveryThirdLost::default();
    let raised = raise(&table, 12, || {
        table.api_through(|config| {
            let soon = std::time::Duration::from_millis(2);
            config
                .retry_config(RetryConfig::standard().with_initial_backoff(soon))
                .interceptor(lost.clone())
        })
    })
    .await;
    let possible = raised.successes..=raised.successes + raised.unknown;
    assert!(possible.contains(&raised.counter), "{raised:?}");
    assert!(
        raised.conflicts > 0 && raised.unknown > 0,
        "nothing was put to the test: {raised:?}"
    );
}
