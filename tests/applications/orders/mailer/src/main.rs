//! Writes to the customers of a day, once in the night.

use std::future::ready;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(|event| ready(handle(&event)))).await
}

fn handle(event: &LambdaEvent<Value>) -> Result<Value, Error> {
    match event.payload["detail-type"].as_str() {
        Some("Scheduled Event") => Ok(json!({"day": event.payload["time"]})),
        _ => Err("this is no scheduled event".into()),
    }
}
