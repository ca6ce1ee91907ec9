//! Hook executions: who may report, what a report means, when a silent hook has failed.

use serde::{Deserialize, Serialize};

use crate::code_deploy::LifecycleEventName;
use crate::time::VirtualTime;

/// A lifecycle event whose hook has not reported after this long has failed (`CodeDeploy` user guide, "Limits": 3600 seconds).
pub const HOOK_TIMEOUT_MS: i64 = 3_600_000;

/// How long after the deployment's creation its first hook is invoked.
///
/// Assumed: seen once as two seconds, in a recorded deployment.
pub const HOOK_INVOKED_AFTER_MS: i64 = 2_000;

/// Lambda's waits before it invokes a function again after an asynchronous invocation that failed (Lambda developer guide,
/// "Asynchronous invocation": one minute, then two).
pub const RETRY_AFTER_MS: [i64; 2] = [60_000, 120_000];

/// How long Lambda keeps an event that it may not run yet, before it tries again: a second at first, then longer, five minutes
/// at most (Lambda developer guide, "Asynchronous invocation"). Assumed: each wait is twice the one before.
pub fn throttled_wait_ms(refusals: u32) -> i64 {
    const LONGEST_MS: i64 = 300_000;
    1_000_i64
        .checked_shl(refusals.saturating_sub(1).min(20))
        .map_or(LONGEST_MS, |wait| wait.min(LONGEST_MS))
}

/// What Lambda does with an asynchronous event that fails (`EventInvokeConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncRetries {
    /// How often it tries again.
    pub maximum_retry_attempts: u32,
    /// How old the event may become.
    pub maximum_event_age_ms: i64,
}

impl Default for AsyncRetries {
    /// Lambda's own: two retries within six hours.
    fn default() -> Self {
        Self {
            maximum_retry_attempts: 2,
            maximum_event_age_ms: 21_600_000,
        }
    }
}

impl AsyncRetries {
    /// How long Lambda waits after `attempt` (from 1) failed at `now`; `None` when it gives up.
    pub fn wait_after(&self, attempt: u32, enqueued: VirtualTime, now: VirtualTime) -> Option<i64> {
        let retry = usize::try_from(attempt).ok()?.checked_sub(1)?;
        if attempt > self.maximum_retry_attempts {
            return None;
        }
        let wait = *RETRY_AFTER_MS.get(retry)?;
        ((now + wait) - enqueued <= self.maximum_event_age_ms).then_some(wait)
    }
}

/// Why `CodeDeploy` refuses a report (`CodeDeploy` API, `PutLifecycleEventHookExecutionStatus`, "Errors").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReportRefused {
    /// No deployment id was given.
    #[error("DeploymentIdRequiredException")]
    DeploymentIdRequired,
    /// The deployment id is not shaped like one.
    #[error("InvalidDeploymentIdException")]
    InvalidDeploymentId,
    /// There is no such deployment.
    #[error("DeploymentDoesNotExistException")]
    DeploymentDoesNotExist,
    /// The status is neither `Succeeded` nor `Failed`.
    #[error("InvalidLifecycleEventHookExecutionStatusException")]
    InvalidStatus,
    /// The hook execution id is none of the deployment's.
    #[error("InvalidLifecycleEventHookExecutionIdException")]
    InvalidExecutionId,
    /// The lifecycle event is over, or was reported before.
    #[error("LifecycleEventAlreadyCompletedException")]
    AlreadyCompleted,
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
    /// What was reported, and by which function.
    pub reported: Option<(bool, String)>,
    /// How often Lambda refused to run its hook for want of concurrency.
    pub refusals: u32,
    /// Whether the event has its result, reported or not.
    pub over: bool,
}

impl HookExecution {
    /// Takes a report.
    ///
    /// # Errors
    /// The report is a second one, too late, or says something that a report cannot.
    pub fn report(&mut self, status: &str, by: &str) -> Result<(), ReportRefused> {
        let succeeded = parse_status(status)?;
        if self.over || self.reported.is_some() {
            return Err(ReportRefused::AlreadyCompleted);
        }
        self.reported = Some((succeeded, by.to_owned()));
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
        _ => Err(ReportRefused::InvalidStatus),
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
            refusals: 0,
            over: false,
        }
    }

    #[test]
    fn the_first_report_counts_and_a_second_one_is_refused() {
        let mut execution = execution();
        assert_eq!(execution.report("Failed", "Hook"), Ok(()));
        assert_eq!(
            execution.report("Succeeded", "Hook"),
            Err(ReportRefused::AlreadyCompleted)
        );
        assert_eq!(execution.reported, Some((false, "Hook".to_owned())));
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
                Err(ReportRefused::InvalidStatus),
                "{status}"
            );
        }
    }

    #[test]
    fn lambda_tries_a_failed_event_again_after_one_minute_and_then_two() {
        let retries = AsyncRetries::default();
        let wait = |attempt| retries.wait_after(attempt, VirtualTime::ZERO, VirtualTime::ZERO);
        assert_eq!(
            (wait(1), wait(2), wait(3)),
            (Some(60_000), Some(120_000), None)
        );
    }

    #[test]
    fn a_throttled_event_waits_longer_each_time_but_five_minutes_at_most() {
        assert_eq!(
            [1, 2, 3, 10, 4_000].map(throttled_wait_ms),
            [1_000, 2_000, 4_000, 300_000, 300_000]
        );
    }

    #[test]
    fn an_event_that_would_be_too_old_is_not_tried_again() {
        let retries = AsyncRetries {
            maximum_retry_attempts: 1,
            maximum_event_age_ms: 300_000,
        };
        let after = |now| retries.wait_after(1, VirtualTime::ZERO, VirtualTime(now));
        assert_eq!((after(240_000), after(240_001)), (Some(60_000), None));
    }
}
