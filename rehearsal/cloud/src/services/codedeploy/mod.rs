//! CodeDeploy: a hook's report. JSON 1.1; every modelled error is HTTP 400 (API model 2014-10-06).

use bytes::Bytes;
use http::request::Parts;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::service::Service;
use serde::Deserialize;
use serde_json::json;

use super::json as protocol;
use super::served::{Asked, HttpAnswer, Operation, Served};

pub(super) const SERVED: Served = Served {
    service: Service::CodeDeploy,
    operation: protocol::target,
    answers: &[Operation {
        name: "PutLifecycleEventHookExecutionStatus",
        read: read_report,
        write: write_report,
    }],
    error: |status, code, message| protocol::error(protocol::V1_1, status, code, message),
    throttle: protocol::THROTTLE,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    deployment_id: Option<String>,
    lifecycle_event_hook_execution_id: Option<String>,
    status: Option<String>,
}

fn read_report(_: &Parts, body: &Bytes) -> Result<Asked, Box<HttpAnswer>> {
    let input: Input = protocol::input(body)?;
    Ok(Asked::from(AwsCall::PutLifecycleEventHookExecutionStatus {
        deployment_id: input.deployment_id.unwrap_or_default(),
        execution_id: input.lifecycle_event_hook_execution_id.unwrap_or_default(),
        status: input.status.unwrap_or_default(),
    }))
}

fn write_report(_: &Parts, call: &AwsCall, answer: &AwsAnswer) -> Option<HttpAnswer> {
    let AwsCall::PutLifecycleEventHookExecutionStatus { execution_id, .. } = call else {
        return None;
    };
    let AwsAnswer::Reported(answer) = answer else {
        return None;
    };
    Some(match answer {
        Ok(()) => protocol::success(
            protocol::V1_1,
            &json!({ "lifecycleEventHookExecutionId": execution_id }),
        ),
        Err(error) => protocol::error(protocol::V1_1, 400, error.code(), &error.to_string()),
    })
}
