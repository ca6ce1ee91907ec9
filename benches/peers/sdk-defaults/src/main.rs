//! One `GetItem` with the AWS SDK as its guide begins: every default feature, clients from the environment.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let (client, table) = (&Client::new(&config), &std::env::var("TABLE_NAME")?);
    run(service_fn(move |event| get(client, table, event))).await
}

async fn get(client: &Client, table: &str, event: LambdaEvent<Value>) -> Result<Value, Error> {
    let id = event.payload["pathParameters"]["id"]
        .as_str()
        .unwrap_or_default();
    let found = client
        .get_item()
        .table_name(table)
        .key("id", AttributeValue::S(id.to_owned()))
        .consistent_read(true)
        .send()
        .await?;
    let item = found.item.ok_or("there is no such item")?;
    let name = item["attributes"]
        .as_m()
        .ok()
        .and_then(|map| map.get("name")?.as_s().ok());
    let body = json!({"id": id, "name": name}).to_string();
    Ok(json!({"statusCode": 200, "headers": {"content-type": "application/json"}, "body": body}))
}
