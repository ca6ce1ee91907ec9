//! APIs over HTTP.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::sync::Arc;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use rehearsal_aws::apigateway::route::{Api, Authorization, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_cloud::gateway::Gateway;
use rehearsal_host::credentials::Credentials as Issued;
use serde_json::{Value, json};
use support::backend::{Scripted, callers};

struct Cloud {
    backend: Arc<Scripted>,
    gateway: Gateway,
    issued: Issued,
    client: reqwest::Client,
}

fn api(kind: ApiKind) -> Api {
    let route = |path: &str, authorization| Route {
        payload_format: PayloadFormat::V1,
        invoke_mode: InvokeMode::Buffered,
        method: "ANY".to_owned(),
        path: path.to_owned(),
        authorization,
        needs_api_key: path == "/keyed",
        function: "contacts".to_owned(),
        qualifier: Some("live".to_owned()),
    };
    Api {
        id: "a1b2c3d4e5".to_owned(),
        kind,
        stage: "live".to_owned(),
        account_id: "123456789012".to_owned(),
        region: "eu-central-1".to_owned(),
        variables: Vec::new(),
        binary_media_types: Vec::new(),
        routes: vec![
            route("/contacts", Authorization::None),
            route("/contacts/{id}", Authorization::None),
            route("/private", Authorization::Iam),
            route("/keyed", Authorization::None),
        ],
    }
}

impl Cloud {
    async fn start(kind: ApiKind) -> Self {
        let (callers, issued) = callers();
        let backend = Arc::new(Scripted::default());
        let gateway = Gateway::start(backend.clone(), callers, vec![api(kind)])
            .await
            .unwrap();
        Self {
            backend,
            gateway,
            issued,
            client: support::plain_client(),
        }
    }

