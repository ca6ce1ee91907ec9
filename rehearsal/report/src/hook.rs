//! What came of a hook: who reported, what was checked, what went wrong.

use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use rehearsal_aws::lambda::asynchronous::Condition;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::event::{Event, Happening, InvocationOutcome};

/// What came of a hook.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HookReport {
    /// Its lifecycle event.
    pub lifecycle_event: LifecycleEventName,
    /// The hook's logical id.
    pub function: String,
    /// The lifecycle event's status.
    pub status: LifecycleEventStatus,
    /// How often it was invoked.
    pub invocations: u32,
    /// Its invocations, and those of the function that gets its record, in order.
    pub attempts: Vec<AttemptReport>,
    /// The logical id of the function that reported: the hook itself, or who answered for it. `None` when no one did.
    pub reported_by: Option<String>,
    /// When that took effect, in virtual seconds since the rehearsal began.
    pub reported_seconds: Option<f64>,
    /// How often it tried to report, as its verdict says.
    pub report_attempts: Option<u64>,
    /// The checks of its verdict. A hook that answers no verdict has none.
    pub checks: Vec<CheckReport>,
    /// What is known of its invocations that ended in an error.
    pub errors: Vec<String>,
    /// The last lines that it wrote.
    pub log: Vec<String>,
    /// What became of its event when Lambda gave it up; `None` when it did not.
    pub on_failure: Option<OnFailureReport>,
}

/// An invocation of a hook, or of the function that gets its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AttemptReport {
    /// The logical id of the function that was invoked.
    pub function: String,
    /// From 1, for each function.
    pub attempt: u32,
    /// When it began, in virtual seconds since the rehearsal began.
    pub began_seconds: f64,
    /// When it ended; `None` where the rehearsal was over before.
    pub ended_seconds: Option<f64>,
    /// How; `None` where it did not end.
    pub outcome: Option<InvocationOutcome>,
}

/// What became of a hook's event when Lambda gave it up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnFailureReport {
    /// Why it was given up.
    pub condition: Condition,
    /// The logical id of the function that got the record; `None` where the hook has no such destination.
    pub function: Option<String>,
    /// How often that function was invoked.
    pub invocations: u32,
    /// What is known of its invocations that ended in an error.
    pub errors: Vec<String>,
}

impl HookReport {
    /// The checks that neither passed nor were skipped.
    pub fn failed_checks(&self) -> impl Iterator<Item = &CheckReport> {
        self.checks
            .iter()
            .filter(|check| !matches!(check.status.as_str(), "Passed" | "Skipped"))
    }

    /// The logical id of the function that reported for the hook, if it was not the hook itself.
    pub fn answered_for_by(&self) -> Option<&str> {
        self.reported_by
            .as_deref()
            .filter(|by| *by != self.function)
    }
}

/// One check of a hook's verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    /// Its name.
    pub name: String,
    /// `Passed`, `Failed`, `TimedOut`, `Panicked` or `Skipped`.
    pub status: String,
    /// How long it took, in wall milliseconds.
    pub duration_ms: f64,
    /// Why, where it did not pass.
    pub detail: Option<String>,
}

impl HookReport {
    /// The hook of a deployment's lifecycle event, before anything happened.
    pub(super) fn new(event: LifecycleEventName, function: &str) -> Self {
        Self {
            lifecycle_event: event,
            function: function.to_owned(),
            status: LifecycleEventStatus::Pending,
            invocations: 0,
            attempts: Vec::new(),
            reported_by: None,
            reported_seconds: None,
            report_attempts: None,
            checks: Vec::new(),
            errors: Vec::new(),
            log: Vec::new(),
            on_failure: None,
        }
    }

