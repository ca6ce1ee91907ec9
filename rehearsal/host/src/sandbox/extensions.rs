//! The Extensions API, version 2020-01-01, as far as a function's own process asks it.
//!
//! An extension within the process that wants no events only makes Lambda tell it of its end (`lambda_runtime::spawn_graceful_shutdown_handler`): it is
//! registered, and waits. One that wants events is refused, for there are none. Source: Lambda developer guide, "Using the Lambda Extensions API to create
//! extensions".

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::outcome::error;
use crate::listener::answer;

pub(super) const PREFIX: &str = "/2020-01-01/extension/";

const IDENTIFIER: HeaderName = HeaderName::from_static("lambda-extension-identifier");

/// What an extension is told of its function.
#[derive(Debug, Default)]
pub(super) struct Registration {
    pub(super) function_name: String,
    pub(super) version: String,
    pub(super) handler: String,
}

/// What an extension asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Register,
    /// Its next event, which never comes.
    Event,
    /// It reports an error of its own.
    Error,
    Nothing,
}

impl Asked {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        match (method, path) {
            (&Method::POST, "register") => Self::Register,
            (&Method::GET, "event/next") => Self::Event,
            (&Method::POST, "init/error" | "exit/error") => Self::Error,
            _ => Self::Nothing,
        }
    }
}

impl Registration {
    /// The answer to a request to register.
    pub(super) fn register(&self, body: &[u8]) -> Response<Full<Bytes>> {
        #[derive(Default, Deserialize)]
        struct Body {
            #[serde(default)]
            events: Vec<String>,
        }

        let wanted: Body = serde_json::from_slice(body).unwrap_or_default();
        if !wanted.events.is_empty() {
            let refusal = error(
                "Extension.NotRehearsed",
                "a rehearsal has no events for extensions",
            );
            return answer(StatusCode::FORBIDDEN, "application/json", refusal);
        }
        let function = json!({
            "functionName": self.function_name,
            "functionVersion": self.version,
            "handler": self.handler,
        });
        let mut registered = answer(StatusCode::OK, "application/json", function.to_string());
        if let Ok(id) = HeaderValue::try_from(Uuid::now_v7().to_string()) {
            registered.headers_mut().insert(IDENTIFIER, id);
        }
        registered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_extension_that_wants_no_events_is_registered_and_any_other_is_not() {
        let registration = Registration::default();
        let registered = registration.register(br#"{"events": []}"#);
        assert_eq!(registered.status(), StatusCode::OK);
        assert!(registered.headers().contains_key(IDENTIFIER));
        let refused = registration.register(br#"{"events": ["INVOKE"]}"#);
        assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    }
}
