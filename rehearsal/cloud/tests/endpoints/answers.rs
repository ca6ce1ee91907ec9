//! Who is not known, what is not served, and parameters.

use aws_credential_types::Credentials;

use crate::{Cloud, post, post_body};

#[tokio::test]
async fn who_is_not_known_is_refused_as_aws_refuses() {
    let cloud = Cloud::start().await;
    let stranger = Credentials::new("AKIASTRANGER", "secret", None, None, "test");
    let client = client!(aws_sdk_lambda, cloud, stranger);
    let error = client.invoke().function_name("f").send().await.unwrap_err();
    assert_eq!(error.raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(
        error.into_service_error().meta().code(),
        Some("UnrecognizedClientException")
    );
    let unsigned = post(&cloud, None, "CodeDeploy_20141006.GetDeployment").await;
    assert_eq!(unsigned.0, 400);
    assert!(
        unsigned.1.contains("MissingAuthenticationTokenException"),
        "{}",
        unsigned.1
    );
    assert!(cloud.backend.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_parameter_is_read_and_a_missing_one_is_named_as_aws_names_it() {
    let cloud = Cloud::start().await;
    let (status, body) = post(&cloud, Some("ssm"), "AmazonSSM.GetParameter").await;
    assert_eq!(status, 200);
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["Parameter"]["Value"], "http://127.0.0.1:1/live");
    let missing = post_body(
        &cloud,
        Some("ssm"),
        "AmazonSSM.GetParameter",
        r#"{"Name":"/other"}"#,
    )
    .await;
    assert_eq!(
        missing,
        (
            400,
            r#"{"__type":"ParameterNotFound","message":""}"#.to_owned()
        )
    );
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_name() {
    let cloud = Cloud::start().await;
    let (status, body) = post(
        &cloud,
        Some("codedeploy"),
        "CodeDeploy_20141006.CreateDeployment",
    )
    .await;
    assert_eq!(status, 400);
    assert!(
        body.contains("CreateDeployment of codedeploy is not served")
            && body.contains("UnknownOperationException"),
        "{body}"
    );
    let (status, body) = post(&cloud, Some("events"), "AWSEvents.PutEvents").await;
    assert_eq!(status, 400);
    assert!(
        body.contains(
            "events is not served in a rehearsal; served are lambda, codedeploy, ssm, dynamodb"
        ),
        "{body}"
    );
}
