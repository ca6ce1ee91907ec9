//! Faults and delays, in the form of each service.

use std::time::{Duration, Instant};

use aws_sdk_codedeploy::types::LifecycleEventStatus;
use rehearsal_cloud::backend::Interference;

use crate::{Cloud, post};

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
