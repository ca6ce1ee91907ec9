//! What a request says, read only when an operation asks for it.

use std::convert::Infallible;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use contacts::etag::IfMatch;
use contacts::{Attributes, Cursor, PageSize, TestTtl, limits, ttl};
use http::header::{CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderName, Method, Uri};
use percent_encoding::percent_decode_str;

use crate::refusal::Refusal;
use crate::request_context::{NotBase64, RequestContext};

/// The headers that the API reads. Others may be left out of a request.
pub const HEADERS: [HeaderName; 3] = [
    CONTENT_TYPE,
    IF_MATCH,
    HeaderName::from_static("x-test-ttl"),
];

/// A request with its body in memory, as Lambda delivers it.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The path as the routes know it.
    pub uri: Uri,
    /// The way it came.
    pub context: RequestContext,
    headers: HeaderMap,
    body: Result<Bytes, NoBody>,
}

/// Why there is no body to read.
#[derive(Debug, Clone, Copy)]
enum NoBody {
    /// It exceeds the limit.
    TooLong,
    /// The event says that it is base64, and it is not.
    NotBase64,
}

impl<S: Send + Sync> FromRequest<S> for Incoming {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        let (mut parts, body) = request.into_parts();
        let context = parts
            .extensions
            .remove::<RequestContext>()
            .unwrap_or_else(|| RequestContext {
                path: parts.uri.path().to_owned(),
                ..RequestContext::default()
            });
        let body = match parts.extensions.remove::<NotBase64>() {
            Some(NotBase64) => Err(NoBody::NotBase64),
            // A body in memory fails in one way alone: by exceeding the limit.
            None => to_bytes(body, limits::BODY_BYTES)
                .await
                .map_err(|_| NoBody::TooLong),
        };
        Ok(Self {
            method: parts.method,
            uri: parts.uri,
            context,
            headers: parts.headers,
            body,
        })
    }
}

impl Incoming {
    /// The id in `/contacts/{id}`.
    ///
    /// # Errors
    /// When a percent-escape is broken, or the bytes behind them are not UTF-8.
    pub fn id(&self) -> Result<String, Refusal> {
        let segment = self.uri.path().rsplit('/').next().unwrap_or_default();
        if has_broken_escape(segment) {
            return Err(Refusal::bad_request(
                "The id in the path has a broken percent-escape.",
            ));
        }
        let id = percent_decode_str(segment).decode_utf8();
        id.map(Into::into)
            .map_err(|_| Refusal::bad_request("The id in the path is not UTF-8."))
    }

    /// The attributes in the body.
    ///
    /// # Errors
    /// 415 when the body is not declared as JSON, 413 when it is too long, 400 when it is refused.
    pub fn attributes(&self) -> Result<Attributes, Refusal> {
        if self.body.as_ref().is_ok_and(Bytes::is_empty) {
            return Err(Refusal::bad_request(
                "The request has no body; a JSON object is expected.",
            ));
        }
        let content_type = self
            .headers
            .get(CONTENT_TYPE)
            .map(|value| value.to_str().unwrap_or_default());
        if !content_type.is_some_and(is_json) {
            return Err(Refusal::UnsupportedMediaType {
                content_type: content_type.map(ToOwned::to_owned),
            });
        }
        match &self.body {
            Ok(body) => Ok(Attributes::parse(body)?),
            Err(NoBody::TooLong) => Err(Refusal::BodyTooLarge),
            Err(NoBody::NotBase64) => Err(Refusal::bad_request(
                "The body is not the base64 that the event says it is.",
            )),
        }
    }

    /// The precondition, if there is one.
    ///
    /// # Errors
    /// 400 when it is malformed.
    pub fn if_match(&self) -> Result<Option<IfMatch>, Refusal> {
        let mut lines = Vec::new();
        for value in self.headers.get_all(IF_MATCH) {
            // A tag may hold bytes that are not ASCII; it is none of ours then, but no fault either.
            lines.push(String::from_utf8_lossy(value.as_bytes()).into_owned());
        }
        if lines.is_empty() {
            return Ok(None);
        }
        // Several lines of a field are one list (RFC 9110, section 5.3).
        IfMatch::parse(&lines.join(","))
            .map(Some)
            .map_err(|error| Refusal::bad_request(error.to_string()))
    }

    /// How long the contact may live, if it is a test's.
    ///
    /// # Errors
    /// 400 when the header is malformed or given twice.
    pub fn test_ttl(&self) -> Result<Option<TestTtl>, Refusal> {
        let values: Vec<_> = self.headers.get_all(ttl::HEADER).iter().collect();
        let value = single(ttl::HEADER, &values)?;
        let ttl = value.map(|value| TestTtl::parse(&String::from_utf8_lossy(value.as_bytes())));
        ttl.transpose()
            .map_err(|error| Refusal::bad_request(error.to_string()))
    }

    /// How many contacts the page may have.
    ///
    /// # Errors
    /// 400 when `limit` is malformed or given twice.
    pub fn page_size(&self) -> Result<PageSize, Refusal> {
        let size = single("limit", &self.context.limits)?.map(|text| PageSize::parse(text));
        let size = size
            .transpose()
            .map_err(|error| Refusal::bad_request(error.to_string()))?;
        Ok(size.unwrap_or_default())
    }

    /// Where the page begins in `table`'s list.
    ///
    /// # Errors
    /// 400 when `cursor` is not one of this API's or given twice.
    pub fn cursor(&self, table: &str) -> Result<Option<Cursor>, Refusal> {
        let cursor =
            single("cursor", &self.context.cursors)?.map(|text| Cursor::decode(text, table));
        cursor
            .transpose()
            .map_err(|error| Refusal::bad_request(error.to_string()))
    }
}

fn single<'v, T>(name: &str, values: &'v [T]) -> Result<Option<&'v T>, Refusal> {
    match values {
        [] => Ok(None),
        [only] => Ok(Some(only)),
        _ => Err(Refusal::bad_request(format!(
            "{name} is given more than once."
        ))),
    }
}

fn has_broken_escape(text: &str) -> bool {
    let hex = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = text.as_bytes();
    bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'%' && !(hex(bytes.get(at + 1)) && hex(bytes.get(at + 2))))
}

/// `application/json` and every `application/…+json` (RFC 6839), with any parameters but another charset than UTF-8
/// (RFC 8259, section 8.1).
fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
    let is_json = match essence.strip_prefix("application/") {
        Some("json") => true,
        Some(subtype) => subtype
            .strip_suffix("+json")
            .is_some_and(|name| !name.is_empty()),
        None => false,
    };
    let charset = parts
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    is_json
        && charset
            .is_none_or(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_media_type() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/merge-patch+json",
            "application/vnd.contacts+json; v=1",
        ] {
            assert!(is_json(json), "{json}");
        }
        for other in [
            "",
            "text/json",
            "application/jsonx",
            "application/+json",
            "application/xml",
            "application/json; charset=latin1",
        ] {
            assert!(!is_json(other), "{other}");
        }
    }

    #[test]
    fn an_escape_is_a_percent_sign_and_two_hex_digits() {
        for broken in ["%", "%4", "a%zz", "%%41", "%4g"] {
            assert!(has_broken_escape(broken), "{broken}");
        }
        for whole in ["", "a", "%41", "%C3%A9x"] {
            assert!(!has_broken_escape(whole), "{whole}");
        }
    }
}