    /// Something happened to its deployment.
    pub(super) fn observe(&mut self, at: &Event) {
        let Event { at, happening } = at;
        let event = happening.lifecycle_event().map(|(_, event)| event);
        if event != Some(self.lifecycle_event) {
            return;
        }
        match happening {
            Happening::LifecycleEvent { status, .. } => self.status = *status,
            Happening::HookInvoked {
                function, attempt, ..
            } => {
                self.invocations += 1;
                self.begins(*at, function, *attempt);
            }
            Happening::HookEnded {
                answer,
                outcome,
                detail,
                log,
                ..
            } => {
                self.log.extend(log.iter().cloned());
                keep_last(&mut self.log);
                let verdict = answer
                    .as_deref()
                    .and_then(|answer| serde_json::from_str(answer).ok());
                if let Some(checks) = verdict.as_ref().and_then(checks) {
                    self.checks = checks;
                    self.report_attempts =
                        verdict.and_then(|verdict: Value| verdict["report"]["attempts"].as_u64());
                }
                self.errors.extend(error(*outcome, detail.as_ref()));
                let own = self.function.clone();
                self.ends(*at, &own, *outcome);
            }
            Happening::EventGivenUp {
                function: failed,
                condition,
                destination,
                ..
            } if *failed == self.function => {
                self.on_failure = Some(OnFailureReport {
                    condition: *condition,
                    function: destination.clone(),
                    invocations: 0,
                    errors: Vec::new(),
                });
            }
            Happening::DestinationInvoked {
                function: invoked,
                attempt,
                ..
            } => {
                self.begins(*at, invoked, *attempt);
                if let Some(on_failure) = on_failure_at(self, invoked) {
                    on_failure.invocations += 1;
                }
            }
            Happening::DestinationEnded {
                function: ended,
                outcome,
                detail,
                ..
            } => {
                if let Some(on_failure) = on_failure_at(self, ended) {
                    on_failure.errors.extend(error(*outcome, detail.as_ref()));
                }
                self.ends(*at, ended, *outcome);
            }
            Happening::StatusReported { by, .. } => {
                self.reported_by = Some(by.clone());
                self.reported_seconds = Some(at.as_seconds());
            }
            _ => {}
        }
    }

    /// A function is invoked.
    fn begins(&mut self, at: VirtualTime, function: &str, attempt: u32) {
        self.attempts.push(AttemptReport {
            function: function.to_owned(),
            attempt,
            began_seconds: at.as_seconds(),
            ended_seconds: None,
            outcome: None,
        });
    }

    /// The function's invocation ended that began last.
    fn ends(&mut self, at: VirtualTime, function: &str, outcome: InvocationOutcome) {
        let mut attempts = self.attempts.iter_mut().rev();
        let open = |attempt: &&mut AttemptReport| {
            attempt.function == function && attempt.outcome.is_none()
        };
        if let Some(attempt) = attempts.find(open) {
            attempt.ended_seconds = Some(at.as_seconds());
            attempt.outcome = Some(outcome);
        }
    }
}

/// How much of what a hook wrote is kept, in bytes, from the end.
const KEEP_LOG_BYTES: usize = 64 * 1024;

/// Drops the first lines of more than [`KEEP_LOG_BYTES`].
fn keep_last(log: &mut Vec<String>) {
    let mut bytes = 0;
    let kept = log.iter().rev().take_while(|line| {
        bytes += line.len() + 1;
        bytes <= KEEP_LOG_BYTES
    });
    let first = log.len() - kept.count();
    log.drain(..first);
}

/// What is known of an invocation that ended in an error.
fn error(outcome: InvocationOutcome, detail: Option<&String>) -> Option<String> {
    let known = || detail.cloned().unwrap_or_else(|| outcome.to_string());
    (outcome != InvocationOutcome::Answered).then(known)
}

/// What became of the hook's event, if this function got its record.
fn on_failure_at<'a>(
    report: &'a mut HookReport,
    function: &String,
) -> Option<&'a mut OnFailureReport> {
    let on_failure = report.on_failure.as_mut();
    on_failure.filter(|on_failure| on_failure.function.as_ref() == Some(function))
}

/// The checks of a verdict, if that is what a hook answered.
fn checks(answer: &Value) -> Option<Vec<CheckReport>> {
    answer
        .get("checks")?
        .as_array()?
        .iter()
        .map(|check| {
            Some(CheckReport {
                name: check.get("name")?.as_str()?.to_owned(),
                status: check.get("status")?.as_str()?.to_owned(),
                duration_ms: check
                    .get("duration_ms")
                    .and_then(Value::as_f64)
                    .unwrap_or(0.0),
                detail: check
                    .get("detail")
                    .and_then(Value::as_str)
                    .map(str::to_owned),
            })
        })
        .collect()
}
