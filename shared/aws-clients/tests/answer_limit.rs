//! Answers that have no end.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use crate::support::environment;
use aws_clients::{Environment, ParameterStore};
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::error::DisplayErrorContext;
use axum::body::{Body, Bytes};
use tokio::net::TcpListener;

/// A server whose every answer goes on for ever; its URL.
async fn endless() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(async || {
        let piece = Ok::<_, Infallible>(Bytes::from_static(&[b' '; 4096]));
        Body::from_stream(futures::stream::repeat(piece))
    });
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

fn at(url: &str) -> Environment {
    environment([("AWS_ENDPOINT_URL", url)])
}

#[tokio::test]
async fn an_sdk_client_reads_no_more_than_it_may_and_says_so() {
    let environment = at(&endless().await).with_answer_limit(1 << 20);
    let client = Client::new(&environment.sdk_config("CodeDeploy"));
    let begun = Instant::now();
    let error = client
        .get_deployment()
        .deployment_id("d-1")
        .send()
        .await
        .unwrap_err();
    let error = DisplayErrorContext(error).to_string();
    assert!(
        error.contains("the answer is longer than 1048576 bytes"),
        "{error}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_parameter_is_not_read_for_ever() {
    let error = ParameterStore::new(&at(&endless().await))
        .get("/a")
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("the answer is longer than 65536 bytes"),
        "{error}"
    );
}

#[cfg(feature = "http")]
#[tokio::test]
async fn a_body_is_read_to_its_limit_and_not_beyond() {
    let client = aws_clients::http_client().unwrap().build().unwrap();
    let answer = client.get(endless().await).send().await.unwrap();
    let error = aws_clients::read_within(answer, 10_000).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the answer is longer than 10000 bytes, which is all that is read of one"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = axum::Router::new().fallback(async || "twelve bytes");
    tokio::spawn(async move { axum::serve(listener, app).await });
    for (limit, is_read) in [(12, true), (11, false)] {
        let answer = client.get(&url).send().await.unwrap();
        assert_eq!(
            aws_clients::read_within(answer, limit).await.is_ok(),
            is_read
        );
    }
}
