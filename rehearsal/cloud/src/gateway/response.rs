//! What API Gateway makes of a function's answer.
//!
//! Source: API Gateway developer guide, "Set up Lambda proxy integrations in API Gateway", "Output format of a Lambda
//! function for proxy integration"; for HTTP APIs "Lambda function response for format 2.0".
//!
//! - `streamed`: what a function URL makes of it that streams.

mod streamed;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rehearsal_aws::apigateway::route::{Api, InvokeMode, PayloadFormat, Route};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use serde_json::Value;

use super::members::{self, Members};

use streamed::Streamed;
pub use streamed::WITH_PRELUDE;

/// An answer over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body, decoded.
    pub body: Bytes,
}

impl ApiResponse {
    /// One of API Gateway's own answers: `{"message": …}`.
    pub fn message(status: u16, message: &str) -> Self {
        let body = serde_json::json!({ "message": message }).to_string().into();
        Self {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        }
    }

    /// An answer of API Gateway's own that names its error in `x-amzn-ErrorType`.
    pub(super) fn refusal(status: u16, code: &str, message: &str) -> Self {
        let mut refusal = Self::message(status, message);
        refusal
            .headers
            .push(("x-amzn-errortype".to_owned(), code.to_owned()));
        refusal
    }

    /// A failure of a REST API's own; there is a space in its body, unlike in other refusals.
    fn failure(status: u16, code: &str, message: &str) -> Self {
        let mut failure = Self::refusal(status, code, message);
        failure.body = format!(r#"{{"message": "{message}"}}"#).into();
        failure
    }

    /// What a caller gets for an answer that is none: 502 from a REST API and a function URL, 500 from an HTTP API.
    pub fn malformed(kind: ApiKind) -> Self {
        match kind {
            ApiKind::Rest => {
                Self::failure(502, "InternalServerErrorException", "Internal server error")
            }
            ApiKind::Http => Self::message(500, "Internal Server Error"),
            ApiKind::FunctionUrl => Self::message(502, "Internal Server Error"),
        }
    }

    /// What a caller gets when Lambda refuses the invocation: 500. An HTTP API answers a throttle with 503; assumed, from
    /// people's logs.
    pub fn refused(kind: ApiKind, error: &LambdaError) -> Self {
        match (kind, error) {
            (ApiKind::Rest, _) => {
                Self::failure(500, "InternalServerErrorException", "Internal server error")
            }
            (ApiKind::Http, LambdaError::TooManyRequests { .. }) => {
                Self::message(503, "Service Unavailable")
            }
            (ApiKind::Http, _) => Self::message(500, "Internal Server Error"),
            (ApiKind::FunctionUrl, LambdaError::TooManyRequests { .. }) => {
                Self::message(429, "Rate Exceeded.")
            }
            (ApiKind::FunctionUrl, _) => Self::message(502, "Internal Server Error"),
        }
    }

    /// What a caller gets when the function takes longer than an integration may.
    pub fn timed_out(kind: ApiKind) -> Self {
        match kind {
            ApiKind::Rest => Self::failure(
                504,
                "IntegrationTimeoutException",
                "Endpoint request timed out",
            ),
            ApiKind::Http => Self::message(503, "Service Unavailable"),
            ApiKind::FunctionUrl => Self::message(502, "Internal Server Error"),
        }
    }

    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// The HTTP answer to a function's answer. Of a REST API a refused invocation is a 500, a function error and a payload of
/// another shape are a 502. Source: Lambda developer guide, "Handling errors with an API Gateway API".
///
/// ```
/// use rehearsal_aws::lambda::invoke::Invoked;
/// use rehearsal_aws::apigateway::stage::ApiKind;
/// use rehearsal_cloud::gateway::response;
///
/// let good = Invoked::new(r#"{"statusCode": 201, "body": "{}"}"#, "2");
/// assert_eq!(response(ApiKind::Rest, &Ok(good)).status, 201);
/// let odd = Invoked::new(r#""hello""#, "2");
/// assert_eq!(response(ApiKind::Rest, &Ok(odd)).status, 502);
/// ```
pub fn response(kind: ApiKind, answer: &Result<Invoked, LambdaError>) -> ApiResponse {
    response_to(Integration::of(kind), answer)
}

/// What decides how an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integration {
    /// The kind of API.
    pub kind: ApiKind,
    /// The version of the format: in 1.0 an HTTP API too takes no answer without a status.
    pub format: PayloadFormat,
    /// Whether it streams.
    pub invoke_mode: InvokeMode,
    /// Whether it decodes a body that the function says is in base64.
    pub decodes: bool,
}

impl Integration {
    /// That of most APIs of a kind; of REST APIs, of those without `BinaryMediaTypes`.
    pub fn of(kind: ApiKind) -> Self {
        Self {
            kind,
            format: match kind {
                ApiKind::Rest => PayloadFormat::V1,
                ApiKind::Http | ApiKind::FunctionUrl => PayloadFormat::V2,
            },
            invoke_mode: InvokeMode::Buffered,
            decodes: kind != ApiKind::Rest,
        }
    }

