//! Calls that go on to an emulator, and those that have none.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use rehearsal_cloud::backend::{Interference, Refusal};
use rehearsal_cloud::services::Endpoints;
use rehearsal_host::credentials::Credentials;
use rehearsal_host::listener::{Handler, Listener};
use support::backend::{Scripted, callers};

/// What came to an emulator: method, path and query, host, and how long its body was.
type Came = (String, String, String, usize);

/// An emulator that notes what comes, and answers a megabyte.
#[derive(Clone, Default)]
struct Emulator {
    came: Arc<Mutex<Vec<Came>>>,
}

const ANSWER: usize = 1_000_000;

impl Handler for Emulator {
    type Body = Full<Bytes>;

    async fn handle(&self, request: Request<Incoming>) -> Option<Response<Full<Bytes>>> {
        assert!(!request.headers().contains_key("expect"));
        let host = request.headers()["host"].to_str().unwrap().to_owned();
        let (method, uri) = (request.method().to_string(), request.uri().to_string());
        let body = request.into_body().collect().await.ok()?.to_bytes();
        let came = (method, uri, host, body.len());
        self.came.lock().unwrap().push(came);
        let mut answer = Response::new(Full::new(vec![b'x'; ANSWER].into()));
        *answer.status_mut() = StatusCode::ACCEPTED;
        answer.headers_mut().insert("etag", "e".parse().unwrap());
        Some(answer)
    }
}

struct Cloud {
    emulator: Emulator,
    listener: Listener,
    backend: Arc<Scripted>,
    endpoints: Endpoints,
    issued: Credentials,
}

impl Cloud {
    /// S3 and SNS have an emulator.
    async fn start() -> Self {
        let emulator = Emulator::default();
        let listener = Listener::start(emulator.clone()).await.unwrap();
        let backend = Arc::new(Scripted::default());
        let (callers, issued) = callers();
        let emulators = ["s3", "sns"].map(|service| (service.to_owned(), listener.address()));
        let emulators = BTreeMap::from(emulators);
        let endpoints = Endpoints::start(backend.clone(), callers, None, emulators)
            .await
            .unwrap();
        Self {
            emulator,
            listener,
            backend,
            endpoints,
            issued,
        }
    }

    /// A signed request to a service.
    fn request(&self, service: &str, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.request_by(&self.issued.access_key_id, service, method, path)
    }

    fn request_by(
        &self,
        key: &str,
        service: &str,
        method: &str,
        path: &str,
    ) -> reqwest::RequestBuilder {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/eu-central-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=unchecked"
        );
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        support::plain_client()
            .request(method, format!("{}{path}", self.endpoints.url()))
            .header("authorization", authorization)
    }

    fn came(&self) -> Vec<Came> {
        self.emulator.came.lock().unwrap().clone()
    }

    fn refused(&self) -> Vec<Refusal> {
        self.backend.refused.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_presigned_url_goes_on_too_and_one_of_an_unknown_key_does_not() {
    let cloud = Cloud::start().await;
    let get = async |key: &str, host: &str| {
        let path = format!(
            "/a%20key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={key}%2F20260101%2Feu-central-1%2Fs3%2Faws4_request&X-Amz-Signature=0"
        );
        let request = support::plain_client().get(format!("{}{path}", cloud.endpoints.url()));
        request.header("host", host).send().await.unwrap().status()
    };
    let (key, host) = (
        &cloud.issued.access_key_id,
        "one.two.s3.eu-central-1.amazonaws.com",
    );
    assert_eq!(get(key, host).await, StatusCode::ACCEPTED);
    let (_, uri, ..) = cloud.came().remove(0);
    assert!(
        uri.starts_with("/one.two/a%20key?X-Amz-Algorithm="),
        "{uri}"
    );
    assert_eq!(get("AKIANOBODY", host).await, StatusCode::FORBIDDEN);
    assert_eq!(cloud.came().len(), 1);
}

#[tokio::test]
async fn a_call_goes_on_as_it_came_and_its_answer_comes_back() {
    let cloud = Cloud::start().await;
    let request = cloud.request("s3", "PUT", "/bucket/a%20key?x=1");
    let answer = request
        .header("expect", "100-continue")
        .body(vec![b'y'; 20_000_000])
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status(), &answer.headers()["etag"]),
        (StatusCode::ACCEPTED, &"e".parse().unwrap())
    );
    assert_eq!(answer.bytes().await.unwrap().len(), ANSWER);
    let host = cloud.endpoints.url().replace("http://", "");
    let came = ("PUT".into(), "/bucket/a%20key?x=1".into(), host, 20_000_000);
    assert_eq!(cloud.came(), [came]);
    let call = ("hook".into(), "s3".into(), "PutObject".into());
    assert_eq!(cloud.backend.called(), [call]);
    assert_eq!(cloud.refused(), []);
}

