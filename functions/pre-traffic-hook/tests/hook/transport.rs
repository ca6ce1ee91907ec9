//! The transport against a Lambda endpoint over real HTTP.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_clients::Environment;
use axum::extract::Request;
use axum::response::IntoResponse;
use contacts_testing::{Canned, Server, assert_refused};
use http::Method;
use lifecycle_hook::{Invoke, Transport, TransportError};
use pre_traffic_hook::road;
use tokio::net::TcpListener;

use crate::support::{DENIED, SERVED, TARGET, THROTTLED, environment};

fn invoke(lambda: &Server) -> Invoke {
    invoke_at(&lambda.url())
}

fn invoke_at(endpoint: &str) -> Invoke {
    road(TARGET.parse().unwrap(), &environment(endpoint))
}

fn a_read() -> lifecycle_hook::Request {
    lifecycle_hook::Request::new(Method::GET, "/contacts").query("limit", "1")
}

fn a_write() -> lifecycle_hook::Request {
    lifecycle_hook::Request::post("/contacts").json(&serde_json::json!({}))
}

#[tokio::test]
async fn an_answer_carries_the_version_that_ran_and_the_request_id() {
    let (lambda, _) = Server::answering(vec![SERVED]).await;
    let answer = invoke(&lambda).send(a_read()).await.unwrap();
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
    let lambda = Server::start(move |request: Request| {
        sender.send(request.uri().path().to_owned()).unwrap();
        std::future::ready(SERVED.into_response())
    })
    .await;
    invoke(&lambda).send(a_read()).await.unwrap();
    let path = asked.recv().await.unwrap();
    let path = percent_encoding::percent_decode_str(&path)
        .decode_utf8()
        .unwrap();
    assert_eq!(path, format!("/2015-03-31/functions/{TARGET}/invocations"));
}

