//! Systems Manager: one parameter. JSON 1.1.

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;

use super::{Call, json as protocol};
use crate::backend::Backend;

pub(super) const OPERATION: &str = "GetParameter";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    name: String,
}

pub(super) async fn get_parameter(backend: &dyn Backend, call: Call) -> Response<Full<Bytes>> {
    let input: Input = match protocol::input(&call.body) {
        Ok(input) => input,
        Err(refused) => return *refused,
    };
    match backend.get_parameter(call.caller, input.name.clone()).await {
        Ok(value) => {
            let parameter = json!({ "Name": input.name, "Type": "String", "Value": value, "Version": 1, "DataType": "text" });
            protocol::success(protocol::V1_1, &json!({ "Parameter": parameter }))
        }
        Err(error) => protocol::error(protocol::V1_1, 400, error.code(), &error.to_string()),
    }
}
