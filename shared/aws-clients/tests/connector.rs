//! How connections are opened, kept and given up.

use crate::support::{Answer, Endpoint, environment};
use aws_clients::CONNECT_TIMEOUT;
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::error::{DisplayErrorContext, SdkError};
use aws_sdk_codedeploy::operation::get_deployment::GetDeploymentError;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::time::Instant;

const OK: Answer = (
    StatusCode::OK,
    r#"{"deploymentInfo":{"deploymentId":"d-1"}}"#,
);
const BROKEN: Answer = (
    StatusCode::INTERNAL_SERVER_ERROR,
    r#"{"__type":"InternalFailure"}"#,
);

async fn ask(url: &str) -> Result<(), SdkError<GetDeploymentError>> {
    let environment = environment([("AWS_ENDPOINT_URL", url)]);
    let client = Client::new(&environment.sdk_config("CodeDeploy"));
    client
        .get_deployment()
        .deployment_id("d-1")
        .send()
        .await
        .map(drop)
}

#[tokio::test]
async fn a_connection_on_which_the_service_failed_is_not_used_again() {
    let endpoint = Endpoint::start([BROKEN, OK]).await;
    ask(&endpoint.url).await.unwrap();
    let from: Vec<_> = endpoint.asked().iter().map(|asked| asked.from).collect();
    assert_eq!(from.len(), 2);
    assert_ne!(from[0], from[1]);
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_never_ends_is_given_up_in_time_and_says_of_whom() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let begun = Instant::now();
    let error = ask(&url).await.unwrap_err();
    // Three attempts, and two pauses of at most one and two seconds.
    assert!(
        begun.elapsed() >= 3 * CONNECT_TIMEOUT,
        "{:?}",
        begun.elapsed()
    );
    assert!(
        begun.elapsed() < 5 * CONNECT_TIMEOUT,
        "{:?}",
        begun.elapsed()
    );
    assert!(
        matches!(&error, SdkError::DispatchFailure(failure) if failure.is_timeout()),
        "{error:?}"
    );
    let text = DisplayErrorContext(error).to_string();
    assert!(
        text.contains("no connection to 127.0.0.1 within 2s"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_connection_is_tried_again_as_any_that_broke() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let begun = Instant::now();
    let error = ask(&url).await.unwrap_err();
    assert!(
        matches!(&error, SdkError::DispatchFailure(failure) if failure.is_io()),
        "{error:?}"
    );
    assert!(
        begun.elapsed() > std::time::Duration::ZERO,
        "no pause, so no second attempt"
    );
}

#[tokio::test]
async fn a_connection_that_is_closed_without_an_answer_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let accepted = tokio::spawn(async move {
        for _ in 0..3 {
            drop(listener.accept().await.unwrap());
        }
    });
    ask(&url).await.unwrap_err();
    accepted.await.unwrap();
}
