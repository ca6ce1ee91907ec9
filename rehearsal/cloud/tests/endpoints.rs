//! The wire protocols, as the AWS SDKs speak them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_credential_types::Credentials;
use aws_sdk_codedeploy::types::LifecycleEventStatus;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ReturnValue,
    ScalarAttributeType,
};
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use bytes::Bytes;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::codedeploy::refusal::ReportRefused;
use rehearsal_aws::lambda::invoke::{InvocationType as Asked, Invoked, LambdaError};
use rehearsal_cloud::backend::Interference;
use rehearsal_cloud::services::Endpoints;
use rehearsal_cloud::services::dynamodb::Proxy;
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::credentials::Credentials as Issued;
use serde_json::json;
use support::backend::{Scripted, callers};

/// The endpoints, and a caller known to them.
struct Cloud {
    backend: Arc<Scripted>,
    endpoints: Endpoints,
    database: DynamoDb,
    issued: Issued,
}

impl Cloud {
    async fn start() -> Self {
        let (callers, issued) = callers();
        let backend = Arc::new(Scripted::default());
        let database = DynamoDb::start().await.unwrap();
        let endpoints = Endpoints::start(
            backend.clone(),
            callers,
            Some(Arc::new(Proxy::new(database.address()))),
            BTreeMap::new(),
        )
        .await
        .unwrap();
        Self {
            backend,
            endpoints,
            database,
            issued,
        }
    }

    fn credentials(&self) -> Credentials {
        let issued = &self.issued;
        let token = Some(issued.session_token.clone());
        Credentials::new(
            &issued.access_key_id,
            &issued.secret_access_key,
            token,
            None,
            "test",
        )
    }
}

/// A client of one SDK for a cloud. Retries are off, so that each call is one.
macro_rules! client {
    ($sdk:ident, $cloud:expr) => {
        client!($sdk, $cloud, $cloud.credentials())
    };
    ($sdk:ident, $cloud:expr, $credentials:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version_latest()
                .region($sdk::config::Region::new("eu-central-1"))
                .endpoint_url($cloud.endpoints.url())
                .credentials_provider($credentials)
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .http_client(aws_smithy_http_client::Builder::new().build_http())
                .build(),
        )
    };
}

#[tokio::test]
async fn a_hook_reports_through_the_sdk_and_is_known_by_its_key() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_codedeploy, cloud);
    let answer = client
        .put_lifecycle_event_hook_execution_status()
        .deployment_id("d-ABC123DEF")
        .lifecycle_event_hook_execution_id("execution")
        .status(LifecycleEventStatus::Succeeded)
        .send()
        .await
        .unwrap();
    assert_eq!(
        answer.lifecycle_event_hook_execution_id(),
        Some("execution")
    );
    let report = AwsCall::PutLifecycleEventHookExecutionStatus {
        deployment_id: "d-ABC123DEF".to_owned(),
        execution_id: "execution".to_owned(),
        status: "Succeeded".to_owned(),
    };
    assert_eq!(
        *cloud.backend.answered.lock().unwrap(),
        [("hook".to_owned(), report.clone(), Bytes::new())]
    );
    assert_eq!(
        *cloud.backend.calls.lock().unwrap(),
        [("hook".to_owned(), report, Vec::new())]
    );
}

#[tokio::test]
async fn every_modelled_error_of_a_report_is_told_apart_by_the_sdk() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_codedeploy, cloud);
    for error in [
        ReportRefused::DeploymentIdRequired,
        ReportRefused::InvalidDeploymentId,
        ReportRefused::DeploymentDoesNotExist,
        ReportRefused::InvalidLifecycleEventHookExecutionStatus,
        ReportRefused::InvalidLifecycleEventHookExecutionId,
        ReportRefused::LifecycleEventAlreadyCompleted,
        ReportRefused::UnsupportedActionForDeploymentType,
    ] {
        cloud.backend.answer(AwsAnswer::Reported(Err(error)));
        let report = client
            .put_lifecycle_event_hook_execution_status()
            .deployment_id("d-A")
            .lifecycle_event_hook_execution_id("e")
            .status(LifecycleEventStatus::Failed);
        let refused = report.send().await.unwrap_err();
        assert_eq!(refused.raw_response().unwrap().status().as_u16(), 400);
        let service = refused.into_service_error();
        assert_eq!(service.meta().code(), Some(error.code()));
        assert_eq!(
            service.is_lifecycle_event_already_completed_exception(),
            error == ReportRefused::LifecycleEventAlreadyCompleted
        );
    }
}

