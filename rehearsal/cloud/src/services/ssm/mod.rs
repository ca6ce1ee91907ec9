//! Systems Manager: parameters. JSON 1.1 (API model 2014-11-06).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::service::Service;
use rehearsal_aws::ssm::{Parameter, ParameterType};
use serde::Deserialize;
use serde_json::{Value, json};

use super::json as protocol;
use super::served::{Asked, HttpAnswer, Operation, Served};

pub(super) const SERVED: Served = Served {
    service: Service::Ssm,
    operation: protocol::target,
    answers: &[
        Operation {
            name: "GetParameter",
            read: read_get_parameter,
            write: write_get_parameter,
        },
        Operation {
            name: "GetParameters",
            read: read_get_parameters,
            write: write_get_parameters,
        },
        Operation {
            name: "GetParametersByPath",
            read: read_by_path,
            write: write_by_path,
        },
    ],
    error: |status, code, message| protocol::error(protocol::V1_1, status, code, message),
    throttle: protocol::THROTTLE,
};

/// The most parameters of one call, and those of a page without `MaxResults`.
const MOST: usize = 10;

/// What a caller gets of a `SecureString` that it does not have decrypted: assumed, for its ciphertext is only AWS's.
const ENCRYPTED: &str = "AQICAHhlbmNyeXB0ZWQ=";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    name: String,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InputOfSeveral {
    names: Vec<String>,
    #[serde(default)]
    with_decryption: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InputByPath {
    path: String,
    #[serde(default)]
    recursive: bool,
    #[serde(default)]
    with_decryption: bool,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    parameter_filters: Vec<Value>,
}

/// The answer to an input that is not as the model has it.
fn invalid(message: &str) -> Box<HttpAnswer> {
    refused("ValidationException", message)
}

fn refused(code: &str, message: &str) -> Box<HttpAnswer> {
    Box::new(protocol::error(protocol::V1_1, 400, code, message))
}

fn read_get_parameter(_: &Parts, body: &Bytes) -> Result<Asked, Box<HttpAnswer>> {
    let Input {
        name,
        with_decryption,
    } = protocol::input(body)?;
    Ok(Asked::from(AwsCall::GetParameter {
        name,
        with_decryption,
    }))
}

fn read_get_parameters(_: &Parts, body: &Bytes) -> Result<Asked, Box<HttpAnswer>> {
    let InputOfSeveral {
        names,
        with_decryption,
    } = protocol::input(body)?;
    if !(1..=MOST).contains(&names.len()) {
        let count = names.len();
        return Err(invalid(&format!(
            "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and {MOST}; it has {count}"
        )));
    }
    Ok(Asked::from(AwsCall::GetParameters {
        names,
        with_decryption,
    }))
}

fn read_by_path(_: &Parts, body: &Bytes) -> Result<Asked, Box<HttpAnswer>> {
    let input: InputByPath = protocol::input(body)?;
    if !input.parameter_filters.is_empty() {
        let message = "ParameterFilters of GetParametersByPath of ssm is not served in a rehearsal";
        return Err(refused("UnknownOperationException", message));
    }
    if !input.path.starts_with('/') {
        return Err(invalid(
            "The parameter path must begin with a forward slash /.",
        ));
    }
    let max_results = input.max_results.unwrap_or(MOST);
    if !(1..=MOST).contains(&max_results) {
        return Err(invalid(&format!(
            "1 validation error detected: Value '{max_results}' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and {MOST}"
        )));
    }
    let skips = match &input.next_token {
        Some(token) => skipped(token)
            .ok_or_else(|| refused("InvalidNextToken", "The specified token isn't valid."))?,
        None => 0,
    };
    Ok(Asked::from(AwsCall::GetParametersByPath {
        path: input.path,
        recursive: input.recursive,
        with_decryption: input.with_decryption,
        max_results,
        skips,
    }))
}

/// The token of the page that begins after so many, which callers take as it is.
fn token(skips: usize) -> String {
    STANDARD.encode(format!("after {skips}"))
}

fn skipped(token: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    text.strip_prefix("after ")?.parse().ok()
}

/// A parameter in an answer. Each is of its first version here.
fn written(parameter: &Parameter, with_decryption: bool) -> Value {
    let is_shown = with_decryption || parameter.r#type != ParameterType::SecureString;
    json!({
        "ARN": parameter.arn,
        "DataType": "text",
        "Name": parameter.name,
        "Type": parameter.r#type.name(),
        "Value": if is_shown { &parameter.value } else { ENCRYPTED },
        "Version": 1,
    })
}

fn write_get_parameter(_: &Parts, call: &AwsCall, answer: &AwsAnswer) -> Option<HttpAnswer> {
    let AwsCall::GetParameter {
        with_decryption, ..
    } = call
    else {
        return None;
    };
    let AwsAnswer::Parameter(answer) = answer else {
        return None;
    };
    Some(match answer {
        Ok(parameter) => {
            let parameter = written(parameter, *with_decryption);
            protocol::success(protocol::V1_1, &json!({ "Parameter": parameter }))
        }
        Err(error) => protocol::error(protocol::V1_1, 400, error.code(), &error.to_string()),
    })
}

fn write_get_parameters(_: &Parts, call: &AwsCall, answer: &AwsAnswer) -> Option<HttpAnswer> {
    let AwsCall::GetParameters {
        with_decryption, ..
    } = call
    else {
        return None;
    };
    let AwsAnswer::Parameters { found, invalid } = answer else {
        return None;
    };
    let parameters = found.iter();
    let parameters = parameters.map(|parameter| written(parameter, *with_decryption));
    let parameters: Vec<_> = parameters.collect();
    let body = json!({ "InvalidParameters": invalid, "Parameters": parameters });
    Some(protocol::success(protocol::V1_1, &body))
}

fn write_by_path(_: &Parts, call: &AwsCall, answer: &AwsAnswer) -> Option<HttpAnswer> {
    let AwsCall::GetParametersByPath {
        with_decryption,
        max_results,
        skips,
        ..
    } = call
    else {
        return None;
    };
    let AwsAnswer::Parameters { found, .. } = answer else {
        return None;
    };
    let page = found.iter().skip(*skips).take(*max_results);
    let page = page.map(|parameter| written(parameter, *with_decryption));
    let mut body = json!({ "Parameters": page.collect::<Vec<_>>() });
    let until = skips.saturating_add(*max_results);
    if until < found.len() {
        body["NextToken"] = token(until).into();
    }
    Some(protocol::success(protocol::V1_1, &body))
}
