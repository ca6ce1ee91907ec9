//! What API Gateway makes of a function's answer.
//!
//! Source: API Gateway developer guide, "Set up Lambda proxy integrations in API Gateway", "Output format of a Lambda
//! function for proxy integration"; for HTTP APIs "Lambda function response for format 2.0".

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rehearsal_aws::apigateway::route::PayloadFormat;
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use serde_json::Value;

use super::members::{self, Members};

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
    let format = match kind {
        ApiKind::Rest => PayloadFormat::V1,
        ApiKind::Http | ApiKind::FunctionUrl => PayloadFormat::V2,
    };
    response_to(kind, format, answer)
}

/// The same for a route of a payload format: in version 1.0 an HTTP API too takes no answer without a status.
pub fn response_to(
    kind: ApiKind,
    format: PayloadFormat,
    answer: &Result<Invoked, LambdaError>,
) -> ApiResponse {
    let invoked = match answer {
        Ok(invoked) => invoked,
        Err(error) => return ApiResponse::refused(kind, error),
    };
    if invoked.function_error.is_some() {
        return ApiResponse::malformed(kind);
    }
    Payload::read(&invoked.payload)
        .proxied(kind, format)
        .unwrap_or_else(|| ApiResponse::malformed(kind))
}

/// The status of [`response_to`], without the rest of it: a body may be long, and is not looked into.
pub fn status_to(
    kind: ApiKind,
    format: PayloadFormat,
    answer: &Result<Invoked, LambdaError>,
    payload: &Payload<'_>,
) -> u16 {
    let is_whole = matches!(answer, Ok(invoked) if invoked.function_error.is_none());
    let status = is_whole.then(|| payload.status(kind, format)).flatten();
    status.unwrap_or_else(|| response_to(kind, format, answer).status)
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
    fn status(&self, kind: ApiKind, format: PayloadFormat) -> Option<u16> {
        self.raw("statusCode")?;
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
        self.head(kind, format).map(|(status, _)| status)
    }

    /// The status and the headers; `None` where the answer is malformed.
    fn head(&self, kind: ApiKind, format: PayloadFormat) -> Option<(u16, Vec<(String, String)>)> {
        let status = match self.member("statusCode")? {
            Value::Number(number) => u16::try_from(number.as_u64()?).ok()?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
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
            let cookies = self.member("cookies");
            let cookies = cookies.as_ref().and_then(Value::as_array);
            for cookie in cookies.into_iter().flatten() {
                headers.push(("set-cookie".to_owned(), cookie.as_str()?.to_owned()));
            }
        }
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        {
            headers.push((
                "content-type".to_owned(),
                default_content_type(kind).to_owned(),
            ));
        }
        Some((status, headers))
    }

    /// The HTTP answer; `None` where this one is malformed.
    fn proxied(&self, kind: ApiKind, format: PayloadFormat) -> Option<ApiResponse> {
        if format == PayloadFormat::V2 && self.raw("statusCode").is_none() {
            // In version 2.0 an HTTP API and a function URL take any JSON without a status for a body.
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
        let is_base64 = self.member("isBase64Encoded") == Some(Value::Bool(true));
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
        let (status, headers) = self.head(kind, format)?;
        Some(ApiResponse {
            status,
            headers,
            body,
        })
    }
}

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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rest(payload: &str) -> ApiResponse {
        response(ApiKind::Rest, &Ok(Invoked::new(payload.to_owned(), "1")))
    }

    #[test]
    fn a_proxy_response_is_mapped_with_every_value_of_its_headers() {
        let answer = rest(
            r#"{"statusCode":201,"headers":{"ETag":"1","x-a":"single"},"multiValueHeaders":{"X-A":["1","2"]},"body":"hi"}"#,
        );
        assert_eq!((answer.status, &answer.body[..]), (201, &b"hi"[..]));
        let of = |name: &str| {
            answer
                .headers
                .iter()
                .filter(|(n, _)| n.eq_ignore_ascii_case(name))
                .map(|(_, v)| v.as_str())
                .collect::<Vec<_>>()
        };
        assert_eq!(of("x-a"), ["1", "2"]);
        assert_eq!(of("etag"), ["1"]);
        assert_eq!(of("content-type"), ["application/json"]);
    }

    #[test]
    fn a_base64_body_is_decoded() {
        assert_eq!(
            &rest(r#"{"statusCode":200,"isBase64Encoded":true,"body":"//4="}"#).body[..],
            [0xff, 0xfe]
        );
    }

    #[test]
    fn what_is_no_proxy_response_is_a_502() {
        for payload in [
            "",
            "null",
            "7",
            "\"text\"",
            "{}",
            r#"{"statusCode":"x"}"#,
            r#"{"statusCode":200,"body":{}}"#,
            r#"{"statusCode":99}"#,
            r#"{"statusCode":200,"headers":[]}"#,
        ] {
            let answer = rest(payload);
            assert_eq!(
                (answer.status, &answer.body[..]),
                (502, &br#"{"message": "Internal server error"}"#[..]),
                "{payload}"
            );
        }
    }

    #[test]
    fn a_function_error_is_a_502_and_a_refused_invocation_a_500() {
        let mut failed = Invoked::new(r#"{"statusCode":200}"#, "1");
        failed.function_error = Some("Unhandled".to_owned());
        assert_eq!(response(ApiKind::Rest, &Ok(failed)).status, 502);
        assert_eq!(
            response(
                ApiKind::Rest,
                &Err(LambdaError::TooManyRequests {
                    reason: String::new()
                })
            )
            .status,
            500
        );
    }

    #[test]
    fn an_http_api_takes_any_json_for_a_body_and_cookies() {
        let http =
            |payload: &str| response(ApiKind::Http, &Ok(Invoked::new(payload.to_owned(), "1")));
        assert_eq!(
            (http(r#"{"a":1}"#).status, &http(r#"{"a":1}"#).body[..]),
            (200, &br#"{"a":1}"#[..])
        );
        assert_eq!(
            http(r#"{"statusCode":200,"cookies":["k=v"]}"#).header("set-cookie"),
            Some("k=v")
        );
        assert_eq!(http("not json").status, 500);
    }

    /// A member of an answer: of its type, or not.
    fn member(name: &'static str, values: &[&'static str]) -> impl Strategy<Value = String> {
        let value = proptest::sample::select(values.to_vec());
        value.prop_map(move |value| match value {
            "" => String::new(),
            value => format!("\"{name}\":{value},"),
        })
    }

    proptest! {
        #[test]
        fn a_status_alone_is_that_of_the_whole_answer(
            status in member("statusCode", &["", "200", "404", "99", "\"201\"", "{}"]),
            body in member("body", &["", "null", "\"a\\nb\"", "\"\\ud800\"", "\"=\"", "{}", "1"]),
            base64 in member("isBase64Encoded", &["", "true", "false", "\"true\""]),
            headers in member("headers", &["", "null", "{\"a\":1}", "{\"a\":[]}", "[]"]),
            multiple in member("multiValueHeaders", &["", "{\"a\":[\"1\"]}", "{\"a\":1}"]),
            cookies in member("cookies", &["", "[\"k=v\"]", "[1]"]),
            is_function_error: bool,
        ) {
            let text = format!("{{{status}{body}{base64}{headers}{multiple}{cookies}\"z\":0}}");
            for payload in [text.as_str(), "7", "nothing"] {
                let mut invoked = Invoked::new(payload.to_owned(), "1");
                invoked.function_error = is_function_error.then(|| "Unhandled".to_owned());
                let answer = Ok(invoked);
                for (kind, format) in [
                    (ApiKind::Rest, PayloadFormat::V1),
                    (ApiKind::Http, PayloadFormat::V1),
                    (ApiKind::Http, PayloadFormat::V2),
                    (ApiKind::FunctionUrl, PayloadFormat::V2),
                ] {
                    let read = Payload::read(payload.as_bytes());
                    let status = status_to(kind, format, &answer, &read);
                    prop_assert_eq!(status, response_to(kind, format, &answer).status, "{}", payload);
                }
            }
        }

        #[test]
        fn no_payload_panics(payload in "\\PC{0,40}") {
            let status = rest(&payload).status;
            prop_assert!((100..=599).contains(&status));
        }
    }

    #[test]
    fn an_answer_without_a_status_is_none_in_version_1_0() {
        let answer = || Ok(Invoked::new(r#"{"hello": 1}"#.to_owned(), "1"));
        for (format, status) in [(PayloadFormat::V1, 500), (PayloadFormat::V2, 200)] {
            assert_eq!(response_to(ApiKind::Http, format, &answer()).status, status);
        }
        let failed = Invoked {
            function_error: Some("Unhandled".to_owned()),
            ..Invoked::new("{}".to_owned(), "1")
        };
        assert_eq!(response(ApiKind::FunctionUrl, &Ok(failed)).status, 502);
    }
}
