//! The transport against servers that answer, refuse, break off, and cannot be trusted.

use std::net::Ipv4Addr;
use std::sync::atomic::Ordering;

use aws_clients::Signer;
use contacts_testing::{Canned, Server, Table, api_gateway, assert_refused, stage};
use http::{Method, StatusCode};
use lifecycle_hook::{Transport, TransportError};
use serde_json::json;
use tokio::net::TcpListener;

use crate::support::{a_read, environment, https, self_signed};

#[tokio::test]
async fn a_signature_covers_what_is_sent_however_it_is_written() {
    let table = Table::start().await;
    let api = api_gateway(&table, true, |_| "8").await;
    let signer = Signer::from_environment("execute-api", &environment("")).unwrap();
    let https = https(&stage(&api), Some(signer));
    for cursor in ["plain", "a+b/c==", "ä ö&x=1", "%25"] {
        let answer = https.send(a_read().query("cursor", cursor)).await.unwrap();
        // The cursor is no good, but the request got through.
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{cursor}");
    }
}

/// API Gateway's 429.
const THROTTLED: Canned = Canned {
    status: 429,
    header: ("x-amzn-errortype", "TooManyRequestsException"),
    body: r#"{"message": "Too Many Requests"}"#,
};

/// An answer of API Gateway's own.
const fn own(status: u16) -> Canned {
    Canned {
        status,
        header: ("x-amzn-errortype", "InternalServerErrorException"),
        body: r#"{"message": "Internal server error"}"#,
    }
}

/// The function's word for a table that it cannot reach.
const UNAVAILABLE: Canned = Canned {
    status: 503,
    header: ("retry-after", "1"),
    body: r#"{"title": "Service Unavailable", "status": 503, "metadata": {"function_version": "8"}}"#,
};

const SERVED: Canned = Canned {
    status: 200,
    header: ("etag", "\"1\""),
    body: r#"{"data": [], "metadata": {"function_version": "8"}}"#,
};

fn a_write() -> lifecycle_hook::Request {
    lifecycle_hook::Request::new(Method::POST, "/contacts").json(&json!({"name": "Ada"}))
}

#[tokio::test]
async fn what_api_gateway_throttles_is_sent_again_whatever_it_is_and_counted() {
    for request in [a_read(), a_write()] {
        let (server, asked) = Server::answering(vec![THROTTLED, THROTTLED, SERVED]).await;
        let answer = https(&stage(&server), None).send(request).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.retries.throttled), (200, 2));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }
}

