//! Repeats a question until the answer is as wanted, or time is up.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

/// Makes an attempt, and another `pause` after each that fails, until one succeeds or `limit` is over. The last begins when it is.
///
/// What an attempt fails with when no other may begin is what comes back, so that a check says what was wrong and not that time was up. An
/// attempt that is under way is not cut off: the check's own time-out ends it. The first is made whatever the limit is.
///
/// For what another service does in its own time: an index that follows its table, a queue that is read, an alias that settles.
///
/// # Errors
/// That of the last attempt.
///
/// ```
/// use std::time::Duration;
/// use lifecycle_hook::{Check, Error, retry_until};
///
/// async fn an_order_reaches_the_index(cx: Check) -> Result<(), Error> {
///     retry_until(cx.remaining() / 2, Duration::from_secs(1), || async {
///         let found = 1; // asked of the index
///         if found == 1 { Ok(()) } else { Err(format!("expected 1 order in the index, got {found}")) }
///     })
///     .await?;
///     Ok(())
/// }
/// # let _ = lifecycle_hook::Hook::after_allow_traffic().check("index", an_order_reaches_the_index);
/// ```
pub async fn retry_until<T, E, F, Fut>(limit: Duration, pause: Duration, attempt: F) -> Result<T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    retry_while(limit, pause, |_| true, attempt).await
}

/// The same, for as long as the attempts fail in a way that passes. Another failure comes back at once.
///
/// # Errors
/// That of the last attempt.
pub async fn retry_while<T, E, F, Fut>(
    limit: Duration,
    pause: Duration,
    passes: impl Fn(&E) -> bool,
    mut attempt: F,
) -> Result<T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let begun = Instant::now();
    loop {
        match attempt().await {
            Err(error) if begun.elapsed() < limit && passes(&error) => {
                let left = limit.saturating_sub(begun.elapsed());
                tokio::time::sleep(pause.min(left)).await;
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(10);
    const PAUSE: Duration = Duration::from_secs(3);

    /// How many attempts were made and how long they took, when each says its number until the `good`th.
    async fn tried(good: u32, passes: impl Fn(&u32) -> bool) -> (Result<u32, u32>, u32, Duration) {
        let begun = Instant::now();
        let mut made = 0;
        let outcome = retry_while(LIMIT, PAUSE, passes, || {
            made += 1;
            std::future::ready(if made == good { Ok(made) } else { Err(made) })
        })
        .await;
        (outcome, made, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_are_made_until_one_succeeds() {
        assert_eq!(tried(3, |_| true).await, (Ok(3), 3, PAUSE * 2));
        assert_eq!(tried(1, |_| true).await, (Ok(1), 1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn no_attempt_begins_after_a_failure_past_the_limit_and_that_failure_comes_back() {
        // At 0, 3, 6, 9 and 10 s.
        assert_eq!(tried(9, |_| true).await, (Err(5), 5, LIMIT));
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_comes_back_at_once() {
        assert_eq!(tried(9, |made| *made < 2).await, (Err(2), 2, PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_there_is_one_attempt() {
        let outcome = retry_until(Duration::ZERO, PAUSE, || {
            std::future::ready(Err::<(), _>(1))
        });
        assert_eq!(outcome.await, Err(1));
    }
}
