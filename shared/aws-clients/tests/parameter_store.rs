//! One parameter, over real HTTP.

use crate::support::{Endpoint, environment};
use aws_clients::{Environment, ParameterError, ParameterStore};
use axum::http::StatusCode;

const FOUND: crate::support::Answer = (
    StatusCode::OK,
    r#"{"Parameter":{"Name":"/contacts/api-url","Type":"String","Value":"https://example.com/live","Version":1}}"#,
);
const THROTTLED: crate::support::Answer = (
    StatusCode::BAD_REQUEST,
    r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#,
);
const DENIED: crate::support::Answer = (
    StatusCode::BAD_REQUEST,
    r#"{"__type":"AccessDeniedException","Message":"User is not authorized"}"#,
);
const MISSING: crate::support::Answer = (
    StatusCode::BAD_REQUEST,
    r#"{"__type":"com.amazonaws.ssm#ParameterNotFound","message":"not here"}"#,
);
const BROKEN: crate::support::Answer = (StatusCode::INTERNAL_SERVER_ERROR, "<html>");

async fn get(endpoint: &Endpoint) -> Result<String, ParameterError> {
    let environment = environment([("AWS_ENDPOINT_URL_SSM", endpoint.url.as_str())]);
    ParameterStore::new(&environment)
        .get("/contacts/api-url")
        .await
}

#[tokio::test]
async fn a_parameter_is_asked_for_in_ssms_protocol_and_signed() {
    let endpoint = Endpoint::start([FOUND]).await;
    assert_eq!(get(&endpoint).await.unwrap(), "https://example.com/live");
    let asked = endpoint.asked();
    assert_eq!(asked.len(), 1);
    let headers = &asked[0].headers;
    assert_eq!(headers["x-amz-target"], "AmazonSSM.GetParameter");
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(headers["x-amz-security-token"], "session");
    let signature = headers["authorization"].to_str().unwrap();
    assert!(signature.contains("Credential=AKIDEXAMPLE/"), "{signature}");
    assert!(
        signature.contains("/eu-central-1/ssm/aws4_request"),
        "{signature}"
    );
    assert!(
        signature.contains(
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
        ),
        "{signature}"
    );
    assert_eq!(asked[0].body, r#"{"Name":"/contacts/api-url"}"#);
}

#[tokio::test]
async fn what_passes_is_asked_again() {
    for passing in [THROTTLED, BROKEN, DENIED] {
        let endpoint = Endpoint::start([passing, FOUND]).await;
        assert_eq!(get(&endpoint).await.unwrap(), "https://example.com/live");
        assert_eq!(endpoint.asked().len(), 2);
    }
}

#[tokio::test]
async fn a_missing_parameter_is_named_and_not_asked_for_again() {
    let endpoint = Endpoint::start([MISSING]).await;
    let error = get(&endpoint).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "SSM parameter /contacts/api-url cannot be read: ParameterNotFound: not here"
    );
    assert_eq!(endpoint.asked().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_no_parameter_is_an_error() {
    for body in [
        r#"{"Parameter":{}}"#,
        r#"{"Parameter":"hunter2"}"#,
        r#"{"Parameter":{"Value":["hunter2"]}}"#,
        "hunter2",
    ] {
        let endpoint = Endpoint::start([(StatusCode::OK, body)]).await;
        let error = get(&endpoint).await.unwrap_err().to_string();
        assert!(
            error.starts_with("SSM parameter /contacts/api-url cannot be read: "),
            "{error}"
        );
        assert!(!error.contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_named_as_unreachable() {
    // Bound, but not listening: the port is ours, and refuses.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    let environment = environment([("AWS_ENDPOINT_URL", url.as_str())]);
    let error = ParameterStore::new(&environment)
        .get("/a")
        .await
        .unwrap_err();
    assert!(
        matches!(error, ParameterError::Unreachable { .. }),
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
async fn a_missing_variable_is_named() {
    let environment = Environment::from_variables([("AWS_REGION", "eu-central-1")]);
    let error = ParameterStore::new(&environment)
        .get("/a")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "SSM parameter /a cannot be read: AWS_ACCESS_KEY_ID is not set: requests to AWS are signed with it"
    );
}

#[tokio::test]
async fn where_the_endpoint_of_a_region_is_not_known_the_error_names_the_variable_that_says_it() {
    let environment = environment([("AWS_REGION", "eusc-de-east-1")]);
    let error = ParameterStore::new(&environment).get("/a").await;
    assert_eq!(
        error.unwrap_err().to_string(),
        "SSM parameter /a cannot be read: AWS_ENDPOINT_URL_SSM is not set: this Region's endpoint is not among those that are known here"
    );
}
