//! `CodeDeploy`: a hook's report. JSON 1.1; every modelled error is HTTP 400 (API model 2014-10-06).

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;

use super::{Call, json as protocol};
use crate::backend::{Backend, CodeDeployError, HookStatus, LifecycleReport};

pub(super) const OPERATION: &str = "PutLifecycleEventHookExecutionStatus";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    status: Option<String>,
}

pub(super) async fn put_lifecycle_event_hook_execution_status(
    backend: &dyn Backend,
    call: Call,
) -> Response<Full<Bytes>> {
    let input: Input = match protocol::input(&call.body) {
        Ok(input) => input,
        Err(refused) => return *refused,
    };
    let answer = match report(input) {
        Ok(report) => {
            let execution_id = report.execution_id.clone();
            backend
                .put_lifecycle_status(call.caller, report)
                .await
                .map(|()| execution_id)
        }
        Err(error) => Err(error),
    };
    match answer {
        Ok(execution_id) => protocol::success(
            protocol::V1_1,
            &json!({ "lifecycleEventHookExecutionId": execution_id }),
        ),
        Err(error) => protocol::error(protocol::V1_1, 400, error.code(), &error.to_string()),
    }
}

/// The order of these checks is not documented: ids first, the status last.
fn report(input: Input) -> Result<LifecycleReport, CodeDeployError> {
    let deployment_id = input
        .deployment_id
        .filter(|id| !id.is_empty())
        .ok_or(CodeDeployError::DeploymentIdRequired)?;
    if !is_deployment_id(&deployment_id) {
        return Err(CodeDeployError::InvalidDeploymentId);
    }
    let execution_id = input
        .lifecycle_event_hook_execution_id
        .filter(|id| !id.is_empty())
        .ok_or(CodeDeployError::InvalidLifecycleEventHookExecutionId)?;
    let status = match input.status.as_deref() {
        Some("Succeeded") => HookStatus::Succeeded,
        Some("Failed") => HookStatus::Failed,
        _ => return Err(CodeDeployError::InvalidLifecycleEventHookExecutionStatus),
    };
    Ok(LifecycleReport {
        deployment_id,
        execution_id,
        status,
    })
}

/// `d-` and capital letters and digits. Source: every sample in the `CodeDeploy` user guide.
fn is_deployment_id(id: &str) -> bool {
    id.strip_prefix("d-").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(deployment: &str, execution: &str, status: &str) -> Input {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Input {
            deployment_id: some(deployment),
            lifecycle_event_hook_execution_id: some(execution),
            status: some(status),
        }
    }

    #[test]
    fn only_succeeded_and_failed_are_statuses() {
        assert_eq!(
            report(input("d-A1", "e", "Succeeded")).unwrap().status,
            HookStatus::Succeeded
        );
        assert_eq!(
            report(input("d-A1", "e", "Failed")).unwrap().status,
            HookStatus::Failed
        );
        for status in [
            "",
            "Pending",
            "InProgress",
            "Skipped",
            "Unknown",
            "succeeded",
        ] {
            assert_eq!(
                report(input("d-A1", "e", status)),
                Err(CodeDeployError::InvalidLifecycleEventHookExecutionStatus),
                "{status}"
            );
        }
    }

    #[test]
    fn missing_and_malformed_ids_are_told_apart() {
        assert_eq!(
            report(input("", "e", "Failed")),
            Err(CodeDeployError::DeploymentIdRequired)
        );
        assert_eq!(
            report(input("nonsense", "e", "Failed")),
            Err(CodeDeployError::InvalidDeploymentId)
        );
        assert_eq!(
            report(input("d-A1", "", "Failed")),
            Err(CodeDeployError::InvalidLifecycleEventHookExecutionId)
        );
    }
}
