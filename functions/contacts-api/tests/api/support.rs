//! A table, the API in front of it, and requests to it as gateway events.

use std::future::Future;
use std::time::Duration;

use aws_clients::Environment;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use contacts::limits;
use contacts_api::{Api, Gateway};
use contacts_store::Store;
use contacts_store::item::{Item, Stored};
use http::{HeaderMap, HeaderName};
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::Service;

use crate::moto::Moto;

pub const TABLE: &str = "contacts-test";
pub const VERSION: &str = "7";

/// A DynamoDB over HTTP, with an empty table of contacts.
pub struct Table {
    pub endpoint: String,
    pub client: Client,
    _moto: Option<Moto>,
}

impl Table {
    /// On the embedded DynamoDB, which ends with the test's runtime.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let database = dynoxide::Database::memory().unwrap();
        tokio::spawn(dynoxide::server::serve_with_shutdown(
            listener,
            database,
            std::future::pending(),
        ));

        Self::at(endpoint, None).await
    }

    /// On moto's server.
    pub async fn start_on_moto() -> Self {
        let moto = Moto::start();
        Self::at(moto.endpoint.clone(), Some(moto)).await
    }

    async fn at(endpoint: String, moto: Option<Moto>) -> Self {
        let client = Client::from_conf(patient(&endpoint).build());
        let key = KeySchemaElement::builder()
            .attribute_name("id")
            .key_type(KeyType::Hash)
            .build()
            .unwrap();
        let id = AttributeDefinition::builder()
            .attribute_name("id")
            .attribute_type(ScalarAttributeType::S);
        client
            .create_table()
            .table_name(TABLE)
            .key_schema(key)
            .attribute_definitions(id.build().unwrap())
            .billing_mode(BillingMode::PayPerRequest)
            .send()
            .await
            .unwrap();
        Self {
            endpoint,
            client,
            _moto: moto,
        }
    }

    /// A function sandbox of its own: nothing shared with another but the table.
    pub fn api(&self) -> Caller {
        self.api_through(|config| config)
    }

    /// The same, through a client that is changed before.
    pub fn api_through(&self, change: impl FnOnce(Builder) -> Builder) -> Caller {
        let client = Client::from_conf(change(patient(&self.endpoint)).build());
        Caller::of(Api::new(
            Store::from_client(client, TABLE),
            Some(VERSION.to_owned()),
        ))
    }

    /// The item as it is stored.
    pub async fn item(&self, id: &str) -> Option<Item> {
        let id = aws_sdk_dynamodb::types::AttributeValue::S(id.to_owned());
        self.client
            .get_item()
            .table_name(TABLE)
            .key("id", id)
            .send()
            .await
            .unwrap()
            .item
    }

    pub async fn put(&self, item: Item) {
        self.client
            .put_item()
            .table_name(TABLE)
            .set_item(Some(item))
            .send()
            .await
            .unwrap();
    }

    pub async fn put_expired(&self, id: &str) {
        let contact = contacts::Contact::create(id.to_owned(), 1, contacts::Attributes::default());
        self.put(Stored::first(contact, Some(1)).to_item()).await;
    }

    pub async fn count(&self) -> usize {
        self.client
            .scan()
            .table_name(TABLE)
            .send()
            .await
            .unwrap()
            .items()
            .len()
    }
}

pub fn environment(endpoint: &str) -> Environment {
    Environment::from_variables([
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIATEST"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint),
    ])
}

/// A client as patient as a busy machine needs it: an API's own would send a slow request twice.
fn patient(endpoint: &str) -> Builder {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_mins(1));
    Builder::from(&environment(endpoint).sdk_config("DynamoDB")).timeout_config(timeouts.build())
}

/// The API with the time-outs and retries that it has on Lambda.
pub fn api(endpoint: &str) -> Api {
    let store = Store::new(&environment(endpoint).sdk_config("DynamoDB"), TABLE);
    Api::new(store, Some(VERSION.to_owned()))
}

/// A request to the API, before it is an event.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub body: Option<String>,
    pub base64: bool,
}

