//! `alarm-stays-in-alarm`: an alarm that keeps its state when the data stops, or for one bad minute.
//!
//! An alarm of a deployment that is in ALARM stops every deployment, also that of the fix. Metrics of invocations and requests
//! are sparse: without traffic there is no data point. Of a sparse metric CloudWatch judges the most recent points that it finds
//! in its evaluation range, however old (CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"). So one
//! bad point keeps an alarm on a single point in ALARM; `ignore` keeps any; `breaching` makes silence an alarm; and alarms
//! on `AWS/DynamoDB` always ignore missing data (the same page).

use super::{Lint, Subject, series, shifting};
use crate::stack::Alarm;
use crate::{Diagnostic, Place, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "alarm-stays-in-alarm",
    finds: "an alarm that one bad minute keeps in ALARM, so that it stops the fix too",
    severity: Severity::Warning,
    check,
};

/// The namespaces whose metrics have no data points without traffic.
const SPARSE: [&str; 3] = ["AWS/Lambda", "AWS/ApiGateway", "AWS/DynamoDB"];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for (alarm, _) in shifting::watching(subject.stack, &subject.shifting) {
        if !is_sparse(alarm) {
            continue;
        }
        if let Some((why, help, place)) = reason(alarm) {
            found.push(
                LINT.report(
                    format!("{why}; in ALARM it stops every deployment, that of a fix too"),
                    place,
                )
                .resource(&alarm.logical_id)
                .help(help),
            );
        }
    }
}

/// Whether everything the alarm watches is sparse. `FILL` puts values where there are none.
fn is_sparse(alarm: &Alarm) -> bool {
    let series = series::of(alarm);
    !series.is_empty()
        && series.iter().all(|series| {
            series
                .namespace
                .as_deref()
                .is_some_and(|namespace| SPARSE.contains(&namespace))
        })
        && !series::expressions(alarm).any(|expression| expression.to_uppercase().contains("FILL("))
}

fn reason(alarm: &Alarm) -> Option<(&'static str, &'static str, Place)> {
    let namespace = alarm
        .namespace
        .as_ref()
        .and_then(|field| field.known_value());
    if let (Some("AWS/DynamoDB"), Some(field)) = (namespace.map(String::as_str), &alarm.namespace) {
        return Some((
            "an alarm on AWS/DynamoDB ignores missing data, so it stays in ALARM until the table sends a good data point",
            "compute the metric instead: `FILL(m1, 0)` under `Metrics` has a value for every minute",
            field.place,
        ));
    }
    let treatment = &alarm.treat_missing_data;
    let below = alarm
        .comparison
        .known_value()
        .is_some_and(|comparison| comparison.starts_with("LessThan"));
    match treatment.known_value().map(String::as_str) {
        Some("ignore") => {
            return Some((
                "`ignore` keeps it in ALARM while there is no traffic, until a good data point comes",
                "`TreatMissingData: notBreaching` lets it return to OK by itself",
                treatment.place,
            ));
        }
        // Too little traffic may be just what the alarm is for.
        Some("breaching") if !below => {
            return Some((
                "`breaching` puts it in ALARM whenever there is no traffic, until some comes",
                "`TreatMissingData: notBreaching` takes silence for what it is",
                treatment.place,
            ));
        }
        _ => {}
    }
    let periods = &alarm.evaluation_periods;
    (periods.is(&1)).then_some((
        "one bad data point keeps it in ALARM as long as CloudWatch finds no newer one in its evaluation range",
        "let two of several data points be needed, such as `EvaluationPeriods: 3` with `DatapointsToAlarm: 2`",
        periods.place,
    ))
}
