//! The event of a gateway → a request that the router understands.

use std::fmt;

use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};
use aws_lambda_events::query_map::QueryMap;
use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

use crate::origin::{NotBase64, Origin};

/// What a URI's path may not hold as it is. `%` is left alone: a gateway that passes a path as it was sent has escaped it.
const NOT_IN_A_PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A request as a gateway hands it to a function.
///
/// Anything that its caller had a hand in may be malformed: reading an event and making a request of it never panics.
/// (`lambda_http` 1.3 does, on a body that is not the base64 it is said to be, and on a host or a query that makes no
/// URL.)
pub enum Event {
    /// Payload format 1.0: a REST API.
    V1(Box<ApiGatewayProxyRequest>),
    /// Payload format 2.0: an HTTP API or a function URL.
    V2(Box<ApiGatewayV2httpRequest>),
}

/// The shape of an event, and of the answer to it (API Gateway developer guide, "Create AWS Lambda proxy integrations
/// for HTTP APIs": payload format version).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// 1.0.
    V1,
    /// 2.0.
    V2,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Its headers and its body are the caller's own business.
        f.debug_struct("Event")
            .field("format", &self.format())
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Version<'e> {
            #[serde(borrow)]
            version: Option<&'e RawValue>,
        }
        let refused = |error: serde_json::Error| {
            D::Error::custom(format!(
                "this is no event of an API Gateway API or a function URL: {error}"
            ))
        };
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let Version { version } = serde_json::from_str(raw.get()).map_err(refused)?;
        // An HTTP API and a function URL name the version; a REST API has only one and is silent.
        if version.is_some_and(|version| version.get() == r#""2.0""#) {
            serde_json::from_str(raw.get()).map(Self::V2)
        } else {
            serde_json::from_str(raw.get()).map(Self::V1)
        }
        .map_err(refused)
    }
}

impl Event {
    /// Its shape, which is also its answer's.
    pub fn format(&self) -> Format {
        match self {
            Self::V1(_) => Format::V1,
            Self::V2(_) => Format::V2,
        }
    }

    /// The request, under the path that routes know, with its [`Origin`] in its extensions, and [`NotBase64`] where its
    /// body cannot be decoded.
    pub fn into_request(self, request_id: Option<String>) -> Request<Body> {
        match self {
            Self::V1(event) => from_rest(*event, request_id),
            Self::V2(event) => from_http(*event, request_id),
        }
    }
}

fn from_rest(event: ApiGatewayProxyRequest, request_id: Option<String>) -> Request<Body> {
    let path = event.path.unwrap_or_default();
    // The first has every value of a parameter, the second the last one.
    let query = if event.multi_value_query_string_parameters.is_empty() {
        event.query_string_parameters
    } else {
        event.multi_value_query_string_parameters
    };
    let origin = Origin {
        path: event.request_context.path.unwrap_or_else(|| path.clone()),
        api_key_id: event.request_context.identity.api_key_id,
        request_id,
        limits: all(&query, "limit"),
        cursors: all(&query, "cursor"),
    };
    let headers = all_headers(event.multi_value_headers, event.headers);
    let body = decoded(event.body, event.is_base64_encoded);
    request(event.http_method, &path, headers, body, origin)
}

fn from_http(event: ApiGatewayV2httpRequest, request_id: Option<String>) -> Request<Body> {
    let raw_path = event.raw_path.unwrap_or_default();
    let context = event.request_context;
    // The event's own parameters have several values joined with commas, which are no longer told from a value's.
    let query = event
        .raw_query_string
        .and_then(|query| query.parse::<QueryMap>().ok())
        .unwrap_or(event.query_string_parameters);
    // A stage other than $default is in front of the path (API Gateway developer guide, "Create AWS Lambda proxy
    // integrations for HTTP APIs": with the stage in `requestContext`).
    let path = context
        .stage
        .as_deref()
        .map_or(raw_path.as_str(), |stage| without_stage(&raw_path, stage));
    let origin = Origin {
        path: context.http.path.unwrap_or_else(|| raw_path.clone()),
        api_key_id: None,
        request_id,
        limits: all(&query, "limit"),
        cursors: all(&query, "cursor"),
    };
    let body = decoded(event.body, event.is_base64_encoded);
    request(context.http.method, path, event.headers, body, origin)
}

