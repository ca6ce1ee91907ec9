//! How an invocation ended, and what Lambda's `Invoke` says about it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::json;

use super::log::LogLine;
use crate::process::Exit;

/// The largest answer of a function: 6 MB and some, in bytes. Source: the message of Lambda's own
/// `Function.ResponseSizeTooLarge`.
pub const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// The type of an answer that came without one. Assumed: as of a stream for which a function of Node.js names none.
const UNKNOWN: &str = "application/octet-stream";

/// How an invocation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Response {
        /// Its answer, passed on as it is, JSON or not.
        payload: Bytes,
        /// The header `Content-Type` that came with it.
        content_type: Option<String>,
    },
    /// The function reported an error, and lives on.
    FunctionError {
        /// What it reported, by convention an object with `errorType` and `errorMessage`.
        payload: Bytes,
        /// The header `Lambda-Runtime-Function-Error-Type`, or the payload's `errorType`.
        error_type: String,
    },
    /// The wall budget was spent. The process was killed.
    TimedOut,
    /// The process ended before it answered.
    Exited {
        /// How.
        how: Exit,
        /// Whether it ended before it ever asked for an invocation.
        during_init: bool,
    },
    /// The function reported that it could not start.
    InitError {
        /// What it reported.
        payload: Bytes,
        /// The header `Lambda-Runtime-Function-Error-Type`, or the payload's `errorType`.
        error_type: String,
    },
    /// The process never asked for an invocation. It was killed.
    InitTimedOut,
    /// The answer was longer than [`MAX_RESPONSE_BYTES`]. The function lives on.
    ResponseTooLarge,
    /// The process did not speak the Runtime API. It was killed.
    Nonsense {
        /// What it did.
        what: String,
    },
}

impl Outcome {
    /// Whether the function answered as it should.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Response { .. })
    }

    /// The error that the function reported.
    pub(super) fn reported(&self) -> Option<&Bytes> {
        match self {
            Self::FunctionError { payload, .. } | Self::InitError { payload, .. } => Some(payload),
            _ => None,
        }
    }

    /// Whether the process is gone after this: the next invocation needs another sandbox.
    pub fn ends_sandbox(&self) -> bool {
        !matches!(
            self,
            Self::Response { .. } | Self::FunctionError { .. } | Self::ResponseTooLarge
        )
    }

    /// The type of media that the function's runtime said its answer is of, `None` for an error.
    pub fn content_type(&self) -> Option<&str> {
        match self {
            Self::Response { content_type, .. } => content_type.as_deref().or(Some(UNKNOWN)),
            _ => None,
        }
    }

    /// Lambda's name for the error, `None` for a response.
    pub fn error_type(&self) -> Option<&str> {
        match self {
            Self::Response { .. } => None,
            Self::FunctionError { error_type, .. } | Self::InitError { error_type, .. } => {
                Some(error_type)
            }
            Self::TimedOut | Self::InitTimedOut => Some("Sandbox.Timedout"),
            Self::Exited { .. } | Self::Nonsense { .. } => Some("Runtime.ExitError"),
            Self::ResponseTooLarge => Some("Function.ResponseSizeTooLarge"),
        }
    }

    /// The payload that `Invoke` returns. `timeout` is the function's configured one, which a time-out's message names
    /// whatever the wall budget was.
    pub fn payload(&self, request_id: &str, timeout: Duration) -> Bytes {
        let message = match self {
            Self::Response { payload, .. }
            | Self::FunctionError { payload, .. }
            | Self::InitError { payload, .. } => {
                return payload.clone();
            }
            Self::TimedOut | Self::InitTimedOut => {
                format!("Task timed out after {:.2} seconds", timeout.as_secs_f64())
            }
            // Lambda says this of an exit with code 0.
            Self::Exited {
                how: Exit::Code(0), ..
            } => "Runtime exited without providing a reason".to_owned(),
            Self::Exited { how, .. } => format!("Runtime exited with error: {how}"),
            Self::Nonsense { what } => format!("Runtime exited with error: {what}"),
            Self::ResponseTooLarge => {
                let message = format!(
                    "Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
                );
                return error(self.error_type().unwrap_or_default(), &message);
            }
        };
        error(
            self.error_type().unwrap_or_default(),
            &format!("RequestId: {request_id} Error: {message}"),
        )
    }

    /// The header `X-Amz-Function-Error`: `Unhandled` for every error, as Lambda has it for custom runtimes.
    pub fn function_error(&self) -> Option<&'static str> {
        (!self.is_success()).then_some("Unhandled")
    }
}

