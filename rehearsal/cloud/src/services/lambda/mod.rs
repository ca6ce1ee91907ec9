//! Lambda: `Invoke`, in REST with JSON (API model 2015-03-31).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use percent_encoding::percent_decode_str;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::function_name::FunctionName;
use rehearsal_aws::lambda::invoke::{InvocationType, Invoked, LambdaError};
use rehearsal_aws::service::Service;
use rehearsal_host::listener::answer;
use serde_json::json;

use super::json as protocol;
use super::refused::Refused;
use super::served::{Asked, HttpAnswer, Operation, Served, Throttle};

const INVOKE: &str = "Invoke";

pub(super) const SERVED: Served = Served {
    service: Service::Lambda,
    operation,
    answers: &[Operation {
        name: INVOKE,
        read: read_invoke,
        write: write_invoke,
    }],
    error,
    throttle: Throttle {
        status: 429,
        code: "TooManyRequestsException",
        message: "Rate Exceeded.",
    },
};

/// The longest event of a synchronous invocation, in bytes. Source: API model, `Invoke`: 6 MB.
const MAX_SYNCHRONOUS_BYTES: usize = 6_291_456;
/// The longest event of an asynchronous one. Source: API model, `Invoke`: 1 MB.
const MAX_ASYNCHRONOUS_BYTES: usize = 1_048_576;
/// How much of its log a caller may see, in bytes. Source: API model, `LogResult`: the last 4 KB.
const LOG_TAIL_BYTES: usize = 4 * 1024;

/// The function's name in `/2015-03-31/functions/{FunctionName}/invocations`, still encoded.
fn function(head: &Parts) -> Option<&str> {
    head.uri
        .path()
        .strip_prefix("/2015-03-31/functions/")?
        .strip_suffix("/invocations")
        .filter(|name| !name.is_empty())
}

fn operation(head: &Parts) -> Option<&str> {
    let invokes =
        head.method == Method::POST && function(head).is_some_and(|name| !name.contains('/'));
    invokes.then_some(INVOKE)
}

fn read_invoke(head: &Parts, body: &Bytes) -> Result<Asked, Box<HttpAnswer>> {
    parse(head, body.clone()).map_err(|refused| Box::new(refusal(&refused)))
}

fn write_invoke(head: &Parts, call: &AwsCall, answer: &AwsAnswer) -> Option<HttpAnswer> {
    let AwsCall::Invoke {
        invocation_type, ..
    } = call
    else {
        return None;
    };
    match answer {
        AwsAnswer::Invoked(Ok(invoked)) => {
            let wants_log = header(&head.headers, "x-amz-log-type") == Some("Tail");
            Some(success(*invocation_type, invoked, wants_log))
        }
        AwsAnswer::Invoked(Err(refused)) => Some(refusal(refused)),
        AwsAnswer::Queued => Some(success(*invocation_type, &Invoked::unseen(), false)),
        _ => None,
    }
}

fn parse(head: &Parts, payload: Bytes) -> Result<Asked, LambdaError> {
    let invalid = |message: String| LambdaError::InvalidParameterValue { message };
    let encoded = function(head).unwrap_or_default();
    let name = percent_decode_str(encoded)
        .decode_utf8()
        .map_err(|_| invalid(format!("the function's name {encoded} is not UTF-8")))?;
    let asked = query(head, "Qualifier");
    let function = FunctionName::parse(&name)
        .ok_or_else(|| invalid(format!("{name} is neither a function's name nor its ARN")))?;
    let qualifier = match (function.qualifier.map(str::to_owned), asked) {
        (Some(named), Some(asked)) if named != asked => {
            return Err(invalid("The derived qualifier from the function name does not match the specified qualifier.".to_owned()));
        }
        (named, asked) => named.or(asked),
    };
    let invocation_type = match header(&head.headers, "x-amz-invocation-type") {
        None | Some("RequestResponse") => InvocationType::RequestResponse,
        Some("Event") => InvocationType::Event,
        Some("DryRun") => InvocationType::DryRun,
        Some(other) => {
            return Err(invalid(format!(
                "{other} is no invocation type: RequestResponse, Event or DryRun"
            )));
        }
    };
    let limit = if invocation_type == InvocationType::Event {
        MAX_ASYNCHRONOUS_BYTES
    } else {
        MAX_SYNCHRONOUS_BYTES
    };
    if payload.len() > limit {
        return Err(LambdaError::RequestTooLarge { limit });
    }
    // An empty payload is the event {}.
    let payload = if payload.is_empty() {
        Bytes::from_static(b"{}")
    } else {
        payload
    };
    serde_json::from_slice::<serde::de::IgnoredAny>(&payload).map_err(|error| {
        LambdaError::InvalidRequestContent {
            message: error.to_string(),
        }
    })?;
    let call = AwsCall::Invoke {
        function_name: function.name.to_owned(),
        qualifier,
        invocation_type,
    };
    Ok(Asked { call, payload })
}

fn success(invocation_type: InvocationType, invoked: &Invoked, wants_log: bool) -> HttpAnswer {
    let (status, payload) = match invocation_type {
        InvocationType::RequestResponse => (StatusCode::OK, invoked.payload.clone()),
        InvocationType::Event => (StatusCode::ACCEPTED, Bytes::new()),
        InvocationType::DryRun => (StatusCode::NO_CONTENT, Bytes::new()),
    };
    let mut response = protocol::with_request_id(answer(status, "application/json", payload));
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = value.parse() {
            response
                .headers_mut()
                .insert(HeaderName::from_static(name), value);
        }
    };
    if invocation_type == InvocationType::RequestResponse {
        if let Some(version) = &invoked.executed_version {
            set("x-amz-executed-version", version);
        }
        if let Some(error) = &invoked.function_error {
            set("x-amz-function-error", error);
        }
        if wants_log {
            let log = invoked.log.join("\n");
            let tail = &log.as_bytes()[log.len().saturating_sub(LOG_TAIL_BYTES)..];
            set("x-amz-log-result", &STANDARD.encode(tail));
        }
    }
    response
}

fn refusal(refused: &LambdaError) -> HttpAnswer {
    let mut body =
        json!({ "Type": "User", "Message": refused.to_string(), "message": refused.to_string() });
    if let LambdaError::TooManyRequests { reason } = refused {
        body["Reason"] = json!(reason);
    }
    let mut answer = respond(refused.status(), refused.code(), &body);
    // A throttle is a fault's: nothing here is throttled by itself.
    if !matches!(refused, LambdaError::TooManyRequests { .. }) {
        answer
            .extensions_mut()
            .insert(Refused::new(refused.code(), &refused.to_string()));
    }
    answer
}

/// An error of Lambda's.
pub(super) fn error(status: u16, code: &str, message: &str) -> HttpAnswer {
    let mut answer = respond(
        status,
        code,
        &json!({ "Message": message, "message": message }),
    );
    answer.extensions_mut().insert(Refused::new(code, message));
    answer
}

fn respond(status: u16, code: &str, body: &serde_json::Value) -> HttpAnswer {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        protocol::with_request_id(answer(status, "application/json", body.to_string()));
    if let Ok(code) = code.parse() {
        response.headers_mut().insert("x-amzn-errortype", code);
    }
    response
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn query(head: &Parts, name: &str) -> Option<String> {
    let pairs = head
        .uri
        .query()?
        .split('&')
        .filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(key, _)| *key == name)?.1;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}
