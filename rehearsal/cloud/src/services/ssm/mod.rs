//! Systems Manager: one parameter. JSON 1.1 (API model 2014-11-06).

use bytes::Bytes;
use http::request::Parts;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::service::Service;
use serde::Deserialize;
use serde_json::json;

use super::json as protocol;
use super::served::{Asked, HttpAnswer, Operation, Served};

pub(super) const SERVED: Served = Served {
    service: Service::Ssm,
    operation: protocol::target,
    answers: &[Operation {
        name: "GetParameter",
        read: read_get_parameter,
        write: write_get_parameter,
    }],
    error: |status, code, message| protocol::error(protocol::V1_1, status, code, message),
    throttle: protocol::THROTTLE,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    name: String,
}

fn read_get_parameter(_: &Parts, body: &Bytes) -> Result<Asked, Box<HttpAnswer>> {
    let Input { name } = protocol::input(body)?;
    Ok(Asked::from(AwsCall::GetParameter { name }))
}

fn write_get_parameter(_: &Parts, call: &AwsCall, answer: &AwsAnswer) -> Option<HttpAnswer> {
    let (AwsCall::GetParameter { name }, AwsAnswer::Parameter(answer)) = (call, answer) else {
        return None;
    };
    Some(match answer {
        Ok(value) => {
            let parameter = json!({ "Name": name, "Type": "String", "Value": value, "Version": 1, "DataType": "text" });
            protocol::success(protocol::V1_1, &json!({ "Parameter": parameter }))
        }
        Err(error) => protocol::error(protocol::V1_1, 400, error.code(), &error.to_string()),
    })
}
