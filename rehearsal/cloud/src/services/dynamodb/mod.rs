//! DynamoDB: the way to a database that speaks its protocol.
//!
//! - [`database`]: the embedded one. `direct`: the calls that it answers in this process. `answers`: what of them is kept.
//! - `items`: which items a call changes or reads, and who wrote them last.

#[cfg(feature = "dynamodb")]
mod answers;
#[cfg(feature = "dynamodb")]
pub mod database;
#[cfg(feature = "dynamodb")]
mod direct;
mod items;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Collected, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rehearsal_aws::call::{AwsCall, Passed};
use rehearsal_aws::dynamodb::{INDEX_IS_BEING_FILLED, READS, index_read, tables_of};
use rehearsal_aws::service::Service;
use serde_json::Value;

use super::interference::Course;
use super::served::{Served, Throttle};
use super::{Call, json as protocol};
use crate::backend::{Backend, DatabaseCall, Interference};
use items::{Change, Writers};

pub(super) const SERVED: Served = Served {
    service: Service::DynamoDb,
    operation: protocol::target,
    answers: &[],
    error,
    throttle: Throttle {
        status: 400,
        code: "ProvisionedThroughputExceededException",
        message: "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.",
    },
};

/// The checksum of an answer's body, which SDKs verify.
const CHECKSUM: &str = "x-amz-crc32";

/// A reverse proxy that keeps its connections, and knows who wrote each item last, as far as anyone asks.
#[derive(Debug)]
pub struct Proxy {
    /// The embedded one, which is asked in this process first.
    #[cfg(feature = "dynamodb")]
    embedded: Option<Arc<database::DynamoDb>>,
    client: Client<HttpConnector, Full<Bytes>>,
    address: SocketAddr,
    writers: Writers,
}

/// What a call got, from the database or from a fault.
struct Answered {
    answer: Response<Full<Bytes>>,
    /// Whether the caller never sees it.
    is_lost: bool,
    /// How long a fault held the call up.
    delay: Duration,
}

impl Answered {
    fn new(answer: Response<Full<Bytes>>, interference: &Interference) -> Self {
        Self {
            answer,
            is_lost: *interference == Interference::DropAnswer,
            delay: match interference {
                Interference::Delay(delay) => *delay,
                _ => Duration::ZERO,
            },
        }
    }
}

/// Serves a call, and says what it got where that is counted. `None` closes the connection.
pub(super) async fn serve(
    backend: &dyn Backend,
    proxy: Option<&Proxy>,
    call: Call,
    operation: &str,
) -> Option<Response<Full<Bytes>>> {
    let caller = Arc::clone(&call.caller);
    let request: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    let tables = tables_of(operation, &request);
    let passed = AwsCall::Passed(Passed {
        service: Service::DynamoDb.name().to_owned(),
        operation: operation.to_owned(),
        resource: match &tables[..] {
            [table] => Some(format!("table/{table}")),
            _ => None,
        },
    });
    // A call whose connection a fault closes was never seen, so nothing is counted.
    let mut answered = answer(backend, proxy, call, &passed, request).await?;
    if backend.counts_database_calls() {
        let (answer, code) = with_code(answered.answer).await;
        answered.answer = answer;
        let counted = DatabaseCall {
            operation: operation.to_owned(),
            tables,
            status: answered.answer.status().as_u16(),
            code,
            delay: answered.delay,
        };
        backend.database_answered(&caller, counted);
    }
    (!answered.is_lost).then_some(answered.answer)
}

/// What a call gets; `None` where a fault closes its connection.
async fn answer(
    backend: &dyn Backend,
    proxy: Option<&Proxy>,
    call: Call,
    passed: &AwsCall,
    request: Value,
) -> Option<Answered> {
    if let Some(answer) = while_filled(backend, passed.operation(), &request) {
        return Some(Answered::new(answer, &Interference::None));
    }
    if let Some(proxy) = proxy
        && let Some(items) = ItemCall::of(backend, passed.operation(), &request)
    {
        return proxy.call(backend, call, passed, items).await;
    }
    let caller = Arc::clone(&call.caller);
    let interference = backend.interference(caller, passed, Vec::new()).await;
    let answer = match interference.act(&SERVED).await {
        Course::GoesOn => {
            let asked = (passed.operation(), &request);
            forward(backend, proxy, call, asked).await
        }
        Course::Answered(answer) => *answer,
        Course::Closed => return None,
    };
    Some(Answered::new(answer, &interference))
}

