//! What Lambda sends to a function's on-failure destination.

use serde_json::Value;

use crate::event::{EventError, HookEvent, shown};
use crate::text::cut;

/// The condition of a record whose invocation did not fail.
const SUCCESS: &str = "Success";
/// What stands for a part that the record does not have.
const UNKNOWN: &str = "unknown";

/// A hook's invocation that failed for good, as Lambda records it for the function's on-failure destination.
///
/// The shape is Lambda's (Lambda developer guide, "Capturing records of Lambda asynchronous invocations"): `version`, `timestamp`,
/// `requestContext` {`requestId`, `functionArn`, `condition`, `approximateInvokeCount`}, `requestPayload`, `responseContext`
/// {`statusCode`, `executedVersion`, `functionError`}, `responsePayload`. Of all these only `requestPayload` must be there: it is the
/// event that the hook was invoked with. The rest tells an operator what happened.
///
/// ```
/// use lifecycle_hook::DestinationRecord;
/// use serde_json::json;
///
/// let record = DestinationRecord::from_value(&json!({
///     "version": "1.0",
///     "requestContext": {
///         "requestId": "e4b46cbf-b738-4880-a18c-df61200e0001",
///         "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_pre-traffic:$LATEST",
///         "condition": "RetriesExhausted",
///         "approximateInvokeCount": 2
///     },
///     "requestPayload": {"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "e1"},
///     "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
///     "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: signal: killed"}
/// }))?;
/// assert_eq!(record.event().deployment_id(), "d-A1B2C3D4E");
/// assert_eq!(record.condition(), "RetriesExhausted");
/// # Ok::<(), lifecycle_hook::RecordError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DestinationRecord {
    event: HookEvent,
    hook: String,
    condition: String,
    request_id: Option<String>,
    invocations: Option<u64>,
    error: Option<String>,
}

/// A record that names no hook's event: there is no one to answer for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not the record of a hook's failed invocation: expected {expected}, got {got}. An on-failure destination takes \
     {{\"requestContext\": {{\"condition\": \"RetriesExhausted\", …}}, \
     \"requestPayload\": {{\"DeploymentId\": \"d-…\", \"LifecycleEventHookExecutionId\": \"…\"}}, …}}"
)]
#[non_exhaustive]
pub struct RecordError {
    /// The field, and what it should hold.
    pub expected: String,
    /// What came.
    pub got: String,
}

impl DestinationRecord {
    /// Reads a record; unknown fields are ignored.
    ///
    /// # Errors
    /// `requestPayload` is not a lifecycle hook's event, or the record is one of success.
    pub fn from_value(record: &Value) -> Result<Self, RecordError> {
        let Some(payload) = record.get("requestPayload") else {
            return Err(RecordError {
                expected: "requestPayload, the event that the hook was invoked with".to_owned(),
                got: if record.is_object() {
                    "no such field".to_owned()
                } else {
                    shown(record)
                },
            });
        };
        let context = &record["requestContext"];
        let condition = text(&context["condition"]);
        // A hook may answer later, from elsewhere: its success is no reason to fail its deployment.
        if condition.as_deref() == Some(SUCCESS) {
            return Err(RecordError {
                expected:
                    "requestContext.condition of a failure, RetriesExhausted or EventAgeExceeded"
                        .to_owned(),
                got: format!("\"{SUCCESS}\""),
            });
        }
        Ok(Self {
            event: HookEvent::from_value(payload)?,
            hook: text(&context["functionArn"]).unwrap_or_else(|| UNKNOWN.to_owned()),
            condition: condition.unwrap_or_else(|| UNKNOWN.to_owned()),
            request_id: text(&context["requestId"]),
            invocations: context["approximateInvokeCount"].as_u64(),
            error: error(&record["responsePayload"]),
        })
    }

    /// The event that nobody has answered.
    pub fn event(&self) -> &HookEvent {
        &self.event
    }

    /// The hook, by its ARN; `unknown` where the record has none.
    pub fn hook(&self) -> &str {
        &self.hook
    }

    /// Why Lambda gave up: `RetriesExhausted` or `EventAgeExceeded`; `unknown` where the record does not say.
    pub fn condition(&self) -> &str {
        &self.condition
    }

    /// The request id of the hook's invocations, to look up in its log.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How often the hook was invoked; an approximation of Lambda's.
    pub fn invocations(&self) -> Option<u64> {
        self.invocations
    }

    /// The last invocation's error, by type and message; nothing where the hook was never run.
    pub fn error(&self) -> Option<&str> {
        self.error.as_deref()
    }
}

