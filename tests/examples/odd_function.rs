//! A function that does what the file `behaviour` in its working directory says.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

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
        "answers once it may" => {
            while !Path::new("go").exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(json!({"statusCode": 200, "body": "good day"}))
        }
        "invokes itself" => invokes(&std::env::var("AWS_LAMBDA_FUNCTION_NAME")?),
        other => Err(format!("no one has taught me {other:?}").into()),
    }
}

/// Invokes a function as an AWS SDK does, and answers as well as that one. Who calls is told by the access key alone.
fn invokes(function: &str) -> Result<Value, Error> {
    let variable = |name: &str| std::env::var(name);
    let endpoint = variable("AWS_ENDPOINT_URL_LAMBDA")?;
    let host = endpoint.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "POST /2015-03-31/functions/{function}/invocations HTTP/1.1\r\nHost: {host}\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential={}/20260101/{}/lambda/aws4_request, SignedHeaders=host, Signature=0\r\n\
         Connection: close\r\nContent-Length: 2\r\n\r\n{{}}",
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_REGION")?,
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let is_well = answer.starts_with("HTTP/1.1 200") && !answer.contains("x-amz-function-error");
    let last = answer.lines().last().unwrap_or_default();
    if is_well {
        Ok(json!({"statusCode": 200, "body": last}))
    } else {
        Err(last.to_owned().into())
    }
}
