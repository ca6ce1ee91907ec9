//! Wall time in which this process ran. A machine that slept, a process that was stopped (Ctrl-Z, SIGSTOP, a debugger) has
//! spent no one's budget: when it goes on, nobody was given the time to answer.

use std::time::{Duration, Instant};

/// How often is looked whether time went by.
const TICK: Duration = Duration::from_millis(100);

/// A tick that lasted longer by this is one in which this process did not run. On a busy machine ticks are late, too, by less.
const NOT_RUNNING_AFTER: Duration = Duration::from_millis(400);

/// How long what is waited for may be held in all, in time in which this process ran. One that is held for longer is held by
/// itself, and would be waited for without an end.
const HELD_AT_MOST: Duration = Duration::from_mins(1);

/// Waits until so much time has gone by for this process, and for what it waits for, which is `held` while it cannot go on.
pub async fn sleep(time: Duration, held: impl Fn() -> bool) {
    sleep_noting(time, held, |_| {}).await;
}

/// The same, and says at every tick how much of it has gone by.
pub async fn sleep_noting(time: Duration, held: impl Fn() -> bool, note: impl Fn(Duration)) {
    let mut budget = Budget::new(time);
    while !budget.left.is_zero() {
        let tick = budget.left.min(TICK);
        let began = Instant::now();
        tokio::time::sleep(tick).await;
        budget.spend(tick, began.elapsed(), held());
        note(time.saturating_sub(budget.left));
    }
}

/// Time that is spent tick by tick.
struct Budget {
    left: Duration,
    /// How long it may still be held.
    patience: Duration,
}

impl Budget {
    fn new(left: Duration) -> Self {
        Self {
            left,
            patience: HELD_AT_MOST,
        }
    }

    /// What of a tick counts: the whole of it, unless this process did not run, or what it waits for is held.
    fn spend(&mut self, tick: Duration, elapsed: Duration, held: bool) {
        let ran = if elapsed > tick + NOT_RUNNING_AFTER {
            tick
        } else {
            elapsed
        };
        let spent = if held && !self.patience.is_zero() {
            &mut self.patience
        } else {
            &mut self.left
        };
        *spent = spent.saturating_sub(ran);
    }
}

/// What comes of a future within so much time; `None` when it took longer.
pub async fn timeout<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        value = future => Some(value),
        () = sleep(time, || false) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn time_counts_unless_this_process_or_the_other_one_did_not_run() {
        let ms = Duration::from_millis;
        let counts = |elapsed, held| {
            let mut budget = Budget::new(ms(10_000));
            budget.spend(TICK, ms(elapsed), held);
            10_000 - budget.left.as_millis()
        };
        assert_eq!(counts(100, false), 100);
        assert_eq!(counts(450, false), 450, "a busy machine");
        assert_eq!(counts(8_000, false), 100, "it slept");
        assert_eq!(counts(100, true), 0);
        assert_eq!(counts(8_000, true), 0);
    }

    #[test]
    fn what_is_held_for_longer_than_a_minute_spends_its_budget() {
        let mut budget = Budget::new(Duration::from_secs(3));
        let mut ticks = 0;
        while !budget.left.is_zero() {
            budget.spend(TICK, TICK, true);
            ticks += 1;
            assert!(ticks < 10_000, "it is waited for without an end");
        }
        assert_eq!(TICK * ticks, HELD_AT_MOST + Duration::from_secs(3));
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

    #[tokio::test]
    async fn a_sleep_says_how_much_of_it_has_gone_by_and_not_what_it_was_held_for() {
        let noted = Mutex::new(Vec::new());
        let began = Instant::now();
        let held = || began.elapsed() < Duration::from_millis(300);
        let note = |so_far| noted.lock().unwrap().push(so_far);
        sleep_noting(Duration::from_millis(50), held, note).await;
        let noted = noted.into_inner().unwrap();
        assert_eq!(noted.first(), Some(&Duration::ZERO));
        assert_eq!(noted.last(), Some(&Duration::from_millis(50)));
    }
}