impl Call {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            ..Self::default()
        }
    }

    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body = Some(text.into());
        self
    }

    pub fn json(self, text: impl Into<String>) -> Self {
        self.header("Content-Type", "application/json").body(text)
    }

    /// The event of a REST API with stage `live`.
    pub fn rest(&self) -> Value {
        self.rest_on_stage("live")
    }

    pub fn rest_on_stage(&self, stage: &str) -> Value {
        let mut event: Value = serde_json::from_str(include_str!("../events/rest.json")).unwrap();
        event["httpMethod"] = json!(self.method);
        event["requestContext"]["httpMethod"] = json!(self.method);
        event["path"] = json!(self.path);
        event["requestContext"]["path"] = json!(format!("/{stage}{}", self.path));
        event["requestContext"]["stage"] = json!(stage);
        for (name, value) in &self.headers {
            event["headers"][name] = json!(value);
            push(&mut event["multiValueHeaders"][name], value);
        }
        for (name, value) in &self.query {
            event["queryStringParameters"][name] = json!(value);
            push(&mut event["multiValueQueryStringParameters"][name], value);
        }
        self.with_body(event)
    }

    /// The event of an HTTP API. A stage other than `$default` is in the path.
    pub fn http_on_stage(&self, stage: &str) -> Value {
        let path = if stage == "$default" {
            self.path.clone()
        } else {
            format!("/{stage}{}", self.path)
        };
        let event = self.version_2(include_str!("../events/http.json"), &path);
        with(event, |event| {
            event["requestContext"]["stage"] = json!(stage);
        })
    }

    /// The event of a function URL.
    pub fn function_url(&self) -> Value {
        self.version_2(include_str!("../events/function-url.json"), &self.path)
    }

    fn version_2(&self, sample: &str, path: &str) -> Value {
        let mut event: Value = serde_json::from_str(sample).unwrap();
        event["rawPath"] = json!(path);
        event["requestContext"]["http"]["path"] = json!(path);
        event["requestContext"]["http"]["method"] = json!(self.method);
        let query: Vec<_> = self
            .query
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        event["rawQueryString"] = json!(query.join("&"));
        for (name, value) in &self.headers {
            // Several lines of a header are joined with commas.
            let line = match event["headers"][name.to_lowercase()].as_str() {
                Some(before) => format!("{before},{value}"),
                None => value.clone(),
            };
            event["headers"][name.to_lowercase()] = json!(line);
        }
        self.with_body(event)
    }

    fn with_body(&self, event: Value) -> Value {
        with(event, |event| {
            event["body"] = json!(self.body);
            event["isBase64Encoded"] = json!(self.base64);
        })
    }
}

fn with(mut event: Value, change: impl FnOnce(&mut Value)) -> Value {
    change(&mut event);
    event
}

fn push(list: &mut Value, value: &str) {
    match list.as_array_mut() {
        Some(list) => list.push(json!(value)),
        None => *list = json!([value]),
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// How long it is as the function hands it to Lambda.
    pub bytes: usize,
}

impl Answer {
    /// Reads an answer of either format as a gateway does.
    #[track_caller]
    pub fn read(answer: &Value) -> Self {
        assert_eq!(answer["isBase64Encoded"], false, "{answer}");
        let mut headers = HeaderMap::new();
        let mut add = |name: &str, value: &Value| {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.as_str().unwrap().parse().unwrap());
        };
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            add(name, value);
        }
        for (name, values) in answer["multiValueHeaders"]
            .as_object()
            .into_iter()
            .flatten()
        {
            for value in values.as_array().unwrap() {
                add(name, value);
            }
        }
        Self {
            status: answer["statusCode"].as_u64().unwrap().try_into().unwrap(),
            headers,
            text: answer["body"].as_str().unwrap_or_default().to_owned(),
            bytes: answer.to_string().len(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The body of a success, after looking at what every success has.
    #[track_caller]
    pub fn success(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(body["metadata"]["table"], TABLE);
        assert_eq!(body["metadata"]["function_version"], VERSION);
        assert_eq!(body["metadata"]["code_version"], env!("CARGO_PKG_VERSION"));
        body
    }

    /// The body of an error, after looking at what every error has.
    #[track_caller]
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert!(self.bytes <= limits::ERROR_BYTES, "{}", self.bytes);
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem: Value = serde_json::from_str(&self.text).unwrap();
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], "about:blank");
        assert!(
            problem["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty()),
            "{problem}"
        );
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|detail| detail.ends_with(['.', ':'])),
            "{problem}"
        );
        assert_eq!(problem["metadata"]["function_version"], VERSION);
        problem
    }
}

impl Answer {
    /// As [`problem`](Self::problem), or no body at all: the answer to `HEAD`.
    #[track_caller]
    pub fn problem_or_nothing(&self) {
        if !self.text.is_empty() {
            self.problem(self.status);
        }
    }
}

/// Sends requests to an API.
#[derive(Clone)]
pub struct Caller {
    gateway: Gateway,
}

impl Caller {
    pub fn of(api: Api) -> Self {
        Self {
            gateway: Gateway::new(api),
        }
    }

    pub async fn event(&self, event: &Value) -> Answer {
        self.any_event(&event.to_string()).await.unwrap()
    }

    /// The answer to an event, or why it is none.
    pub async fn any_event(&self, event: &str) -> Result<Answer, serde_json::Error> {
        let event = LambdaEvent::new(serde_json::from_str(event)?, Context::default());
        let answer = self.gateway.clone().call(event).await.unwrap();
        Ok(Answer::read(&serde_json::to_value(answer)?))
    }

    pub fn send(&self, call: Call) -> impl Future<Output = Answer> + Send + use<> {
        let caller = self.clone();
        async move { caller.event(&call.rest()).await }
    }

    pub async fn create(&self, body: &str) -> Value {
        self.send(Call::new("POST", "/contacts").json(body))
            .await
            .success(201)["data"]
            .clone()
    }

    pub async fn get(&self, id: &str) -> Answer {
        self.send(Call::new("GET", &format!("/contacts/{id}")))
            .await
    }
}

pub fn id(contact: &Value) -> &str {
    contact["id"].as_str().unwrap()
}

/// Asserts what a problem document's detail says.
#[track_caller]
pub fn assert_says(problem: &Value, words: &str) {
    let detail = problem["detail"].as_str().unwrap_or_default();
    assert!(detail.contains(words), "no {words:?} in {problem}");
}
