//! How an invocation's time is divided.
//!
//! ```text
//! start ───── checks ─────┬─ clean-up ─┬───── margin: the report ─────┬──── reserve ────┬ deadline
//!                     checks_end    guard_at                      give_up_at  last_resort_at
//! ```

use std::time::{Duration, SystemTime};

/// The share of the time-out that is kept for the report.
pub const MARGIN_SHARE: f64 = 0.2;
/// The least that is kept for the report, unless it is more than half the time-out.
///
/// Measured against a local endpoint on a two-core machine, the first status arrives 0.6 ms after its check has failed, client and connection
/// included, and a later one 0.1 ms after; over TLS the handshake adds some 3 ms of CPU and three round trips. Five seconds hold one attempt
/// lost to its time-out of 3 s and another, or five attempts that fail at once, whatever the back-off between them.
pub const MARGIN_MIN: Duration = Duration::from_secs(5);
/// The most that is kept for the report: an endpoint that is away for 20 s, and back-off between attempts of 5 s at most, leave
/// time for two more.
pub const MARGIN_MAX: Duration = Duration::from_secs(30);

/// The share of the time before the margin that is kept for clean-up.
pub const CLEANUP_SHARE: f64 = 0.1;
/// The most that is kept for clean-up.
pub const CLEANUP_MAX: Duration = Duration::from_secs(10);

/// The time-out that is assumed when the deadline is in the past. Some local hosts send such a deadline.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(2);

/// What is left of the time-out when a report is given up: enough to return an error before Lambda kills the function.
const RESERVE_SHARE: f64 = 0.05;
const RESERVE_MAX: Duration = Duration::from_millis(500);

/// What is left of the clean-up's time for handing the verdict over.
const HANDOVER: Duration = Duration::from_millis(50);

/// An invocation's time, divided; each value counts from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// Checks still running then have timed out.
    pub checks_end: Duration,
    /// Clean-up still running then is given up.
    pub cleanup_end: Duration,
    /// With no verdict then, the guard reports `Failed`.
    pub guard_at: Duration,
    /// A report not delivered then is given up.
    pub give_up_at: Duration,
    /// An error that nobody has returned then is left to the guard, which needs time to end the process.
    pub last_resort_at: Duration,
    /// The deadline was in the past, and [`DEFAULT_TIMEOUT`] stands in.
    pub assumed: bool,
}

impl Times {
    /// Divides what is left until `deadline_ms`, in milliseconds since the epoch.
    pub(crate) fn until(deadline_ms: u64, now: SystemTime) -> Self {
        let left = SystemTime::UNIX_EPOCH
            .checked_add(Duration::from_millis(deadline_ms))
            .and_then(|deadline| deadline.duration_since(now).ok())
            .filter(|left| !left.is_zero());
        Self {
            assumed: left.is_none(),
            ..Self::divide(left.unwrap_or(DEFAULT_TIMEOUT))
        }
    }

    /// Divides a whole time-out.
    pub(crate) fn divide(timeout: Duration) -> Self {
        let guard_at = timeout.saturating_sub(margin(timeout));
        let cleanup = guard_at.mul_f64(CLEANUP_SHARE).min(CLEANUP_MAX);
        let reserve = timeout.mul_f64(RESERVE_SHARE).min(RESERVE_MAX);
        Self {
            checks_end: guard_at.saturating_sub(cleanup),
            cleanup_end: guard_at.saturating_sub(HANDOVER.min(cleanup / 2)),
            guard_at,
            give_up_at: timeout.saturating_sub(reserve),
            last_resort_at: timeout.saturating_sub(reserve / 3 * 2),
            assumed: false,
        }
    }
}

/// What is kept for the report: 20 % of the time-out, at least 5 s and at most 30 s, but never more than half.
fn margin(timeout: Duration) -> Duration {
    timeout
        .mul_f64(MARGIN_SHARE)
        .clamp(MARGIN_MIN, MARGIN_MAX)
        .min(timeout / 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_margin_is_a_fifth_within_its_bounds() {
        for (timeout, expected) in [
            (6, 3.0),
            (10, 5.0),
            (20, 5.0),
            (60, 12.0),
            (120, 24.0),
            (900, 30.0),
        ] {
            let margin = margin(Duration::from_secs(timeout));
            assert_eq!(margin, Duration::from_secs_f64(expected), "{timeout} s");
        }
    }

    #[test]
    fn a_deadline_in_the_past_means_the_default_time_out() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let times = Times::until(999_999, now);
        assert!(times.assumed);
        assert_eq!(times.guard_at, Duration::from_secs(96));
        assert!(!Times::until(1_060_000, now).assumed);
    }

    proptest! {
        #[test]
        fn the_parts_follow_each_other_whatever_the_time_out(ms in 1_u64..1_000_000, deadline in any::<u64>()) {
            for times in [
                Times::divide(Duration::from_millis(ms)),
                Times::until(deadline, SystemTime::UNIX_EPOCH + Duration::from_secs(5)),
            ] {
                prop_assert!(times.checks_end <= times.cleanup_end);
                prop_assert!(times.cleanup_end <= times.guard_at);
                prop_assert!(times.guard_at <= times.give_up_at);
                prop_assert!(times.give_up_at <= times.last_resort_at);
            }
        }
    }
}
