//! The transport and the whole hook against a Lambda endpoint over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

#[path = "../../../shared/contacts-checks/tests/support/mod.rs"]
mod support;

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_clients::Environment;
use axum::Router;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use contacts_api::Gateway;
use contacts_checks::{CONFIGURATION, Transport, TransportError};
use http::{Method, StatusCode};
use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{CheckStatus, Status, Verdict};
use pre_traffic_hook::Invoke;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::ServiceExt;

use support::{Table, assert_ended, result, run};

const TARGET: &str = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";
const AMPLE: Duration = Duration::from_mins(1);

/// A Lambda endpoint that lives as long as this.
struct Lambda {
    authority: String,
    serving: JoinHandle<()>,
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Lambda {
    /// Answers every invocation with what `answer` makes of it.
    async fn start<F, Fut>(answer: F) -> Self
    where
        F: Fn(Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let service = Router::new().fallback(answer);
        let serving = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { authority, serving }
    }

    /// Answers with each of `answers` in turn, and with the last for good; and counts.
    async fn answering(answers: Vec<Answer>) -> (Self, Arc<AtomicUsize>) {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let lambda = Self::start(move |_| {
            let number = counted.fetch_add(1, Ordering::Relaxed);
            let answer = answers[number.min(answers.len() - 1)];
            std::future::ready(answer.response())
        })
        .await;
        (lambda, asked)
    }

    fn invoke(&self) -> Invoke {
        Invoke::new(
            TARGET.parse().unwrap(),
            &environment(&format!("http://{}", self.authority)),
        )
    }
}

/// An answer as Lambda gives it.
#[derive(Clone, Copy)]
struct Answer {
    status: u16,
    header: (&'static str, &'static str),
    payload: &'static str,
}

impl Answer {
    fn response(self) -> Response {
        let (name, value) = self.header;
        let headers = [
            (name, value),
            ("x-amzn-requestid", "request-1"),
            ("content-type", "application/json"),
        ];
        (
            StatusCode::from_u16(self.status).unwrap(),
            headers,
            self.payload,
        )
            .into_response()
    }
}

const SERVED: Answer = Answer {
    status: 200,
    header: ("x-amz-executed-version", "8"),
    payload: r#"{"statusCode": 200, "headers": {"content-type": "application/json"}, "body": "{}"}"#,
};

const THROTTLED: Answer = Answer {
    status: 429,
    header: ("x-amzn-errortype", "TooManyRequestsException"),
    payload: r#"{"Reason": "ConcurrentInvocationLimitExceeded", "message": "Rate Exceeded."}"#,
};

const DENIED: Answer = Answer {
    status: 403,
    header: ("x-amzn-errortype", "AccessDeniedException"),
    payload: r#"{"Message": "not authorized to perform: lambda:InvokeFunction"}"#,
};

fn environment(endpoint: &str) -> Environment {
    Environment::from_variables([
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_ENDPOINT_URL_LAMBDA", endpoint),
    ])
}

fn a_read() -> contacts_checks::Request {
    contacts_checks::Request::new(Method::GET, "/contacts").query("limit", "1")
}

#[tokio::test]
async fn an_answer_carries_the_version_that_ran_and_the_request_id() {
    let (lambda, _) = Lambda::answering(vec![SERVED]).await;
    let answer = lambda.invoke().send(a_read()).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_slice()),
        (200, b"{}".as_slice())
    );
    assert_eq!(answer.executed_version.as_deref(), Some("8"));
    assert_eq!(answer.request_id.as_deref(), Some("request-1"));
}

#[tokio::test]
async fn the_version_asked_for_is_the_qualified_one() {
    let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let lambda = Lambda::start(move |request: Request| {
        sender.send(request.uri().path().to_owned()).unwrap();
        std::future::ready(SERVED.response())
    })
    .await;
    lambda.invoke().send(a_read()).await.unwrap();
    let path = asked.recv().await.unwrap();
    let path = percent_encoding::percent_decode_str(&path)
        .decode_utf8()
        .unwrap();
    assert_eq!(path, format!("/2015-03-31/functions/{TARGET}/invocations"));
}