#[tokio::test]
async fn a_bucket_in_the_host_goes_into_the_path() {
    let cloud = Cloud::start().await;
    let request = cloud.request("s3", "GET", "/key");
    let request = request.header("host", "photos.s3.eu-central-1.amazonaws.com");
    let _ = request.send().await.unwrap();
    let host = "s3.eu-central-1.amazonaws.com";
    let came = ("GET".into(), "/photos/key".into(), host.into(), 0);
    assert_eq!(cloud.came(), [came]);
}

#[tokio::test]
async fn the_operation_of_a_form_is_its_action() {
    let cloud = Cloud::start().await;
    let form = "application/x-www-form-urlencoded";
    for service in ["sns", "sts"] {
        let request = cloud.request(service, "POST", "/");
        let request = request.header("content-type", form);
        let _ = request.body("Version=1&Action=Some").send().await.unwrap();
    }
    let call = ("hook".into(), "sns".into(), "Some".into());
    assert_eq!(cloud.backend.called(), [call]);
    assert_eq!(cloud.came().len(), 1);
    let [refused] = &cloud.refused()[..] else {
        panic!("{:?}", cloud.refused())
    };
    assert_eq!((&*refused.service, &*refused.operation), ("sts", "Some"));
    let line = "`[services] sts = \"http://127.0.0.1:PORT\"`";
    assert!(refused.message.contains(line), "{}", refused.message);
}

#[tokio::test]
async fn a_fault_acts_before_an_emulator_and_speaks_its_protocol() {
    let cloud = Cloud::start().await;
    cloud.backend.interfere([
        Interference::Throttle,
        Interference::Drop,
        Interference::DropAnswer,
    ]);
    let put = || {
        cloud
            .request("s3", "PUT", "/b/k")
            .body(vec![b'y'; 9_000_000])
            .send()
    };
    let answer = put().await.unwrap();
    assert_eq!(answer.status(), 503);
    let body = answer.text().await.unwrap();
    assert!(body.contains("<Code>SlowDown</Code>"), "{body}");
    assert!(put().await.is_err());
    assert_eq!(cloud.came(), []);
    assert!(put().await.is_err());
    assert_eq!(cloud.came().len(), 1, "it did what it was asked");
    assert_eq!(cloud.refused(), []);
}

#[tokio::test]
async fn who_is_unknown_reaches_no_emulator() {
    let cloud = Cloud::start().await;
    let request = cloud.request_by("AKIAEXAMPLE", "s3", "GET", "/b/k");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 403);
    let body = answer.text().await.unwrap();
    assert!(
        body.contains("<Code>UnrecognizedClientException</Code>"),
        "{body}"
    );
    let unsigned = format!("{}/b/k", cloud.endpoints.url());
    let answer = support::plain_client().get(unsigned).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(cloud.came(), []);
    // The report says it, of whom it was meant for.
    let refused = cloud.refused();
    let told = refused
        .iter()
        .map(|refused| (refused.service.as_str(), refused.code.as_str()));
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("s3", "UnrecognizedClientException"),
            ("127.0.0.1", "MissingAuthenticationTokenException")
        ]
    );
}

#[tokio::test]
async fn an_emulator_that_is_gone_is_told() {
    let cloud = Cloud::start().await;
    let request = cloud.request("s3", "GET", "/b/k");
    drop(cloud.listener);
    // What has accepted is a task, and ends when it is next polled.
    tokio::task::yield_now().await;
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let refused = cloud.backend.refused.lock().unwrap().clone();
    let [refused] = &refused[..] else {
        panic!("{refused:?}")
    };
    assert_eq!(refused.operation, "GetObject");
    assert!(
        refused
            .message
            .starts_with("the emulator of s3 did not answer: "),
        "{}",
        refused.message
    );
}
