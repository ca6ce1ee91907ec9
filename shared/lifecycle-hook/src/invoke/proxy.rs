//! API Gateway's side of a proxy integration, without API Gateway: pure, no I/O.

use std::collections::HashMap;
use std::time::Duration;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayProxyResponse};
use aws_lambda_events::query_map::QueryMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::text::cut;
use crate::transport::{Request, Response, Retries, TransportError};

/// The event that a REST API sends for a request through one of its routes (API Gateway developer guide, "Input format of a Lambda function
/// for proxy integration"). The first route that fits is taken; where none does, the request came by `/{proxy+}`.
pub(crate) fn proxy_request(
    request: Request,
    stage: &str,
    routes: &[String],
) -> ApiGatewayProxyRequest {
    let Request {
        method,
        path,
        query,
        headers,
        body,
    } = request;
    let mut parameters: HashMap<String, Vec<String>> = HashMap::new();
    for (name, value) in query {
        parameters.entry(name).or_default().push(value);
    }
    let parameters = QueryMap::from(parameters);
    let route = routes
        .iter()
        .map(String::as_str)
        .chain(["/{proxy+}"])
        .find_map(|route| Some((route, fitted(route, &path)?)));
    // The last of them fits any path but the root.
    let (resource, path_parameters) = route.unwrap_or(("/", HashMap::new()));

    let mut event = ApiGatewayProxyRequest::default();
    let context = &mut event.request_context;
    context.stage = Some(stage.to_owned());
    context.path = Some(format!("/{stage}{path}"));
    context.resource_path = Some(resource.to_owned());
    context.http_method = method.clone();
    context.protocol = Some("HTTP/1.1".to_owned());
    context.identity.source_ip = Some("127.0.0.1".to_owned());
    context.identity.user_agent = Some(env!("CARGO_PKG_NAME").to_owned());
    event.resource = Some(resource.to_owned());
    event.path = Some(path);
    event.http_method = method;
    event.multi_value_headers.clone_from(&headers);
    event.headers = headers;
    event.query_string_parameters = parameters.clone();
    event.multi_value_query_string_parameters = parameters;
    event.path_parameters = path_parameters;
    event.body = body;
    event
}

/// The parameters that a path gives to a route, if it fits: `/orders/{id}` takes one segment, `/files/{path+}` all that follow.
fn fitted(route: &str, path: &str) -> Option<HashMap<String, String>> {
    let mut parameters = HashMap::new();
    let mut rest = Some(path.strip_prefix('/')?);
    for expected in route.strip_prefix('/')?.split('/') {
        let left = rest?;
        let name = expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
            parameters.insert(name.to_owned(), left.to_owned());
            return (!left.is_empty()).then_some(parameters);
        }
        let (segment, after) = match left.split_once('/') {
            Some((segment, after)) => (segment, Some(after)),
            None => (left, None),
        };
        match name {
            Some(name) if !segment.is_empty() => {
                parameters.insert(name.to_owned(), segment.to_owned());
            }
            None if segment == expected => {}
            _ => return None,
        }
        rest = after;
    }
    rest.is_none().then_some(parameters)
}

/// Reads a function's answer as API Gateway does (API Gateway developer guide, "Output format of a Lambda function for
/// proxy integration"). What API Gateway would turn into a 502 is an error here, with its reason. How long it took is the
/// caller's to say.
pub(crate) fn proxy_response(
    payload: &[u8],
    executed_version: Option<String>,
    request_id: Option<String>,
) -> Result<Response, TransportError> {
    // A deserializer quotes what it did not expect, which may be all of it.
    let malformed = |reason: String| TransportError::MalformedAnswer {
        reason: cut(reason, MESSAGE),
        request_id: request_id.clone(),
    };
    let answer: ApiGatewayProxyResponse =
        serde_json::from_slice(payload).map_err(|error| malformed(error.to_string()))?;
    let status = u16::try_from(answer.status_code)
        .ok()
        .and_then(|code| StatusCode::from_u16(code).ok())
        .ok_or_else(|| malformed(format!("its statusCode is {}", answer.status_code)))?;
    let body = answer.body.as_deref().unwrap_or_default();
    let body = if answer.is_base64_encoded {
        STANDARD
            .decode(body)
            .map_err(|error| malformed(format!("its body is not base64: {error}")))?
    } else {
        body.to_vec()
    };
    Ok(Response {
        status,
        headers: merged(answer.headers, answer.multi_value_headers),
        body,
        executed_version,
        request_id,
        latency: Duration::ZERO,
        retries: Retries::default(),
    })
}

