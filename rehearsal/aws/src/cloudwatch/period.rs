//! The periods of data points.

use crate::time::MINUTE_MS;

/// The periods below a minute that `CloudWatch` takes, in milliseconds (`CloudWatch` API, `PutMetricAlarm.Period`).
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
/// Why it cannot: of metrics in high resolution, which such a period needs, a rehearsal keeps minutes; or `CloudWatch` refuses it.
pub fn check(period_ms: i64) -> Result<(), String> {
    let seconds = period_ms / 1_000;
    if BELOW_A_MINUTE_MS.contains(&period_ms) {
        return Err(format!(
            "its period of {seconds} seconds is for metrics of high resolution, and a rehearsal evaluates whole minutes"
        ));
    }
    if period_ms <= 0 || period_ms % MINUTE_MS != 0 {
        return Err(format!(
            "its period is {seconds} seconds, and CloudWatch takes 10, 20, 30 and whole minutes"
        ));
    }
    Ok(())
}
