//! Checks on a thread of their own, for a run that no guard watches.
//!
//! A check that blocks its thread blocks all that runs on it: the time-outs, the verdict, and the invocation. Where CodeDeploy waits, the guard
//! answers in its stead. In a dry run or by hand there is nobody but the caller, so the caller's thread is kept free of them, and gives each
//! check up when its time is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use tokio::sync::oneshot;
use tokio::time::timeout_at;

use crate::check::Check;
use crate::run::{self, Outcome, Registered};
use crate::verdict::{CheckResult, CleanupFailure};

/// How much longer the caller waits than the check's own thread: that one says more of what happened.
const GRACE: Duration = Duration::from_millis(100);

/// Runs all checks at once; their order in the outcome is that of registration. What a check that blocks has not cleaned is cleaned here.
pub(crate) async fn all(
    checks: &[Registered],
    started: Instant,
    checks_end: Duration,
    cleanup_end: Duration,
    context: impl Fn(Instant) -> Check,
) -> Outcome {
    let (mut there, mut here) = (Vec::new(), Vec::new());
    for check in checks {
        let ends = started + check.limit(checks_end);
        let check = Arc::new(check.clone());
        let cx = context(ends);
        let (result, has_ended) = oneshot::channel();
        let (left_behind, is_clean) = oneshot::channel();
        there.push(Running {
            check: Arc::clone(&check),
            cx: cx.clone(),
            ends,
            cleaned_by: started + cleanup_end,
            result,
            left_behind,
        });
        here.push(Awaited {
            check,
            cx,
            ends,
            cleaned_by: started + cleanup_end,
            has_ended,
            is_clean,
        });
    }
    let begun = std::thread::Builder::new()
        .name("hook-checks".to_owned())
        .spawn(move || match runtime() {
            Ok(runtime) => {
                runtime.block_on(join_all(there.into_iter().map(Running::run)));
                // Not for as long as something that a check left behind blocks.
                runtime.shutdown_background();
            }
            Err(error) => {
                for running in there {
                    running.cannot_start(&error);
                }
            }
        });
    if let Err(error) = begun {
        return Outcome {
            checks: checks
                .iter()
                .map(|check| run::not_started(check, &error))
                .collect(),
            cleanup: Vec::new(),
        };
    }
    let mut outcome = Outcome::default();
    for (result, left_behind) in join_all(here.into_iter().map(Awaited::ended)).await {
        outcome.checks.push(result);
        outcome.cleanup.extend(left_behind);
    }
    outcome
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

/// A check on the thread of the checks.
struct Running {
    check: Arc<Registered>,
    cx: Check,
    ends: Instant,
    cleaned_by: Instant,
    result: oneshot::Sender<CheckResult>,
    left_behind: oneshot::Sender<Vec<CleanupFailure>>,
}

impl Running {
    async fn run(self) {
        let result = run::run(&self.check, self.cx.clone(), self.ends).await;
        // Whoever waited may have given it up.
        let _ = self.result.send(result);
        let left_behind = run::clean(&self.check.name, &self.cx, self.cleaned_by).await;
        let _ = self.left_behind.send(left_behind);
    }

    fn cannot_start(self, error: &std::io::Error) {
        let _ = self.result.send(run::not_started(&self.check, error));
        let _ = self.left_behind.send(Vec::new());
    }
}

/// The same check on the thread of the caller.
struct Awaited {
    check: Arc<Registered>,
    cx: Check,
    ends: Instant,
    cleaned_by: Instant,
    has_ended: oneshot::Receiver<CheckResult>,
    is_clean: oneshot::Receiver<Vec<CleanupFailure>>,
}

impl Awaited {
    async fn ended(self) -> (CheckResult, Vec<CleanupFailure>) {
        let begun = Instant::now();
        let ended = timeout_at((self.ends + GRACE).into(), self.has_ended).await;
        let (mut result, is_clean) = match ended {
            Ok(Ok(result)) => {
                let is_clean = timeout_at((self.cleaned_by + GRACE).into(), self.is_clean).await;
                (result, is_clean.ok().and_then(Result::ok))
            }
            // Its thread is blocked, or gone.
            _ => (run::timed_out(&self.check, begun.elapsed()), None),
        };
        let left_behind = match is_clean {
            Some(left_behind) => left_behind,
            None => run::clean(&self.check.name, &self.cx, self.cleaned_by).await,
        };
        result.notes = self.cx.take_notes();
        (result, left_behind)
    }
}
