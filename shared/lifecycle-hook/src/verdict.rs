//! What a hook found, in the shape that people's tools read.

use aws_clients::redact_json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::event::LifecycleEvent;

/// What a hook tells CodeDeploy. Other lifecycle event statuses exist, but a hook may only report these two (CodeDeploy API
/// reference, `PutLifecycleEventHookExecutionStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Status {
    /// The deployment goes on.
    Succeeded,
    /// The deployment fails, and is rolled back if its group says so.
    Failed,
}

impl Status {
    /// The name, as CodeDeploy spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CheckStatus {
    /// It returned `Ok`.
    Passed,
    /// It returned an error.
    Failed,
    /// It did not return in its time.
    TimedOut,
    /// It panicked.
    Panicked,
    /// It could not be made, and said why; see [`Failure::skipped`](crate::Failure::skipped).
    Skipped,
}

impl CheckStatus {
    /// Whether a check that ended so speaks against the version.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::TimedOut | Self::Panicked)
    }
}

/// One check's result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CheckResult {
    /// The name the check was registered under.
    pub name: String,
    /// How it ended.
    pub status: CheckStatus,
    /// How long it took, in milliseconds, without its clean-up.
    pub duration_ms: u64,
    /// Why it did not pass, in 2,000 characters at most; nothing when it did.
    pub detail: Option<String>,
    /// The figures it noted.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub notes: Map<String, Value>,
}

/// Something a check left behind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CleanupFailure {
    /// The check that registered the clean-up.
    pub check: String,
    /// The clean-up's name: what is left behind.
    pub name: String,
    /// Why it could not be cleaned.
    pub detail: String,
}

/// What became of the report to CodeDeploy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Whether CodeDeploy has a status for this event. False in a dry run.
    pub delivered: bool,
    /// How often the call was tried.
    pub attempts: u32,
    /// Whether CodeDeploy was left out of it.
    pub dry_run: bool,
    /// Someone had answered for this event before: Lambda's first try, or another function.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub already_completed: bool,
}

/// What a hook found and what became of it: the invocation's response, and a log line.
///
/// The fields without a `default` are a contract; more may come.
///
/// ```
/// use lifecycle_hook::{Status, Verdict};
///
/// let verdict: Verdict = serde_json::from_str(r#"{
///     "deployment_id": "d-A1B2C3D4E", "lifecycle_event": "BeforeAllowTraffic", "status": "Failed", "version": "7",
///     "checks": [{"name": "answers", "status": "Panicked", "duration_ms": 3, "detail": "panicked: no table"}],
///     "report": {"delivered": true, "attempts": 1, "dry_run": false}
/// }"#)?;
/// assert_eq!(verdict.status, Status::Failed);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # For people
///
/// Its [`Display`](std::fmt::Display) is a line for each check (how it ended, its name, how long it took, why it did not pass), one for
/// each thing left behind, and last the verdict with how many checks ended how:
///
/// ```text
/// Passed        31 ms  create-and-read
/// Failed         3 ms  routes: expected status 405, got status 403
/// AfterAllowTraffic of version 7: Failed, 1 passed, 1 failed
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verdict {
    /// The deployment's id.
    pub deployment_id: String,
    /// The event the hook answers for.
    pub lifecycle_event: LifecycleEvent,
    /// What CodeDeploy was told, or would have been.
    pub status: Status,
    /// The version under test, where `NEW_VERSION_ARN` names one.
    pub version: Option<String>,
    /// Every check's result, in the order of registration.
    pub checks: Vec<CheckResult>,
    /// What became of the report.
    pub report: Report,
    /// Why the status does not follow from the checks alone: the guard reported `Failed` before they had ended, there are none, or all were skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What could not be cleaned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cleanup: Vec<CleanupFailure>,
}

impl Verdict {
    /// The same without credentials and signatures in any of its texts.
    pub(crate) fn redacted(self) -> Self {
        // By way of JSON, so that no field is forgotten. Of texts, numbers and a map it is made, and so it is read.
        let mut document = serde_json::to_value(&self).unwrap_or_default();
        redact_json(&mut document);
        serde_json::from_value(document).unwrap_or_else(|_| Self {
            checks: Vec::new(),
            cleanup: Vec::new(),
            reason: Some("the verdict cannot be redacted".to_owned()),
            ..self
        })
    }
}

/// `Succeeded` if a check passed and none failed. A hook without checks has tested nothing, and so has one that skipped them all.
pub(crate) fn judge(checks: &[CheckResult]) -> Status {
    let has_failed = checks.iter().any(|check| check.status.is_failure());
    if has_failed || tested_nothing(checks).is_some() {
        Status::Failed
    } else {
        Status::Succeeded
    }
}

/// Why these checks have tested nothing, if they have not.
pub(crate) fn tested_nothing(checks: &[CheckResult]) -> Option<&'static str> {
    let is_skipped = |check: &CheckResult| check.status == CheckStatus::Skipped;
    if checks.is_empty() {
        Some("the hook has no checks, so it has tested nothing")
    } else if checks.iter().all(is_skipped) {
        Some("every check was skipped, so nothing was tested")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: CheckStatus) -> CheckResult {
        CheckResult {
            name: "a check".to_owned(),
            status,
            duration_ms: 1,
            detail: None,
            notes: Map::new(),
        }
    }

    #[test]
    fn one_failure_of_any_kind_fails_the_version() {
        for status in [
            CheckStatus::Failed,
            CheckStatus::TimedOut,
            CheckStatus::Panicked,
        ] {
            assert_eq!(
                judge(&[ended(CheckStatus::Passed), ended(status)]),
                Status::Failed
            );
        }
    }

    #[test]
    fn a_skipped_check_fails_nothing() {
        let checks = [ended(CheckStatus::Passed), ended(CheckStatus::Skipped)];
        assert_eq!(judge(&checks), Status::Succeeded);
    }

    #[test]
    fn a_hook_that_has_tested_nothing_does_not_let_a_version_through() {
        let skipped = [ended(CheckStatus::Skipped), ended(CheckStatus::Skipped)];
        for checks in [&[][..], &skipped] {
            assert_eq!(judge(checks), Status::Failed);
            assert!(tested_nothing(checks).is_some());
        }
        let checks = [ended(CheckStatus::Skipped), ended(CheckStatus::Failed)];
        assert_eq!(tested_nothing(&checks), None);
    }

    #[test]
    fn the_shape_is_the_contract_and_nothing_else_when_all_is_well() {
        let verdict = Verdict {
            deployment_id: "d-1".to_owned(),
            lifecycle_event: LifecycleEvent::AfterAllowTraffic,
            status: Status::Succeeded,
            version: None,
            checks: vec![ended(CheckStatus::Passed)],
            report: Report {
                delivered: true,
                attempts: 1,
                dry_run: false,
                already_completed: false,
            },
            reason: None,
            cleanup: Vec::new(),
        };
        assert_eq!(
            serde_json::to_string(&verdict).unwrap(),
            r#"{"deployment_id":"d-1","lifecycle_event":"AfterAllowTraffic","status":"Succeeded","version":null,"#.to_owned()
                + r#""checks":[{"name":"a check","status":"Passed","duration_ms":1,"detail":null}],"#
                + r#""report":{"delivered":true,"attempts":1,"dry_run":false}}"#
        );
    }
}
