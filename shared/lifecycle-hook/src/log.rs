//! What the operator sees: one JSON line a check and one for the verdict, which are CloudWatch metrics too.
//!
//! The lines carry CloudWatch's embedded metric format (CloudWatch user guide, "Specification: Embedded metric format"), so no metrics API is called. They
//! hold names, figures and reasons: no request's body, and no credential and no signature, for every line is redacted as it is written.
//!
//! Each has `timestamp` and `level`, which Lambda reads where the function's log format is JSON. Without a time it would take any line for
//! one of level INFO (Lambda developer guide, "Log-level filtering").

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::SystemTime;

use aws_clients::{log_timestamp, redact_json};
use serde::Serialize;
use serde_json::{Value, json};

use crate::event::{HookEvent, LifecycleEvent};
use crate::verdict::{CheckResult, Status, Verdict};

/// The namespace of the metrics: by `FunctionName` and `Check`, `CheckDuration` (milliseconds) and `CheckFailures`; by `FunctionName`,
/// `VerdictFailures`, `ReportAttempts` and `ReportFailures` (counts; 0 when all is well, so that an alarm has data).
pub const METRICS_NAMESPACE: &str = "LifecycleHook";

/// Where lines go.
#[derive(Clone)]
pub(crate) struct Log(Arc<Mutex<dyn Write + Send>>);

impl Log {
    pub(crate) fn new(sink: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(sink)))
    }

    /// One whose lines are kept.
    #[cfg(test)]
    pub(crate) fn kept() -> (Self, Arc<Mutex<Vec<u8>>>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        (Self(Arc::clone(&lines) as _), lines)
    }

    /// Writes a value as one line.
    pub(crate) fn value(&self, value: &Value) {
        let text = redacted(value).to_string();
        write(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            &text,
        );
    }

    /// The same for a panic. It may be one of the sink itself, which is locked then.
    pub(crate) fn value_from_panic(&self, value: &Value) {
        let text = redacted(value).to_string();
        match self.0.try_lock() {
            Ok(mut sink) => write(&mut *sink, &text),
            Err(TryLockError::Poisoned(sink)) => write(&mut *sink.into_inner(), &text),
            Err(TryLockError::WouldBlock) => write(&mut std::io::stderr(), &text),
        }
    }

    /// Writes a value for people, on several lines.
    fn pretty(&self, value: &Value) {
        if let Ok(text) = serde_json::to_string_pretty(&redacted(value)) {
            write(
                &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
                &text,
            );
        }
    }
}

fn redacted(value: &Value) -> Value {
    let mut value = value.clone();
    redact_json(&mut value);
    value
}

/// One write a line: lines of concurrent events do not mix. A closed sink must not take the hook down.
fn write(sink: &mut dyn Write, text: &str) {
    let _ = sink
        .write_all(format!("{text}\n").as_bytes())
        .and_then(|()| sink.flush());
}

/// What every line of an event says.
#[derive(Clone)]
pub(crate) struct Lines {
    pub log: Log,
    pub event: HookEvent,
    /// The dimension that tells one hook's metrics from another's.
    pub function: String,
    pub lifecycle_event: LifecycleEvent,
    pub request_id: String,
}

impl Lines {
    /// Writes a line for each check and one for the verdict.
    pub(crate) fn write(&self, verdict: &Verdict) {
        let now = SystemTime::now();
        for check in &verdict.checks {
            self.line(&self.check(check, now));
        }
        self.line(&self.verdict(verdict, now));
    }

    /// Writes the verdict for the person who asked for a dry run: on several lines, unless Lambda expects one.
    pub(crate) fn write_dry_run(&self, verdict: &Verdict, json_lines: bool) {
        if !json_lines {
            self.log.pretty(&json!(verdict));
            return;
        }
        let level = if verdict.status == Status::Failed {
            "ERROR"
        } else {
            "INFO"
        };
        let mut line = self.common(level, "verdict", SystemTime::now());
        merge(&mut line, verdict);
        self.line(&line);
    }

    fn line(&self, value: &Value) {
        self.log.value(value);
    }

