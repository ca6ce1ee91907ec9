//! A hook that could not answer is answered for.

use std::time::{Duration, Instant};

use crate::support::{ALREADY, CodeDeploy, DENY, Does, EXECUTION, Lines, context};
use lambda_runtime::{Diagnostic, LambdaEvent};
use lifecycle_hook::{AnsweredFor, OnFailureDestination, OnFailureError, Status};
use serde_json::{Value, json};
use tower::ServiceExt;

const TIMEOUT: Duration = Duration::from_secs(12);

const HOOK: &str =
    "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_1_pre-traffic:$LATEST";

fn record(condition: &str) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-11-14T18:16:05.568Z",
        "requestContext": {
            "requestId": "e4b46cbf-b738-4880-a18c-df61200e0001",
            "functionArn": HOOK,
            "condition": condition,
            "approximateInvokeCount": 2
        },
        "requestPayload": {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": EXECUTION},
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "signal: killed"}
    })
}

async fn answered(
    codedeploy: &CodeDeploy,
    record: Value,
    timeout: Duration,
    log: &Lines,
) -> Result<AnsweredFor, OnFailureError> {
    OnFailureDestination::new()
        .environment(codedeploy.environment())
        .log_to(log.clone())
        .oneshot(LambdaEvent::new(record, context(timeout)))
        .await
}

#[tokio::test]
async fn a_record_is_answered_with_failed_for_both_of_its_ids() {
    let codedeploy = CodeDeploy::with_script([DENY]);
    let log = Lines::default();
    let answer = answered(&codedeploy, record("RetriesExhausted"), TIMEOUT, &log)
        .await
        .unwrap();

    let reports = codedeploy.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].status, "Failed");
    assert_eq!(reports[0].deployment_id, "d-1");
    assert_eq!(reports[0].execution_id, EXECUTION);
    assert_eq!(
        serde_json::to_value(&answer).unwrap(),
        json!({
            "deployment_id": "d-1", "hook": HOOK, "condition": "RetriesExhausted", "status": "Failed",
            "report": {"delivered": true, "attempts": 2, "dry_run": false}
        })
    );
}

#[tokio::test]
async fn the_log_says_which_hook_why_for_what_and_what_came_of_it() {
    let codedeploy = CodeDeploy::start();
    let log = Lines::default();
    answered(&codedeploy, record("EventAgeExceeded"), TIMEOUT, &log)
        .await
        .unwrap();
    let line = log.only();
    for (field, value) in [
        ("hook", HOOK),
        ("condition", "EventAgeExceeded"),
        ("deployment_id", "d-1"),
        ("execution_id", EXECUTION),
        ("hook_request_id", "e4b46cbf-b738-4880-a18c-df61200e0001"),
        ("hook_error", "Runtime.ExitError: signal: killed"),
        ("outcome", "CodeDeploy was told Failed"),
        ("level", "WARN"),
    ] {
        assert_eq!(line[field], value, "{line}");
    }
}

#[tokio::test]
async fn a_hook_that_has_answered_after_all_is_success() {
    let codedeploy = CodeDeploy::with_script([ALREADY]);
    let log = Lines::default();
    let answer = answered(&codedeploy, record("RetriesExhausted"), TIMEOUT, &log)
        .await
        .unwrap();
    assert!(answer.report.already_completed);
    assert_eq!(answer.status, Status::Failed);
    assert_eq!(log.only()["outcome"], "CodeDeploy had a status already");
}

#[tokio::test]
async fn a_report_into_a_black_hole_is_an_error_before_the_time_out() {
    let codedeploy = CodeDeploy::with_script([Does::BlackHole; 8]);
    let log = Lines::default();
    let timeout = Duration::from_secs(2);
    let begun = Instant::now();
    let error = answered(&codedeploy, record("RetriesExhausted"), timeout, &log)
        .await
        .unwrap_err();
    assert!(begun.elapsed() < timeout, "the time-out came first");
    let line = log.only();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["ReportFailures"], 1);
    assert_eq!(
        Diagnostic::from(error).error_type,
        "HookGuard.ReportUndeliverable"
    );
}

/// A log that breaks the guard itself.
struct Breaks;

impl std::io::Write for Breaks {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        panic!("no room")
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_panic_of_the_guard_is_its_error_and_says_where() {
    let codedeploy = CodeDeploy::start();
    let error = OnFailureDestination::new()
        .environment(codedeploy.environment())
        .log_to(Breaks)
        .oneshot(LambdaEvent::new(
            record("RetriesExhausted"),
            context(TIMEOUT),
        ))
        .await
        .unwrap_err();
    let diagnostic = Diagnostic::from(error);
    assert_eq!(diagnostic.error_type, "HookGuard.Panicked");
    let place = format!(
        "the on-failure destination panicked: no room, at {}:",
        file!()
    );
    assert!(
        diagnostic.error_message.starts_with(&place),
        "{diagnostic:?}"
    );
}

#[tokio::test]
async fn a_record_without_ids_is_refused_and_nobody_is_told() {
    let codedeploy = CodeDeploy::start();
    let mut record = record("RetriesExhausted");
    record["requestPayload"] = json!({"orderId": 7});
    let error = answered(&codedeploy, record, TIMEOUT, &Lines::default())
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("expected requestPayload with DeploymentId"),
        "{error}"
    );
    assert_eq!(codedeploy.calls(), 0);
}
