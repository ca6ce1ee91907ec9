//! Metric filters of log groups.

use super::Condition;
use super::reader::Reader;
use crate::{Field, Place, Unknown, Value};

/// A metric filter of CloudWatch Logs, as the template writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFilter {
    /// Its logical id.
    pub logical_id: String,
    /// The name of the log group.
    pub log_group: Field<String>,
    /// `FilterPattern`.
    pub pattern: Field<String>,
    /// Its only transformation.
    pub transformation: Field<MetricTransformation>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// The metric that a filter makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricTransformation {
    /// `MetricNamespace`.
    pub namespace: String,
    /// `MetricName`.
    pub name: String,
    /// `MetricValue`: a number, or where in the line one is.
    pub value: String,
    /// `DefaultValue`.
    pub default_value: Option<String>,
    /// `Dimensions`: each with where in the line its value is.
    pub dimensions: Vec<(String, String)>,
}

impl MetricFilter {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            logical_id: reader.logical_id(),
            log_group: reader.required_text("LogGroupName"),
            pattern: reader.text_or("FilterPattern", ""),
            transformation: transformation(reader),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}

fn transformation(reader: &Reader<'_, '_>) -> Field<MetricTransformation> {
    let Some(list) = reader.value("MetricTransformations") else {
        let unknown = Unknown::new("it has no MetricTransformations", reader.place());
        return Field::unknown(unknown, reader.place());
    };
    let place = list.place;
    if let Some(unknown) = list.first_unknown() {
        return Field::unknown(unknown.clone(), place);
    }
    let read = || {
        let [single] = list.as_list()? else {
            return None;
        };
        let text = |key: &str| single.get(key).and_then(Value::to_text);
        let dimensions = single
            .get("Dimensions")
            .and_then(Value::as_list)
            .unwrap_or_default();
        Some(MetricTransformation {
            namespace: text("MetricNamespace")?,
            name: text("MetricName")?,
            value: text("MetricValue")?,
            default_value: text("DefaultValue"),
            dimensions: dimensions
                .iter()
                .map(|dimension| {
                    Some((
                        dimension.get("Key")?.to_text()?,
                        dimension.get("Value")?.to_text()?,
                    ))
                })
                .collect::<Option<_>>()?,
        })
    };
    match read() {
        Some(transformation) => Field::known(transformation, place),
        None => Field::unknown(
            Unknown::new(
                "a metric filter has one transformation with MetricNamespace, MetricName and MetricValue",
                place,
            ),
            place,
        ),
    }
}