/// An error in the form in which Lambda's APIs tell of one.
pub(super) fn error(kind: &str, message: &str) -> Bytes {
    json!({ "errorType": kind, "errorMessage": message })
        .to_string()
        .into()
}

/// The `errorType` of a reported error: the header's, else the payload's, else what a runtime is assumed to mean.
pub(super) fn error_type(header: Option<&str>, payload: &[u8]) -> String {
    let from_payload = || {
        let value: serde_json::Value = serde_json::from_slice(payload).ok()?;
        Some(value.get("errorType")?.as_str()?.to_owned())
    };
    header
        .map(str::to_owned)
        .or_else(from_payload)
        .unwrap_or_else(|| "Runtime.Unknown".to_owned())
}

/// What one invocation came to.
#[derive(Debug, Clone)]
pub struct InvocationReport {
    /// The invocation's request id.
    pub request_id: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall time from the delivery to the function until its answer; from the start of waiting if it was never delivered.
    pub wall: Duration,
    /// Wall time from the start of the process until it first asked for an invocation, if this was its first.
    pub init: Option<Duration>,
    /// The memory that its process needed when it was over, in bytes, at least; nothing where nobody looked.
    pub memory: Option<u64>,
    /// What the process wrote meanwhile, oldest first; only the last lines where there were many.
    pub log: Vec<LogLine>,
    pub(super) timeout: Duration,
}

impl InvocationReport {
    /// The payload that `Invoke` returns: [`Outcome::payload`].
    pub fn payload(&self) -> Bytes {
        self.outcome.payload(&self.request_id, self.timeout)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(outcome: &Outcome) -> String {
        String::from_utf8(outcome.payload("r-1", Duration::from_secs(3)).to_vec()).unwrap()
    }

    #[test]
    fn a_time_out_names_the_configured_seconds() {
        assert_eq!(
            text(&Outcome::TimedOut),
            r#"{"errorMessage":"RequestId: r-1 Error: Task timed out after 3.00 seconds","errorType":"Sandbox.Timedout"}"#
        );
    }

    #[test]
    fn an_exit_is_worded_as_lambda_words_it() {
        let exited = |how| {
            text(&Outcome::Exited {
                how,
                during_init: false,
            })
        };
        assert!(
            exited(Exit::Code(1))
                .contains("RequestId: r-1 Error: Runtime exited with error: exit status 1")
        );
        assert!(exited(Exit::Signal(9)).contains("Runtime exited with error: signal: killed"));
        assert!(exited(Exit::Code(0)).contains("Runtime exited without providing a reason"));
    }

    #[test]
    fn what_the_function_said_is_passed_on_as_it_is() {
        let outcome = Outcome::Response {
            payload: Bytes::from_static(b"not json"),
            content_type: None,
        };
        assert_eq!(text(&outcome), "not json");
        assert_eq!(outcome.function_error(), None);
        assert_eq!(outcome.content_type(), Some("application/octet-stream"));
    }

    #[test]
    fn an_error_type_comes_from_the_header_or_else_the_payload() {
        assert_eq!(error_type(Some("A"), br#"{"errorType":"B"}"#), "A");
        assert_eq!(error_type(None, br#"{"errorType":"B"}"#), "B");
        assert_eq!(error_type(None, b"?"), "Runtime.Unknown");
    }
}