    /// That of a route, for a request with this header `Accept`. "API Gateway uses the first `Accept` header from clients to determine if a response
    /// should return binary media" (API Gateway developer guide, "Binary media types for REST APIs in API Gateway"), and of that its first type ("Content
    /// type conversions in API Gateway"). Assumed: without that header only `*/*` fits.
    pub fn new(api: &Api, route: &Route, accept: Option<&str>) -> Self {
        let first = accept.and_then(|accept| accept.split(',').next());
        Self {
            kind: api.kind,
            format: route.payload_format,
            invoke_mode: route.invoke_mode,
            decodes: api.kind != ApiKind::Rest || api.is_binary(first.unwrap_or_default()),
        }
    }
}

/// What an API or a function URL makes of an answer, by how its route reads answers.
pub fn response_to(integration: Integration, answer: &Result<Invoked, LambdaError>) -> ApiResponse {
    let kind = integration.kind;
    let invoked = match answer {
        Ok(invoked) => invoked,
        Err(error) => return ApiResponse::refused(kind, error),
    };
    if invoked.function_error.is_some() {
        return ApiResponse::malformed(kind);
    }
    let response = match integration.invoke_mode {
        InvokeMode::Buffered => Payload::read(&invoked.payload).proxied(integration),
        InvokeMode::ResponseStream => streamed(invoked),
    };
    response.unwrap_or_else(|| ApiResponse::malformed(kind))
}

/// What a function URL that streams makes of an answer; `None` where it is malformed.
fn streamed(answer: &Invoked) -> Option<ApiResponse> {
    Some(match streamed::read(answer)? {
        Streamed::MadeUp => {
            return Payload::read(&answer.payload).proxied(Integration::of(ApiKind::FunctionUrl));
        }
        Streamed::Plain(content_type) => ApiResponse {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: answer.payload.clone(),
        },
        Streamed::WithPrelude(prelude, body) => {
            let head = Payload::read(prelude).head(PayloadFormat::V2, streamed::UNKNOWN);
            let (status, headers) = head?;
            ApiResponse {
                status,
                headers,
                body,
            }
        }
    })
}

/// Whether an answer is taken at all: one that is not becomes an error of the API's own.
pub fn takes(integration: Integration, answer: &Invoked) -> bool {
    match integration.invoke_mode {
        InvokeMode::Buffered => Payload::read(&answer.payload)
            .proxied(integration)
            .is_some(),
        InvokeMode::ResponseStream => streamed(answer).is_some(),
    }
}

/// The status of [`response_to`], without the rest of it: a body may be long, and is not looked into.
pub fn status_to(
    integration: Integration,
    answer: &Result<Invoked, LambdaError>,
    payload: &Payload<'_>,
) -> u16 {
    let is_whole = matches!(answer, Ok(invoked) if invoked.function_error.is_none());
    let is_plain = is_whole && integration.invoke_mode == InvokeMode::Buffered;
    let status = is_plain.then(|| payload.status(integration)).flatten();
    status.unwrap_or_else(|| response_to(integration, answer).status)
}

/// What a function answered, read as far as its members.
#[derive(Debug)]
pub struct Payload<'p> {
    text: &'p [u8],
    /// The texts of its members; `None` where it is no object of JSON.
    members: Option<Members<'p>>,
}

impl<'p> Payload<'p> {
    /// Reads an answer.
    pub fn read(text: &'p [u8]) -> Self {
        let members = std::str::from_utf8(text).ok().and_then(members::of);
        Self { text, members }
    }

