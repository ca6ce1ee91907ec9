//! A verdict as people read it.

use std::fmt;

use crate::text::printable;
use crate::verdict::{CheckStatus, Verdict};

/// The room for the name of a status; `Panicked` and `TimedOut` are the longest.
const STATUS: usize = "Panicked".len();

/// What a text's further lines begin with: the room of a status and a duration.
const FURTHER: &str = "\n                      ";

/// The order in which it is counted how checks ended.
const ORDER: [(CheckStatus, &str); 5] = [
    (CheckStatus::Passed, "passed"),
    (CheckStatus::Failed, "failed"),
    (CheckStatus::TimedOut, "timed out"),
    (CheckStatus::Panicked, "panicked"),
    (CheckStatus::Skipped, "skipped"),
];

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            // Its name in the `Debug` of an enum without fields is its name in JSON.
            let status = format!("{:?}", check.status);
            write!(f, "{status:STATUS$} {:>8} ms  ", check.duration_ms)?;
            write_finding(f, &check.name, check.detail.as_deref())?;
        }
        for left in &self.cleanup {
            write!(f, "{:STATUS$} {:>11}  ", "Left", "")?;
            let what = format!("{}, of {}", left.name, left.check);
            write_finding(f, &what, Some(&left.detail))?;
        }
        write!(f, "{}", self.lifecycle_event)?;
        if let Some(version) = &self.version {
            write!(f, " of version {}", printable(version))?;
        }
        write!(f, ": {}", self.status.as_str())?;
        for (status, words) in ORDER {
            let ended = self.checks.iter().filter(|check| check.status == status);
            match ended.count() {
                0 => {}
                number => write!(f, ", {number} {words}")?,
            }
        }
        if let Some(reason) = &self.reason {
            write!(f, " ({})", printable(reason))?;
        }
        Ok(())
    }
}

/// The rest of a line: a name, and what came of it.
fn write_finding(f: &mut fmt::Formatter<'_>, name: &str, detail: Option<&str>) -> fmt::Result {
    write!(f, "{}", printable(name))?;
    if let Some(detail) = detail {
        write!(f, ": {}", printable(detail).replace('\n', FURTHER))?;
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_verdict_is_told_check_by_check_and_summed_up() {
        let verdict: Verdict = serde_json::from_value(json!({
            "deployment_id": "d-by-hand", "lifecycle_event": "AfterAllowTraffic", "status": "Failed", "version": "7",
            "checks": [
                {"name": "create-and-read", "status": "Passed", "duration_ms": 31, "detail": null},
                {"name": "routes", "status": "Failed", "duration_ms": 3, "detail": "expected 405\ngot \u{1b}[31m403"},
                {"name": "list", "status": "TimedOut", "duration_ms": 775_000, "detail": "not done after 775000 ms"},
                {"name": "latency", "status": "Skipped", "duration_ms": 0, "detail": "no budget"},
            ],
            "report": {"delivered": false, "attempts": 0, "dry_run": true},
            "cleanup": [{"check": "routes", "name": "contact 018f", "detail": "403 from DELETE"}],
        }))
        .unwrap();
        let lines = [
            "Passed         31 ms  create-and-read",
            "Failed          3 ms  routes: expected 405",
            "                      got \\u{1b}[31m403",
            "TimedOut   775000 ms  list: not done after 775000 ms",
            "Skipped         0 ms  latency: no budget",
            "Left                  contact 018f, of routes: 403 from DELETE",
            "AfterAllowTraffic of version 7: Failed, 1 passed, 1 failed, 1 timed out, 1 skipped",
        ];
        assert_eq!(verdict.to_string(), lines.join("\n"));
    }

    #[test]
    fn a_hook_without_checks_says_why_it_failed() {
        let verdict: Verdict = serde_json::from_value(json!({
            "deployment_id": "d-by-hand", "lifecycle_event": "BeforeAllowTraffic", "status": "Failed", "version": null,
            "checks": [], "report": {"delivered": false, "attempts": 0, "dry_run": true},
            "reason": "the hook has no checks, so it has tested nothing",
        }))
        .unwrap();
        let expected =
            "BeforeAllowTraffic: Failed (the hook has no checks, so it has tested nothing)";
        assert_eq!(verdict.to_string(), expected);
    }
}