#[tokio::test]
async fn a_function_error_is_told_as_one() {
    let failed = Canned {
        status: 200,
        header: ("x-amz-function-error", "Unhandled"),
        body: r#"{"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}"#,
    };
    let (lambda, asked) = Server::answering(vec![failed]).await;
    let error = invoke(&lambda).send(a_read()).await.unwrap_err();
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
    let malformed = Canned {
        body: r#"{"hello": "world"}"#,
        ..SERVED
    };
    let (lambda, _) = Server::answering(vec![malformed]).await;
    let error = invoke(&lambda).send(a_read()).await.unwrap_err();
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
async fn an_answer_without_an_end_is_read_to_its_limit_and_not_asked_for_again() {
    let (server, asked) = Server::endless(("x-amz-executed-version", "8")).await;
    let error = invoke(&server).send(a_read()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer of Lambda is longer than 3145728 bytes, which is all that is read of one"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn another_version_is_an_error_unless_any_may_answer() {
    let other = Canned {
        header: ("x-amz-executed-version", "7"),
        ..SERVED
    };
    let (lambda, _) = Server::answering(vec![other]).await;
    let answer = invoke(&lambda).send(a_read()).await.unwrap();
    assert_eq!(answer.executed_version.as_deref(), Some("7"));

    let strict = Invoke::new(TARGET.parse().unwrap(), &environment(&lambda.url()));
    let error = strict.send(a_read()).await.unwrap_err();
    let expected = TransportError::OtherVersion {
        expected: "8".to_owned(),
        got: "7".to_owned(),
        request_id: Some("request-1".to_owned()),
    };
    assert_eq!(error, expected);
}

#[tokio::test]
async fn an_answer_of_which_lambda_does_not_say_the_version_is_an_error_unless_any_may_answer() {
    let silent = Canned {
        header: ("x-other", "8"),
        ..SERVED
    };
    let (lambda, _) = Server::answering(vec![silent]).await;
    let answer = invoke(&lambda).send(a_read()).await.unwrap();
    assert_eq!(answer.executed_version, None);

    let strict = Invoke::new(TARGET.parse().unwrap(), &environment(&lambda.url()));
    let error = strict.send(a_read()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected an answer of version 8, and Lambda does not say which one answered"
    );
    assert_eq!(error.request_id(), Some("request-1"));
}

#[tokio::test]
async fn a_version_that_does_not_answer_in_time_is_not_invoked_again() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let lambda = Server::start(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        std::future::pending()
    })
    .await;
    let invoke = invoke(&lambda).answer_timeout(Duration::from_millis(50));
    let error = invoke.send(a_read()).await.unwrap_err();
    assert_eq!(error.to_string(), "Lambda did not answer within 50 ms");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_a_connection_breaks_a_read_is_sent_again_and_nothing_else() {
    let (lambda, asked) = Server::breaking(SERVED).await;
    invoke(&lambda).send(a_read()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    // They may have been done.
    let (lambda, asked) = Server::breaking(SERVED).await;
    let error = invoke(&lambda).send(a_write()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    let (lambda, asked) = Server::breaking(SERVED).await;
    let event = serde_json::json!({"Records": []});
    invoke(&lambda).event(&event).await.unwrap_err();
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_no_connection_is_opened_nothing_was_done_and_a_write_is_sent_again_too() {
    let (lambda, opened) = Server::closing_after("").await;
    let invoke = invoke_at(&format!("https://{}", lambda.authority()));
    let error = invoke.send(a_write()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
    assert_eq!(opened.load(Ordering::Relaxed), 5);
}

#[tokio::test]
async fn after_an_internal_error_of_lambdas_a_read_is_sent_again_and_nothing_else() {
    let internal = Canned {
        status: 500,
        header: ("x-amzn-errortype", "ServiceException"),
        body: r#"{"Message": "An error occurred and the request cannot be processed."}"#,
    };
    let of_any_operation = Canned {
        header: ("x-amzn-errortype", "InternalFailure"),
        ..internal
    };
    // The function was not started, so nothing was done.
    let not_started = Canned {
        status: 502,
        header: ("x-amzn-errortype", "EC2ThrottledException"),
        body: r#"{"Message": "EC2 throttled Lambda"}"#,
    };
    for (request, refusal, times) in [
        (a_read(), internal, 2),
        (a_write(), internal, 1),
        (a_read(), of_any_operation, 2),
        (a_write(), of_any_operation, 1),
        (a_write(), not_started, 2),
    ] {
        let (lambda, asked) = Server::answering(vec![refusal, SERVED]).await;
        let answered = invoke(&lambda).send(request).await;
        assert_eq!(answered.is_ok(), times == 2, "{answered:?}");
        assert_eq!(asked.load(Ordering::Relaxed), times, "{answered:?}");
    }
}

#[tokio::test]
async fn an_event_of_any_kind_is_sent_as_it_is_and_its_answer_read() {
    let (sender, mut asked) = tokio::sync::mpsc::unbounded_channel();
    let lambda = Server::start(move |request: Request| {
        let sender = sender.clone();
        async move {
            let body = axum::body::to_bytes(request.into_body(), usize::MAX);
            sender.send(body.await.unwrap()).unwrap();
            Canned {
                body: r#"{"batchItemFailures": []}"#,
                ..SERVED
            }
            .into_response()
        }
    })
    .await;
    let event = serde_json::json!({"Records": [{"body": "order 7"}]});
    let answer = invoke(&lambda).event(&event).await.unwrap();
    assert_eq!(asked.recv().await.unwrap(), event.to_string().as_bytes());
    assert_eq!(answer.payload, serde_json::json!({"batchItemFailures": []}));
    assert_eq!(answer.executed_version.as_deref(), Some("8"));
    assert!(!answer.latency.is_zero());
}

#[tokio::test]
async fn a_throttled_invocation_is_tried_again_and_counted() {
    let (lambda, asked) = Server::answering(vec![THROTTLED, THROTTLED, SERVED]).await;
    let answer = invoke(&lambda).send(a_read()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
    assert_eq!(answer.retries.throttled, 2);
}

#[tokio::test]
async fn the_latency_is_that_of_the_last_attempt() {
    let (lambda, _) = Server::answering(vec![THROTTLED, THROTTLED, SERVED]).await;
    let sent = std::time::Instant::now();
    let answer = invoke(&lambda).send(a_read()).await.unwrap();
    assert!(!answer.latency.is_zero(), "{answer:?}");
    assert!(answer.latency < sent.elapsed(), "{answer:?}");
}

#[tokio::test]
async fn throttling_that_does_not_end_is_told_as_inconclusive() {
    let (lambda, asked) = Server::answering(vec![THROTTLED]).await;
    let error = invoke(&lambda).send(a_read()).await.unwrap_err();
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
    let (lambda, asked) = Server::answering(vec![DENIED, DENIED, SERVED]).await;
    invoke(&lambda).send(a_read()).await.unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_call_that_lambda_refuses_is_told_with_its_code() {
    let missing = Canned {
        status: 404,
        header: ("x-amzn-errortype", "ResourceNotFoundException"),
        body: r#"{"Type": "User", "Message": "Function not found"}"#,
    };
    let (lambda, asked) = Server::answering(vec![missing]).await;
    let error = invoke(&lambda).send(a_read()).await.unwrap_err();
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
    let error = invoke_at(&endpoint).send(a_read()).await.unwrap_err();
    assert_refused(&error);
}

#[tokio::test]
async fn an_endpoint_that_speaks_no_tls_is_told_as_a_tls_failure_and_asked_once() {
    let (lambda, asked) = Server::closing_after("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let invoke = invoke_at(&format!("https://{}", lambda.authority()));
    let error = invoke.send(a_read()).await.unwrap_err();
    assert!(matches!(error, TransportError::Tls { .. }), "{error}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn without_credentials_the_error_names_the_variable() {
    let environment = Environment::from_variables([("AWS_REGION", "us-east-1")]);
    let invoke = road(TARGET.parse().unwrap(), &environment);
    let error = invoke.send(a_read()).await.unwrap_err();
    assert!(
        error.to_string().contains("AWS_ACCESS_KEY_ID is not set"),
        "{error}"
    );
}
