//! The wire protocols, as the AWS SDKs speak them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

/// A client of one SDK for a cloud. Retries are off, so that each call is one.
macro_rules! client {
    ($sdk:ident, $cloud:expr) => {
        client!($sdk, $cloud, $cloud.credentials())
    };
    ($sdk:ident, $cloud:expr, $credentials:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version_latest()
                .region($sdk::config::Region::new("eu-central-1"))
                .endpoint_url($cloud.endpoints.url())
                .credentials_provider($credentials)
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .build(),
        )
    };
}

mod answers;
mod codedeploy;
mod dynamodb;
mod interference;
mod lambda;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use aws_credential_types::Credentials;
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::Proxy;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::credentials::Credentials as Issued;

use support::backend::{Scripted, callers};

/// The endpoints, and a caller known to them.
struct Cloud {
    backend: Arc<Scripted>,
    endpoints: Endpoints,
    database: DynamoDb,
    issued: Issued,
}

impl Cloud {
    async fn start() -> Self {
        let database = DynamoDb::start().await.unwrap();
        let address = database.address();
        Self::with(database, address).await
    }

    /// The same with a database that is asked at another address.
    async fn with(database: DynamoDb, address: SocketAddr) -> Self {
        let (callers, issued) = callers();
        let backend = Arc::new(Scripted::default());
        let endpoints = Endpoints::start(
            backend.clone(),
            callers,
            Some(Arc::new(Proxy::new(address))),
            BTreeMap::new(),
        )
        .await
        .unwrap();
        Self {
            backend,
            endpoints,
            database,
            issued,
        }
    }

    fn credentials(&self) -> Credentials {
        let issued = &self.issued;
        let token = Some(issued.session_token.clone());
        Credentials::new(
            &issued.access_key_id,
            &issued.secret_access_key,
            token,
            None,
            "test",
        )
    }
}

/// A call that no SDK here makes.
async fn post(cloud: &Cloud, service: Option<&str>, target: &str) -> (u16, String) {
    post_body(
        cloud,
        service,
        target,
        r#"{"Name":"/contacts/dev/api-url"}"#,
    )
    .await
}

async fn post_body(
    cloud: &Cloud,
    service: Option<&str>,
    target: &str,
    body: &str,
) -> (u16, String) {
    let client = support::plain_client();
    let mut request = client
        .post(cloud.endpoints.url())
        .header("x-amz-target", target)
        .body(body.to_owned());
    if let Some(service) = service {
        let scope = format!(
            "{}/20260101/eu-central-1/{service}/aws4_request",
            cloud.issued.access_key_id
        );
        let header =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=unchecked");
        request = request.header("authorization", header);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}
