//! A function that does what the file `behaviour` in its working directory says.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let behaviour = std::fs::read_to_string("behaviour")?;
    match behaviour.as_str() {
        "never asks for an invocation" => std::future::pending().await,
        "ends at its start" => std::process::exit(3),
        _ => {}
    }
    lambda_runtime::run(service_fn(|event| invoked(&behaviour, event))).await
}

async fn invoked(behaviour: &str, _event: LambdaEvent<Value>) -> Result<Value, Error> {
    match behaviour {
        "answers" => Ok(json!({"statusCode": 200, "body": "good day"})),
        "ends" => std::process::exit(3),
        "aborts" => std::process::abort(),
        "hangs" => std::future::pending().await,
        "blocks its thread" => loop {
            std::thread::park();
        },
        "answers nonsense" => Ok(json!("good day")),
        other => Err(format!("no one has taught me {other:?}").into()),
    }
}
