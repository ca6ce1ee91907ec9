//! The metrics that an alarm watches, whether it names one or computes from several.

use std::collections::BTreeMap;

use crate::stack::Alarm;
use crate::{Field, Place, Value};

/// One metric that an alarm watches. What is not known is `None`.
pub(in crate::lint) struct Series {
    pub(in crate::lint) namespace: Option<String>,
    pub(in crate::lint) metric_name: Option<String>,
    /// The dimensions by name; a value that is not known is `None`.
    pub(in crate::lint) dimensions: Option<BTreeMap<String, Option<String>>>,
    /// Where the value of each dimension stands.
    pub(in crate::lint) value_places: BTreeMap<String, Place>,
    /// Where the metric is named.
    pub(in crate::lint) place: Place,
    /// Where its dimensions stand.
    pub(in crate::lint) dimensions_place: Place,
}

/// The metrics of an alarm. Empty where they are not known.
pub(in crate::lint) fn of(alarm: &Alarm) -> Vec<Series> {
    let Some(metrics) = &alarm.metrics else {
        return alarm
            .metric_name
            .iter()
            .map(|metric_name| Series {
                namespace: alarm.namespace.as_ref().and_then(known),
                metric_name: known(metric_name),
                dimensions: alarm.dimensions.known_value().map(|dimensions| {
                    dimensions
                        .iter()
                        .map(|(name, value)| (name.clone(), known(value)))
                        .collect()
                }),
                value_places: alarm
                    .dimensions
                    .known_value()
                    .into_iter()
                    .flatten()
                    .map(|(name, value)| (name.clone(), value.place))
                    .collect(),
                place: metric_name.place,
                dimensions_place: alarm.dimensions.place,
            })
            .collect();
    };
    metrics
        .as_list()
        .into_iter()
        .flatten()
        .filter_map(|item| item.get("MetricStat")?.get("Metric"))
        .map(of_math)
        .collect()
}

/// A metric in metric math (CloudWatch API, `MetricStat.Metric`).
fn of_math(metric: &Value) -> Series {
    let text = |key: &str| metric.get(key).and_then(Value::to_text);
    let dimensions = metric.get("Dimensions");
    Series {
        namespace: text("Namespace"),
        metric_name: text("MetricName"),
        dimensions: match dimensions.map(Value::as_list) {
            None => Some(BTreeMap::new()),
            Some(None) => None,
            Some(Some(items)) => items
                .iter()
                .map(|item| {
                    let name = item.get("Name").and_then(Value::to_text)?;
                    Some((name, item.get("Value").and_then(Value::to_text)))
                })
                .collect(),
        },
        value_places: dimensions
            .and_then(Value::as_list)
            .into_iter()
            .flatten()
            .filter_map(|item| Some((item.get("Name")?.to_text()?, item.get("Value")?.place)))
            .collect(),
        place: metric.get("MetricName").unwrap_or(metric).place,
        dimensions_place: dimensions.unwrap_or(metric).place,
    }
}

fn known(field: &Field<String>) -> Option<String> {
    field.known_value().cloned()
}

/// The length of an alarm's data points in seconds, with its place. `None` where it computes from metrics of several lengths.
pub(in crate::lint) fn period(alarm: &Alarm) -> Option<(u32, Place)> {
    let Some(metrics) = &alarm.metrics else {
        let period = alarm.period_seconds.as_ref()?;
        return Some((*period.known_value()?, period.place));
    };
    let mut periods = metrics.as_list()?.iter().filter_map(|item| {
        let stat = item.get("MetricStat");
        stat.and_then(|stat| stat.get("Period"))
            .or_else(|| item.get("Period"))
    });
    let first = periods.next()?;
    let seconds: u32 = first.to_text()?.parse().ok()?;
    let is_alike = periods.all(|period| period.to_text() == first.to_text());
    is_alike.then_some((seconds, first.place))
}

/// The expressions of an alarm's metric math.
pub(in crate::lint) fn expressions(alarm: &Alarm) -> impl Iterator<Item = String> + '_ {
    alarm
        .metrics
        .iter()
        .filter_map(Value::as_list)
        .flatten()
        .filter_map(|item| item.get("Expression")?.to_text())
}
