//! Which day it is.

use std::env;

use time::OffsetDateTime;

/// The moment that a build takes for now, in seconds since 1970, where a person says so (Reproducible Builds, "`SOURCE_DATE_EPOCH` specification").
const SOURCE_DATE_EPOCH: &str = "SOURCE_DATE_EPOCH";

/// Today, as `2026-11-29`: by `SOURCE_DATE_EPOCH`, or else by this machine's clock.
pub fn today() -> String {
    day(env::var(SOURCE_DATE_EPOCH).ok().as_deref())
}

fn day(given: Option<&str>) -> String {
    let seconds = given.and_then(|text| text.trim().parse().ok());
    let given = seconds.and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let now = given.unwrap_or_else(OffsetDateTime::now_utc);
    format!(
        "{:04}-{:02}-{:02}",
        now.year(),
        u8::from(now.month()),
        now.day()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_is_the_given_one_and_else_the_clocks() {
        assert_eq!(day(Some("1819756800")), "2027-09-01");
        assert_eq!(day(Some("0")), "1970-01-01");
        let by_clock = day(Some("no number"));
        assert!(by_clock.as_str() > "2026", "{by_clock}");
    }
}
