//! The real contacts function behind both transports: Lambda's `Invoke` with the events of gateways, and HTTP through them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::{BoxFuture, FutureExt};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_cloud::Backend;
use rehearsal_cloud::gateway::{ApiRequest, Gateway, ParsedRequest, event, response};
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::credentials::Credentials;
use rehearsal_host::{Caller, Callers, Invocation, Sandbox, SandboxSpec};
use rehearsal_template::Inputs;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use workspace_tests::places;

const FUNCTION: &str = "contacts";
const ARN: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:7";

/// A request takes milliseconds; a process that takes this long hangs.
const BUDGET: Duration = Duration::from_secs(20);

/// How a request reaches the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Lambda's `Invoke`, with the event that the gateway would send.
    Invoke,
    /// HTTP, through the gateway.
    Http,
}

/// A transport, and whose event it brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Road {
    pub transport: Transport,
    pub api: &'static str,
}

/// A REST API, an HTTP API, and what a function URL is: an HTTP API with one route for everything.
const APIS: [&str; 3] = ["rest", "http", "url"];

/// Every road there is.
pub fn roads() -> impl Iterator<Item = Road> {
    [Transport::Invoke, Transport::Http]
        .into_iter()
        .flat_map(|transport| APIS.map(|api| Road { transport, api }))
}

impl fmt::Display for Road {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} with events of {}", self.transport, self.api)
    }
}

/// A request, as its caller writes it.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    /// The path without a stage, and the query.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Bytes,
}

impl Call {
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn json(self, body: impl Into<Bytes>) -> Self {
        let mut call = self.header("content-type", "application/json");
        call.body = body.into();
        call
    }
}

/// An answer, as its caller reads it.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// The function, in one process that is never replaced: what it was asked before may not change what it answers.
struct Function {
    sandbox: Mutex<Sandbox>,
}

impl Function {
    async fn answer(&self, payload: Bytes) -> Result<Invoked, LambdaError> {
        let mut sandbox = self.sandbox.lock().await;
        let report = sandbox.invoke(Invocation::new(ARN, payload, BUDGET)).await;
        Ok(Invoked {
            function_error: report.outcome.function_error().map(str::to_owned),
            log: report.log.iter().map(ToString::to_string).collect(),
            ..Invoked::new(report.payload(), "7")
        })
    }
}

impl Backend for Function {
    fn call(
        &self,
        _: Arc<Caller>,
        call: AwsCall,
        payload: Bytes,
    ) -> BoxFuture<'_, Option<AwsAnswer>> {
        async move {
            match call {
                AwsCall::Invoke { .. } => Some(AwsAnswer::Invoked(self.answer(payload).await)),
                _ => None,
            }
        }
        .boxed()
    }

    fn request(
        &self,
        _: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>> {
        self.answer(request.event).boxed()
    }
}

/// Everything that the function and its callers need. It ends when this is dropped.
pub struct Hosted {
    function: Arc<Function>,
    database: DynamoDb,
    table: String,
    endpoints: Endpoints,
    gateway: Gateway,
    client: Client<HttpConnector, Full<Bytes>>,
    caller: Credentials,
    _callers: Callers,
}