    /// A member's value; `None` where there is none.
    pub fn member(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.raw(name)?).ok()
    }

    fn raw(&self, name: &str) -> Option<&'p str> {
        self.members.as_ref()?.get(name).copied()
    }

    /// The status of a good answer in the form that most have: with a status, and a body of plain text. `None` where that has to be
    /// looked into.
    fn status(&self, integration: Integration) -> Option<u16> {
        self.raw("statusCode")?;
        if self.not_taken(integration.kind).is_some() {
            return None;
        }
        let body = self.raw("body").unwrap_or("null");
        // What is escaped by its number may be half of a character; and base64 may be none.
        let is_plain = match body.strip_prefix('"') {
            Some(text) => !text.contains("\\u"),
            None => body == "null",
        };
        let is_text = self
            .member("isBase64Encoded")
            .is_none_or(|is| is == Value::Bool(false));
        if !is_plain || !is_text {
            return None;
        }
        let default = default_content_type(integration.kind);
        self.head(integration.format, default)
            .map(|(status, _)| status)
    }

    /// The first of its members that an answer to an API of this kind may not have.
    pub fn not_taken(&self, kind: ApiKind) -> Option<&str> {
        let mut names = self.members.as_ref()?.keys();
        names
            .find(|name| !kind.takes_member(name))
            .map(AsRef::as_ref)
    }

    /// The status and the headers, with this type where they have none; `None` where the answer is malformed.
    fn head(
        &self,
        format: PayloadFormat,
        content_type: &str,
    ) -> Option<(u16, Vec<(String, String)>)> {
        let status = match self.member("statusCode")? {
            Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
        self.head_of(status, format, content_type)
    }

    /// The same of an answer with this status.
    fn head_of(
        &self,
        status: u16,
        format: PayloadFormat,
        content_type: &str,
    ) -> Option<(u16, Vec<(String, String)>)> {
        if !(100..=599).contains(&status) {
            return None;
        }
        let mut headers = Vec::new();
        // Names in both maps: multiple values win.
        let multiple = optional_map(self.member("multiValueHeaders"))?;
        for (name, values) in &multiple {
            for value in values.as_array()? {
                headers.push((name.clone(), scalar(value)?));
            }
        }
        for (name, value) in optional_map(self.member("headers"))? {
            if !multiple
                .keys()
                .any(|other| other.eq_ignore_ascii_case(&name))
            {
                headers.push((name, scalar(&value)?));
            }
        }
        if format == PayloadFormat::V2 {
            let cookies = match self.member("cookies") {
                None | Some(Value::Null) => Vec::new(),
                Some(Value::Array(cookies)) => cookies,
                Some(_) => return None,
            };
            for cookie in &cookies {
                headers.push(("set-cookie".to_owned(), cookie.as_str()?.to_owned()));
            }
        }
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            headers.push(("content-type".to_owned(), content_type.to_owned()));
        }
        Some((status, headers))
    }

    /// The HTTP answer; `None` where this one is malformed.
    fn proxied(&self, integration: Integration) -> Option<ApiResponse> {
        let Integration { kind, format, .. } = integration;
        if self.not_taken(kind).is_some() {
            return None;
        }
        let has_status = self.raw("statusCode").is_some();
        if format == PayloadFormat::V2 && !has_status {
            // In version 2.0 an HTTP API and a function URL take any JSON without a status for a body, but what looks like a function's error
            // (seen on AWS: LocalStack's tests, `test_aws_proxy_response_payload_format_validation_v2`).
            if self.raw("errorMessage").is_some() {
                return None;
            }
            let value: Value = serde_json::from_slice(self.text).ok()?;
            let body = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            return Some(ApiResponse {
                status: 200,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: body.into(),
            });
        }
        let is_base64 =
            integration.decodes && self.member("isBase64Encoded") == Some(Value::Bool(true));
        let body = match self
            .raw("body")
            .map(serde_json::from_str)
            .transpose()
            .ok()?
        {
            None | Some(Value::Null) => Bytes::new(),
            Some(Value::String(text)) if is_base64 => STANDARD.decode(text).ok()?.into(),
            Some(Value::String(text)) => text.into(),
            Some(_) => return None,
        };
        let default = default_content_type(kind);
        let (status, headers) = if kind == ApiKind::Rest && !has_status {
            self.members.as_ref()?;
            self.head_of(WITHOUT_STATUS, format, default)?
        } else {
            self.head(format, default)?
        };
        Some(ApiResponse {
            status,
            headers,
            body,
        })
    }
}

/// The status of a REST API's answer for which the function gives none (seen on AWS: `LocalStack`'s tests, `test_lambda_aws_proxy_response_format` and
/// `test_aws_proxy_response_payload_format_validation`; SAM CLI, `local/apigw/local_apigw_service.py`).
const WITHOUT_STATUS: u16 = 200;

fn default_content_type(kind: ApiKind) -> &'static str {
    match kind {
        ApiKind::Rest | ApiKind::FunctionUrl => "application/json",
        ApiKind::Http => "text/plain;charset=UTF-8",
    }
}

fn optional_map(value: Option<Value>) -> Option<serde_json::Map<String, Value>> {
    match value {
        None | Some(Value::Null) => Some(serde_json::Map::new()),
        Some(Value::Object(map)) => Some(map),
        Some(_) => None,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
