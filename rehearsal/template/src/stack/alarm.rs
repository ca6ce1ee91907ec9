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
    /// `ThresholdMetricId`: the anomaly band it is held against.
    pub threshold_metric_id: Option<Field<String>>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

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
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            namespace: reader.text("Namespace"),
            metric_name: reader.text("MetricName"),
            dimensions: reader.pairs("Dimensions", "Name", "Value"),
            statistic: reader.text("Statistic"),
            extended_statistic: reader.text("ExtendedStatistic"),
            period_seconds: reader.whole("Period"),
            evaluation_periods: reader.required_whole("EvaluationPeriods"),
            datapoints_to_alarm: reader.whole("DatapointsToAlarm"),
            threshold: reader.number("Threshold"),
            comparison: reader.required_text("ComparisonOperator"),
            treat_missing_data: reader.text_or("TreatMissingData", "missing"),
            metrics: reader.value("Metrics").cloned(),
            threshold_metric_id: reader.text("ThresholdMetricId"),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}
