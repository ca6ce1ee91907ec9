//! The guard: the one that reports a status, on a thread of its own.
//!
//! Whatever a check does to the runtime it runs on, this thread goes on: it has its own runtime, and its own client with its own
//! connections (a pooled connection is driven by the runtime that opened it).

use std::time::Instant;

use aws_clients::Environment;
use tokio::sync::{mpsc, oneshot};

use crate::log::Lines;
use crate::report::{ReportError, Reporter};
use crate::time::Times;
use crate::verdict::{Report, Status};

/// What the guard does when CodeDeploy could not be told and the invocation does not end, because a check blocks its runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LastResort {
    /// It waits with it.
    Wait,
    /// It ends the process just before the deadline. To Lambda that is an error of the invocation; a time-out would be one too, but
    /// later, and would not say why.
    EndProcess,
}

/// An event to answer for.
struct Watch {
    lines: Lines,
    guard_at: Instant,
    give_up_at: Instant,
    last_resort_at: Instant,
    last_resort: LastResort,
    verdict: oneshot::Receiver<Status>,
    answer: oneshot::Sender<Answer>,
    /// Ends when the invocation has taken the answer, or is gone.
    invocation: oneshot::Receiver<()>,
}

/// What the guard told CodeDeploy, and what came of it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: Status,
    /// Whether the status is the guard's own: there was no verdict in time.
    pub in_stead: bool,
    pub report: Result<Report, ReportError>,
}

/// A handle on the guard's thread; the thread ends with the last handle.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    watches: mpsc::UnboundedSender<Watch>,
}

/// One event under guard. Dropped without a verdict, it is answered with `Failed`.
#[derive(Debug)]
pub(crate) struct Watched {
    verdict: oneshot::Sender<Status>,
    answer: oneshot::Receiver<Answer>,
    /// Tells the guard by its end that the invocation goes on.
    _invocation: oneshot::Sender<()>,
}

/// The guard's thread is gone; it ends only by a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the guard's thread has ended")]
pub(crate) struct GuardGone;

impl Guard {
    /// Starts the thread. The client is made there, while the function goes on starting.
    pub(crate) fn start(environment: &Environment) -> std::io::Result<Self> {
        let environment = environment.with_own_connections();
        let (watches, incoming) = mpsc::unbounded_channel();
        let (ready, started) = std::sync::mpsc::sync_channel(1);
        std::thread::Builder::new()
            .name("hook-guard".to_owned())
            .spawn(move || {
                // Made on the thread that it is for: one that is dropped where another one runs, as when the thread cannot be
                // started, panics.
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build();
                match runtime {
                    Err(error) => drop(ready.send(Err(error))),
                    Ok(runtime) => {
                        drop(ready.send(Ok(())));
                        runtime.block_on(keep(&Reporter::new(&environment), incoming));
                    }
                }
            })?;
        // It says so at once, and is gone only if it panicked.
        started
            .recv()
            .map_err(|_| std::io::Error::other("the thread ended as it began"))??;
        Ok(Self { watches })
    }

    /// Whether the thread still takes events.
    pub(crate) fn is_alive(&self) -> bool {
        !self.watches.is_closed()
    }

    /// Puts an event under guard: from now on it will be answered.
    pub(crate) fn watch(
        &self,
        lines: Lines,
        started: Instant,
        times: Times,
        last_resort: LastResort,
    ) -> Result<Watched, GuardGone> {
        let (verdict, verdict_in) = oneshot::channel();
        let (answer_out, answer) = oneshot::channel();
        let (invocation, invocation_ends) = oneshot::channel();
        self.watches
            .send(Watch {
                lines,
                guard_at: started + times.guard_at,
                give_up_at: started + times.give_up_at,
                last_resort_at: started + times.last_resort_at,
                last_resort,
                verdict: verdict_in,
                answer: answer_out,
                invocation: invocation_ends,
            })
            .map_err(|_| GuardGone)?;
        Ok(Watched {
            verdict,
            answer,
            _invocation: invocation,
        })
    }
}

impl Watched {
    /// Hands the verdict over and waits until CodeDeploy has it.
    ///
    /// The guard may have answered before; then its answer comes back, not the verdict's.
    pub(crate) async fn conclude(self, status: Status) -> Result<Answer, GuardGone> {
        // The receiver is gone once the guard has answered in the verdict's stead.
        let _ = self.verdict.send(status);
        self.answer.await.map_err(|_| GuardGone)
    }
}

async fn keep(reporter: &Reporter, mut incoming: mpsc::UnboundedReceiver<Watch>) {
    while let Some(watch) = incoming.recv().await {
        tokio::spawn(answer(reporter.clone(), watch));
    }
}

async fn answer(reporter: Reporter, watch: Watch) {
    let verdict = tokio::time::timeout_at(watch.guard_at.into(), watch.verdict).await;
    let (status, in_stead) = match verdict {
        Ok(Ok(status)) => (status, false),
        // Too late, or never: whoever was to say it is gone.
        Err(_) | Ok(Err(_)) => (Status::Failed, true),
    };
    let report = reporter
        .report_within(watch.give_up_at.into(), &watch.lines.event, status)
        .await;
    if in_stead {
        watch.lines.warn(&format!(
            "no verdict in time, so the guard reported Failed in its stead: {}",
            came_of(&report)
        ));
    }
    let error = report.as_ref().err().map(ToString::to_string);
    // Nobody waits for the answer if the invocation was dropped; CodeDeploy has it.
    let _ = watch.answer.send(Answer {
        status,
        in_stead,
        report,
    });
    if let (Some(error), LastResort::EndProcess) = (error, watch.last_resort) {
        let ended = tokio::time::timeout_at(watch.last_resort_at.into(), watch.invocation).await;
        if ended.is_err() {
            watch.lines.error(&format!(
                "{error}. A check blocks the invocation, so the process is ended to make this its error"
            ));
            std::process::exit(1);
        }
    }
}

fn came_of(report: &Result<Report, ReportError>) -> String {
    match report {
        Ok(report) if report.already_completed => "CodeDeploy had a status already".to_owned(),
        Ok(report) => format!("delivered at attempt {}", report.attempts),
        Err(error) => error.to_string(),
    }
}
