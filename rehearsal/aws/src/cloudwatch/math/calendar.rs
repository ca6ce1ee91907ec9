//! The calendar that `MINUTE`, `HOUR`, `DAY`, `DATE`, `MONTH`, `YEAR` and `EPOCH` read, in UTC.

/// Seconds since 1970 at the virtual minute 0: Monday, 2024-01-01, 00:00 UTC.
///
/// Assumed: a rehearsal has no date of its own. An alarm that looks at the calendar is evaluated as on that Monday.
pub const EPOCH_SECONDS_OF_MINUTE_ZERO: i64 = 1_704_067_200;

const DAY_SECONDS: i64 = 86_400;

/// A part of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CalendarPart {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1, Monday, to 7, Sunday.
    Day,
    /// 1 to 31.
    Date,
    /// 1 to 12.
    Month,
    /// Such as 2024.
    Year,
    /// Seconds since 1970.
    Epoch,
}

impl CalendarPart {
    /// The part of a moment in seconds since 1970.
    pub fn of(self, seconds: i64) -> i64 {
        let days = seconds.div_euclid(DAY_SECONDS);
        match self {
            Self::Minute => seconds.div_euclid(60).rem_euclid(60),
            Self::Hour => seconds.div_euclid(3_600).rem_euclid(24),
            // 1970-01-01 was a Thursday.
            Self::Day => (days + 3).rem_euclid(7) + 1,
            Self::Date => date(days).2,
            Self::Month => date(days).1,
            Self::Year => date(days).0,
            Self::Epoch => seconds,
        }
    }
}

/// Year, month and day of a day counted from 1970-01-01.
fn date(mut days: i64) -> (i64, i64, i64) {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    // The calendar repeats after 400 years, which have 146,097 days.
    let mut year = 1970 + 400 * days.div_euclid(146_097);
    days = days.rem_euclid(146_097);
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(seconds: i64) -> [i64; 6] {
        use CalendarPart::{Date, Day, Hour, Minute, Month, Year};
        [Year, Month, Date, Day, Hour, Minute].map(|part| part.of(seconds))
    }

    #[test]
    fn minute_zero_is_a_monday_at_midnight() {
        assert_eq!(parts(EPOCH_SECONDS_OF_MINUTE_ZERO), [2024, 1, 1, 1, 0, 0]);
    }

    #[test]
    fn leap_days_and_the_ends_of_years_are_where_the_calendar_has_them() {
        assert_eq!(parts(1_709_210_096), [2024, 2, 29, 4, 12, 34]);
        assert_eq!(parts(951_868_800), [2000, 3, 1, 3, 0, 0]);
        assert_eq!(parts(4_107_542_400), [2100, 3, 1, 1, 0, 0]);
        assert_eq!(parts(1_735_689_599), [2024, 12, 31, 2, 23, 59]);
        assert_eq!(parts(-1), [1969, 12, 31, 3, 23, 59]);
    }
}