/// Headers of both kinds; where a name is in both, the values of `multi_value` count.
fn merged(mut single: HeaderMap, multi_value: HeaderMap) -> HeaderMap {
    for name in multi_value.keys() {
        single.remove(name);
    }
    // A name that comes as `None` repeats the one before it.
    let mut current = None;
    for (name, value) in multi_value {
        if name.is_some() {
            current = name;
        }
        if let Some(name) = &current {
            single.append(name.clone(), value);
        }
    }
    single
}

/// The longest message of a function that goes into a report, in characters: it may be a whole stack trace.
const MESSAGE: usize = 400;

/// The error document that a failed function leaves as its payload (Lambda developer guide, "Lambda function errors").
pub(crate) fn function_error(payload: &[u8], request_id: Option<String>) -> TransportError {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Document {
        error_type: Option<String>,
        error_message: Option<String>,
    }
    let document: Document = serde_json::from_slice(payload).unwrap_or_default();
    TransportError::FunctionError {
        error_type: document
            .error_type
            .map_or_else(|| "Unhandled".to_owned(), |text| cut(text, MESSAGE)),
        message: document
            .error_message
            .map_or_else(|| "no message".to_owned(), |text| cut(text, MESSAGE)),
        request_id,
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Method};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// The event of a request to an API with these routes.
    fn proxy_request(request: Request) -> ApiGatewayProxyRequest {
        let routes = [
            "/orders",
            "/orders/{id}",
            "/orders/{id}/lines/{line}",
            "/files/{path+}",
        ];
        super::proxy_request(request, "live", &routes.map(str::to_owned))
    }

    #[test]
    fn an_event_is_what_a_rest_api_sends() {
        let request = Request::new(Method::PATCH, "/orders/018f")
            .query("limit", "1")
            .header(http::header::IF_MATCH, HeaderValue::from_static("\"1\""))
            .json(&json!({"name": "Ada"}));
        let event = serde_json::to_value(proxy_request(request)).unwrap();
        for (pointer, expected) in [
            ("/httpMethod", json!("PATCH")),
            ("/path", json!("/orders/018f")),
            ("/resource", json!("/orders/{id}")),
            ("/pathParameters", json!({"id": "018f"})),
            ("/queryStringParameters", json!({"limit": "1"})),
            ("/multiValueQueryStringParameters", json!({"limit": ["1"]})),
            ("/headers/if-match", json!("\"1\"")),
            (
                "/multiValueHeaders/content-type",
                json!(["application/json"]),
            ),
            ("/body", json!(r#"{"name":"Ada"}"#)),
            ("/isBase64Encoded", json!(false)),
            ("/requestContext/stage", json!("live")),
            ("/requestContext/path", json!("/live/orders/018f")),
            ("/requestContext/resourcePath", json!("/orders/{id}")),
            ("/requestContext/httpMethod", json!("PATCH")),
        ] {
            assert_eq!(
                event.pointer(pointer),
                Some(&expected),
                "{pointer} in {event}"
            );
        }
    }

    #[test]
    fn each_path_comes_by_its_route() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("/orders", "/orders", json!({})),
            ("/orders/1", "/orders/{id}", json!({"id": "1"})),
            ("/orders/1/lines/2", "/orders/{id}/lines/{line}", json!({"id": "1", "line": "2"})),
            ("/orders/", "/{proxy+}", json!({"proxy": "orders/"})),
            ("/orders/1/other/2", "/{proxy+}", json!({"proxy": "orders/1/other/2"})),
            ("/files/a/b", "/files/{path+}", json!({"path": "a/b"})),
            ("/files/", "/{proxy+}", json!({"proxy": "files/"})),
            ("/", "/", json!({})),
        ];
        for (path, resource, parameters) in cases {
            let event = proxy_request(Request::get(path));
            assert_eq!(event.resource.as_deref(), Some(resource), "{path}");
            assert_eq!(json!(event.path_parameters), parameters, "{path}");
        }
    }

    #[test]
    fn an_answer_is_decoded_with_both_kinds_of_headers() {
        let payload = json!({
            "statusCode": 201,
            "headers": {"etag": "\"1\"", "x-a": "single"},
            "multiValueHeaders": {"x-a": ["one", "two"], "location": ["/live/orders/1"]},
            "body": "eyJhIjoxfQ==",
            "isBase64Encoded": true,
        });
        let response = proxy_response(
            payload.to_string().as_bytes(),
            Some("8".into()),
            Some("r".into()),
        )
        .unwrap();
        assert_eq!(response.status, 201);
        assert_eq!(response.body, br#"{"a":1}"#);
        assert_eq!(response.headers["etag"], "\"1\"");
        assert_eq!(response.headers["location"], "/live/orders/1");
        assert_eq!(
            response.headers.get_all("x-a").iter().collect::<Vec<_>>(),
            ["one", "two"]
        );
        assert_eq!(response.executed_version.as_deref(), Some("8"));
    }

    #[test]
    fn what_api_gateway_would_refuse_is_malformed_with_its_reason() {
        for (payload, reason) in [
            (r#""just a text""#, "invalid type"),
            (r#"{"body": "no status"}"#, "statusCode"),
            (r#"{"statusCode": 9}"#, "its statusCode is 9"),
            (r#"{"statusCode": -1}"#, "its statusCode is -1"),
            (
                r#"{"statusCode": 200, "body": "%%%", "isBase64Encoded": true}"#,
                "not base64",
            ),
            ("", "EOF"),
            ("<html>", "expected value"),
        ] {
            let error = proxy_response(payload.as_bytes(), None, Some("r-1".into())).unwrap_err();
            assert_eq!(error.request_id(), Some("r-1"));
            assert!(error.to_string().contains(reason), "{payload}: {error}");
        }
    }

    #[test]
    fn a_function_error_is_told_in_the_functions_words() {
        let payload = br#"{"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}"#;
        let error = function_error(payload, None).to_string();
        assert!(
            error.contains("Runtime.ExitError: exit status 1"),
            "{error}"
        );
        let error = function_error(b"no json", None).to_string();
        assert!(error.contains("Unhandled: no message"), "{error}");
    }

    #[test]
    fn a_stack_trace_as_message_is_shortened() {
        let payload = json!({"errorType": "Panic", "errorMessage": "é".repeat(10_000)});
        let error = function_error(payload.to_string().as_bytes(), None).to_string();
        assert!(
            error.contains(&format!("{}…", "é".repeat(MESSAGE))),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn no_payload_makes_a_check_panic(payload in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = proxy_response(&payload, None, None);
            let _ = function_error(&payload, None);
        }

        #[test]
        fn every_status_and_text_comes_through(status in 100_u16..1000, body in ".*") {
            let payload = json!({"statusCode": status, "body": body});
            let response = proxy_response(payload.to_string().as_bytes(), None, None).unwrap();
            prop_assert_eq!(response.status.as_u16(), status);
            prop_assert_eq!(response.body, body.into_bytes());
        }

        #[test]
        fn every_query_value_comes_through(value in ".*") {
            let event = proxy_request(Request::new(Method::GET, "/orders").query("cursor", value.clone()));
            let event: Value = serde_json::to_value(event).unwrap();
            prop_assert_eq!(event.pointer("/queryStringParameters/cursor"), Some(&json!(value)));
        }
    }
}
