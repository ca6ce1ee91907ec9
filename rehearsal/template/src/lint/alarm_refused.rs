//! `alarm-refused`: an alarm that CloudWatch refuses.
//!
//! The stack's update fails when it comes to the alarm. Sources: CloudWatch API, `PutMetricAlarm`: `Statistic`, `ExtendedStatistic` ("you
//! must specify either `Statistic` or `ExtendedStatistic`, but not both"), `Period`, `EvaluationPeriods`, `DatapointsToAlarm`, `Threshold`
//! ("required for alarms based on static thresholds"), `ComparisonOperator`, `TreatMissingData`, `Metrics` (none of `Dimensions`, `Period`,
//! `Namespace`, `MetricName`, `Statistic`, `ExtendedStatistic` beside it); CloudFormation user guide: a name that another resource has.

use rehearsal_aws::cloudwatch::period;

use super::refusals::{Refusal, taken_name};
use super::{Lint, Subject};
use crate::stack::Alarm;
use crate::{Diagnostic, Field, Severity, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-refused",
    finds: "an alarm that CloudWatch refuses",
    severity: Severity::Warning,
    check,
};

const STATISTICS: [&str; 5] = ["Average", "Maximum", "Minimum", "SampleCount", "Sum"];
const COMPARISONS: [&str; 7] = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "GreaterThanUpperThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanThreshold",
];
const MISSING_DATA: [&str; 4] = ["breaching", "ignore", "missing", "notBreaching"];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for alarm in &subject.stack.alarms {
        let mut findings = Vec::new();
        // An alarm on another query language has nothing of what follows.
        let is_of_metrics = !alarm
            .not_followed
            .iter()
            .any(|(name, _)| *name == "EvaluationCriteria");
        if is_of_metrics {
            findings.extend(metric(alarm));
            findings.extend(periods(alarm));
            findings.extend(words(alarm));
        }
        findings.extend(taken_name(subject, &subject.stack.alarms, alarm));
        let refused = findings.into_iter().map(|(message, help, place)| {
            let message = format!("{message}: CloudWatch refuses the alarm");
            (message, help, place)
        });
        LINT.refuse(refused, &alarm.logical_id, found);
    }
}

/// Of the metric: what is missing, and what stands beside what excludes it.
fn metric(alarm: &Alarm) -> Vec<Refusal> {
    let mut findings = Vec::new();
    if let Some((property, place)) = alarm.beside_metrics {
        let message = format!("it has `{property}` beside `Metrics`");
        findings.push((message, format!("remove `{property}`, or `Metrics`"), place));
    }
    if alarm.metrics.is_none() {
        let missing = [
            ("Namespace", alarm.namespace.is_none()),
            ("MetricName", alarm.metric_name.is_none()),
            ("Period", alarm.period_seconds.is_none()),
            (
                "Statistic",
                alarm.statistic.is_none() && alarm.extended_statistic.is_none(),
            ),
        ];
        let missing = missing.into_iter().filter(|(_, is_missing)| *is_missing);
        findings.extend(missing.map(|(name, _)| {
            let message = format!("it has no `{name}`");
            (message, format!("add `{name}`"), alarm.place)
        }));
    }
    if let (Some(_), Some(extended)) = (&alarm.statistic, &alarm.extended_statistic) {
        let message = "it has `Statistic` and `ExtendedStatistic`".to_owned();
        findings.push((message, "keep one of them".to_owned(), extended.place));
    }
    if alarm.threshold.is_none() && alarm.threshold_metric_id.is_none() {
        let message = "it has no `Threshold`".to_owned();
        findings.push((message, "add `Threshold`".to_owned(), alarm.place));
    }
    findings
}

/// Of its periods and how many there are.
fn periods(alarm: &Alarm) -> Vec<Refusal> {
    let mut findings = Vec::new();
    let periods = &alarm.evaluation_periods;
    let count = periods.known_value().copied();
    if count == Some(0) {
        let message = "`EvaluationPeriods` is 0".to_owned();
        findings.push((message, "it is at least 1".to_owned(), periods.place));
    }
    if let (Some(field), Some(count)) = (&alarm.datapoints_to_alarm, count)
        && let Some(points) = field.known_value().copied()
        && (points == 0 || points > count)
    {
        let message = format!("`DatapointsToAlarm` is {points} of {count} periods");
        let help = "it is from 1 to `EvaluationPeriods`".to_owned();
        findings.push((message, help, field.place));
    }
    let period = alarm.period_seconds.as_ref();
    if let Some(field) = period
        && let Some(seconds) = field.known_value().copied()
    {
        let ms = i64::from(seconds) * 1_000;
        if !period::is_taken(ms) {
            let message = format!("its period is {seconds} seconds");
            let help = "it is 10, 20 or 30 seconds, or whole minutes".to_owned();
            findings.push((message, help, field.place));
        } else if let Some(count) = count
            && period::check_together(ms, count as usize).is_err()
        {
            let message = format!("it looks at {count} periods of {seconds} seconds");
            let help =
                "together they are at most seven days, and a day where one is shorter than an hour";
            findings.push((message, help.to_owned(), periods.place));
        }
    }
    findings
}

/// Of what is one of a few words.
fn words(alarm: &Alarm) -> Vec<Refusal> {
    let one_of = |name: &str, field: &Field<String>, words: &[&'static str]| {
        let text = field.known_value()?;
        (!words.contains(&text.as_str())).then(|| {
            let help = suggest::did_you_mean(text, words.iter().copied())
                .unwrap_or_else(|| format!("it is one of {}", words.join(", ")));
            (format!("its `{name}` is `{text}`"), help, field.place)
        })
    };
    let extended = alarm.extended_statistic.as_ref().and_then(|field| {
        let text = field.known_value()?;
        // The trimmed ones and ranges of percentiles are many: what is a plain statistic, or like one, is none of them.
        let is_plain = STATISTICS
            .iter()
            .any(|known| text.eq_ignore_ascii_case(known));
        is_plain.then(|| {
            let message = format!("its `ExtendedStatistic` is `{text}`");
            (message, format!("write `Statistic: {text}`"), field.place)
        })
    });
    let statistic = alarm.statistic.as_ref();
    let statistic = statistic.and_then(|field| one_of("Statistic", field, &STATISTICS));
    let comparison = one_of("ComparisonOperator", &alarm.comparison, &COMPARISONS);
    let missing = one_of("TreatMissingData", &alarm.treat_missing_data, &MISSING_DATA);
    [statistic, extended, comparison, missing]
        .into_iter()
        .flatten()
        .collect()
}
