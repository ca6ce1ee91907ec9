//! CodeDeploy, to which hooks report.

use aws_sdk_codedeploy::types::LifecycleEventStatus;
use bytes::Bytes;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::codedeploy::refusal::ReportRefused;

use crate::Cloud;

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
