//! Metric alarms.

use std::collections::BTreeMap;

use super::Condition;
use super::reader::Reader;
use crate::{Field, Place, Value};

/// A CloudWatch metric alarm, as the template writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// `Namespace`, such as `AWS/Lambda`. Missing where [`metrics`](Alarm::metrics) is given.
    pub namespace: Option<Field<String>>,
    /// `MetricName`.
    pub metric_name: Option<Field<String>>,
    /// `Dimensions` by name. Each value may be unknown by itself.
    pub dimensions: Field<BTreeMap<String, Field<String>>>,
    /// `Statistic`: `Sum`, `Average`, `Minimum`, `Maximum` or `SampleCount`.
    pub statistic: Option<Field<String>>,
    /// `ExtendedStatistic`, such as `p99`.
    pub extended_statistic: Option<Field<String>>,
    /// `Unit`: data points of another are not seen.
    pub unit: Option<Field<String>>,
    /// `Period` in seconds.
    pub period_seconds: Option<Field<u32>>,
    /// `EvaluationPeriods`: how many data points it looks at.
    pub evaluation_periods: Field<u32>,
    /// `DatapointsToAlarm`: how many of them must breach; all, where it is missing.
    pub datapoints_to_alarm: Option<Field<u32>>,
    /// `Threshold`. Missing for anomaly detection.
    pub threshold: Option<Field<f64>>,
    /// `ComparisonOperator`; the metric's value is its first operand.
    pub comparison: Field<String>,
    /// `TreatMissingData`: `missing` (the default), `ignore`, `breaching` or `notBreaching`.
    pub treat_missing_data: Field<String>,
    /// `Metrics`: metric math, as it is written.
    pub metrics: Option<Value>,
    /// Where it has a property of a single metric beside `Metrics`, with the property: CloudWatch refuses that.
    pub beside_metrics: Option<(&'static str, Place)>,
    /// `ThresholdMetricId`: the anomaly band it is held against.
    pub threshold_metric_id: Option<Field<String>>,
    /// The properties that change when it fires and that nothing here follows, each with its place: see [`FOLLOWED_BY_NOBODY`].
    pub not_followed: Vec<(&'static str, Place)>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// Properties that change when an alarm fires, and that nothing here follows: a query language of its own, and how often and over which
/// window an alarm is evaluated (resource provider schema of `AWS::CloudWatch::Alarm`).
const FOLLOWED_BY_NOBODY: [&str; 4] = [
    "EvaluationCriteria",
    "EvaluationInterval",
    "EvaluationWindow",
    "WarmUpConfiguration",
];

/// An alarm in a deployment group's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmReference {
    /// The alarm's name.
    pub name: Field<String>,
    /// Its logical id, when the alarm is in the template.
    pub logical_id: Option<String>,
}

impl Alarm {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        // An alarm on another query language has neither.
        let has_criteria = reader.value("EvaluationCriteria").is_some();
        let evaluation_periods = if has_criteria {
            reader.whole_or("EvaluationPeriods", 1)
        } else {
            reader.required_whole("EvaluationPeriods")
        };
        let comparison = if has_criteria {
            reader.text_or("ComparisonOperator", "")
        } else {
            reader.required_text("ComparisonOperator")
        };
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            namespace: reader.text("Namespace"),
            metric_name: reader.text("MetricName"),
            dimensions: reader.pairs("Dimensions", "Name", "Value"),
            statistic: reader.text("Statistic"),
            extended_statistic: reader.text("ExtendedStatistic"),
            unit: reader.text("Unit"),
            period_seconds: reader.whole("Period"),
            evaluation_periods,
            datapoints_to_alarm: reader.whole("DatapointsToAlarm"),
            threshold: reader.number("Threshold"),
            comparison,
            treat_missing_data: reader.text_or("TreatMissingData", "missing"),
            metrics: reader.value("Metrics").cloned(),
            beside_metrics: beside_metrics(reader),
            threshold_metric_id: reader.text("ThresholdMetricId"),
            not_followed: not_followed(reader),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}

/// What `Metrics` may not stand beside (CloudWatch API reference, `PutMetricAlarm`, "Metrics").
const OF_A_SINGLE_METRIC: [&str; 7] = [
    "Dimensions",
    "ExtendedStatistic",
    "MetricName",
    "Namespace",
    "Period",
    "Statistic",
    "Unit",
];

fn beside_metrics(reader: &Reader<'_, '_>) -> Option<(&'static str, Place)> {
    reader.value("Metrics")?;
    // An empty list is none: templates that are deployed have `Dimensions: []` beside `Metrics`.
    let is_empty = |value: &Value| value.as_list().is_some_and(<[Value]>::is_empty);
    let property = |name: &&'static str| {
        let value = reader.value(name).filter(|value| !is_empty(value))?;
        Some((*name, value.place))
    };
    OF_A_SINGLE_METRIC.iter().find_map(property)
}

fn not_followed(reader: &Reader<'_, '_>) -> Vec<(&'static str, Place)> {
    let is_text = |value: &Value, text: &str| {
        value
            .to_text()
            .is_some_and(|found| found.eq_ignore_ascii_case(text))
    };
    let changes = FOLLOWED_BY_NOBODY.iter().filter_map(|name| {
        let value = reader.value(name)?;
        // The default.
        (!is_text(value, "sliding")).then_some((*name, value.place))
    });
    let name = "EvaluateLowSampleCountPercentile";
    let of_few = reader
        .value(name)
        .filter(|value| !is_text(value, "evaluate"));
    changes
        .chain(of_few.map(|value| (name, value.place)))
        .collect()
}
