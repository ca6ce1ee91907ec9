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
        place: metric.get("MetricName").unwrap_or(metric).place,
        dimensions_place: dimensions.unwrap_or(metric).place,
    }
}

fn known(field: &Field<String>) -> Option<String> {
    field.known_value().cloned()
}

/// The length of an alarm's data points in seconds, with its place; the longest, where it computes from several metrics.
pub(in crate::lint) fn period(alarm: &Alarm) -> Option<(u32, Place)> {
    let Some(metrics) = &alarm.metrics else {
        let period = alarm.period_seconds.as_ref()?;
        return Some((*period.known_value()?, period.place));
    };
    metrics
        .as_list()?
        .iter()
        .filter_map(|item| {
            let period = item
                .get("MetricStat")
                .and_then(|stat| stat.get("Period"))
                .or_else(|| item.get("Period"))?;
            Some((period.to_text()?.parse().ok()?, period.place))
        })
        .max_by_key(|(seconds, _)| *seconds)
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