fn request(
    method: Method,
    path: &str,
    headers: HeaderMap,
    body: Result<Vec<u8>, NotBase64>,
    origin: Origin,
) -> Request<Body> {
    let mut request = Request::default();
    *request.method_mut() = method;
    *request.uri_mut() = uri(path);
    *request.headers_mut() = headers;
    request.extensions_mut().insert(origin);
    match body {
        Ok(bytes) => *request.body_mut() = Body::from(bytes),
        Err(fault) => {
            request.extensions_mut().insert(fault);
        }
    }
    request
}

fn decoded(body: Option<String>, is_base64: bool) -> Result<Vec<u8>, NotBase64> {
    let body = body.unwrap_or_default();
    if is_base64 {
        STANDARD.decode(body).map_err(|_| NotBase64)
    } else {
        Ok(body.into_bytes())
    }
}

/// The headers of both kinds. `single` repeats the last value of each of `multiple`'s, so that only other names count.
fn all_headers(mut multiple: HeaderMap, single: HeaderMap) -> HeaderMap {
    for (name, value) in single {
        // Nothing is yielded without a name: each is there once.
        if let Some(name) = name {
            multiple.entry(name).or_insert(value);
        }
    }
    multiple
}

fn all(query: &QueryMap, name: &str) -> Vec<String> {
    let values = query.all(name).unwrap_or_default();
    values.into_iter().map(ToOwned::to_owned).collect()
}

fn uri(path: &str) -> Uri {
    let path = utf8_percent_encode(path, NOT_IN_A_PATH).to_string();
    // A path that is none even so can only be one that no route has.
    PathAndQuery::try_from(path).map_or_else(|_| Uri::default(), Uri::from)
}

fn without_stage<'p>(path: &'p str, stage: &str) -> &'p str {
    let rest = path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    match rest {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn only_a_whole_first_segment_is_the_stage() {
        assert_eq!(without_stage("/live/contacts", "live"), "/contacts");
        assert_eq!(without_stage("/live", "live"), "/");
        assert_eq!(
            without_stage("/lively/contacts", "live"),
            "/lively/contacts"
        );
        assert_eq!(without_stage("/contacts", "$default"), "/contacts");
        assert_eq!(without_stage("/contacts/live", "live"), "/contacts/live");
    }

    #[test]
    fn every_line_of_a_header_is_kept_and_none_is_doubled() {
        let mut multiple = HeaderMap::new();
        multiple.append("if-match", HeaderValue::from_static("\"1\""));
        multiple.append("if-match", HeaderValue::from_static("\"2\""));
        let mut single = HeaderMap::new();
        single.insert("if-match", HeaderValue::from_static("\"2\""));
        single.insert("accept", HeaderValue::from_static("*/*"));
        let headers = all_headers(multiple, single);
        let lines: Vec<_> = headers.get_all("if-match").iter().collect();
        assert_eq!(lines, ["\"1\"", "\"2\""]);
        assert_eq!(headers["accept"], "*/*");
    }

    #[test]
    fn what_no_gateway_sends_is_refused_with_the_reason() {
        for text in [
            "[]",
            "1",
            "{}",
            r#"{"Records": []}"#,
            r#"{"version": "2.0"}"#,
            r#"{"version": "1.0", "httpMethod": 7}"#,
        ] {
            let error = serde_json::from_str::<Event>(text).unwrap_err().to_string();
            assert!(
                error.starts_with("this is no event of an API Gateway API or a function URL: "),
                "{text}: {error}"
            );
        }
    }
}
