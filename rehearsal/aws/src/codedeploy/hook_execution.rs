//! Hook executions: who may report, what a report means, when a silent hook has failed.

use super::lifecycle::LifecycleEventName;
use super::refusal::ReportRefused;
use crate::time::VirtualTime;

/// A lifecycle event whose hook has not reported after this long has failed (CodeDeploy user guide, "Limits": 3600 seconds).
pub const HOOK_TIMEOUT_MS: i64 = 3_600_000;

/// How long after the deployment's creation its first hook is invoked.
///
/// Assumed: seen once as two seconds, in a recorded deployment.
pub const HOOK_INVOKED_AFTER_MS: i64 = 2_000;

/// What was reported of a hook's execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookReported {
    /// Whether it was `Succeeded`.
    pub succeeded: bool,
    /// The logical id of the function that reported: the hook itself, or who answered for it.
    pub by: String,
}

/// One execution of a deployment's hook: from the lifecycle event's start to its report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookExecution {
    /// For which event.
    pub event: LifecycleEventName,
    /// The opaque id that the hook gets and reports with.
    pub id: String,
    /// When the event began; its hour runs from here.
    pub began: VirtualTime,
    /// What was reported, once it was.
    pub reported: Option<HookReported>,
    /// Whether the event has its result, reported or not.
    pub has_ended: bool,
}

impl HookExecution {
    /// Takes a report.
    ///
    /// # Errors
    /// The report is a second one, too late, or says something that a report cannot.
    pub fn report(&mut self, status: &str, by: &str) -> Result<(), ReportRefused> {
        let succeeded = parse_status(status)?;
        if self.has_ended || self.reported.is_some() {
            return Err(ReportRefused::LifecycleEventAlreadyCompleted);
        }
        self.reported = Some(HookReported {
            succeeded,
            by: by.to_owned(),
        });
        Ok(())
    }
}

/// Whether a reported status is `Succeeded`. The API's type has more values; only these two are accepted.
///
/// # Errors
/// Any other text.
pub fn parse_status(status: &str) -> Result<bool, ReportRefused> {
    match status {
        "Succeeded" => Ok(true),
        "Failed" => Ok(false),
        _ => Err(ReportRefused::InvalidLifecycleEventHookExecutionStatus),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execution() -> HookExecution {
        HookExecution {
            event: LifecycleEventName::BeforeAllowTraffic,
            id: "e".to_owned(),
            began: VirtualTime::ZERO,
            reported: None,
            has_ended: false,
        }
    }

    #[test]
    fn the_first_report_counts_and_a_second_one_is_refused() {
        let mut execution = execution();
        assert_eq!(execution.report("Failed", "Hook"), Ok(()));
        assert_eq!(
            execution.report("Succeeded", "Hook"),
            Err(ReportRefused::LifecycleEventAlreadyCompleted)
        );
        let by = "Hook".to_owned();
        let succeeded = false;
        assert_eq!(execution.reported, Some(HookReported { succeeded, by }));
    }

    #[test]
    fn only_succeeded_and_failed_are_reports() {
        for status in [
            "Pending",
            "InProgress",
            "Skipped",
            "Unknown",
            "succeeded",
            "",
        ] {
            assert_eq!(
                execution().report(status, "Hook"),
                Err(ReportRefused::InvalidLifecycleEventHookExecutionStatus),
                "{status}"
            );
        }
    }
}
