//! The API function's way from an event to its response.

use std::hint::black_box;

use anyhow::{Context as _, anyhow, ensure};
use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use contacts_api::{Api, Gateway};
use contacts_store::Store;
use http::StatusCode;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tower::Service;

const ID: &str = "01976b1c-7c1e-7c3a-9f0e-3b8a0c7b9d11";

/// DynamoDB, which always has the one contact.
#[derive(Debug)]
struct OneContact;

impl HttpConnector for OneContact {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let item = json!({"Item": {
            "id": {"S": ID},
            "createdAt": {"N": "1"},
            "updatedAt": {"N": "1"},
            "revision": {"N": "1"},
            "attributes": {"M": {"name": {"S": "Ada"}}},
        }});
        let body = SdkBody::from(item.to_string());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(StatusCode::OK.into(), body)))
    }
}

/// Answers `GET /contacts/{id}` so many times.
pub fn take(times: u32) -> anyhow::Result<u64> {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::from_keys("AKIATEST", "secret", None))
        .http_client(http_client_fn(|_, _| SharedHttpConnector::new(OneContact)))
        .build();
    let store = Store::from_client(Client::from_conf(config), "contacts");
    let mut gateway = Gateway::new(Api::new(store, Some("1".to_owned())));
    let mut event: Value = serde_json::from_str(include_str!(
        "../../../functions/contacts-api/tests/events/rest.json"
    ))
    .context("the event is JSON")?;
    event["path"] = json!(format!("/contacts/{ID}"));
    event["requestContext"]["path"] = json!(format!("/live/contacts/{ID}"));
    let event = event.to_string();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()?;
    runtime.block_on(async {
        for _ in 0..times {
            let payload = serde_json::from_str(&event)?;
            let answer = gateway
                .call(LambdaEvent::new(payload, Context::default()))
                .await
                .map_err(|error| anyhow!("{error}"))?;
            let answer = serde_json::to_string(black_box(&answer))?;
            ensure!(
                answer.contains("\"statusCode\":200"),
                "it is answered with {answer}"
            );
        }
        Ok(u64::from(times))
    })
}
