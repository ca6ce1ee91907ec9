//! Kinds of live request: over HTTP through an API, or an event given to a function directly.
//!
//! - `body`: what one over HTTP sends. `of_toml`: values of TOML as JSON.

mod body;
mod of_toml;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use crate::event::InvocationOutcome;
use of_toml::{NotFinite, with_texts_for_dates};

pub use body::RequestBody;
pub(crate) use body::scalar;

/// A kind of live request: `[[traffic.request]]`.
///
/// ```
/// use rehearsal_deployment::request::{Request, RequestKind};
///
/// let request: Request = toml::from_str("
///     function = \"Resizer\"
///     event = { key = \"cat.png\" }
/// ")?;
/// assert!(matches!(request.kind, RequestKind::Invoke(_)));
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Keys")]
pub struct Request {
    /// How often it is chosen, against the other kinds.
    pub weight: u32,
    /// What is asked, and how.
    pub kind: RequestKind,
}

/// What is asked, and how.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestKind {
    /// Over HTTP, through a route of the template.
    Http(HttpRequest),
    /// Lambda's `Invoke`, with the type `RequestResponse`.
    Invoke(DirectInvocation),
}

/// A request to an API.
#[derive(Clone, Debug, PartialEq)]
pub struct HttpRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path below the stage, with its query.
    pub path: String,
    /// Which API, stage or function URL it goes to, where several take it.
    pub to: Front,
    /// Headers by name.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Option<RequestBody>,
    /// What the route's authorizer says of the caller, all of it, where it is given.
    pub claims: Option<BTreeMap<String, Value>>,
    /// The status that a caller expects; another one is an error that a caller saw. Where it is missing, any below 400 will do.
    pub expect_status: Option<u16>,
}

/// What a request names where several APIs, stages or function URLs take it: logical ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Front {
    /// The API.
    pub api: Option<String>,
    /// The stage of an API.
    pub stage: Option<String>,
    /// The function URL; then there is neither API nor stage.
    pub function_url: Option<String>,
}

/// An event that a function is invoked with, past every API.
#[derive(Clone, Debug, PartialEq)]
pub struct DirectInvocation {
    /// The function's logical id.
    pub function: String,
    /// An alias, a version or `$LATEST`. Where it is missing, the alias that the function's deployment shifts.
    pub qualifier: Option<String>,
    /// The event, as JSON. One text, however often it is sent: an event may have megabytes.
    pub event: Arc<str>,
    /// A JSON file with the event, relative to the rehearsal file. Whoever reads the rehearsal file puts its content into `event`.
    pub event_file: Option<PathBuf>,
    /// Whether a function error is what the caller expects; then anything else is an error that a caller saw.
    pub expect_error: bool,
}

impl Request {
    /// Whether a caller takes this for an error. `status` is what it saw over HTTP.
    pub fn is_error(&self, status: Option<u16>, outcome: InvocationOutcome) -> bool {
        match (&self.kind, status) {
            (RequestKind::Http(request), Some(status)) => request
                .expect_status
                .map_or(status >= 400, |expected| status != expected),
            (RequestKind::Invoke(invocation), _) if invocation.expect_error => {
                !outcome.is_function_error()
            }
            (RequestKind::Http(_), None) | (RequestKind::Invoke(_), _) => {
                outcome != InvocationOutcome::Answered
            }
        }
    }
}

/// All keys that a `[[traffic.request]]` may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    #[serde(default = "one")]
    weight: u32,
    method: Option<String>,
    path: Option<String>,
    api: Option<String>,
    stage: Option<String>,
    function_url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    text: Option<String>,
    form: Option<BTreeMap<String, Value>>,
    claims: Option<BTreeMap<String, Value>>,
    expect_status: Option<u16>,
    function: Option<String>,
    qualifier: Option<String>,
    event: Option<Value>,
    event_file: Option<PathBuf>,
    #[serde(default)]
    expect_error: bool,
}

fn one() -> u32 {
    1
}

