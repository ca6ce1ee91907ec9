//! Once warm, the version answers within its budget.

use std::time::Duration;

use http::Method;
use lifecycle_hook::{Check, Request, Transport};

use crate::api::Api;
use crate::failure::StepError;

/// How many answers are measured: the median of an odd few is deaf to one slow neighbour.
const MEASURED: usize = 5;

/// The median of a few reads, after one that pays for a cold start, must not exceed `budget`.
pub(crate) async fn latency<T: Transport>(
    cx: &Check,
    api: &Api<T>,
    budget: Duration,
) -> Result<(), StepError> {
    let request = Request::new(Method::GET, "/contacts").query("limit", "1");
    let first = api.send("read once to warm up", request.clone()).await?;
    first.page(1)?;
    let mut measured = Vec::with_capacity(MEASURED);
    for _ in 0..MEASURED {
        let answer = api.send("measure a warm read", request.clone()).await?;
        answer.page(1)?;
        measured.push(answer);
    }
    measured.sort_by_key(crate::answer::Answer::latency);
    let answer = measured.swap_remove(MEASURED / 2);
    let (median, budget) = (milliseconds(answer.latency()), milliseconds(budget));
    cx.note("warm_up_ms", milliseconds(first.latency()));
    cx.note("median_ms", median);
    if median <= budget {
        return Ok(());
    }
    Err(answer.unexpected(
        format!("a median of at most {budget} ms (LATENCY_BUDGET_MS)"),
        format!("{median} ms over {MEASURED} reads"),
    ))
}

/// Whole milliseconds, begun ones counted: a budget of one is not kept by 1.9.
pub(crate) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros().div_ceil(1000)).unwrap_or(u64::MAX)
}
