//! The periods of data points.

use crate::time::MINUTE_MS;

/// The periods below a minute that CloudWatch takes, in milliseconds (CloudWatch API, `PutMetricAlarm.Period`).
const BELOW_A_MINUTE_MS: [i64; 3] = [10_000, 20_000, 30_000];

/// Whether data points of a period, in milliseconds, can be evaluated: whole minutes.
///
/// ```
/// use rehearsal_aws::cloudwatch::period::check;
///
/// assert_eq!(check(300_000), Ok(()));
/// assert!(check(10_000).is_err_and(|why| why.contains("high resolution")));
/// assert!(check(90_000).is_err_and(|why| why.contains("CloudWatch takes")));
/// ```
///
/// # Errors
/// Why it cannot: of metrics in high resolution, which such a period needs, a rehearsal keeps minutes; or CloudWatch refuses it.
pub fn check(period_ms: i64) -> Result<(), String> {
    let seconds = period_ms / 1_000;
    if BELOW_A_MINUTE_MS.contains(&period_ms) {
        return Err(format!(
            "its period of {seconds} seconds is for metrics of high resolution, and a rehearsal evaluates whole minutes"
        ));
    }
    if !is_taken(period_ms) {
        return Err(format!(
            "its period is {seconds} seconds, and CloudWatch takes 10, 20, 30 and whole minutes"
        ));
    }
    Ok(())
}

/// Whether CloudWatch takes a period, in milliseconds: 10, 20 and 30 seconds, and whole minutes.
pub fn is_taken(period_ms: i64) -> bool {
    BELOW_A_MINUTE_MS.contains(&period_ms) || (period_ms > 0 && period_ms % MINUTE_MS == 0)
}

/// The longest that an alarm with periods below an hour looks at: a day, in milliseconds.
const LONGEST_BELOW_AN_HOUR_MS: i64 = 24 * HOUR_MS;
/// The same with longer periods: seven days.
const LONGEST_MS: i64 = 7 * 24 * HOUR_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// Whether an alarm may look at so many periods (CloudWatch API, `PutMetricAlarm.EvaluationPeriods`).
///
/// ```
/// use rehearsal_aws::cloudwatch::period::check_together;
///
/// assert_eq!(check_together(300_000, 288), Ok(()));
/// assert!(check_together(300_000, 289).is_err_and(|why| why.contains("a day")));
/// assert_eq!(check_together(3_600_000, 168), Ok(()));
/// assert!(check_together(3_600_000, 169).is_err());
/// ```
///
/// # Errors
/// What CloudWatch refuses.
pub fn check_together(period_ms: i64, periods: usize) -> Result<(), String> {
    let (longest, words) = if period_ms < HOUR_MS {
        (LONGEST_BELOW_AN_HOUR_MS, "a day")
    } else {
        (LONGEST_MS, "seven days")
    };
    let together = i64::try_from(periods).map(|periods| period_ms.saturating_mul(periods));
    if together.is_ok_and(|together| together <= longest) {
        return Ok(());
    }
    let seconds = period_ms / 1_000;
    Err(format!(
        "{periods} periods of {seconds} seconds are more than {words}, which CloudWatch refuses"
    ))
}
