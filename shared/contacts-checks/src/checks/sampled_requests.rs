//! All traffic reaches the new version, and goes on doing so.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures::{StreamExt, stream};
use http::Method;
use lifecycle_hook::{Check, Failure, Request, Transport};
use tokio::time::{Instant, MissedTickBehavior};

use crate::api::{ASK_AGAIN_AFTER, Api, MAX_IN_FLIGHT};
use crate::failure::StepError;

/// How often a request is sent while the version is watched: 780 in the longest bake, so that they are a trickle beside
/// any live traffic.
pub const BAKE_INTERVAL: Duration = Duration::from_secs(1);

/// What is sampled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// How many requests are sent at once, as fast as they are answered.
    pub requests: u32,
    /// How long one is sent every [`BAKE_INTERVAL`] after that, counted from the check's start.
    pub bake: Duration,
}

/// Some of the sampled requests were not served as they must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SampleError {
    /// Of those sent at once.
    #[error("{failed} of {sampled} sampled requests failed; the first: {first}")]
    AtOnce {
        failed: usize,
        sampled: u32,
        first: StepError,
    },
    /// Of those after them. One is enough: nothing that comes later could make up for it.
    #[error("after {} s of baking: {error}", after.as_secs())]
    Baking { after: Duration, error: StepError },
    /// The hook ends before the bake would.
    #[error(
        "BAKE_SECONDS is {}, and the hook's Timeout leaves {} s for its checks: raise the one or lower the other",
        bake.as_secs(), remaining.as_secs()
    )]
    NoTime { bake: Duration, remaining: Duration },
}

impl From<SampleError> for Failure {
    fn from(error: SampleError) -> Self {
        Self::new(error.to_string())
    }
}

/// Reads that the version under test must serve.
struct Sampling<'a, T> {
    api: &'a Api<T>,
    settled_at: Instant,
    asked_again: AtomicU32,
}

/// Sends the sample, all of which the version under test must serve.
///
/// An answer of another version is asked for again until `settled_at`: an update of an alias takes a while to reach every
/// part of the service. After that it is a finding.
pub(crate) async fn sampled_requests<T: Transport>(
    cx: &Check,
    api: &Api<T>,
    sample: Sample,
    settled_at: Instant,
) -> Result<(), SampleError> {
    let (started, remaining) = (Instant::now(), cx.remaining());
    if sample.bake >= remaining {
        let bake = sample.bake;
        return Err(SampleError::NoTime { bake, remaining });
    }
    let sampling = Sampling {
        api,
        settled_at,
        asked_again: AtomicU32::new(0),
    };
    let outcome = sampling.run(cx, sample, started).await;
    cx.note("asked_again", sampling.asked_again.into_inner());
    outcome
}

impl<T: Transport> Sampling<'_, T> {
    async fn run(&self, cx: &Check, sample: Sample, started: Instant) -> Result<(), SampleError> {
        let sampled = sample.requests;
        let answers: Vec<_> = stream::iter(1..=sampled)
            .map(|number| self.ask(format!("sampled request {number} of {sampled}")))
            .buffer_unordered(MAX_IN_FLIGHT as usize)
            .collect()
            .await;
        cx.note("sampled", sampled);
        let mut failed: Vec<StepError> = answers.into_iter().filter_map(Result::err).collect();
        if !failed.is_empty() {
            return Err(SampleError::AtOnce {
                failed: failed.len(),
                sampled,
                first: failed.swap_remove(0),
            });
        }

        let bake_until = started + sample.bake;
        let mut ticks = tokio::time::interval(BAKE_INTERVAL);
        // A slow answer puts off the next request; none is made up for.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for number in 1_u32.. {
            ticks.tick().await;
            if Instant::now() >= bake_until {
                break;
            }
            cx.note("baked", number);
            let asked = self.ask(format!("baking request {number}")).await;
            asked.map_err(|error| SampleError::Baking {
                after: started.elapsed(),
                error,
            })?;
        }
        Ok(())
    }

    async fn ask(&self, step: String) -> Result<(), StepError> {
        loop {
            let request = Request::new(Method::GET, "/contacts").query("limit", "1");
            match self.api.send(step.clone(), request).await {
                Err(error) if error.is_other_version() && Instant::now() < self.settled_at => {
                    self.asked_again.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(ASK_AGAIN_AFTER).await;
                }
                Err(error) => return Err(error),
                Ok(answer) => return answer.page(1).map(|_| ()),
            }
        }
    }
}