impl From<EventError> for RecordError {
    fn from(error: EventError) -> Self {
        Self {
            expected: format!("requestPayload with {}", error.expected),
            got: error.got,
        }
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

/// The error that a function ended in: `{"errorType": …, "errorMessage": …}` (Lambda developer guide, "Invocation errors").
fn error(payload: &Value) -> Option<String> {
    const LONGEST: usize = 400;
    let words = [&payload["errorType"], &payload["errorMessage"]]
        .into_iter()
        .filter_map(text)
        .collect::<Vec<_>>()
        .join(": ");
    Some(cut(words, LONGEST)).filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::event::tests::any_json;

    fn record() -> Value {
        json!({
            "version": "1.0",
            "timestamp": "2026-11-14T18:16:05.568Z",
            "requestContext": {
                "requestId": "e4b46cbf-b738-4880-a18c-df61200e0001",
                "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:hook:$LATEST",
                "condition": "RetriesExhausted",
                "approximateInvokeCount": 2
            },
            "requestPayload": {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"},
            "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
            "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "exit status 1"}
        })
    }

    #[test]
    fn a_record_says_which_hook_failed_why_and_for_which_event() {
        let record = DestinationRecord::from_value(&record()).unwrap();
        assert_eq!(record.event().deployment_id(), "d-1");
        assert_eq!(record.event().execution_id(), "e-1");
        assert!(record.hook().ends_with(":function:hook:$LATEST"));
        assert_eq!(record.condition(), "RetriesExhausted");
        assert_eq!(record.invocations(), Some(2));
        assert_eq!(record.error(), Some("Runtime.ExitError: exit status 1"));
    }

    #[test]
    fn a_record_of_an_event_that_was_never_run_has_no_response() {
        let mut record = record();
        record["requestContext"]["condition"] = json!("EventAgeExceeded");
        record["requestContext"]["approximateInvokeCount"] = json!(0);
        let fields = record.as_object_mut().unwrap();
        fields.remove("responseContext");
        fields.remove("responsePayload");
        let record = DestinationRecord::from_value(&record).unwrap();
        assert_eq!(record.condition(), "EventAgeExceeded");
        assert_eq!(record.error(), None);
    }

    #[test]
    fn the_ids_are_enough_to_answer() {
        let record = DestinationRecord::from_value(&json!({
            "requestPayload": {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}
        }))
        .unwrap();
        assert_eq!((record.hook(), record.condition()), (UNKNOWN, UNKNOWN));
    }

    #[test]
    fn a_record_without_ids_is_refused_with_what_was_expected_and_what_came() {
        #[rustfmt::skip] // A table.
        let cases = [
            (json!("d-1"), "requestPayload, the event", "\"d-1\""),
            (json!({}), "requestPayload, the event", "no such field"),
            (json!({"requestPayload": null}), "requestPayload with a JSON object", "null"),
            (json!({"requestPayload": {"DeploymentId": "d-1"}}), "requestPayload with LifecycleEventHookExecutionId", "no such field"),
            (json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}), "requestPayload, the event", "no such field"),
        ];
        for (record, expected, got) in cases {
            let error = DestinationRecord::from_value(&record).unwrap_err();
            assert!(error.expected.starts_with(expected), "{record}: {error}");
            assert_eq!(error.got, got, "{record}");
        }
    }

    #[test]
    fn a_record_of_success_is_refused() {
        let mut record = record();
        record["requestContext"]["condition"] = json!("Success");
        let error = DestinationRecord::from_value(&record).unwrap_err();
        assert_eq!(error.got, "\"Success\"");
    }

    #[test]
    fn a_long_error_is_cut() {
        let mut record = record();
        record["responsePayload"]["errorMessage"] = json!("ü".repeat(10_000));
        let record = DestinationRecord::from_value(&record).unwrap();
        assert_eq!(record.error().unwrap().chars().count(), 401);
    }

    proptest! {
        #[test]
        fn any_record_gives_an_event_or_a_clear_refusal(
            part in prop::sample::select(vec![
                "/requestContext", "/requestContext/functionArn", "/requestContext/condition",
                "/requestContext/approximateInvokeCount", "/requestPayload", "/requestPayload/DeploymentId",
                "/requestPayload/LifecycleEventHookExecutionId", "/responsePayload", "/responsePayload/errorMessage",
            ]),
            value in any_json(),
        ) {
            let mut changed = record();
            *changed.pointer_mut(part).unwrap() = value.clone();
            for record in [changed, value] {
                match DestinationRecord::from_value(&record) {
                    Ok(read) => prop_assert!(read.event().deployment_id().starts_with("d-")),
                    Err(error) => prop_assert!(error.to_string().contains("expected")),
                }
            }
        }
    }
}
