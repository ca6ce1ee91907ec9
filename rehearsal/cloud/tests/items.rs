//! Faults on items, by who wrote them last: through the SDK, over the embedded database.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{Config, Region};
use aws_sdk_dynamodb::types::AttributeValue;
use rehearsal_cloud::backend::Interference;
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::Proxy;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::Callers;
use rehearsal_host::credentials::Credentials as Issued;
use serde_json::json;
use support::backend::Scripted;

const TABLE: &str = "contacts";

/// A table, and a client for either version of the function that uses it.
struct Versions {
    backend: Arc<Scripted>,
    old: Client,
    new: Client,
    _endpoints: Endpoints,
    _database: DynamoDb,
    _issued: [Issued; 2],
}

impl Versions {
    async fn start() -> Self {
        let callers = Callers::default();
        let backend = Arc::new(Scripted {
            keys: Some(vec!["id".to_owned()]),
            ..Scripted::default()
        });
        let database = DynamoDb::start().await.unwrap();
        let table = json!({
            "TableName": TABLE,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        database.create_table(&table).unwrap();
        let (address, scripted) = (
            Some(Arc::new(Proxy::new(database.address()))),
            Arc::clone(&backend),
        );
        let endpoints = Endpoints::start(scripted, callers.clone(), address, BTreeMap::new())
            .await
            .unwrap();
        let issued = ["1", "2"].map(|version| callers.issue(TABLE, version));
        let client = |issued: &Issued| {
            let (id, secret) = (&issued.access_key_id, &issued.secret_access_key);
            let token = Some(issued.session_token.clone());
            let config = Config::builder()
                .behavior_version_latest()
                .region(Region::new("eu-central-1"))
                .endpoint_url(endpoints.url())
                .credentials_provider(Credentials::new(id, secret, token, None, "test"))
                .retry_config(RetryConfig::disabled())
                .http_client(aws_smithy_http_client::Builder::new().build_http());
            Client::from_conf(config.build())
        };
        Self {
            old: client(&issued[0]),
            new: client(&issued[1]),
            backend,
            _endpoints: endpoints,
            _database: database,
            _issued: issued,
        }
    }

    /// What was asked about items since the last time.
    fn asked(&self) -> Vec<(String, Vec<Option<String>>)> {
        let calls = std::mem::take(&mut *self.backend.calls.lock().unwrap());
        let calls = calls.into_iter();
        calls
            .map(|(_, call, writers)| (call.operation().to_owned(), writers))
            .collect()
    }
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn asked(operation: &str, writers: &[Option<&str>]) -> (String, Vec<Option<String>>) {
    let writers = writers.iter().map(|writer| writer.map(str::to_owned));
    (operation.to_owned(), writers.collect())
}

async fn put(client: &Client, id: &str) {
    let put = client.put_item().table_name(TABLE);
    let put = put.item("id", text(id)).item("name", text("Ada"));
    put.item("revision", AttributeValue::N("3".to_owned()))
        .send()
        .await
        .unwrap();
}

async fn get(client: &Client, id: &str) -> Option<HashMap<String, AttributeValue>> {
    let get = client.get_item().table_name(TABLE).key("id", text(id));
    get.send().await.unwrap().item
}

#[tokio::test]
async fn a_call_about_an_item_names_who_wrote_it_last() {
    let versions = Versions::start().await;
    put(&versions.old, "a").await;
    get(&versions.new, "a").await;
    get(&versions.new, "nothing").await;
    let update = versions.new.update_item().table_name(TABLE);
    let update = update
        .key("id", text("a"))
        .update_expression("SET city = :c");
    update
        .expression_attribute_values(":c", text("London"))
        .send()
        .await
        .unwrap();
    get(&versions.old, "a").await;
    put(&versions.old, "b").await;
    versions.new.scan().table_name(TABLE).send().await.unwrap();
    let mut asked_about = versions.asked();
    // A scan has no order.
    asked_about.last_mut().unwrap().1.sort();
    assert_eq!(
        asked_about,
        [
            asked("PutItem", &[None]),
            asked("GetItem", &[Some("1")]),
            asked("GetItem", &[]),
            asked("UpdateItem", &[Some("1")]),
            asked("GetItem", &[Some("2")]),
            asked("PutItem", &[None]),
            asked("Scan", &[Some("1"), Some("2")]),
        ]
    );
}

#[tokio::test]
async fn a_corrupt_item_comes_back_with_its_key_and_empty_and_the_sdk_takes_it() {
    let versions = Versions::start().await;
    put(&versions.old, "a").await;
    versions
        .backend
        .interfere([Interference::Corrupt { items: vec![0] }]);
    let item = get(&versions.new, "a").await.unwrap();
    assert_eq!(
        (&item["id"], &item["name"], &item["revision"]),
        (&text("a"), &text(""), &AttributeValue::N("3".to_owned()))
    );
    let item = get(&versions.new, "a").await.unwrap();
    assert_eq!(item["name"], text("Ada"), "the table is as it was");
}

#[tokio::test]
async fn a_write_that_is_refused_makes_no_one_the_writer() {
    let versions = Versions::start().await;
    put(&versions.old, "a").await;
    let refused = versions.new.put_item().table_name(TABLE);
    let refused = refused
        .item("id", text("a"))
        .condition_expression("attribute_not_exists(id)");
    assert!(refused.send().await.is_err());
    versions.backend.interfere([Interference::Throttle]);
    let throttled = versions.new.put_item().table_name(TABLE);
    assert!(throttled.item("id", text("a")).send().await.is_err());
    get(&versions.new, "a").await;
    assert_eq!(versions.asked().pop(), Some(asked("GetItem", &[Some("1")])));
}

#[tokio::test]
async fn a_fault_on_a_read_comes_instead_of_what_was_read() {
    let versions = Versions::start().await;
    put(&versions.old, "a").await;
    versions
        .backend
        .interfere([Interference::Throttle, Interference::Drop]);
    let read = || {
        let get = versions.new.get_item().table_name(TABLE);
        get.key("id", text("a")).send()
    };
    let throttled = read().await.unwrap_err().into_service_error();
    assert!(throttled.is_provisioned_throughput_exceeded_exception());
    assert!(read().await.unwrap_err().as_service_error().is_none());
}
