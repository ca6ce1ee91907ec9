//! Moments and durations as all that people read has them: the page, the terminal, Markdown. Rounded to whole seconds, never cut off, so
//! that one moment is the same everywhere.

/// A moment, in whole seconds from where the clock has its zero: `4:00`, and before it `-0:05`.
pub fn clock(seconds: f64) -> String {
    let rounded = seconds.round();
    let sign = if rounded < 0.0 { "-" } else { "" };
    let seconds = whole(rounded.abs());
    format!("{sign}{}:{:02}", seconds / 60, seconds % 60)
}

/// How long something took: `3.2 s`, from ten seconds on `25 s`, and from a minute on `2:55`. What took any time at all took not none.
pub fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    match seconds {
        0.0 => "0 s".to_owned(),
        moment if moment < 0.05 => "under 0.1 s".to_owned(),
        short if short < 9.95 => {
            let text = format!("{short:.1}");
            format!("{} s", text.trim_end_matches(".0"))
        }
        some if some < 59.5 => format!("{some:.0} s"),
        _ => clock(seconds),
    }
}

/// A whole number that is not negative; what is beyond a `u64` is its end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts of floats saturate"
)]
pub(crate) fn whole(value: f64) -> u64 {
    value as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_durations_are_rounded_alike() {
        assert_eq!(clock(65.15), "1:05");
        assert_eq!(clock(-5.15), "-0:05");
        assert_eq!(clock(-0.2), "0:00");
        assert_eq!(clock(-65.0), "-1:05");
        assert_eq!(clock(240.0 - 65.15), "2:55");
        assert_eq!(duration(240.0 - 65.15), "2:55");
        assert_eq!(duration(59.6), "1:00");
        assert_eq!(duration(25.3), "25 s");
        assert_eq!(duration(9.96), "10 s");
        assert_eq!(duration(3.16), "3.2 s");
        assert_eq!(duration(3.0), "3 s");
        assert_eq!([0.0, 0.03].map(duration), ["0 s", "under 0.1 s"]);
        assert_eq!(duration(f64::MAX), "307445734561825860:15");
    }
}
