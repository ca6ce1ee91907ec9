//! The event of a gateway → a request that the router understands.

use std::fmt;

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use contacts::problem::quoted;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::{Deserialize, Deserializer, Error};
use serde_json::value::RawValue;

use super::fields::{Fields, texts};
use crate::incoming;
use crate::request_context::{NotBase64, RequestContext};

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

/// A request as a gateway hands it to a function: a REST API in payload format 1.0, an HTTP API and a function URL in 2.0.
///
/// Only what the API needs is read, and anything in it that a caller has a hand in may be malformed: a caller must never be
/// able to end a function in an error, which alarms count against the version. So nothing but a text that is no JSON object,
/// or one without a method, is no event. (`aws_lambda_events` 1.2 refuses an event for a control character in any header;
/// `lambda_http` 1.3 panics on a body that is not the base64 it is said to be, and on a host or a query that makes no URL.)
pub struct Event {
    format: Format,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Result<Vec<u8>, NotBase64>,
    context: RequestContext,
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
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let refused = |reason: &str| {
            D::Error::custom(format!(
                "this is no event of an API Gateway API or a function URL: {reason}"
            ))
        };
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let fields = Fields::of(&raw).ok_or_else(|| refused("it is no JSON object"))?;
        // An HTTP API and a function URL name the version; a REST API has only one and is silent.
        if fields.text("version").as_deref() == Some("2.0") {
            from_http(&fields).ok_or_else(|| refused("it has no requestContext.http.method"))
        } else {
            from_rest(&fields).ok_or_else(|| refused("it has no httpMethod"))
        }
    }
}

impl Event {
    /// Its shape, which is also its answer's.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The request, under the path that routes know, with the headers that the API reads, its [`RequestContext`] in its extensions,
    /// and [`NotBase64`] where its body cannot be decoded.
    pub fn into_request(self, request_id: Option<String>) -> Request<Body> {
        let mut request = Request::default();
        *request.method_mut() = self.method;
        *request.uri_mut() = uri(&self.path);
        *request.headers_mut() = self.headers;
        request.extensions_mut().insert(RequestContext {
            request_id,
            ..self.context
        });
        match self.body {
            Ok(bytes) => *request.body_mut() = Body::from(bytes),
            Err(fault) => {
                request.extensions_mut().insert(fault);
            }
        }
        request
    }
}

/// An event of format 1.0 (API Gateway developer guide, "Input format of a Lambda function for proxy integration").
fn from_rest(event: &Fields) -> Option<Event> {
    let given = event.object("requestContext");
    let path = event.text("path").unwrap_or_default();
    // The first has every value of a parameter, the second the last one.
    let all_values = event.object("multiValueQueryStringParameters");
    let last_values = event.object("queryStringParameters");
    let all = |name| match all_values.texts(name) {
        none if none.is_empty() => last_values.texts(name),
        values => values,
    };
    let context = RequestContext {
        path: given.text("path").unwrap_or_else(|| path.clone()),
        api_key_id: given
            .object("identity")
            .text("apiKeyId")
            .map(|id| quoted(&id).into_owned()),
        request_id: None,
        limits: all("limit"),
        cursors: all("cursor"),
    };
    Some(Event {
        format: Format::V1,
        method: method(event, "httpMethod")?,
        path,
        headers: headers(&[event.object("multiValueHeaders"), event.object("headers")]),
        body: body(event),
        context,
    })
}

/// An event of format 2.0 (API Gateway developer guide, "Create AWS Lambda proxy integrations for HTTP APIs"; Lambda developer
/// guide, "Invoking Lambda function URLs": Request payload format).
fn from_http(event: &Fields) -> Option<Event> {
    let given = event.object("requestContext");
    let http = given.object("http");
    let raw_path = event.text("rawPath").unwrap_or_default();
    // The event's own parameters have several values joined with commas, which cannot be told from those of a value.
    let query = event.text("rawQueryString").unwrap_or_default();
    let all = |wanted: &str| {
        form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name == wanted)
            .map(|(_, value)| value.into_owned())
            .collect()
    };
    let context = RequestContext {
        path: http.text("path").unwrap_or_else(|| raw_path.clone()),
        api_key_id: None,
        request_id: None,
        limits: all("limit"),
        cursors: all("cursor"),
    };
    // A stage other than $default is in front of the path (with the stage in `requestContext`).
    let path = match given.text("stage") {
        Some(stage) => without_stage(&raw_path, &stage).to_owned(),
        None => raw_path,
    };
    Some(Event {
        format: Format::V2,
        method: method(&http, "method")?,
        path,
        headers: headers(&[event.object("headers")]),
        body: body(event),
        context,
    })
}

