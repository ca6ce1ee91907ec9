//! DynamoDB, before which its emulator stands.

use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BatchStatementErrorCodeEnum, BatchStatementRequest,
    BillingMode, KeySchemaElement, KeyType, ReturnValue, ScalarAttributeType,
};
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use rehearsal_cloud::backend::Interference;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::listener::{Handler, Listener};
use serde_json::json;

use crate::{Cloud, post_body};

#[tokio::test]
async fn dynamodb_works_through_the_sdk_and_its_operations_are_seen() {
    let cloud = Cloud::start().await;
    let table = json!({
        "TableName": "contacts",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "TimeToLiveSpecification": { "AttributeName": "expiresAt", "Enabled": true },
    });
    cloud.database.create_table(&table).unwrap();
    let client = client!(aws_sdk_dynamodb, cloud);
    let id = AttributeValue::S("1".to_owned());
    client
        .put_item()
        .table_name("contacts")
        .item("id", id.clone())
        .send()
        .await
        .unwrap();
    let updated = client
        .update_item()
        .table_name("contacts")
        .key("id", id.clone())
        .update_expression("ADD revision :one")
        .condition_expression("attribute_exists(id)")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .return_values(ReturnValue::AllNew)
        .send()
        .await
        .unwrap();
    assert_eq!(
        updated.attributes().unwrap()["revision"],
        AttributeValue::N("1".to_owned())
    );
    let ttl = client
        .describe_time_to_live()
        .table_name("contacts")
        .send()
        .await
        .unwrap();
    assert_eq!(
        ttl.time_to_live_description().unwrap().attribute_name(),
        Some("expiresAt")
    );
    assert_eq!(cloud.database.item_count("contacts").unwrap(), 1);
    let operations: Vec<_> = cloud
        .backend
        .calls
        .lock()
        .unwrap()
        .iter()
        .map(|(_, call, _)| call.operation().to_owned())
        .collect();
    assert_eq!(operations, ["PutItem", "UpdateItem", "DescribeTimeToLive"]);
}

#[tokio::test]
async fn a_client_may_make_a_table_itself() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_dynamodb, cloud);
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build()
        .unwrap();
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let create = client
        .create_table()
        .table_name("made")
        .billing_mode(BillingMode::PayPerRequest);
    create
        .key_schema(key)
        .attribute_definitions(attribute)
        .send()
        .await
        .unwrap();
    assert_eq!(cloud.database.item_count("made").unwrap(), 0);
}

#[tokio::test]
async fn what_reads_an_index_that_is_filled_or_missing_fails_and_in_a_batch_each_statement_by_itself()
 {
    let cloud = Cloud::start().await;
    let table = json!({
        "TableName": "orders",
        "AttributeDefinitions": [
            { "AttributeName": "id", "AttributeType": "S" },
            { "AttributeName": "town", "AttributeType": "S" }
        ],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "GlobalSecondaryIndexes": [{
            "IndexName": "by-town",
            "KeySchema": [{ "AttributeName": "town", "KeyType": "HASH" }],
            "Projection": { "ProjectionType": "ALL" }
        }],
    });
    cloud.database.create_table(&table).unwrap();
    let client = client!(aws_sdk_dynamodb, cloud);
    let put = client.put_item().table_name("orders");
    put.item("id", AttributeValue::S("1".to_owned()))
        .send()
        .await
        .unwrap();
    *cloud.backend.filled.lock().unwrap() = Some(("orders".to_owned(), "by-town".to_owned()));
    let of_index = |index: &str| format!(r#"SELECT * FROM "orders"."{index}" WHERE town = 'Bern'"#);
    for (index, message) in [
        (
            "by-town",
            "Cannot read from backfilling global secondary index: by-town",
        ),
        ("by-age", "The table does not have the specified index"),
    ] {
        let alone = client.execute_statement().statement(of_index(index));
        let refused = alone.send().await.unwrap_err().into_service_error();
        assert_eq!(
            (refused.meta().code(), refused.meta().message()),
            (Some("ValidationException"), Some(message))
        );
        let statement = |text: String| {
            let statement = BatchStatementRequest::builder().statement(text);
            statement.build().unwrap()
        };
        let of_table = r#"SELECT * FROM "orders" WHERE id = '1'"#.to_owned();
        let batch = client
            .batch_execute_statement()
            .statements(statement(of_index(index)))
            .statements(statement(of_table));
        let answer = batch.send().await.unwrap();
        let [failed, read] = answer.responses() else {
            panic!("{answer:?}")
        };
        assert_eq!(
            failed.error().unwrap().code(),
            Some(&BatchStatementErrorCodeEnum::ValidationError)
        );
        assert_eq!(
            read.item().unwrap()["id"],
            AttributeValue::S("1".to_owned())
        );
    }
}

/// A database whose disk is full.
#[derive(Clone)]
struct Full;

impl Handler for Full {
    type Body = http_body_util::Full<Bytes>;

    async fn handle(&self, _request: Request<Incoming>) -> Option<Response<Self::Body>> {
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#InternalServerError",
            "message": "Internal error: database or disk is full",
        });
        let mut answer = Response::new(body.to_string().into());
        *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Some(answer)
    }
}

#[tokio::test]
async fn an_error_of_the_databases_own_is_told_apart_from_one_of_a_fault() {
    let full = Listener::start(Full).await.unwrap();
    let database = DynamoDb::start().await.unwrap();
    let cloud = Cloud::with(database, full.address()).await;
    let asked = || post_body(&cloud, Some("dynamodb"), "DynamoDB_20120810.PutItem", "{}");
    cloud.backend.interfere([Interference::Error {
        status: 500,
        code: "InternalServerError".to_owned(),
        message: "a fault of the rehearsal".to_owned(),
    }]);
    assert_eq!(asked().await.0, 500);
    assert!(cloud.backend.database_failures.lock().unwrap().is_empty());
    assert_eq!(asked().await.0, 500);
    let failures = cloud.backend.database_failures.lock().unwrap();
    assert_eq!(*failures, ["Internal error: database or disk is full"]);
}