#[tokio::test]
async fn a_function_is_invoked_through_the_sdk_by_arn_and_qualifier() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    let answer = client
        .invoke()
        .function_name("arn:aws:lambda:eu-central-1:123456789012:function:contacts:2")
        .payload(Blob::new(r#"{"n":1}"#))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (answer.status_code(), answer.executed_version()),
        (200, Some("2"))
    );
    assert_eq!(answer.payload().unwrap().as_ref(), br#"{"n":1}"#);
    assert_eq!(answer.function_error(), None);
    client
        .invoke()
        .function_name("contacts")
        .qualifier("live")
        .send()
        .await
        .unwrap();
    let asked = cloud.backend.answered.lock().unwrap();
    let calls: Vec<_> = asked.iter().map(|(_, call, _)| call.clone()).collect();
    let invoke = |qualifier: &str| AwsCall::Invoke {
        function_name: "contacts".to_owned(),
        qualifier: Some(qualifier.to_owned()),
        invocation_type: Asked::RequestResponse,
    };
    assert_eq!(calls, [invoke("2"), invoke("live")]);
    assert_eq!(asked[1].2, "{}");
}

#[tokio::test]
async fn a_function_error_is_200_with_its_header_and_the_tail_of_its_log() {
    let cloud = Cloud::start().await;
    let mut failed = Invoked::new(r#"{"errorType":"E"}"#, "2");
    failed.function_error = Some("Unhandled".to_owned());
    failed.log = vec!["one".to_owned(), "two".to_owned()];
    cloud.backend.answer(AwsAnswer::Invoked(Ok(failed)));
    let client = client!(aws_sdk_lambda, cloud);
    let invoke = client
        .invoke()
        .function_name("f")
        .log_type(aws_sdk_lambda::types::LogType::Tail);
    let answer = invoke.send().await.unwrap();
    assert_eq!(
        (answer.status_code(), answer.function_error()),
        (200, Some("Unhandled"))
    );
    assert_eq!(answer.log_result(), Some("b25lCnR3bw=="));
}

#[tokio::test]
async fn events_and_dry_runs_have_their_own_status() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    for (kind, asked, status) in [
        (InvocationType::Event, Asked::Event, 202),
        (InvocationType::DryRun, Asked::DryRun, 204),
    ] {
        let invoke = client.invoke().function_name("f").invocation_type(kind);
        assert_eq!(invoke.send().await.unwrap().status_code(), status);
        let (_, call, _) = cloud.backend.answered.lock().unwrap().pop().unwrap();
        let AwsCall::Invoke {
            invocation_type, ..
        } = call
        else {
            panic!("{call:?}")
        };
        assert_eq!(invocation_type, asked);
    }
}

#[tokio::test]
async fn lambdas_refusals_are_told_apart_by_the_sdk() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    let refuse = |error: LambdaError| {
        cloud.backend.answer(AwsAnswer::Invoked(Err(error)));
    };
    refuse(LambdaError::ResourceNotFound {
        arn: "arn:f".to_owned(),
    });
    let error = client
        .invoke()
        .function_name("f")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
    assert_eq!(error.meta().message(), Some("Function not found: arn:f"));
    refuse(LambdaError::TooManyRequests {
        reason: "ReservedFunctionConcurrentInvocationLimitExceeded".to_owned(),
    });
    let error = client
        .invoke()
        .function_name("f")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert!(error.is_too_many_requests_exception(), "{error:?}");
    let mismatch = client.invoke().function_name("f:1").qualifier("2");
    let error = mismatch.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_parameter_value_exception(), "{error:?}");
    let odd = client
        .invoke()
        .function_name("f")
        .payload(Blob::new("not json"));
    let error = odd.send().await.unwrap_err().into_service_error();
    assert!(error.is_invalid_request_content_exception(), "{error:?}");
}

#[tokio::test]
async fn dynamodb_works_through_the_sdk_and_its_operations_are_seen() {
    let cloud = Cloud::start().await;
    let table = json!({
        "TableName": "contacts",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "TimeToLiveSpecification": { "AttributeName": "expiresAt", "Enabled": true },
    });
    cloud.database.create_table(&table).unwrap();
    let client = client!(aws_sdk_dynamodb, cloud);
    let id = AttributeValue::S("1".to_owned());
    client
        .put_item()
        .table_name("contacts")
        .item("id", id.clone())
        .send()
        .await
        .unwrap();
    let updated = client
        .update_item()
        .table_name("contacts")
        .key("id", id.clone())
        .update_expression("ADD revision :one")
        .condition_expression("attribute_exists(id)")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .return_values(ReturnValue::AllNew)
        .send()
        .await
        .unwrap();
    assert_eq!(
        updated.attributes().unwrap()["revision"],
        AttributeValue::N("1".to_owned())
    );
    let ttl = client
        .describe_time_to_live()
        .table_name("contacts")
        .send()
        .await
        .unwrap();
    assert_eq!(
        ttl.time_to_live_description().unwrap().attribute_name(),
        Some("expiresAt")
    );
    assert_eq!(cloud.database.item_count("contacts").unwrap(), 1);
    let operations: Vec<_> = cloud
        .backend
        .calls
        .lock()
        .unwrap()
        .iter()
        .map(|(_, call, _)| call.operation().to_owned())
        .collect();
    assert_eq!(operations, ["PutItem", "UpdateItem", "DescribeTimeToLive"]);
}