    fn url(&self, path: &str) -> String {
        self.gateway.rewrite_urls(&format!(
            "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com{path}"
        ))
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.url(path)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// A signed GET with this secret.
    async fn signed(&self, path: &str, secret: &str) -> (u16, String) {
        let url = self.url(path);
        let token = Some(self.issued.session_token.clone());
        let identity =
            Credentials::new(&self.issued.access_key_id, secret, token, None, "test").into();
        let parameters = SigningParams::builder()
            .identity(&identity)
            .region("eu-central-1")
            .name("execute-api")
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .unwrap()
            .into();
        let signable =
            SignableRequest::new("GET", &url, std::iter::empty(), SignableBody::Bytes(b""))
                .unwrap();
        let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
        let mut request = self.client.get(&url);
        for (name, value) in instructions.headers() {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[tokio::test]
async fn a_route_that_asks_for_a_key_answers_403_without_one() {
    let cloud = Cloud::start(ApiKind::Rest).await;
    *cloud.backend.on_request.lock().unwrap() = Some(Box::new(|request| {
        let event: Value = serde_json::from_slice(&request.event).unwrap();
        let key = &event["requestContext"]["identity"]["apiKey"];
        Ok(Invoked::new(
            json!({ "statusCode": 200, "body": key.to_string() }).to_string(),
            "2",
        ))
    }));
    let refused = cloud.get("/live/keyed").await;
    assert_eq!(refused, (403, r#"{"message":"Forbidden"}"#.to_owned()));
    let request = cloud.client.get(cloud.url("/live/keyed"));
    let answer = request.header("X-Api-Key", "a-key").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.text().await.unwrap(), r#""a-key""#);
}

#[tokio::test]
async fn several_stages_of_one_api_have_one_address() {
    let (callers, _) = callers();
    let backend = Arc::new(Scripted::default());
    *backend.on_request.lock().unwrap() = Some(Box::new(|request| {
        Ok(Invoked::new(
            json!({ "statusCode": 200, "body": request.api.stage }).to_string(),
            "2",
        ))
    }));
    let stages = ["$default", "beta"].map(|stage| Api {
        stage: stage.to_owned(),
        ..api(ApiKind::Http)
    });
    let gateway = Gateway::start(backend, callers, stages.to_vec())
        .await
        .unwrap();
    let url = gateway.url("a1b2c3d4e5").unwrap();
    let client = support::plain_client();
    let get = async |path: &str| {
        let answer = client.get(format!("{url}{path}")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/contacts").await, (200, "$default".to_owned()));
    assert_eq!(get("/beta/contacts").await, (200, "beta".to_owned()));
    gateway.deploy("a1b2c3d4e5", stages[1..].to_vec());
    assert_eq!(get("/contacts").await.0, 404);
    assert_eq!(get("/beta/contacts").await.0, 200);
}

#[tokio::test]
async fn a_request_reaches_its_route_as_an_event_and_the_answer_comes_back() {
    let cloud = Cloud::start(ApiKind::Rest).await;
    *cloud.backend.on_request.lock().unwrap() = Some(Box::new(|_| {
        let answer = json!({ "statusCode": 201, "multiValueHeaders": { "X-Two": ["1", "2"] }, "body": "{\"made\":true}" });
        Ok(Invoked::new(answer.to_string(), "2"))
    }));
    let answer = cloud
        .client
        .post(cloud.url("/live/contacts?x=1"))
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    assert!(
        answer.headers().contains_key("x-amzn-requestid")
            && answer.headers().contains_key("x-amz-apigw-id")
    );
    assert_eq!(answer.headers().get_all("x-two").iter().count(), 2);
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), "{\"made\":true}");

    let (caller, request) = cloud.backend.requests.lock().unwrap().pop().unwrap();
    assert_eq!((caller, request.route.path.as_str()), (None, "/contacts"));
    let event: Value = serde_json::from_slice(&request.event).unwrap();
    assert_eq!(
        (&event["httpMethod"], &event["path"], &event["body"]),
        (&json!("POST"), &json!("/contacts"), &json!("{}"))
    );
    assert_eq!(event["requestContext"]["path"], "/live/contacts");
}

#[tokio::test]
async fn a_path_without_a_route_is_refused_by_the_gateway_itself() {
    let missing = r#"{"message":"Missing Authentication Token"}"#;
    let cloud = Cloud::start(ApiKind::Rest).await;
    assert_eq!(cloud.get("/live/nowhere").await, (403, missing.to_owned()));
    assert_eq!(
        cloud.get("/other/contacts").await,
        (403, r#"{"message":"Forbidden"}"#.to_owned())
    );
    let cloud = Cloud::start(ApiKind::Http).await;
    assert_eq!(
        cloud.get("/live/nowhere").await,
        (404, r#"{"message":"Not Found"}"#.to_owned())
    );
    assert!(cloud.backend.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_iam_route_takes_only_a_good_signature() {
    let cloud = Cloud::start(ApiKind::Rest).await;
    let answer = cloud
        .client
        .get(cloud.url("/live/private"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(
        answer.headers()["x-amzn-errortype"],
        "MissingAuthenticationTokenException"
    );
    assert_eq!(
        answer.text().await.unwrap(),
        r#"{"message":"Missing Authentication Token"}"#
    );

    let (status, body) = cloud.signed("/live/private", "another secret").await;
    assert_eq!(status, 403);
    assert!(
        body.contains("does not match the signature you provided"),
        "{body}"
    );
    assert!(cloud.backend.requests.lock().unwrap().is_empty());

    let secret = cloud.issued.secret_access_key.clone();
    assert_eq!(
        cloud.signed("/live/private?b=2&a=1%2F", &secret).await,
        (200, "good".to_owned())
    );
    let (caller, request) = cloud.backend.requests.lock().unwrap().pop().unwrap();
    assert_eq!(caller.as_deref(), Some("hook"));
    let event: Value = serde_json::from_slice(&request.event).unwrap();
    assert_eq!(
        event["requestContext"]["identity"]["accessKey"],
        json!(cloud.issued.access_key_id)
    );
}

#[tokio::test]
async fn a_function_that_fails_is_the_gateways_error() {
    let cloud = Cloud::start(ApiKind::Rest).await;
    for (answer, status) in [
        (
            Err(LambdaError::Service {
                message: "x".to_owned(),
            }),
            500,
        ),
        (Ok(Invoked::new("\"no proxy response\"", "1")), 502),
    ] {
        *cloud.backend.on_request.lock().unwrap() = Some(Box::new(move |_| answer.clone()));
        let body = r#"{"message": "Internal server error"}"#.to_owned();
        assert_eq!(cloud.get("/live/contacts").await, (status, body));
    }
}

#[tokio::test]
async fn a_dropped_gateway_is_closed() {
    let cloud = Cloud::start(ApiKind::Rest).await;
    let url = cloud.url("/live/contacts");
    assert_eq!(cloud.client.get(&url).send().await.unwrap().status(), 200);
    drop(cloud.gateway);
    let refused = async { while cloud.client.get(&url).send().await.is_ok() {} };
    tokio::time::timeout(std::time::Duration::from_secs(5), refused)
        .await
        .unwrap();
}
