//! Who is not known, what is not served, and parameters.

use aws_credential_types::Credentials;
use rehearsal_aws::call::AwsAnswer;
use rehearsal_aws::ssm::ParameterType;
use serde_json::{Value, json};

use crate::support::backend::parameter;
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

/// What an operation of SSM answers to an input, as JSON.
async fn ssm(cloud: &Cloud, operation: &str, input: Value) -> (u16, Value) {
    let target = format!("AmazonSSM.{operation}");
    let (status, body) = post_body(cloud, Some("ssm"), &target, &input.to_string()).await;
    (status, serde_json::from_str(&body).unwrap())
}

#[tokio::test]
async fn several_parameters_are_read_at_once_and_a_secret_is_decrypted_on_demand() {
    let cloud = Cloud::start().await;
    let secret = parameter("/key", ParameterType::SecureString, "a secret");
    cloud.backend.answer(AwsAnswer::Parameters {
        found: vec![secret],
        invalid: vec!["/other".to_owned()],
    });
    let input = json!({"Names": ["/key", "/other"], "WithDecryption": true});
    let (status, body) = ssm(&cloud, "GetParameters", input).await;
    let expected = json!({
        "InvalidParameters": ["/other"],
        "Parameters": [{
            "ARN": "arn:aws:ssm:eu-central-1:123456789012:parameter/key",
            "DataType": "text",
            "Name": "/key",
            "Type": "SecureString",
            "Value": "a secret",
            "Version": 1,
        }],
    });
    assert_eq!((status, &body), (200, &expected));
    let (_, body) = ssm(&cloud, "GetParameters", json!({"Names": ["/key"]})).await;
    assert_ne!(body["Parameters"][0]["Value"], "a secret");
    let (status, body) = ssm(&cloud, "GetParameters", json!({"Names": []})).await;
    assert_eq!(
        (status, &body["__type"]),
        (400, &json!("ValidationException"))
    );
}

#[tokio::test]
async fn parameters_below_a_path_come_in_pages() {
    let cloud = Cloud::start().await;
    let found = (0..5).map(|n| parameter(&format!("/p/{n}"), ParameterType::String, "v"));
    cloud.backend.answer(AwsAnswer::Parameters {
        found: found.collect(),
        invalid: Vec::new(),
    });
    let mut pages = Vec::new();
    let mut token = Value::Null;
    loop {
        let input = json!({"Path": "/p", "MaxResults": 2, "NextToken": token});
        let (status, page) = ssm(&cloud, "GetParametersByPath", input).await;
        assert_eq!(status, 200, "{page}");
        let names = page["Parameters"].as_array().unwrap().iter();
        pages.push(names.map(|one| one["Name"].clone()).collect::<Vec<_>>());
        token = page["NextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(
        json!(pages),
        json!([["/p/0", "/p/1"], ["/p/2", "/p/3"], ["/p/4"]])
    );
    for (input, code) in [
        (
            json!({"Path": "/p", "NextToken": "mine"}),
            "InvalidNextToken",
        ),
        (json!({"Path": "p"}), "ValidationException"),
        (
            json!({"Path": "/p", "MaxResults": 11}),
            "ValidationException",
        ),
        (
            json!({"Path": "/p", "ParameterFilters": [{"Key": "Type"}]}),
            "UnknownOperationException",
        ),
    ] {
        let (status, body) = ssm(&cloud, "GetParametersByPath", input).await;
        assert_eq!((status, &body["__type"]), (400, &json!(code)));
    }
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