impl Hosted {
    /// The function as `make build` builds it, on the template's table.
    pub async fn start() -> Self {
        let stack = rehearsal_template::read(&places::template(), &Inputs::new("contacts"))
            .expect("the template can be read");
        let database = DynamoDb::start().await.expect("the database starts");
        let table = stack.tables[0]
            .create_table
            .known_value()
            .expect("the template says all of its table");
        let table = database.create_table(table).expect("the table is made");

        let callers = Callers::default();
        let mut spec =
            SandboxSpec::new(places::binary("contacts-api"), callers.issue(FUNCTION, "7"));
        spec.environment
            .insert("TABLE_NAME".to_owned(), table.clone());
        let endpoint = format!("http://{}", database.address());
        spec.endpoints
            .insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), endpoint);
        let sandbox = Sandbox::start(spec).await.expect("the function starts");
        let function = Arc::new(Function {
            sandbox: Mutex::new(sandbox),
        });

        let backend: Arc<dyn Backend> = Arc::clone(&function) as _;
        let endpoints =
            Endpoints::start(Arc::clone(&backend), callers.clone(), None, BTreeMap::new())
                .await
                .expect("a port is free");
        let gateway = Gateway::start(backend, callers.clone(), APIS.map(api).to_vec())
            .await
            .expect("a port is free");
        Self {
            function,
            database,
            table,
            endpoints,
            gateway,
            client: Client::builder(TokioExecutor::new()).build_http(),
            caller: callers.issue("tests", "1"),
            _callers: callers,
        }
    }

    /// How many contacts there are.
    pub fn stored(&self) -> u64 {
        self.database
            .item_count(&self.table)
            .expect("there is the table")
    }

    /// The process of the function.
    pub async fn process(&self) -> u32 {
        let sandbox = self.function.sandbox.lock().await;
        assert!(!sandbox.is_dead(), "the function's process has ended");
        sandbox.process_id()
    }

    /// Sends a request and reads its answer.
    pub async fn send(&self, road: Road, call: &Call) -> Answer {
        let api = api(road.api);
        let path = if api.stage == "$default" {
            call.path.clone()
        } else {
            format!("/{}{}", api.stage, call.path)
        };
        match road.transport {
            Transport::Invoke => self.invoke(api.kind, event_of(&api, &path, call)).await,
            Transport::Http => {
                let url = self.gateway.url(&api.id).expect("the gateway has this API");
                let mut request = Request::builder()
                    .method(call.method.clone())
                    .uri(format!("{url}{path}"));
                for (name, value) in &call.headers {
                    request = request.header(*name, value);
                }
                let request = request.body(Full::new(call.body.clone()));
                self.over_http(request.expect("HTTP can say this")).await
            }
        }
    }

    /// The event of a request, in the shape of its road.
    pub fn event(road: Road, call: &Call) -> Value {
        let api = api(road.api);
        let path = if api.stage == "$default" {
            call.path.clone()
        } else {
            format!("/{}{}", api.stage, call.path)
        };
        serde_json::from_slice(&event_of(&api, &path, call)).expect("an event is JSON")
    }

    /// Invokes the function with an event of this kind, over Lambda's own protocol.
    pub async fn invoke_event(&self, road: Road, event: &Value) -> Answer {
        self.invoke(api(road.api).kind, event.to_string().into())
            .await
    }

    async fn invoke(&self, kind: ApiKind, event: Bytes) -> Answer {
        let url = format!(
            "{}/2015-03-31/functions/{FUNCTION}/invocations",
            self.endpoints.url()
        );
        // The endpoint asks who calls, not for proof.
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=0",
            self.caller.access_key_id
        );
        let request = Request::post(url)
            .header("authorization", credential)
            .body(Full::new(event))
            .expect("HTTP can say this");
        let invoked = self.over_http(request).await;
        assert_eq!(invoked.status, 200, "{invoked:?}");
        assert_eq!(
            invoked.header("x-amz-function-error"),
            None,
            "the function failed: {}",
            invoked.text
        );
        let answer = response(kind, &Ok(Invoked::new(invoked.text, "7")));
        let mut headers = HeaderMap::new();
        for (name, value) in &answer.headers {
            let name: http::HeaderName = name.parse().expect("a header's name");
            headers.append(name, value.parse().expect("a header's value"));
        }
        Answer {
            status: answer.status,
            headers,
            text: text(&answer.body),
        }
    }

    async fn over_http(&self, request: Request<Full<Bytes>>) -> Answer {
        let answer = self.client.request(request);
        let (parts, body) = answer.await.expect("there is an answer").into_parts();
        let body = body.collect().await.expect("the answer is whole");
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: text(&body.to_bytes()),
        }
    }
}

fn text(body: &[u8]) -> String {
    String::from_utf8(body.to_vec()).expect("what the API answers is text")
}

fn event_of(api: &Api, path: &str, call: &Call) -> Bytes {
    let mut request = ParsedRequest::new(call.method.as_str(), path);
    request.headers = call
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()))
        .collect();
    request.body = call.body.clone();
    let within = api
        .without_stage(&request.path)
        .expect("the path has the stage");
    let found = api
        .route(&request.method, within)
        .expect("every path has a route");
    event(api, &found, &request)
}

/// The API of this name: the template's routes, or a function URL's one.
fn api(name: &str) -> Api {
    let route = |path: &str| Route {
        payload_format: PayloadFormat::V2,
        invoke_mode: InvokeMode::Buffered,
        method: "ANY".to_owned(),
        path: path.to_owned(),
        authorization: Authorization::None,
        needs_api_key: false,
        function: FUNCTION.to_owned(),
        qualifier: None,
    };
    let (kind, stage, paths) = match name {
        "rest" => (
            ApiKind::Rest,
            "live",
            &["/contacts", "/contacts/{id}", "/{proxy+}"][..],
        ),
        "http" => (
            ApiKind::Http,
            "live",
            &["/contacts", "/contacts/{id}", "$default"][..],
        ),
        _ => (ApiKind::Http, "$default", &["$default"][..]),
    };
    Api {
        id: name.to_owned(),
        kind,
        stage: stage.to_owned(),
        account_id: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        variables: Vec::new(),
        routes: paths.iter().copied().map(route).collect(),
        binary_media_types: Vec::new(),
    }
}

/// What identifies a contact whose attributes are being changed: all of it, and its entity tag.
pub fn snapshot(answer: &Answer) -> Value {
    json!({ "data": answer.json()["data"], "etag": answer.header("etag") })
}
