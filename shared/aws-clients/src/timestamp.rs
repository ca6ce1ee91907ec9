//! The time of a log line.

use std::time::SystemTime;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

/// A time as RFC 3339 has it, in UTC and to the millisecond.
///
/// Lambda reads it from a line's `timestamp`, beside `level`, where the function's log format is JSON. It takes a line without a time for one
/// of level INFO, which a filter may drop (Lambda developer guide, "Log-level filtering").
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
/// assert_eq!(aws_clients::log_timestamp(now), "2023-11-14T22:13:20.123Z");
/// ```
pub fn log_timestamp(now: SystemTime) -> String {
    let since_epoch = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    let millis = i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX);
    // Fails in the year 10000.
    DateTime::from_millis(millis)
        .fmt(Format::DateTime)
        .unwrap_or_default()
}