#[tokio::test]
async fn throttling_that_does_not_end_is_told_as_inconclusive() {
    let (server, asked) = Server::answering(vec![THROTTLED]).await;
    let error = https(&stage(&server), None)
        .send(a_read())
        .await
        .unwrap_err();
    assert!(
        matches!(error, TransportError::Throttled { attempts: 4, .. }),
        "{error}"
    );
    assert_eq!(error.request_id(), Some("request-1"));
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn without_retries_a_429_is_an_answer_like_any_other() {
    let (server, asked) = Server::answering(vec![THROTTLED]).await;
    let https = https(&stage(&server), None).without_retries();
    let answer = https.send(a_read()).await.unwrap();
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_read_is_sent_again_after_api_gateways_own_failure() {
    for status in [500, 503, 504] {
        let (server, asked) = Server::answering(vec![own(status), SERVED]).await;
        let answer = https(&stage(&server), None).send(a_read()).await.unwrap();
        assert_eq!(
            (answer.status.as_u16(), answer.retries.gateway_errors),
            (200, 1)
        );
        assert_eq!(asked.load(Ordering::Relaxed), 2, "{status}");
    }
}

#[tokio::test]
async fn a_write_may_have_been_done_and_is_not_sent_again() {
    let (server, asked) = Server::answering(vec![own(500), SERVED]).await;
    let answer = https(&stage(&server), None).send(a_write()).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.retries.gateway_errors),
        (500, 0)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_a_connection_breaks_a_read_is_sent_again_and_no_write() {
    let (server, asked) = Server::breaking(SERVED).await;
    let answer = https(&stage(&server), None).send(a_read()).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.retries.gateway_errors),
        (200, 1)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 2);

    let (server, asked) = Server::breaking(SERVED).await;
    let error = https(&stage(&server), None).send(a_write()).await;
    let error = error.unwrap_err();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn where_no_connection_is_opened_nothing_was_done_and_a_write_is_sent_again_too() {
    let (server, opened) = Server::closing_after("").await;
    let url = format!("https://{}/live", server.authority());
    let error = https(&url, None).send(a_write()).await.unwrap_err();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
    assert_eq!(opened.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn the_functions_own_failure_is_its_answer() {
    // By its envelope the one; the other is API Gateway's word for a function that failed or answered nonsense.
    for failure in [UNAVAILABLE, own(502)] {
        let (server, asked) = Server::answering(vec![failure, SERVED]).await;
        let answer = https(&stage(&server), None).send(a_read()).await.unwrap();
        assert_eq!(answer.status.as_u16(), failure.status);
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }
}

#[tokio::test]
async fn api_gateways_own_failure_that_does_not_end_is_the_answer() {
    let (server, asked) = Server::answering(vec![own(504)]).await;
    let answer = https(&stage(&server), None).send(a_read()).await.unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.retries.gateway_errors),
        (504, 3)
    );
    assert_eq!(asked.load(Ordering::Relaxed), 4);
}

#[tokio::test]
async fn an_api_that_fails_all_the_time_is_soon_told_as_it_is() {
    let (server, asked) = Server::answering(vec![own(503)]).await;
    let https = https(&stage(&server), None);
    for _ in 0..5 {
        let answer = https.send(a_read()).await.unwrap();
        assert_eq!(answer.status.as_u16(), 503);
    }
    // Twelve times again over all of them.
    assert_eq!(asked.load(Ordering::Relaxed), 5 + 12);
}

#[tokio::test]
async fn an_answer_without_an_end_is_read_to_its_limit() {
    let (server, asked) = Server::endless(("etag", "\"1\"")).await;
    let error = https(&stage(&server), None)
        .send(a_read())
        .await
        .unwrap_err();
    let expected = TransportError::TooLong {
        target: server.authority().to_owned(),
        limit: 3 << 20,
    };
    assert_eq!(error, expected);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn without_a_road_of_ones_own_api_gateways_failures_are_those_that_it_marks() {
    // The stack's own road knows the function's by its envelope.
    let unmarked = Canned {
        header: ("etag", "\"1\""),
        ..own(503)
    };
    for (failure, times) in [(own(503), 2), (unmarked, 1), (own(502), 1)] {
        let (server, asked) = Server::answering(vec![failure, SERVED]).await;
        let https = lifecycle_hook::Https::at(&stage(&server)).unwrap();
        https.send(a_read()).await.unwrap();
        assert_eq!(asked.load(Ordering::Relaxed), times, "{failure:?}");
    }
}

#[tokio::test]
async fn what_is_no_url_is_refused_and_not_repeated() {
    for text in ["hunter2", "ftp://hunter2/live", ""] {
        let error = lifecycle_hook::Https::at(text).unwrap_err().to_string();
        assert_eq!(
            error,
            "the request could not be made: the API's URL is no http or https URL"
        );
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_told_as_a_tls_failure() {
    let url = self_signed().await;
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    let TransportError::Tls { reason, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(
        reason.contains("invalid peer certificate: UnknownIssuer"),
        "{reason}"
    );
}

#[tokio::test]
async fn a_server_that_refuses_the_connection_is_told_as_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/live", listener.local_addr().unwrap());
    drop(listener);
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    assert_refused(&error);
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_as_a_tls_failure_and_asked_once() {
    let (server, asked) = Server::closing_after("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let url = format!("https://{}/live", server.authority());
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    let TransportError::Tls { target, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(target, server.authority());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_is_told_as_unreachable() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/live", listener.local_addr().unwrap());
    let closing = tokio::spawn(async move {
        loop {
            drop(listener.accept().await);
        }
    });
    let error = https(&url, None).send(a_read()).await.unwrap_err();
    closing.abort();
    assert!(
        matches!(error, TransportError::Unreachable { .. }),
        "{error}"
    );
}