/// An answer, and the code of the error that it is: what comes after the `#` of `__type`.
async fn with_code(answer: Response<Full<Bytes>>) -> (Response<Full<Bytes>>, Option<String>) {
    if answer.status().is_success() {
        return (answer, None);
    }
    let (answer, error) = with_body(answer).await;
    let code = error.get("__type").and_then(Value::as_str);
    let code = code.map(|code| code.rsplit('#').next().unwrap_or(code).to_owned());
    (answer, code)
}

/// An answer, and what its body says.
async fn with_body(answer: Response<Full<Bytes>>) -> (Response<Full<Bytes>>, Value) {
    let (head, body, said) = taken_apart(answer).await;
    (Response::from_parts(head, Full::new(body)), said)
}

/// An answer's head and its body, as bytes and as JSON.
async fn taken_apart(answer: Response<Full<Bytes>>) -> (http::response::Parts, Bytes, Value) {
    let (head, body) = answer.into_parts();
    // It is whole already: collecting it cannot fail.
    let body = body
        .collect()
        .await
        .map(Collected::to_bytes)
        .unwrap_or_default();
    let said = serde_json::from_slice(&body).unwrap_or_default();
    (head, body, said)
}

/// What a read of an index answers that is still being filled; `None` for every other call.
fn while_filled(
    backend: &dyn Backend,
    operation: &str,
    request: &Value,
) -> Option<Response<Full<Bytes>>> {
    let (table, index) = index_read(operation, request)?;
    if !backend.is_index_being_filled(&table, &index) {
        return None;
    }
    let message = format!("{INDEX_IS_BEING_FILLED}: {index}");
    Some(error(400, "ValidationException", &message))
}

/// A call about items of tables whose writers are asked for.
struct ItemCall<'c> {
    request: &'c Value,
    changes: Vec<Change>,
}

impl<'c> ItemCall<'c> {
    /// `None` for a call that no one asks about.
    fn of(backend: &dyn Backend, operation: &str, request: &'c Value) -> Option<Self> {
        if !backend.asks_for_writers() {
            return None;
        }
        let changes = items::changes(operation, request, &|table| backend.key_attributes(table));
        let concerned = !changes.is_empty() || READS.contains(&operation);
        concerned.then_some(Self { request, changes })
    }
}

