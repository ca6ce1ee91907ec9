//! Moments, durations and numbers as the page writes them.

use maud::{Markup, html};
use rehearsal_aws::cloudwatch::metric_alarm::{AlarmState, Comparison};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventStatus;
pub use rehearsal_template::grouped;

pub use crate::time::duration;
use crate::time::{self, whole};

/// A moment, in whole seconds from where the clock has its zero: `4:00`, and before it `−0:05`.
pub fn clock(seconds: f64) -> String {
    time::clock(seconds).replace('-', "−")
}

/// Milliseconds: `312 ms`, and above ten seconds as [`duration`].
pub fn milliseconds(milliseconds: f64) -> String {
    if milliseconds < 10_000.0 {
        format!("{} ms", grouped(whole(milliseconds.round())))
    } else {
        duration(milliseconds / 1_000.0)
    }
}

/// A number to three digits: `0.0167`, `33.3`, `1,250`.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if size >= 1e15 {
        return format!("{value:.2e}");
    }
    if size >= 100.0 {
        let sign = if value < 0.0 { "−" } else { "" };
        return format!("{sign}{}", grouped(whole(size.round())));
    }
    let places = match size {
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.1 => 3,
        size if size >= 0.001 => 4,
        size if size > 0.0 => return format!("{value:.1e}"),
        _ => return "0".to_owned(),
    };
    let text = format!("{value:.places$}").replace('-', "−");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The same where there is little room: `100k`, `2.5M`.
pub fn short(value: f64) -> String {
    let sizes = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    let size = sizes
        .into_iter()
        .find(|(size, _)| value.abs() >= *size && value.abs() >= 10_000.0);
    match size.filter(|_| value.abs() < 1e12) {
        Some((size, sign)) => format!("{}{sign}", number(value / size)),
        None => number(value),
    }
}

/// A share: `10 %`.
pub fn share(share: f64) -> String {
    format!("{} %", number((share * 1_000.0).round() / 10.0))
}

/// An alarm's state, as CloudWatch spells it.
pub fn state(state: AlarmState) -> &'static str {
    match state {
        AlarmState::Ok => "OK",
        AlarmState::Alarm => "ALARM",
        AlarmState::InsufficientData => "INSUFFICIENT_DATA",
    }
}

/// How a data point is held against a threshold.
pub fn comparison(comparison: Option<Comparison>) -> &'static str {
    match comparison {
        Some(Comparison::GreaterThanOrEqualToThreshold) => "≥",
        Some(Comparison::GreaterThanThreshold) => ">",
        Some(Comparison::LessThanThreshold) => "<",
        Some(Comparison::LessThanOrEqualToThreshold) => "≤",
        None => "",
    }
}

/// What became of a lifecycle event, in words.
pub fn status(status: LifecycleEventStatus) -> &'static str {
    match status {
        LifecycleEventStatus::Pending => "not begun",
        LifecycleEventStatus::InProgress => "not over",
        LifecycleEventStatus::Succeeded => "succeeded",
        LifecycleEventStatus::Failed => "failed",
        LifecycleEventStatus::Skipped => "skipped",
    }
}

/// Text whose long names may be broken where a word of theirs begins: `VersionErrors` before its `E`.
pub fn breakable(text: &str) -> Markup {
    let mut parts = Vec::new();
    let (mut from, mut before) = (0, ' ');
    for (at, letter) in text.char_indices() {
        let begins_word = (before.is_lowercase() || before.is_numeric()) && letter.is_uppercase();
        if begins_word || matches!(before, '_' | '.' | '/' | ':') && letter.is_alphanumeric() {
            parts.push(&text[from..at]);
            from = at;
        }
        before = letter;
    }
    html! {
        @for part in parts { (part) wbr; }
        (&text[from..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_exact_enough() {
        let written = [
            (0.0, "0"),
            (1.0, "1"),
            (0.016_666_666, "0.0167"),
            (33.333_333, "33.3"),
            (1_250.4, "1,250"),
            (-0.5, "−0.5"),
            (0.000_04, "4.0e-5"),
            (1e300, "1.00e300"),
        ];
        for (value, text) in written {
            assert_eq!(number(value), text);
        }
        assert_eq!(
            [9_999.0, 100_000.0, 2.5e6, 1e300].map(short),
            ["9,999", "100k", "2.5M", "1.00e300"]
        );
        assert_eq!(grouped(1_000_000), "1,000,000");
        assert_eq!(share(0.1), "10 %");
    }

    #[test]
    fn a_long_name_breaks_where_a_word_of_it_begins() {
        let broken = breakable("AliasErrors of orders_live:5 HTTP").into_string();
        assert_eq!(broken, "Alias<wbr>Errors of orders_<wbr>live:<wbr>5 HTTP");
    }

    #[test]
    fn a_moment_before_the_zero_has_a_minus() {
        assert_eq!(clock(-5.15), "−0:05");
        assert_eq!(milliseconds(312.0), "312 ms");
        assert_eq!(milliseconds(12_000.0), "12 s");
    }
}
