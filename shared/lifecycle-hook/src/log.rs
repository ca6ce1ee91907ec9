//! What the operator sees: one JSON line a check and one for the verdict, which are CloudWatch metrics too.
//!
//! The lines carry CloudWatch's embedded metric format (CloudWatch user guide, "Specification: Embedded metric format"), so no metrics API is called. They
//! hold names, figures and reasons: no request's body, no credential, no signature.

use std::io::Write;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Value, json};

use crate::event::{HookEvent, LifecycleEvent};
use crate::verdict::{CheckResult, Status, Verdict};

/// The namespace of the metrics `CheckDuration` (milliseconds), `CheckFailures`, `VerdictFailures`, `ReportAttempts` and `ReportFailures` (counts).
pub const METRICS_NAMESPACE: &str = "LifecycleHook";

/// What every line of an event says.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    pub event: &'a HookEvent,
    pub lifecycle_event: LifecycleEvent,
    pub request_id: &'a str,
}

impl Lines<'_> {
    /// Writes a line for each check and one for the verdict.
    pub(crate) fn write(&self, verdict: &Verdict) {
        let now = SystemTime::now();
        for check in &verdict.checks {
            line(&self.check(check, now));
        }
        line(&self.verdict(verdict, now));
    }

    fn check(&self, check: &CheckResult, now: SystemTime) -> Value {
        let mut value = self.common(
            if check.status.is_failure() {
                "ERROR"
            } else {
                "INFO"
            },
            "check",
        );
        merge(&mut value, check);
        merge(
            &mut value,
            &json!({
                "Check": check.name,
                "CheckDuration": check.duration_ms,
                "CheckFailures": u8::from(check.status.is_failure()),
                "_aws": metrics(now, &["LifecycleEvent", "Check"], &[("CheckDuration", "Milliseconds"), ("CheckFailures", "Count")]),
            }),
        );
        value
    }

    fn verdict(&self, verdict: &Verdict, now: SystemTime) -> Value {
        let failed = verdict.status == Status::Failed;
        let undelivered = !verdict.report.delivered && !verdict.report.dry_run;
        let level = if failed || undelivered {
            "ERROR"
        } else {
            "INFO"
        };
        let mut value = self.common(level, "verdict");
        merge(&mut value, verdict);
        merge(
            &mut value,
            &json!({
                "VerdictFailures": u8::from(failed),
                "ReportAttempts": verdict.report.attempts,
                "ReportFailures": u8::from(undelivered),
                "_aws": metrics(now, &["LifecycleEvent"], &[("VerdictFailures", "Count"), ("ReportAttempts", "Count"), ("ReportFailures", "Count")]),
            }),
        );
        value
    }

    /// Writes a line about something that is not as it should be.
    pub(crate) fn warn(&self, message: &str) {
        line(&self.common("WARN", message));
    }

    fn common(&self, level: &str, message: &str) -> Value {
        json!({
            "level": level,
            "message": message,
            "deployment_id": self.event.deployment_id(),
            "execution_id": self.event.execution_id(),
            "request_id": self.request_id,
            "LifecycleEvent": self.lifecycle_event,
        })
    }
}

fn metrics(now: SystemTime, dimensions: &[&str], units: &[(&str, &str)]) -> Value {
    let since_epoch = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let units: Vec<Value> = units
        .iter()
        .map(|(name, unit)| json!({"Name": name, "Unit": unit}))
        .collect();
    json!({
        "Timestamp": u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
        "CloudWatchMetrics": [{"Namespace": METRICS_NAMESPACE, "Dimensions": [dimensions], "Metrics": units}],
    })
}

fn merge(into: &mut Value, from: &impl Serialize) {
    if let (Value::Object(into), Ok(Value::Object(from))) = (into, serde_json::to_value(from)) {
        into.extend(from);
    }
}

/// One write a line: lines of concurrent events do not mix. A closed standard output must not take the hook down.
fn line(value: &Value) {
    let _ = std::io::stdout().write_all(format!("{value}\n").as_bytes());
}

/// Prints the verdict for the person who asked for a dry run.
pub(crate) fn pretty(verdict: &Verdict) {
    if let Ok(text) = serde_json::to_string_pretty(verdict) {
        let _ = std::io::stdout().write_all(format!("{text}\n").as_bytes());
    }
}
