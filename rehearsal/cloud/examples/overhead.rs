//! Measures what hosting adds to a function: start, warm invocation, `DynamoDB` call.
//!
//! `cargo run --profile rehearse -p rehearsal-cloud --example overhead` after
//! `cargo build --profile rehearse -p rehearsal-host --example fixture_function`.

use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_cloud::Backend;
use rehearsal_cloud::backend::Interference;
use rehearsal_cloud::gateway::ApiRequest;
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::Proxy;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::{Caller, Callers, Invocation, Sandbox, SandboxSpec};

const ROUNDS: usize = 1000;

/// Passes every call and serves no function.
struct Pass;

impl Backend for Pass {
    fn call(&self, _: Arc<Caller>, _: AwsCall, _: Bytes) -> BoxFuture<'_, Option<AwsAnswer>> {
        async { None }.boxed()
    }

    fn request(
        &self,
        _: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        async {
            Err(LambdaError::ResourceNotFound {
                arn: request.route.function,
            })
        }
        .boxed()
    }

    fn interference(
        &self,
        _: Arc<Caller>,
        _: &AwsCall,
        _: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Interference> {
        async { Interference::None }.boxed()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for threads in [1, 2] {
        let runtime = match threads {
            1 => tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?,
            _ => tokio::runtime::Builder::new_multi_thread()
                .worker_threads(threads)
                .enable_all()
                .build()?,
        };
        writeln!(std::io::stdout(), "{threads} thread(s)")?;
        runtime.block_on(measure())?;
    }
    Ok(())
}

async fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let callers = Callers::default();
    let binary = std::env::current_exe()?.with_file_name("fixture_function");

    let (mut starts, mut first) = (Vec::new(), None);
    for _ in 0..20 {
        let started = Instant::now();
        let mut sandbox =
            Sandbox::start(SandboxSpec::new(&binary, callers.issue("hello", "1"))).await?;
        let report = sandbox
            .invoke(Invocation::new("arn", "{}", Duration::from_secs(3)))
            .await;
        assert!(report.outcome.is_success(), "{report:?}");
        starts.push(started.elapsed());
        first = Some(sandbox);
    }
    show("start and first invocation", starts)?;

    let mut sandbox = first.ok_or("no sandbox")?;
    let mut warm = Vec::new();
    for _ in 0..ROUNDS {
        let started = Instant::now();
        sandbox
            .invoke(Invocation::new(
                "arn",
                r#"{"hello":"world"}"#,
                Duration::from_secs(3),
            ))
            .await;
        warm.push(started.elapsed());
    }
    show("warm invocation", warm)?;

    let database = DynamoDb::start().await?;
    database.create_table(&serde_json::json!({
        "TableName": "table",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    }))?;
    let endpoints = Endpoints::start(
        Arc::new(Pass),
        callers.clone(),
        Some(Arc::new(Proxy::new(database.address()))),
        BTreeMap::new(),
    )
    .await?;
    let issued = callers.issue("hello", "1");
    for (name, url) in [
        ("through the endpoint", endpoints.url()),
        ("dynoxide alone", format!("http://{}", database.address())),
    ] {
        for (operation, body) in [
            (
                "PutItem",
                r#"{"TableName":"table","Item":{"id":{"S":"1"},"name":{"S":"Ada"}}}"#,
            ),
            (
                "GetItem",
                r#"{"TableName":"table","Key":{"id":{"S":"1"}},"ConsistentRead":true}"#,
            ),
        ] {
            let mut calls = Vec::new();
            let mut connection = Connection::open(&url).await?;
            for _ in 0..ROUNDS {
                let started = Instant::now();
                connection
                    .call(&issued.access_key_id, operation, body)
                    .await?;
                calls.push(started.elapsed());
            }
            show(&format!("{operation} {name}"), calls)?;
        }
    }
    Ok(())
}

/// One connection, spoken by hand: a client's own time would hide what is measured.
struct Connection(tokio::net::TcpStream);

impl Connection {
    async fn open(url: &str) -> Result<Self, Box<dyn std::error::Error>> {
        let stream = tokio::net::TcpStream::connect(url.trim_start_matches("http://")).await?;
        stream.set_nodelay(true)?;
        Ok(Self(stream))
    }

    async fn call(
        &mut self,
        key: &str,
        operation: &str,
        body: &str,
    ) -> Result<(), Box<dyn std::error::Error>> {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Date: 20260101T000000Z\r\n\
             X-Amz-Target: DynamoDB_20120810.{operation}\r\nAuthorization: AWS4-HMAC-SHA256 \
             Credential={key}/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, Signature=0\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await?;
        let mut answer = vec![0; 4096];
        let read = self.0.read(&mut answer).await?;
        if !answer[..read].starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(&answer[..read]).into());
        }
        Ok(())
    }
}

fn show(what: &str, mut durations: Vec<Duration>) -> std::io::Result<()> {
    durations.sort_unstable();
    let at = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a short list"
        )]
        let index = ((durations.len() - 1) as f64 * share) as usize;
        durations[index].as_secs_f64() * 1e3
    };
    let (median, slow) = (at(0.5), at(0.99));
    writeln!(
        std::io::stdout(),
        "  {what:<42} p50 {median:.3} ms  p99 {slow:.3} ms"
    )
}
