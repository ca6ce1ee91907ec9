//! Runs checks: concurrently, each with its own time, each with its clean-up.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::check::Check;
use crate::failure::Failure;
use crate::panics::{Panicked, caught};
use crate::text::cut;
use crate::verdict::{CheckResult, CheckStatus, CleanupFailure};
use futures::future::join_all;
use lambda_runtime::Error;
use serde_json::Map;

pub(crate) type CheckFuture = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;
pub(crate) type CheckFn = dyn Fn(Check) -> CheckFuture + Send + Sync;

/// The most characters of a reason that are kept: an error may carry a whole response, and a line with all reasons must stay within
/// the 256 KB that a log event may have (CloudWatch user guide, "Specification: Embedded metric format").
const LONGEST_DETAIL: usize = 2_000;

/// A check as it was registered.
#[derive(Clone)]
pub(crate) struct Registered {
    pub name: String,
    pub timeout: Option<Duration>,
    pub run: Arc<CheckFn>,
}

/// What the checks found and what they left behind.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub checks: Vec<CheckResult>,
    pub cleanup: Vec<CleanupFailure>,
}

/// Runs all checks at once; their order in the outcome is that of registration.
pub(crate) async fn all(
    checks: &[Registered],
    started: Instant,
    checks_end: Duration,
    cleanup_end: Duration,
    context: impl Fn(Instant) -> Check,
) -> Outcome {
    let one = |check: &Registered| {
        let ends = started + check.limit(checks_end);
        let cx = context(ends);
        let check = check.clone();
        async move {
            let mut result = run(&check, cx.clone(), ends).await;
            // Their clean-up may note figures still, so the notes come last.
            let left_behind = clean(&check.name, &cx, started + cleanup_end).await;
            result.notes = cx.take_notes();
            (result, left_behind)
        }
    };
    let mut outcome = Outcome::default();
    for (result, left_behind) in join_all(checks.iter().map(one)).await {
        outcome.checks.push(result);
        outcome.cleanup.extend(left_behind);
    }
    outcome
}

impl Registered {
    /// How long after the event's start it has timed out.
    pub(crate) fn limit(&self, checks_end: Duration) -> Duration {
        self.timeout.unwrap_or(checks_end).min(checks_end)
    }
}

pub(crate) async fn run(check: &Registered, cx: Check, ends: Instant) -> CheckResult {
    let begun = Instant::now();
    let make = Arc::clone(&check.run);
    // A task of its own: a panic stays in it, and on a runtime of several threads a blocking check blocks only one of them.
    // The future is made inside, because making it may panic too.
    let ended = within(ends, async move { make(cx).await }).await;
    let taken = begun.elapsed();
    let (status, detail) = match ended {
        Ended::Returned(Ok(())) => (CheckStatus::Passed, None),
        Ended::Returned(Err(error)) => {
            let failure = Failure::from_error(error);
            let status = if failure.is_skipped() {
                CheckStatus::Skipped
            } else {
                CheckStatus::Failed
            };
            (status, Some(failure.reason().to_owned()))
        }
        Ended::Panicked(panicked) => (CheckStatus::Panicked, Some(panicked.to_string())),
        Ended::TimedOut => return timed_out(check, taken),
    };
    result(check, status, taken, detail)
}

/// The result of a check that took all its time.
pub(crate) fn timed_out(check: &Registered, taken: Duration) -> CheckResult {
    let detail = format!("not done after {} ms, its time-out", taken.as_millis());
    result(check, CheckStatus::TimedOut, taken, Some(detail))
}

/// The result of a check for which there is no thread.
pub(crate) fn not_started(check: &Registered, error: &std::io::Error) -> CheckResult {
    let detail = format!("no thread can be started for the checks: {error}");
    result(check, CheckStatus::Failed, Duration::ZERO, Some(detail))
}

fn result(
    check: &Registered,
    status: CheckStatus,
    taken: Duration,
    detail: Option<String>,
) -> CheckResult {
    CheckResult {
        name: check.name.clone(),
        status,
        duration_ms: u64::try_from(taken.as_millis()).unwrap_or(u64::MAX),
        detail: detail.map(|detail| cut(detail, LONGEST_DETAIL)),
        notes: Map::new(),
    }
}

/// Runs a check's clean-ups, last in, first out, each in an equal part of the time left.
pub(crate) async fn clean(check: &str, cx: &Check, ends: Instant) -> Vec<CleanupFailure> {
    let mut failures = Vec::new();
    while let Some(cleanup) = cx.next_cleanup() {
        let now = Instant::now();
        let left = ends.saturating_duration_since(now);
        let parts = u32::try_from(cx.cleanups_left() + 1).unwrap_or(u32::MAX);
        let detail = match within(now + left / parts, cleanup.work).await {
            Ended::Returned(Ok(())) => continue,
            Ended::Returned(Err(error)) => Failure::from_error(error).reason().to_owned(),
            Ended::Panicked(panicked) => panicked.to_string(),
            Ended::TimedOut => format!("not done after {} ms", now.elapsed().as_millis()),
        };
        failures.push(CleanupFailure {
            check: check.to_owned(),
            name: cleanup.name,
            detail: cut(detail, LONGEST_DETAIL),
        });
    }
    failures
}

enum Ended {
    Returned(Result<(), Error>),
    Panicked(Panicked),
    TimedOut,
}

async fn within(
    ends: Instant,
    work: impl Future<Output = Result<(), Error>> + Send + 'static,
) -> Ended {
    let mut task = tokio::spawn(caught(work));
    match tokio::time::timeout_at(ends.into(), &mut task).await {
        Ok(Ok(Ok(result))) => Ended::Returned(result),
        Ok(Ok(Err(panicked))) => Ended::Panicked(panicked),
        // Nobody else has the task's handle, so it was not cancelled: what it left behind panicked when it was dropped.
        Ok(Err(error)) => Ended::Panicked(match error.try_into_panic() {
            Ok(payload) => Panicked::of(&*payload),
            Err(error) => Panicked::of(&error.to_string()),
        }),
        Err(_) => {
            task.abort();
            Ended::TimedOut
        }
    }
}
