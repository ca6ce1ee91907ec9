//! What CodeDeploy sends.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::text::cut;

/// The lifecycle events of a Lambda deployment that take a hook. The event that CodeDeploy sends does not name its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LifecycleEvent {
    /// Before any traffic goes to the new version.
    BeforeAllowTraffic,
    /// After all traffic goes to the new version.
    AfterAllowTraffic,
}

impl LifecycleEvent {
    /// The name, as CodeDeploy and its `AppSpec` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeAllowTraffic => "BeforeAllowTraffic",
            Self::AfterAllowTraffic => "AfterAllowTraffic",
        }
    }
}

impl std::fmt::Display for LifecycleEvent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The two ids of a hook's event, `{"DeploymentId": "d-…", "LifecycleEventHookExecutionId": "…"}` (CodeDeploy user guide, "`AppSpec` 'hooks'
/// section for an AWS Lambda deployment").
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HookEvent {
    deployment_id: String,
    execution_id: String,
}

/// An event that is not a lifecycle hook's: there is no one to report to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a CodeDeploy lifecycle event: expected {expected}, got {got}. A hook takes \
     {{\"DeploymentId\": \"d-…\", \"LifecycleEventHookExecutionId\": \"…\"}}"
)]
#[non_exhaustive]
pub struct EventError {
    /// The field, and what it should hold.
    pub expected: String,
    /// What came.
    pub got: String,
}

const DEPLOYMENT_ID: &str = "DeploymentId";
const EXECUTION_ID: &str = "LifecycleEventHookExecutionId";

impl HookEvent {
    /// Reads the ids from an event; unknown fields are ignored.
    ///
    /// The deployment id must begin with `d-`; the execution id is opaque, and only must not be empty.
    ///
    /// # Errors
    /// An id is missing, is not a string, is empty, or the deployment id does not look like one.
    ///
    /// ```
    /// use lifecycle_hook::HookEvent;
    /// use serde_json::json;
    ///
    /// let event = HookEvent::from_value(&json!({"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "e1"}))?;
    /// assert_eq!(event.deployment_id(), "d-A1B2C3D4E");
    /// let error = HookEvent::from_value(&json!({"DeploymentId": 7})).unwrap_err();
    /// assert_eq!(error.got, "7");
    /// # Ok::<(), lifecycle_hook::EventError>(())
    /// ```
    pub fn from_value(event: &Value) -> Result<Self, EventError> {
        if !event.is_object() {
            return Err(EventError {
                expected: "a JSON object".to_owned(),
                got: kind(event).to_owned(),
            });
        }
        let deployment_id = id(event, DEPLOYMENT_ID)?;
        if !deployment_id.starts_with("d-") || deployment_id.len() == "d-".len() {
            return Err(EventError {
                expected: format!("{DEPLOYMENT_ID} of the form d-…"),
                got: shown(&event[DEPLOYMENT_ID]),
            });
        }
        Ok(Self {
            deployment_id: deployment_id.to_owned(),
            execution_id: id(event, EXECUTION_ID)?.to_owned(),
        })
    }

    /// What stands in for an event where no deployment has sent one.
    pub(crate) fn by_hand() -> Self {
        Self {
            deployment_id: "d-by-hand".to_owned(),
            execution_id: "by-hand".to_owned(),
        }
    }

    /// The deployment's id, `d-…`.
    pub fn deployment_id(&self) -> &str {
        &self.deployment_id
    }

    /// The id of this execution of the hook. Lambda's retries carry the same one.
    pub fn execution_id(&self) -> &str {
        &self.execution_id
    }
}

fn id<'a>(event: &'a Value, field: &str) -> Result<&'a str, EventError> {
    match event.get(field) {
        Some(Value::String(id)) if !id.trim().is_empty() => Ok(id),
        other => Err(EventError {
            expected: format!("{field}, a string that is not empty"),
            got: other.map_or_else(|| "no such field".to_owned(), shown),
        }),
    }
}

/// A value, short enough for a log line.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    cut(value.to_string(), LONGEST)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_are_ignored() {
        let event =
            json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "x", "Later": [1]});
        assert_eq!(HookEvent::from_value(&event).unwrap().execution_id(), "x");
    }

    #[test]
    fn a_missing_or_malformed_id_is_refused_with_what_was_expected_and_what_came() {
        #[rustfmt::skip] // A table.
        let cases = [
            (json!("d-1"), "a JSON object", "a string"),
            (json!({}), "DeploymentId, a string", "no such field"),
            (json!({"DeploymentId": ""}), "DeploymentId, a string", "\"\""),
            (json!({"DeploymentId": "x-1"}), "DeploymentId of the form d-…", "\"x-1\""),
            (json!({"DeploymentId": "d-"}), "DeploymentId of the form d-…", "\"d-\""),
            (json!({"DeploymentId": "d-1"}), "LifecycleEventHookExecutionId", "no such field"),
            (json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": null}), "LifecycleEventHookExecutionId", "null"),
        ];
        for (event, expected, got) in cases {
            let error = HookEvent::from_value(&event).unwrap_err();
            assert!(error.expected.starts_with(expected), "{event}: {error}");
            assert_eq!(error.got, got, "{event}");
        }
    }

    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(
                    prop_oneof![
                        Just(DEPLOYMENT_ID.to_owned()),
                        Just(EXECUTION_ID.to_owned()),
                        ".*"
                    ],
                    inner,
                    0..4
                )
                .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_event_gives_two_ids_or_a_clear_refusal(event in any_json()) {
            match HookEvent::from_value(&event) {
                Ok(read) => {
                    prop_assert!(read.deployment_id().starts_with("d-"));
                    prop_assert!(!read.execution_id().trim().is_empty());
                }
                Err(error) => prop_assert!(error.to_string().contains("expected")),
            }
        }
    }
}