#[tokio::test]
async fn a_function_error_is_told_as_one() {
    let failed = Answer {
        status: 200,
        header: ("x-amz-function-error", "Unhandled"),
        payload: r#"{"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}"#,
    };
    let (lambda, asked) = Lambda::answering(vec![failed]).await;
    let error = lambda.invoke().send(a_read()).await.unwrap_err();
    let expected = TransportError::FunctionError {
        error_type: "Runtime.ExitError".to_owned(),
        message: "exit status 1".to_owned(),
        request_id: Some("request-1".to_owned()),
    };
    assert_eq!(error, expected);
    assert_eq!(
        asked.load(Ordering::Relaxed),
        1,
        "it is the version's fault: nothing to try again"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_proxy_response_is_told_as_one() {
    let malformed = Answer {
        payload: r#"{"hello": "world"}"#,
        ..SERVED
    };
    let (lambda, _) = Lambda::answering(vec![malformed]).await;
    let error = lambda.invoke().send(a_read()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::MalformedAnswer { .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("missing field `statusCode`"),
        "{error}"
    );
}

#[tokio::test]
async fn a_throttled_invocation_is_tried_again() {
    let (lambda, asked) = Lambda::answering(vec![THROTTLED, THROTTLED, SERVED]).await;
    lambda.invoke().send(a_read()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn throttling_that_does_not_end_is_told_as_inconclusive() {
    let (lambda, asked) = Lambda::answering(vec![THROTTLED]).await;
    let error = lambda.invoke().send(a_read()).await.unwrap_err();
    assert!(matches!(error, TransportError::Throttled { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("TooManyRequestsException: Rate Exceeded."),
        "{error}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn a_permission_that_has_not_arrived_yet_is_waited_for() {
    let (lambda, asked) = Lambda::answering(vec![DENIED, DENIED, SERVED]).await;
    lambda.invoke().send(a_read()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_call_that_lambda_refuses_is_told_with_its_code() {
    let missing = Answer {
        status: 404,
        header: ("x-amzn-errortype", "ResourceNotFoundException"),
        payload: r#"{"Type": "User", "Message": "Function not found"}"#,
    };
    let (lambda, asked) = Lambda::answering(vec![missing]).await;
    let error = lambda.invoke().send(a_read()).await.unwrap_err();
    assert!(matches!(error, TransportError::Refused { .. }), "{error}");
    assert!(
        error
            .to_string()
            .contains("ResourceNotFoundException: Function not found"),
        "{error}"
    );
    assert_eq!(error.request_id(), Some("request-1"));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_endpoint_that_refuses_the_connection_is_told_as_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let invoke = Invoke::new(TARGET.parse().unwrap(), &environment(&endpoint));
    let error = invoke.send(a_read()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .to_lowercase()
            .contains("connection refused"),
        "{error}"
    );
}

#[tokio::test]
async fn an_endpoint_that_speaks_no_tls_is_told_as_a_tls_failure() {
    let (lambda, asked) = Lambda::answering(vec![SERVED]).await;
    let endpoint = format!("https://{}", lambda.authority);
    let invoke = Invoke::new(TARGET.parse().unwrap(), &environment(&endpoint));
    let error = invoke.send(a_read()).await.unwrap_err();
    assert!(matches!(error, TransportError::Tls { .. }), "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn without_credentials_the_error_names_the_variable() {
    let environment = Environment::from_variables([("AWS_REGION", "us-east-1")]);
    let invoke = Invoke::new(TARGET.parse().unwrap(), &environment);
    let error = invoke.send(a_read()).await.unwrap_err();
    assert!(
        error.to_string().contains("AWS_ACCESS_KEY_ID is not set"),
        "{error}"
    );
}

/// A Lambda endpoint behind which the contacts API runs as one version, and says it is `executed`.
async fn contacts_function(table: &Table, version: &str, executed: &'static str) -> Lambda {
    let gateway = Gateway::new(table.api(version));
    Lambda::start(move |request: Request| {
        let gateway = gateway.clone();
        async move {
            let event = to_bytes(request.into_body(), usize::MAX).await.unwrap();
            let event =
                LambdaEvent::new(serde_json::from_slice(&event).unwrap(), Context::default());
            let answer = gateway.oneshot(event).await.unwrap();
            let headers = [
                ("x-amz-executed-version", executed),
                ("x-amzn-requestid", "request-1"),
            ];
            (headers, serde_json::to_string(&answer).unwrap()).into_response()
        }
    })
    .await
}

async fn verdict(lambda: &Lambda, variables: &[(&str, &str)]) -> Verdict {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let environment = environment(&format!("http://{}", lambda.authority));
    run(pre_traffic_hook::hook(lookup, &environment), AMPLE).await
}

#[tokio::test]
async fn a_healthy_version_passes_and_its_table_is_as_it_was() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "8", "8").await;
    let verdict = verdict(
        &lambda,
        &[("NEW_VERSION_ARN", TARGET), ("LATENCY_BUDGET_MS", "5000")],
    )
    .await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert!(
        verdict
            .checks
            .iter()
            .all(|check| check.status == CheckStatus::Passed),
        "{verdict:#?}"
    );
    assert_eq!(result(&verdict, CONFIGURATION).notes["version"], json!("8"));
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_version_that_is_another_than_the_one_asked_for_fails() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "7", "7").await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", TARGET)]).await;
    assert_eq!(verdict.status, Status::Failed);
    let words = ["expected an answer of version 8, got one of version 7 (request id request-1)"];
    assert_ended(&verdict, "version-identity", CheckStatus::Failed, &words);
    assert_eq!(table.items(), [] as [Value; 0]);
}

#[tokio::test]
async fn a_function_that_does_not_know_its_own_version_fails_identity() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "7", "8").await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", TARGET)]).await;
    assert_ended(
        &verdict,
        "version-identity",
        CheckStatus::Failed,
        &["version 8", "version 7"],
    );
}

#[tokio::test]
async fn an_unqualified_target_skips_identity_and_checks_the_rest() {
    let table = Table::start().await;
    let lambda = contacts_function(&table, "$LATEST", "$LATEST").await;
    let verdict = verdict(&lambda, &[("NEW_VERSION_ARN", "contacts-api")]).await;
    assert_eq!(verdict.status, Status::Succeeded, "{verdict:#?}");
    assert_ended(
        &verdict,
        "version-identity",
        CheckStatus::Skipped,
        &["names no version"],
    );
    assert_ended(
        &verdict,
        "latency",
        CheckStatus::Skipped,
        &["LATENCY_BUDGET_MS"],
    );
}

#[tokio::test]
async fn a_missing_or_malformed_variable_is_a_failed_check() {
    let (lambda, asked) = Lambda::answering(vec![SERVED]).await;
    for (variables, words) in [
        (vec![], "NEW_VERSION_ARN is not set"),
        (
            vec![("NEW_VERSION_ARN", "${Contacts.Version}")],
            "names no Lambda function",
        ),
        (
            vec![("NEW_VERSION_ARN", TARGET), ("LATENCY_BUDGET_MS", "fast")],
            "LATENCY_BUDGET_MS is \"fast\"",
        ),
    ] {
        let verdict = verdict(&lambda, &variables).await;
        assert_eq!(verdict.status, Status::Failed);
        assert_ended(&verdict, CONFIGURATION, CheckStatus::Failed, &[words]);
        assert_ended(
            &verdict,
            "merge",
            CheckStatus::Skipped,
            &["see configuration"],
        );
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}
