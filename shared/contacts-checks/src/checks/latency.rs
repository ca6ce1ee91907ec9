//! Once warm, the version answers within its budget.

use std::time::Duration;

use http::Method;
use lifecycle_hook::Check;

use crate::api::Api;
use crate::failure::StepError;
use crate::transport::{Request, Transport};

/// How many answers are measured: the median of an odd few is deaf to one slow neighbour.
const MEASURED: usize = 5;

/// The median of a few reads, after one that pays for a cold start, must not exceed `budget`.
pub(crate) async fn latency<T: Transport>(
    cx: &Check,
    api: &Api<T>,
    budget: Duration,
) -> Result<(), StepError> {
    let request = Request::new(Method::GET, "/contacts").query("limit", "1");
    let (answer, first) = api
        .send_timed("read once to warm up", request.clone())
        .await?;
    answer.page(1)?;
    let mut measured = Vec::with_capacity(MEASURED);
    for _ in 0..MEASURED {
        let (answer, elapsed) = api.send_timed("measure a read", request.clone()).await?;
        answer.page(1)?;
        measured.push((elapsed, answer));
    }
    measured.sort_by_key(|(elapsed, _)| *elapsed);
    let (median, answer) = measured.swap_remove(MEASURED / 2);
    cx.note("first_ms", milliseconds(first));
    cx.note("median_ms", milliseconds(median));
    if median <= budget {
        return Ok(());
    }
    Err(answer.unexpected(
        format!("a median of at most {} ms", milliseconds(budget)),
        format!("{} ms over {MEASURED} reads", milliseconds(median)),
    ))
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