/// The method in this member. One that HTTP cannot have is escaped: no route has it either.
fn method(fields: &Fields, name: &str) -> Option<Method> {
    let text = fields.text(name)?;
    Method::from_bytes(text.as_bytes())
        .or_else(|_| {
            let escaped = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
            Method::from_bytes(escaped.as_bytes())
        })
        .ok()
}

fn body(event: &Fields) -> Result<Vec<u8>, NotBase64> {
    let body = event.bytes("body").unwrap_or_default();
    if event.is_true("isBase64Encoded") {
        STANDARD.decode(body).map_err(|_| NotBase64)
    } else {
        Ok(body)
    }
}

/// The headers that the API reads, each from the first of these maps that has it: of both kinds in an event, the single ones repeat
/// the last value of each of the multiple ones. The others are left out: whatever is in them, and however many there are,
/// does not matter.
fn headers(maps: &[Fields]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in incoming::HEADERS {
        let values = maps.iter().map(|map| {
            map.iter()
                .filter(|(key, _)| key.eq_ignore_ascii_case(name.as_str()))
                .flat_map(|(_, value)| texts(value))
                .collect::<Vec<_>>()
        });
        let first = values.into_iter().find(|values| !values.is_empty());
        for value in first.into_iter().flatten() {
            headers.append(name.clone(), header_value(&value));
        }
    }
    headers
}

/// A header's value. A control character, which HTTP allows in none, is replaced by one that none of the API's values can have:
/// a precondition that is not understood must be refused, and not be passed over.
fn header_value(text: &str) -> HeaderValue {
    let replaced = text.replace(
        |letter: char| letter.is_ascii_control() && letter != '\t',
        "\u{fffd}",
    );
    // Nothing is left that it refuses; were there, an empty value is none that the API takes.
    HeaderValue::from_bytes(replaced.as_bytes()).unwrap_or(HeaderValue::from_static(""))
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
    use serde_json::json;

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

    fn event(event: &serde_json::Value) -> Event {
        serde_json::from_str(&event.to_string()).unwrap()
    }

    fn if_match(event: &Event) -> Vec<&[u8]> {
        let values = event.headers.get_all("if-match").into_iter();
        values.map(HeaderValue::as_bytes).collect()
    }

    #[test]
    fn every_line_of_a_header_is_kept_and_none_is_doubled() {
        let event = event(&json!({
            "httpMethod": "GET",
            "multiValueHeaders": {"If-Match": ["\"1\"", "\"2\""]},
            "headers": {"If-Match": "\"2\"", "content-type": "text/plain", "Content-Type": "a/b"},
        }));
        assert_eq!(if_match(&event), [b"\"1\"", b"\"2\""]);
        // No gateway sends one in two spellings. Two of them are no single one, whatever the second says.
        assert_eq!(event.headers.get_all("content-type").iter().count(), 2);
    }

    #[test]
    fn a_control_character_in_a_header_does_not_make_it_disappear() {
        for letter in (0..0x20).chain([0x7f]).map(char::from) {
            let value = format!("\"1{letter}\"");
            let event =
                event(&json!({"httpMethod": "GET", "headers": {"if-match": value, "x": value}}));
            let expected = match letter {
                '\t' => value,
                _ => "\"1\u{fffd}\"".to_owned(),
            };
            assert_eq!(if_match(&event), [expected.as_bytes()], "{letter:?}");
        }
    }

    #[test]
    fn headers_that_nobody_reads_may_be_as_many_as_they_like() {
        let mut headers: serde_json::Map<_, _> = (0..100_000)
            .map(|index| (format!("x-{index}"), json!("1")))
            .collect();
        headers.insert("If-Match".to_owned(), json!(vec!["\"1\""; 100_000]));
        let event = event(&json!({"httpMethod": "GET", "headers": headers}));
        assert_eq!(if_match(&event).len(), 100_000);
        assert_eq!(event.headers.keys_len(), 1);
    }

    #[test]
    fn a_method_that_http_cannot_have_is_one_that_no_route_has() {
        for (text, method) in [
            ("PATCH", "PATCH"),
            ("PURGE", "PURGE"),
            ("GE T", "GE%20T"),
            ("é", "%C3%A9"),
        ] {
            let event = event(&json!({"httpMethod": text}));
            assert_eq!(event.method.as_str(), method);
        }
    }

    #[test]
    fn a_body_that_is_no_unicode_reaches_the_api_as_it_is() {
        let event: Event =
            serde_json::from_str(r#"{"httpMethod": "POST", "body": "\ud800"}"#).unwrap();
        assert!(std::str::from_utf8(&event.body.unwrap()).is_err());
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
            r#"{"httpMethod": ""}"#,
            r#"{"version": "2.0", "httpMethod": "GET"}"#,
        ] {
            let error = serde_json::from_str::<Event>(text).unwrap_err().to_string();
            assert!(
                error.starts_with("this is no event of an API Gateway API or a function URL: "),
                "{text}: {error}"
            );
        }
    }
}
