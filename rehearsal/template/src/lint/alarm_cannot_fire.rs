//! `alarm-cannot-fire`: an alarm that cannot have its bad data before the shift is over, or cannot have it at all.
//!
//! A value of an error metric is 0 or 1, one for each invocation or request, so that its average is a share: no average of `5XXError` is
//! above 5 (Lambda developer guide, "Types of metrics for Lambda functions"; API Gateway developer guide, "Amazon API Gateway dimensions
//! and metrics"). No value of an AWS service is below 0.
//!
//! An alarm is evaluated every minute over a window that slides (CloudWatch user guide, "Alarm evaluation"): its data points end
//! at that minute, each as long as its period. So the newest point is bad one minute after a fault begins, however long its
//! period, and M bad points take M - 1 periods more. Where that is no earlier than the end of the shift, a fault that begins with
//! the shift is noticed when the new version has all the traffic. A shift that takes no time leaves no alarm any: there the hooks
//! decide, and this lint is silent.
//!
//! It is silent too where silence is bad data (`TreatMissingData: breaching`): then a single bad point may be all that it needs.

use super::{Lint, Subject, series, shifting};
use crate::stack::Alarm;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-cannot-fire",
    finds: "an alarm that cannot have its bad data before the shift is over, or at all",
    severity: Severity::Warning,
    check,
};

/// How often an alarm is evaluated, in seconds; one with shorter periods as often as they end.
const EVALUATED_EVERY: u32 = 60;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (alarm, minutes) in shifting::watching(subject.stack, &subject.shifting) {
        let too_late = || minutes.and_then(|minutes| judged(alarm, minutes));
        found.extend(out_of_range(alarm).or_else(too_late));
    }
}

/// The metrics whose values are 0 or 1: by namespace.
const ZERO_OR_ONE: [(&str, &[&str]); 2] = [
    ("AWS/Lambda", &["Errors", "Throttles"]),
    ("AWS/ApiGateway", &["4XXError", "5XXError", "4xx", "5xx"]),
];

/// An alarm on a metric of an AWS service of which no data point can be bad.
fn out_of_range(alarm: &Alarm) -> Option<Diagnostic> {
    if alarm.treat_missing_data.known_value()? == "breaching" {
        return None;
    }
    let known = |field: &'_ Option<crate::Field<String>>| field.as_ref()?.known_value().cloned();
    let (namespace, metric) = (known(&alarm.namespace)?, known(&alarm.metric_name)?);
    let statistic = known(&alarm.statistic).or_else(|| known(&alarm.extended_statistic))?;
    let is_of_two = ZERO_OR_ONE
        .iter()
        .any(|(of, names)| namespace == *of && names.contains(&metric.as_str()));
    let is_count = matches!(statistic.as_str(), "Sum" | "SampleCount");
    let is_value = matches!(statistic.as_str(), "Average" | "Minimum" | "Maximum")
        || statistic.starts_with('p');
    if !namespace.starts_with("AWS/") || !(is_count || is_value) {
        return None;
    }
    let is_share = is_of_two && is_value;
    let most = if is_share { 1.0 } else { f64::INFINITY };
    let threshold = alarm.threshold.as_ref()?;
    let limit = *threshold.known_value()?;
    let can_be_bad = match alarm.comparison.known_value()?.as_str() {
        "GreaterThanThreshold" => most > limit,
        "GreaterThanOrEqualToThreshold" => most >= limit,
        "LessThanThreshold" => 0.0 < limit,
        "LessThanOrEqualToThreshold" => 0.0 <= limit,
        _ => true,
    };
    if can_be_bad {
        return None;
    }
    let (range, help) = if is_share {
        (
            "from 0 to 1: each value is one or the other",
            "write a share, such as 0.05 for 5 %, or count with the `Sum`",
        )
    } else {
        (
            "0 or more",
            "turn the comparison, or write a threshold that there can be data beyond",
        )
    };
    let message = format!(
        "no data point is bad: the `{statistic}` of `{metric}` is {range}, and the threshold is {limit}"
    );
    Some(
        LINT.report(message, threshold.place)
            .resource(&alarm.logical_id)
            .help(help.to_owned()),
    )
}

fn judged(alarm: &Alarm, shift_minutes: u32) -> Option<Diagnostic> {
    if alarm.treat_missing_data.known_value()? == "breaching" {
        return None;
    }
    let (period, period_place) = series::period(alarm)?;
    let needed = alarm
        .datapoints_to_alarm
        .as_ref()
        .unwrap_or(&alarm.evaluation_periods);
    let points = *needed.known_value()?;
    let (seconds, shift) = (earliest(points, period), u64::from(shift_minutes) * 60);
    if seconds < shift {
        return None;
    }
    // The one that is to be changed: one data point can be no fewer.
    let place = if points > 1 {
        needed.place
    } else {
        period_place
    };
    let message = format!(
        "{points} bad data point{} of {period} s take{} at least {}, and the shift is over after {}",
        if points == 1 { "" } else { "s" },
        if points == 1 { "s" } else { "" },
        duration(seconds),
        duration(shift),
    );
    let help = match shift_minutes - 1 {
        0 => "no alarm fits into a shift of one minute: take a longer one".to_owned(),
        1 => "make the period 60 s and let one data point be enough, of several".to_owned(),
        most => format!(
            "make the period 60 s and `DatapointsToAlarm` at most {most}, or take a longer shift"
        ),
    };
    Some(
        LINT.report(message, place)
            .resource(&alarm.logical_id)
            .help(help),
    )
}

/// When an alarm is in ALARM at the earliest after its data turns bad, in seconds: at its first evaluation with as many bad
/// points as it needs.
fn earliest(points: u32, period: u32) -> u64 {
    let first = period.min(EVALUATED_EVERY);
    u64::from(points.saturating_sub(1)) * u64::from(period) + u64::from(first)
}

/// Seconds as people say them.
fn duration(seconds: u64) -> String {
    match (seconds / 60, seconds % 60) {
        (1, 0) => "1 minute".to_owned(),
        (minutes, 0) => format!("{minutes} minutes"),
        _ => format!("{seconds} s"),
    }
}
