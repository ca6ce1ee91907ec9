//! Takes an order over HTTP and answers with its total; reads one back by its id.

use std::collections::BTreeMap;
use std::future::ready;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let prices: BTreeMap<String, u64> = serde_json::from_str(&std::env::var("PRICES")?)?;
    lambda_runtime::run(service_fn(|event| ready(handle(&prices, &event)))).await
}

fn handle(prices: &BTreeMap<String, u64>, event: &LambdaEvent<Value>) -> Result<Value, Error> {
    let event = &event.payload;
    match event["requestContext"]["http"]["method"].as_str() {
        Some("POST") => Ok(place(prices, event["body"].as_str().unwrap_or_default())),
        Some("GET") => Ok(answer(200, &json!({"id": event["pathParameters"]["id"]}))),
        _ => Err(format!("this is no event of an HTTP API: {event}").into()),
    }
}

fn place(prices: &BTreeMap<String, u64>, body: &str) -> Value {
    let order: BTreeMap<String, u64> = match serde_json::from_str(body) {
        Ok(order) => order,
        Err(error) => return answer(400, &json!({"error": error.to_string()})),
    };
    let unknown = order.keys().find(|item| !prices.contains_key(*item));
    if let Some(item) = unknown {
        return answer(422, &json!({"error": format!("there is no {item}")}));
    }
    let total: u64 = order.iter().map(|(item, count)| prices[item] * count).sum();
    answer(201, &json!({"total": total}))
}

fn answer(status: u16, body: &Value) -> Value {
    json!({"statusCode": status, "headers": {"content-type": "application/json"}, "body": body.to_string()})
}
