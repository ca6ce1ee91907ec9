//! Wall time in which this process ran. A machine that slept, a process that was stopped (Ctrl-Z, SIGSTOP, a debugger) has
//! spent no one's budget: when it goes on, nobody was given the time to answer.

use std::time::{Duration, Instant};

/// How often is looked whether time went by.
const TICK: Duration = Duration::from_millis(100);

/// A tick that lasted longer by this is one in which this process did not run. On a busy machine ticks are late, too, by less.
const NOT_RUNNING_AFTER: Duration = Duration::from_millis(400);

/// Waits until so much time has gone by for this process, and for what it waits for, which is `held` while it cannot go on.
pub(crate) async fn sleep(time: Duration, held: impl Fn() -> bool) {
    let mut left = time;
    while !left.is_zero() {
        let tick = left.min(TICK);
        let began = Instant::now();
        tokio::time::sleep(tick).await;
        left = left.saturating_sub(spent(tick, began.elapsed(), held()));
    }
}

/// What of a tick counts.
fn spent(tick: Duration, elapsed: Duration, held: bool) -> Duration {
    if held {
        Duration::ZERO
    } else if elapsed > tick + NOT_RUNNING_AFTER {
        tick
    } else {
        elapsed
    }
}

/// What comes of a future within so much time; `None` when it took longer.
pub(crate) async fn timeout<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        value = future => Some(value),
        () = sleep(time, || false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_counts_unless_this_process_or_the_other_one_did_not_run() {
        let ms = Duration::from_millis;
        let counts = |elapsed, held| spent(TICK, ms(elapsed), held).as_millis();
        assert_eq!(counts(100, false), 100);
        assert_eq!(counts(450, false), 450, "a busy machine");
        assert_eq!(counts(8_000, false), 100, "it slept");
        assert_eq!(counts(100, true), 0);
        assert_eq!(counts(8_000, true), 0);
    }

    #[tokio::test]
    async fn a_sleep_lasts_as_long_as_asked_for_and_goes_on_while_it_is_held() {
        let began = Instant::now();
        sleep(Duration::from_millis(150), || false).await;
        assert!(began.elapsed() >= Duration::from_millis(150));
        let began = Instant::now();
        sleep(Duration::from_millis(50), || {
            began.elapsed() < Duration::from_millis(300)
        })
        .await;
        assert!(began.elapsed() >= Duration::from_millis(300));
    }
}