#[tokio::test]
async fn a_client_may_make_a_table_itself() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_dynamodb, cloud);
    let key = KeySchemaElement::builder()
        .attribute_name("id")
        .key_type(KeyType::Hash)
        .build()
        .unwrap();
    let attribute = AttributeDefinition::builder()
        .attribute_name("id")
        .attribute_type(ScalarAttributeType::S)
        .build()
        .unwrap();
    let create = client
        .create_table()
        .table_name("made")
        .billing_mode(BillingMode::PayPerRequest);
    create
        .key_schema(key)
        .attribute_definitions(attribute)
        .send()
        .await
        .unwrap();
    assert_eq!(cloud.database.item_count("made").unwrap(), 0);
}

#[tokio::test]
async fn faults_come_in_each_services_own_form() {
    let cloud = Cloud::start().await;
    let dynamodb = client!(aws_sdk_dynamodb, cloud);
    let codedeploy = client!(aws_sdk_codedeploy, cloud);
    let lambda = client!(aws_sdk_lambda, cloud);
    let fail = || Interference::Error {
        status: 500,
        code: "InternalServerError".to_owned(),
        message: "down".to_owned(),
    };

    // The SDK verifies the checksum of this answer: a wrong one would be another error.
    cloud.backend.interfere([fail(), Interference::Throttle]);
    let get = dynamodb.list_tables();
    assert!(
        get.clone()
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_internal_server_error()
    );
    let throttled = get.send().await.unwrap_err().into_service_error();
    assert_eq!(
        throttled.meta().code(),
        Some("ProvisionedThroughputExceededException")
    );

    let report = codedeploy
        .put_lifecycle_event_hook_execution_status()
        .deployment_id("d-A")
        .lifecycle_event_hook_execution_id("e")
        .status(LifecycleEventStatus::Failed);
    cloud.backend.interfere([
        Interference::Throttle,
        Interference::Drop,
        Interference::DropAnswer,
    ]);
    let throttled = report
        .clone()
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(throttled.meta().code(), Some("ThrottlingException"));
    assert!(
        report
            .clone()
            .send()
            .await
            .unwrap_err()
            .as_service_error()
            .is_none()
    );
    assert!(
        cloud.backend.answered.lock().unwrap().is_empty(),
        "a dropped call is never seen"
    );
    assert!(
        report
            .send()
            .await
            .unwrap_err()
            .as_service_error()
            .is_none()
    );
    assert_eq!(
        cloud.backend.answered.lock().unwrap().len(),
        1,
        "only the answer was lost"
    );

    cloud.backend.interfere([Interference::Throttle]);
    let throttled = lambda.invoke().function_name("f").send().await.unwrap_err();
    assert!(
        throttled
            .into_service_error()
            .is_too_many_requests_exception()
    );
}

#[tokio::test]
async fn an_error_of_any_code_is_read_as_that_error_of_its_service() {
    let cloud = Cloud::start().await;
    let fail = |status, code: &str| {
        cloud.backend.interfere([Interference::Error {
            status,
            code: code.to_owned(),
            message: "a fault".to_owned(),
        }]);
    };

    fail(400, "ParameterNotFound");
    let (status, body) = post(&cloud, Some("ssm"), "AmazonSSM.GetParameter").await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        (status, &body["__type"]),
        (400, &"ParameterNotFound".into())
    );

    fail(400, "DeploymentDoesNotExistException");
    let report = client!(aws_sdk_codedeploy, cloud).put_lifecycle_event_hook_execution_status();
    let error = report.send().await.unwrap_err().into_service_error();
    assert!(error.is_deployment_does_not_exist_exception(), "{error:?}");

    fail(400, "ResourceNotFoundException");
    let get = client!(aws_sdk_dynamodb, cloud).get_item().table_name("t");
    let error = get.send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");

    fail(404, "ResourceNotFoundException");
    let invoke = client!(aws_sdk_lambda, cloud).invoke().function_name("f");
    let error = invoke.send().await.unwrap_err().into_service_error();
    assert!(error.is_resource_not_found_exception(), "{error:?}");
}

#[tokio::test]
async fn a_delay_is_slept_before_the_call() {
    let cloud = Cloud::start().await;
    let client = client!(aws_sdk_lambda, cloud);
    let delay = Duration::from_millis(80);
    cloud.backend.interfere([Interference::Delay(delay)]);
    let started = Instant::now();
    client.invoke().function_name("f").send().await.unwrap();
    assert!(started.elapsed() >= delay);
}

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

/// A call that no SDK here makes.
async fn post(cloud: &Cloud, service: Option<&str>, target: &str) -> (u16, String) {
    post_body(
        cloud,
        service,
        target,
        r#"{"Name":"/contacts/dev/api-url"}"#,
    )
    .await
}

async fn post_body(
    cloud: &Cloud,
    service: Option<&str>,
    target: &str,
    body: &'static str,
) -> (u16, String) {
    let client = support::plain_client();
    let mut request = client
        .post(cloud.endpoints.url())
        .header("x-amz-target", target)
        .body(body);
    if let Some(service) = service {
        let scope = format!(
            "{}/20260101/eu-central-1/{service}/aws4_request",
            cloud.issued.access_key_id
        );
        let header =
            format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=unchecked");
        request = request.header("authorization", header);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
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
