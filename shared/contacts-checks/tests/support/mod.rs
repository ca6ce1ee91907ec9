//! The contacts API under test: the real one, over an embedded DynamoDB, in this process.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_clients::Environment;
use axum::Router;
use axum::body::{Body, to_bytes};
use contacts_api::gateway::Origin;
use contacts_api::{Api, Store};
use contacts_checks::{Request, Response, Transport, TransportError};
use dynoxide::Database;
use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{CheckResult, CheckStatus, Hook, Verdict};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

const TABLE: &str = "contacts";

/// A table of contacts that lives as long as this.
pub struct Table {
    database: Database,
    environment: Environment,
    serving: JoinHandle<()>,
}

impl Drop for Table {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Table {
    pub async fn start() -> Self {
        let database = Database::memory().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let served = database.clone();
        let serving = tokio::spawn(async move {
            let forever = std::future::pending();
            dynoxide::server::serve_with_shutdown(listener, served, forever)
                .await
                .unwrap();
        });
        let request = json!({
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        database
            .create_table(serde_json::from_value(request).unwrap())
            .unwrap();
        let environment = Environment::from_variables([
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &endpoint),
        ]);
        Self {
            database,
            environment,
            serving,
        }
    }

    /// The contacts API on this table, as one version of its function.
    pub fn api(&self, version: &str) -> Api {
        let store = Store::new(&self.environment.sdk_config("DynamoDB"), TABLE);
        Api::new(store, Some(version.to_owned()))
    }

    /// The items stored now, in DynamoDB's JSON.
    pub fn items(&self) -> Vec<Value> {
        let request = serde_json::from_value(json!({"TableName": TABLE})).unwrap();
        let answer = serde_json::to_value(self.database.scan(request).unwrap()).unwrap();
        answer["Items"].as_array().unwrap().clone()
    }
}

/// A road that ends in this process, and is told which version ran, as Lambda's `Invoke` is.
#[derive(Clone)]
pub struct Direct {
    router: Router,
    version: String,
}

impl Direct {
    pub fn new(table: &Table, version: &str) -> Self {
        Self {
            router: contacts_api::router(table.api(version)),
            version: version.to_owned(),
        }
    }
}

impl Transport for Direct {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let all = |wanted: &str| {
            let found = request.query.iter().filter(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone()).collect::<Vec<_>>()
        };
        let origin = Origin {
            path: format!("/live{}", request.path),
            limits: all("limit"),
            cursors: all("cursor"),
            ..Origin::default()
        };
        let mut routed = http::Request::builder()
            .method(request.method)
            .uri(request.path)
            .extension(origin)
            .body(Body::from(request.body.unwrap_or_default()))
            .unwrap();
        *routed.headers_mut() = request.headers;
        let (parts, body) = self
            .router
            .clone()
            .oneshot(routed)
            .await
            .unwrap()
            .into_parts();
        Ok(Response {
            status: parts.status,
            headers: parts.headers,
            body: to_bytes(body, usize::MAX).await.unwrap().to_vec(),
            executed_version: Some(self.version.clone()),
            request_id: Some("request-1".to_owned()),
        })
    }
}

/// Runs a hook in a dry run, with `timeout` until its deadline.
pub async fn run(hook: Hook, timeout: Duration) -> Verdict {
    let event = include_str!("../../../../events/before-allow-traffic.json");
    let event = serde_json::from_str(event).unwrap();
    let mut context = Context::default();
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + timeout;
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    hook.dry_run(true)
        .oneshot(LambdaEvent::new(event, context))
        .await
        .unwrap()
}

/// One check's result.
pub fn result<'a>(verdict: &'a Verdict, name: &str) -> &'a CheckResult {
    let found = verdict.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name} in {verdict:?}"))
}

/// Asserts how a check ended, and that its detail says all of `words`.
#[track_caller]
pub fn assert_ended(verdict: &Verdict, name: &str, status: CheckStatus, words: &[&str]) {
    let check = result(verdict, name);
    assert_eq!(check.status, status, "{check:?}");
    let detail = check.detail.as_deref().unwrap_or_default();
    for word in words {
        assert!(
            detail.contains(word),
            "{name} does not say {word:?}: {detail}"
        );
    }
}