/// Keys that do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum KeysError {
    /// Neither kind.
    #[error(
        "a request needs `method` and `path`, to go through an API, or `function`, to invoke one directly"
    )]
    NeitherKind,
    /// Half an HTTP request.
    #[error("a request through an API needs both `method` and `path`; `{0}` is missing")]
    Half(&'static str),
    /// A key of the other kind.
    #[error("`{key}` belongs to a request {to}, and this one goes {other}")]
    OfTheOtherKind {
        key: &'static str,
        to: &'static str,
        other: &'static str,
    },
    /// Two events.
    #[error("`event` and `event_file` are two events for one request")]
    TwoEvents,
    /// Two bodies.
    #[error("`{0}` and `{1}` are two bodies for one request")]
    TwoBodies(&'static str, &'static str),
    /// A form that cannot be sent.
    #[error(
        "`{0}` of `form` is neither a text, a number, true or false, nor a list of them; `body` sends anything, as JSON"
    )]
    NoField(String),
    /// What JSON cannot say.
    #[error("`{0}` has a number that JSON has not: nan or inf")]
    NotFinite(&'static str),
    /// An API and a function URL.
    #[error("`{0}` and `function_url` are two ways for one request")]
    TwoWays(&'static str),
}

impl TryFrom<Keys> for Request {
    type Error = KeysError;

    fn try_from(mut keys: Keys) -> Result<Self, KeysError> {
        keys.make_texts_of_dates()?;
        let weight = keys.weight;
        let kind = match (&keys.function, &keys.method, &keys.path) {
            (Some(_), ..) => RequestKind::Invoke(keys.direct_invocation()?),
            (None, Some(_), Some(_)) => RequestKind::Http(keys.http_request()?),
            (None, Some(_), None) => return Err(KeysError::Half("path")),
            (None, None, Some(_)) => return Err(KeysError::Half("method")),
            (None, None, None) => return Err(KeysError::NeitherKind),
        };
        Ok(Self { weight, kind })
    }
}

impl Keys {
    fn make_texts_of_dates(&mut self) -> Result<(), KeysError> {
        let each = self.body.iter_mut().map(|body| ("body", body));
        let each = each.chain(self.event.iter_mut().map(|event| ("event", event)));
        let form = self.form.iter_mut().flat_map(BTreeMap::values_mut);
        let each = each.chain(form.map(|field| ("form", field)));
        let claims = self.claims.iter_mut().flat_map(BTreeMap::values_mut);
        let mut each = each.chain(claims.map(|claim| ("claims", claim)));
        each.try_for_each(|(key, value)| {
            with_texts_for_dates(value).map_err(|NotFinite| KeysError::NotFinite(key))
        })
    }

    fn direct_invocation(self) -> Result<DirectInvocation, KeysError> {
        let foreign = [
            ("method", self.method.is_some()),
            ("path", self.path.is_some()),
            ("api", self.api.is_some()),
            ("stage", self.stage.is_some()),
            ("function_url", self.function_url.is_some()),
            ("headers", !self.headers.is_empty()),
            ("body", self.body.is_some()),
            ("text", self.text.is_some()),
            ("form", self.form.is_some()),
            ("claims", self.claims.is_some()),
            ("expect_status", self.expect_status.is_some()),
        ];
        if let Some((key, _)) = foreign.into_iter().find(|(_, given)| *given) {
            return Err(KeysError::OfTheOtherKind {
                key,
                to: "through an API",
                other: "to a function directly",
            });
        }
        if self.event.is_some() && self.event_file.is_some() {
            return Err(KeysError::TwoEvents);
        }
        Ok(DirectInvocation {
            function: self.function.unwrap_or_default(),
            qualifier: self.qualifier,
            event: self
                .event
                .map_or_else(|| "{}".into(), |event| event.to_string().into()),
            event_file: self.event_file,
            expect_error: self.expect_error,
        })
    }

    fn http_request(self) -> Result<HttpRequest, KeysError> {
        let foreign = [
            ("qualifier", self.qualifier.is_some()),
            ("event", self.event.is_some()),
            ("event_file", self.event_file.is_some()),
            ("expect_error", self.expect_error),
        ];
        if let Some((key, _)) = foreign.into_iter().find(|(_, given)| *given) {
            return Err(KeysError::OfTheOtherKind {
                key,
                to: "to a function directly",
                other: "through an API",
            });
        }
        let beside = [("api", self.api.is_some()), ("stage", self.stage.is_some())];
        if let Some((key, _)) = beside.into_iter().find(|(_, given)| *given)
            && self.function_url.is_some()
        {
            return Err(KeysError::TwoWays(key));
        }
        let body = match (self.body, self.text, self.form) {
            (Some(_), Some(_), _) => return Err(KeysError::TwoBodies("body", "text")),
            (Some(_), _, Some(_)) => return Err(KeysError::TwoBodies("body", "form")),
            (_, Some(_), Some(_)) => return Err(KeysError::TwoBodies("text", "form")),
            (Some(value), None, None) => Some(RequestBody::Json(value)),
            (None, Some(text), None) => Some(RequestBody::Text(text)),
            (None, None, Some(form)) => {
                Some(RequestBody::of_form(form).map_err(KeysError::NoField)?)
            }
            (None, None, None) => None,
        };
        Ok(HttpRequest {
            method: self.method.unwrap_or_default(),
            path: self.path.unwrap_or_default(),
            to: Front {
                api: self.api,
                stage: self.stage,
                function_url: self.function_url,
            },
            headers: self.headers,
            body,
            claims: self.claims,
            expect_status: self.expect_status,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(keys: Value) -> Result<Request, String> {
        serde_json::from_value(keys).map_err(|error| error.to_string())
    }

    #[test]
    fn a_request_without_an_event_sends_an_empty_object() {
        let RequestKind::Invoke(invocation) = read(json!({"function": "F"})).unwrap().kind else {
            panic!("it names a function")
        };
        assert_eq!((&*invocation.event, invocation.qualifier), ("{}", None));
    }

    #[test]
    fn a_date_is_sent_as_its_text_and_a_number_that_json_has_not_is_refused() {
        let read = |keys: &str| toml::from_str::<Request>(keys).map_err(|error| error.to_string());
        let event = read("function = 'F'\nevent = { at = [2030-01-01T00:00:00Z], n = 1 }");
        let RequestKind::Invoke(invocation) = event.unwrap().kind else {
            panic!("it names a function")
        };
        assert_eq!(
            &*invocation.event,
            r#"{"at":["2030-01-01T00:00:00Z"],"n":1}"#
        );
        let form =
            "method = 'POST'\npath = '/'\nform = { day = 2030-01-01 }\nclaims = { exp = 07:32:00 }";
        let RequestKind::Http(request) = read(form).unwrap().kind else {
            panic!("it has a path")
        };
        assert_eq!(request.body.unwrap().to_text(), "day=2030-01-01");
        assert_eq!(request.claims.unwrap()["exp"], "07:32:00");
        for key in ["body", "form", "claims"] {
            let keys = format!("method = 'POST'\npath = '/'\n{key} = {{ a = [-inf] }}");
            let expected = format!("`{key}` has a number that JSON has not");
            let error = read(&keys).unwrap_err();
            assert!(error.contains(&expected), "{error}");
        }
    }

    #[test]
    fn keys_of_both_kinds_are_refused_by_name() {
        #[rustfmt::skip] // A table.
        let cases = [
            (json!({"function": "F", "path": "/"}), "`path`"),
            (json!({"function": "F", "body": {}}), "`body`"),
            (json!({"function": "F", "event": {}, "event_file": "e.json"}), "`event_file`"),
            (json!({"method": "GET", "path": "/", "event": {}}), "`event`"),
            (json!({"method": "GET", "path": "/", "expect_error": true}), "`expect_error`"),
            (json!({"function": "F", "stage": "S"}), "`stage`"),
            (json!({"function": "F", "claims": {}}), "`claims`"),
            (json!({"function": "F", "form": {}}), "`form`"),
            (json!({"method": "POST", "path": "/", "body": 1, "text": ""}), "`body` and `text`"),
            (json!({"method": "POST", "path": "/", "body": 1, "form": {}}), "`body` and `form`"),
            (json!({"method": "POST", "path": "/", "form": {}, "text": ""}), "`text` and `form`"),
            (json!({"method": "POST", "path": "/", "form": {"a": {}}}), "`a` of `form`"),
            (json!({"method": "GET", "path": "/", "api": "A", "function_url": "U"}), "`api` and `function_url`"),
            (json!({"method": "GET"}), "`path` is missing"),
            (json!({"path": "/"}), "`method` is missing"),
            (json!({"weight": 2}), "`function`"),
        ];
        for (keys, named) in cases {
            let refused = read(keys.clone()).unwrap_err();
            assert!(refused.contains(named), "{keys}: {refused}");
        }
    }

    #[test]
    fn a_caller_that_expects_a_function_error_takes_everything_else_for_an_error() {
        use InvocationOutcome::{Answered, FunctionError, Throttled, TimedOut};
        let plain = read(json!({"function": "F"})).unwrap();
        let expecting = read(json!({"function": "F", "expect_error": true})).unwrap();
        let errors = |request: &Request| {
            [Answered, FunctionError, TimedOut, Throttled]
                .map(|outcome| request.is_error(None, outcome))
        };
        assert_eq!(errors(&plain), [false, true, true, true]);
        assert_eq!(errors(&expecting), [true, false, false, true]);
    }

    #[test]
    fn over_http_the_status_decides() {
        let any = read(json!({"method": "GET", "path": "/"})).unwrap();
        let created = read(json!({"method": "POST", "path": "/", "expect_status": 201})).unwrap();
        let error =
            |request: &Request, status| request.is_error(Some(status), InvocationOutcome::Answered);
        assert_eq!(
            [200, 399, 400, 502].map(|s| error(&any, s)),
            [false, false, true, true]
        );
        assert_eq!(
            [201, 200, 404].map(|s| error(&created, s)),
            [false, true, true]
        );
    }
}
