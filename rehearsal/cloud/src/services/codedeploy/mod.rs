//! `CodeDeploy`: a hook's report. JSON 1.1; every modelled error is HTTP 400 (API model 2014-10-06).

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;

use super::{Call, json as protocol};
use crate::backend::{Backend, LifecycleReport};

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
    let report = LifecycleReport {
        deployment_id: input.deployment_id.unwrap_or_default(),
        execution_id: input.lifecycle_event_hook_execution_id.unwrap_or_default(),
        status: input.status.unwrap_or_default(),
    };
    let execution_id = report.execution_id.clone();
    match backend.put_lifecycle_status(call.caller, report).await {
        Ok(()) => protocol::success(
            protocol::V1_1,
            &json!({ "lifecycleEventHookExecutionId": execution_id }),
        ),
        Err(error) => protocol::error(protocol::V1_1, 400, error.code(), &error.to_string()),
    }
}
