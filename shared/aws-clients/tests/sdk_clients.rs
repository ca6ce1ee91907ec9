//! SDK clients made from an environment, over real HTTP.

use crate::support::{Endpoint, environment};
use aws_clients::{
    AccessDeniedClassifier, Environment, reporting_retry_config, reporting_retry_partition,
};
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::error::DisplayErrorContext;
use axum::http::StatusCode;

const OK: crate::support::Answer = (
    StatusCode::OK,
    r#"{"deploymentInfo":{"deploymentId":"d-1"}}"#,
);
const DENIED: crate::support::Answer = (
    StatusCode::BAD_REQUEST,
    r#"{"__type":"AccessDeniedException","message":"no"}"#,
);

async fn ask(client: &Client) -> Result<(), String> {
    client
        .get_deployment()
        .deployment_id("d-1")
        .send()
        .await
        .map(|_| ())
        .map_err(|error| DisplayErrorContext(error).to_string())
}

fn client(environment: &Environment) -> Client {
    Client::new(&environment.sdk_config("CodeDeploy"))
}

#[tokio::test]
async fn a_client_calls_the_configured_endpoint_with_the_environments_credentials() {
    let endpoint = Endpoint::start([OK]).await;
    let environment = environment([("AWS_ENDPOINT_URL_CODEDEPLOY", endpoint.url.as_str())]);
    ask(&client(&environment)).await.unwrap();
    let headers = &endpoint.asked()[0].headers;
    let signature = headers["authorization"].to_str().unwrap();
    assert!(signature.contains("Credential=AKIDEXAMPLE/"), "{signature}");
    assert_eq!(headers["x-amz-security-token"], "session");
}

#[tokio::test]
async fn clients_share_their_connections_and_a_runtime_of_its_own_gets_others() {
    let endpoint = Endpoint::start([OK]).await;
    let environment = environment([("AWS_ENDPOINT_URL", endpoint.url.as_str())]);
    ask(&client(&environment)).await.unwrap();
    ask(&client(&environment.clone())).await.unwrap();
    ask(&client(&environment.with_own_connections()))
        .await
        .unwrap();
    let from: Vec<_> = endpoint.asked().iter().map(|asked| asked.from).collect();
    assert_eq!(from[0], from[1]);
    assert_ne!(from[0], from[2]);
}

#[tokio::test]
async fn a_missing_or_malformed_variable_fails_the_call_by_name_and_nothing_is_sent() {
    let endpoint = Endpoint::start([OK]).await;
    let url = endpoint.url.as_str();
    let good = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2"),
        ("AWS_ENDPOINT_URL", url),
    ];
    for (name, value) in [
        ("AWS_REGION", ""),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_ENDPOINT_URL_CODEDEPLOY", "127.0.0.1:4566"),
        ("AWS_CA_BUNDLE", "/nowhere/bundle.pem"),
    ] {
        let variables = good
            .into_iter()
            .filter(|(good, _)| *good != name)
            .chain([(name, value)]);
        let error = ask(&client(&Environment::from_variables(variables)))
            .await
            .unwrap_err();
        assert!(error.contains(name), "{name}: {error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert!(endpoint.asked().is_empty());
}

#[tokio::test]
async fn access_denied_passes_only_with_its_classifier() {
    let endpoint = Endpoint::start([DENIED, OK]).await;
    let environment = environment([("AWS_ENDPOINT_URL", endpoint.url.as_str())]);
    ask(&client(&environment)).await.unwrap_err();
    assert_eq!(endpoint.asked().len(), 1);

    let endpoint = Endpoint::start([DENIED, DENIED, DENIED, OK]).await;
    let environment = environment_of(&endpoint);
    let config = aws_sdk_codedeploy::config::Builder::from(&environment.sdk_config("CodeDeploy"))
        .retry_config(reporting_retry_config())
        .retry_partition(reporting_retry_partition())
        .retry_classifier(AccessDeniedClassifier)
        .build();
    ask(&Client::from_conf(config)).await.unwrap();
    assert_eq!(endpoint.asked().len(), 4);
}

fn environment_of(endpoint: &Endpoint) -> Environment {
    environment([("AWS_ENDPOINT_URL", endpoint.url.as_str())])
}
