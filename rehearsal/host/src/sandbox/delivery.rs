//! One invocation on its way to a process, and the time that it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::outcome::Outcome;

/// An invocation as the process gets it.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    pub(super) request_id: String,
    pub(super) invoked_function_arn: String,
    pub(super) trace_id: String,
    pub(super) client_context: Option<String>,
    pub(super) payload: Bytes,
    pub(super) budget: Duration,
    /// How long the process has taken to start.
    pub(super) init: Arc<InitTime>,
    /// How long that may take without spending the invocation's budget.
    pub(super) init_limit: Duration,
}

/// How long a process has taken to start so far, in time in which it could: see [`awake`](crate::awake). In milliseconds.
#[derive(Debug, Default)]
pub(super) struct InitTime(AtomicU64);

impl InitTime {
    pub(super) fn note(&self, so_far: Duration) {
        let milliseconds = u64::try_from(so_far.as_millis()).unwrap_or(u64::MAX);
        self.0.store(milliseconds, Ordering::Relaxed);
    }

    fn so_far(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// What the invoking side waits for: first the delivery, then the outcome.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) delivered: oneshot::Receiver<Taken>,
    pub(super) outcome: oneshot::Receiver<Outcome>,
}

/// The process took the invocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) at: Instant,
    /// What it has of its budget from then on.
    pub(super) left: Duration,
}

impl Delivery {
    /// What is left of its budget for a process that has started just now: one that took longer than it may has spent it.
    pub(super) fn left_after_init(&self) -> Duration {
        let init = self.init.so_far();
        if init > self.init_limit {
            self.budget.saturating_sub(init)
        } else {
            self.budget
        }
    }
}