impl Proxy {
    /// The way to a database at this address. It may be given to several [`Endpoints`](super::Endpoints), one after another.
    pub fn new(address: SocketAddr) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            #[cfg(feature = "dynamodb")]
            embedded: None,
            client: Client::builder(TokioExecutor::new()).build(connector),
            address,
            writers: Writers::default(),
        }
    }

    /// The way to the embedded database, most of whose calls need no connection.
    #[cfg(feature = "dynamodb")]
    pub fn to(database: Arc<database::DynamoDb>) -> Self {
        let address = database.address();
        Self {
            embedded: Some(database),
            ..Self::new(address)
        }
    }

    /// A call about items. One that changes items is judged before it is served, by what it is about to change; one that reads
    /// them afterwards, by what it has read.
    async fn call(
        &self,
        backend: &dyn Backend,
        call: Call,
        passed: &AwsCall,
        items: ItemCall<'_>,
    ) -> Option<Answered> {
        let caller = Arc::clone(&call.caller);
        if items.changes.is_empty() {
            return self.read(backend, call, passed, &items).await;
        }
        let writers = self.writers.of_changes(&items.changes);
        let interference = backend
            .interference(Arc::clone(&caller), passed, writers)
            .await;
        match interference.act(&SERVED).await {
            Course::GoesOn => {}
            Course::Answered(answer) => return Some(Answered::new(*answer, &interference)),
            Course::Closed => return None,
        }
        let asked = (passed.operation(), items.request);
        let answer = forward(backend, Some(self), call, asked).await;
        if answer.status().is_success() {
            self.writers.note(&caller, items.changes);
        }
        Some(Answered::new(answer, &interference))
    }

    async fn read(
        &self,
        backend: &dyn Backend,
        call: Call,
        passed: &AwsCall,
        items: &ItemCall<'_>,
    ) -> Option<Answered> {
        let caller = Arc::clone(&call.caller);
        let asked = (passed.operation(), items.request);
        let answer = forward(backend, Some(self), call, asked).await;
        let (mut head, body, mut answer) = taken_apart(answer).await;
        let mut read = items::reads(passed.operation(), items.request, &mut answer, &|table| {
            backend.key_attributes(table)
        });
        let writers = self.writers.of(read.iter().map(|read| read.key.as_ref()));
        let interference = backend.interference(caller, passed, writers).await;
        match interference.act(&SERVED).await {
            Course::GoesOn => {}
            Course::Answered(answer) => return Some(Answered::new(*answer, &interference)),
            Course::Closed => return None,
        }
        let Interference::Corrupt { items } = &interference else {
            let answer = Response::from_parts(head, Full::new(body));
            return Some(Answered::new(answer, &interference));
        };
        for (position, item) in read.iter_mut().enumerate() {
            if items.contains(&position) {
                item.corrupt();
            }
        }
        let body = answer.to_string();
        head.headers.insert(
            CHECKSUM,
            HeaderValue::from(crc32fast::hash(body.as_bytes())),
        );
        head.headers
            .insert(http::header::CONTENT_LENGTH, body.len().into());
        let answer = Response::from_parts(head, Full::new(body.into()));
        Some(Answered::new(answer, &interference))
    }

    async fn forward(
        &self,
        call: Call,
    ) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
        let mut head = call.head;
        head.uri = Uri::try_from(format!("http://{}/", self.address))?;
        head.version = http::Version::HTTP_11;
        head.headers.remove(http::header::TRANSFER_ENCODING);
        head.headers
            .insert(http::header::CONTENT_LENGTH, call.body.len().into());
        let (mut answered, body) = self
            .client
            .request(Request::from_parts(head, Full::new(call.body)))
            .await?
            .into_parts();
        let body = body.collect().await?.to_bytes();
        answered.headers.remove(http::header::TRANSFER_ENCODING);
        answered.headers.remove(http::header::CONNECTION);
        Ok(Response::from_parts(answered, Full::new(body)))
    }
}

/// What the database answers. An error of its own, where its disk is full, say, is not the caller's, whatever the caller makes of it.
async fn forward(
    backend: &dyn Backend,
    proxy: Option<&Proxy>,
    call: Call,
    asked: (&str, &Value),
) -> Response<Full<Bytes>> {
    let answer = answer_of_database(proxy, call, asked).await;
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return answer;
    }
    let (answer, said) = with_body(answer).await;
    let why = ["message", "Message"]
        .iter()
        .find_map(|name| said[*name].as_str());
    backend.database_failed(why.unwrap_or("it does not say why"));
    answer
}

/// What it answers: in this process where it can. `asked` is the operation with its request.
async fn answer_of_database(
    proxy: Option<&Proxy>,
    call: Call,
    asked: (&str, &Value),
) -> Response<Full<Bytes>> {
    let Some(proxy) = proxy else {
        return error(
            400,
            "UnknownOperationException",
            "no DynamoDB is served in this rehearsal",
        );
    };
    // A database of its own is asked over HTTP alone.
    #[cfg(not(feature = "dynamodb"))]
    let _ = asked;
    #[cfg(feature = "dynamodb")]
    if let Some(database) = &proxy.embedded {
        let (operation, request) = asked;
        if let Some(answer) = database.answer(operation, (&call.head, &call.body, request)) {
            return answer;
        }
        let answer = proxy.forward(call).await;
        database.may_have_changed(operation);
        return answer.unwrap_or_else(|failure| unanswered(&*failure));
    }
    match proxy.forward(call).await {
        Ok(response) => response,
        Err(failure) => unanswered(&*failure),
    }
}

fn unanswered(failure: &dyn std::error::Error) -> Response<Full<Bytes>> {
    let message = format!("the embedded DynamoDB did not answer: {failure}");
    error(500, "InternalServerError", &message)
}

/// An error with the checksum that SDKs verify, of the body as it is sent.
fn error(status: u16, code: &str, message: &str) -> Response<Full<Bytes>> {
    let body = serde_json::json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": message }).to_string();
    let checksum = crc32fast::hash(body.as_bytes());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = protocol::with_request_id(rehearsal_host::listener::answer(
        status,
        protocol::V1_0,
        body,
    ));
    response
        .headers_mut()
        .insert(CHECKSUM, HeaderValue::from(checksum));
    response
}