    fn check(&self, check: &CheckResult, now: SystemTime) -> Value {
        let mut value = self.common(
            if check.status.is_failure() {
                "ERROR"
            } else {
                "INFO"
            },
            "check",
            now,
        );
        merge(&mut value, check);
        merge(
            &mut value,
            &json!({
                "Check": dimension(&check.name),
                "CheckDuration": check.duration_ms,
                "CheckFailures": u8::from(check.status.is_failure()),
                "_aws": metrics(now, &["FunctionName", "Check"], &[("CheckDuration", "Milliseconds"), ("CheckFailures", "Count")]),
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
        let mut value = self.common(level, "verdict", now);
        merge(&mut value, verdict);
        merge(
            &mut value,
            &json!({
                "VerdictFailures": u8::from(failed),
                "ReportAttempts": verdict.report.attempts,
                "ReportFailures": u8::from(undelivered),
                "_aws": metrics(now, &["FunctionName"], &[("VerdictFailures", "Count"), ("ReportAttempts", "Count"), ("ReportFailures", "Count")]),
            }),
        );
        value
    }

    /// Writes a line about something that is not as it should be.
    pub(crate) fn warn(&self, message: &str) {
        self.line(&self.common("WARN", message, SystemTime::now()));
    }

    /// Writes a line about something that nobody else will tell of.
    pub(crate) fn error(&self, message: &str) {
        self.line(&self.common("ERROR", message, SystemTime::now()));
    }

    fn common(&self, level: &str, message: &str, now: SystemTime) -> Value {
        json!({
            "timestamp": log_timestamp(now),
            "level": level,
            "message": message,
            "deployment_id": self.event.deployment_id(),
            "execution_id": self.event.execution_id(),
            "request_id": self.request_id,
            "lifecycle_event": self.lifecycle_event,
            "FunctionName": self.function,
        })
    }
}

/// The metadata that makes a line a metric: names of its members, with their units.
pub(crate) fn metrics(now: SystemTime, dimensions: &[&str], units: &[(&str, &str)]) -> Value {
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

/// A name as a dimension's value: ASCII without control characters, at least one of them visible, and not too long (CloudWatch API
/// reference, "Dimension"; its other end is 1024 characters).
fn dimension(name: &str) -> String {
    const LONGEST: usize = 250;
    let plain: String = name
        .chars()
        .take(LONGEST)
        .map(|c| {
            if c.is_ascii() && !c.is_ascii_control() {
                c
            } else {
                '?'
            }
        })
        .collect();
    if plain.trim().is_empty() {
        "unnamed".to_owned()
    } else {
        plain
    }
}

fn merge(into: &mut Value, from: &impl Serialize) {
    if let (Value::Object(into), Ok(Value::Object(from))) = (into, serde_json::to_value(from)) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Map;

    use super::*;
    use crate::verdict::{CheckStatus, Report};

    fn lines_of(verdict: &Verdict) -> Vec<Value> {
        let event = HookEvent::from_value(
            &json!({"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}),
        )
        .unwrap();
        let lines = Lines {
            log: Log::new(std::io::sink()),
            event,
            function: "hook".to_owned(),
            lifecycle_event: verdict.lifecycle_event,
            request_id: "r-1".to_owned(),
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let mut values: Vec<_> = verdict.checks.iter().map(|c| lines.check(c, now)).collect();
        values.push(lines.verdict(verdict, now));
        values
    }

    fn verdict() -> Verdict {
        Verdict {
            deployment_id: "d-1".to_owned(),
            lifecycle_event: LifecycleEvent::BeforeAllowTraffic,
            status: Status::Failed,
            version: Some("7".to_owned()),
            checks: vec![CheckResult {
                name: "answers".to_owned(),
                status: CheckStatus::TimedOut,
                duration_ms: 12,
                detail: Some("expected 200, got nothing".to_owned()),
                notes: Map::new(),
            }],
            report: Report {
                delivered: false,
                attempts: 8,
                dry_run: false,
                already_completed: false,
            },
            reason: None,
            cleanup: Vec::new(),
        }
    }

    #[test]
    fn every_line_names_deployment_and_execution_and_its_time() {
        for line in lines_of(&verdict()) {
            assert_eq!(line["deployment_id"], "d-1");
            assert_eq!(line["execution_id"], "e-1");
            assert_eq!(line["timestamp"], "2023-11-14T22:13:20.123Z");
            assert_eq!(line["_aws"]["Timestamp"], 1_700_000_000_123_u64);
        }
    }

    #[test]
    fn a_checks_name_becomes_a_dimension_that_cloudwatch_takes() {
        assert_eq!(dimension("stores an order"), "stores an order");
        assert_eq!(dimension("prüft\tdas"), "pr?ft?das");
        assert_eq!(dimension(" "), "unnamed");
        assert_eq!(dimension(&"x".repeat(2_000)).len(), 250);
    }

    #[test]
    fn the_verdicts_line_holds_the_verdict() {
        let verdict = verdict();
        let line = lines_of(&verdict).pop().unwrap();
        assert_eq!(
            serde_json::from_value::<Verdict>(line.clone()).unwrap(),
            verdict
        );
        assert_eq!(
            (
                &line["VerdictFailures"],
                &line["ReportAttempts"],
                &line["ReportFailures"]
            ),
            (&json!(1), &json!(8), &json!(1))
        );
        assert_eq!(line["level"], "ERROR");
    }
}
