//! A version that starts cold answers soon enough for the first caller whom it meets.

use std::time::Duration;

use lifecycle_hook::{Check, Failure, Transport};

use super::latency::milliseconds;
use crate::api::Api;

/// How many times the budget of a warm answer a first answer may take.
///
/// It pays for the execution environment's start and the function's own, for the first connection to the table, and for
/// the hook's connection to Lambda.
pub const COLD_START_FACTOR: u32 = 3;

/// The first answer, which was asked for alone, must come within [`COLD_START_FACTOR`] budgets.
pub(crate) fn cold_start<T: Transport>(
    cx: &Check,
    api: &Api<T>,
    budget: Duration,
) -> Result<(), Failure> {
    let Some(first) = api.first() else {
        return Err(Failure::skipped("no first request was measured"));
    };
    let answer = first.as_ref().map_err(Clone::clone)?;
    answer.page(1)?;
    let (took, most) = (answer.latency(), budget * COLD_START_FACTOR);
    cx.note("first_ms", milliseconds(took));
    if answer.retries().throttled > 0 {
        cx.note("throttled", answer.retries().throttled);
    }
    if took <= most {
        return Ok(());
    }
    let most = milliseconds(most);
    let error = answer.unexpected(
        format!("at most {most} ms ({COLD_START_FACTOR} × LATENCY_BUDGET_MS) from a cold start"),
        format!("{} ms", milliseconds(took)),
    );
    Err(error.into())
}
