//! All traffic reaches the new version.

use std::sync::atomic::{AtomicU32, Ordering};

use futures::{StreamExt, stream};
use http::Method;
use lifecycle_hook::{Check, Failure};
use tokio::time::Instant;

use crate::api::{ASK_AGAIN_AFTER, Api, MAX_IN_FLIGHT};
use crate::failure::StepError;
use crate::transport::{Request, Transport};

/// Some of the sampled requests were not served as they must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failed} of {sampled} sampled requests failed; the first: {first}")]
pub(crate) struct SampleError {
    failed: usize,
    sampled: u32,
    first: StepError,
}

impl From<SampleError> for Failure {
    fn from(error: SampleError) -> Self {
        Self::new(error.to_string())
    }
}

/// Sends `sampled` reads, all of which the version under test must serve.
///
/// An answer of another version is asked for again until `settled_at`: an update of an alias takes a while to reach every
/// part of the service. After that it is a finding.
pub(crate) async fn sampled_requests<T: Transport>(
    cx: &Check,
    api: &Api<T>,
    sampled: u32,
    settled_at: Instant,
) -> Result<(), SampleError> {
    let asked_again = AtomicU32::new(0);
    let ask = |number: u32| {
        let asked_again = &asked_again;
        async move {
            loop {
                let request = Request::new(Method::GET, "/contacts").query("limit", "1");
                let step = format!("sampled request {number} of {sampled}");
                match api.send(step, request).await {
                    Err(error) if error.is_other_version() && Instant::now() < settled_at => {
                        asked_again.fetch_add(1, Ordering::Relaxed);
                        tokio::time::sleep(ASK_AGAIN_AFTER).await;
                    }
                    Err(error) => return Err(error),
                    Ok(answer) => return answer.page(1).map(|_| ()),
                }
            }
        }
    };
    let answers: Vec<_> = stream::iter(1..=sampled)
        .map(ask)
        .buffer_unordered(MAX_IN_FLIGHT)
        .collect()
        .await;
    cx.note("sampled", sampled);
    cx.note("asked_again", asked_again.into_inner());
    let mut failed: Vec<StepError> = answers.into_iter().filter_map(Result::err).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(SampleError {
        failed: failed.len(),
        sampled,
        first: failed.swap_remove(0),
    })
}
