//! `PutMetricData`: what a function sends of its own metrics.
//!
//! Source: CloudWatch API, `PutMetricData`, `MetricDatum`, `StatisticSet`. Its three protocols come to one shape, JSON with the
//! members' names, in `rehearsal-cloud`; numbers may be texts, as the query protocol has them.
//!
//! The time in a datum is not looked at: it is this machine's, and the call's virtual time stands for it. Units and storage resolution
//! are not kept: a rehearsal looks at data of every unit, in minutes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::metric::{Metric, Metrics, StatisticSet};
use crate::time::VirtualTime;

/// The most data of a call.
pub const MOST_DATA: usize = 1_000;
/// The most values of a datum.
pub const MOST_VALUES: usize = 150;
/// The most dimensions of a datum.
pub const MOST_DIMENSIONS: usize = 30;

/// Why CloudWatch refuses a call. All are HTTP 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// The error's code, as the query protocol has it.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

/// One datum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Datum {
    /// `MetricName`
    pub name: String,
    /// `Dimensions`
    pub dimensions: BTreeMap<String, String>,
    /// Its values.
    pub samples: Samples,
}

/// The values of a datum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Samples {
    /// Each with how often it was: `Value`, or `Values` and `Counts`.
    Values(Vec<(f64, u64)>),
    /// `StatisticValues`
    Set(StatisticSet),
}

/// What a call puts: its namespace, and the data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricData {
    /// `Namespace`
    pub namespace: String,
    /// `MetricData`
    pub data: Vec<Datum>,
}

impl MetricData {
    /// Reads a call's input.
    ///
    /// # Errors
    /// What CloudWatch refuses. Nothing of a refused call is recorded.
    pub fn read(input: &Value) -> Result<Self, Invalid> {
        let namespace = input.get("Namespace").and_then(Value::as_str);
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        let namespace = namespace.ok_or_else(|| missing("Namespace"))?;
        if namespace.starts_with("AWS/") {
            return Err(wrong(format!(
                "The value {namespace} for parameter Namespace is invalid."
            )));
        }
        let data = list(input, "MetricData");
        if data.len() > MOST_DATA {
            return Err(wrong(format!(
                "The collection MetricData must not have a size greater than {MOST_DATA}."
            )));
        }
        Ok(Self {
            namespace: namespace.to_owned(),
            data: data.iter().map(datum).collect::<Result<_, _>>()?,
        })
    }

    /// The metrics that it is about, each with its values.
    pub fn metrics(&self) -> impl Iterator<Item = (Metric, &Samples)> {
        self.data.iter().map(|datum| {
            let metric = Metric {
                namespace: self.namespace.clone(),
                name: datum.name.clone(),
                dimensions: datum.dimensions.clone(),
            };
            (metric, &datum.samples)
        })
    }
}

impl Samples {
    /// Records them.
    pub fn record(&self, metrics: &mut Metrics, metric: Metric, at: VirtualTime) {
        match self {
            Self::Values(values) => {
                for (value, times) in values {
                    metrics.record_times(metric.clone(), at, *value, *times);
                }
            }
            Self::Set(set) => metrics.record_set(metric, at, *set),
        }
    }
}

fn datum(datum: &Value) -> Result<Datum, Invalid> {
    let name = datum.get("MetricName").and_then(Value::as_str);
    let name = name.ok_or_else(|| missing("MetricData.member.1.MetricName"))?;
    let mut dimensions = BTreeMap::new();
    for dimension in list(datum, "Dimensions") {
        let text = |key| dimension.get(key).and_then(Value::as_str);
        let (Some(name), Some(value)) = (text("Name"), text("Value")) else {
            return Err(missing("MetricData.member.1.Dimensions.member.1.Value"));
        };
        dimensions.insert(name.to_owned(), value.to_owned());
    }
    if dimensions.len() > MOST_DIMENSIONS {
        return Err(wrong(format!(
            "The collection MetricData.member.1.Dimensions must not have a size greater than {MOST_DIMENSIONS}."
        )));
    }
    Ok(Datum {
        name: name.to_owned(),
        dimensions,
        samples: samples(datum)?,
    })
}

fn samples(datum: &Value) -> Result<Samples, Invalid> {
    let values = list(datum, "Values");
    match (datum.get("Value"), values, datum.get("StatisticValues")) {
        (Some(value), [], None) => Ok(Samples::Values(vec![(number(value)?, 1)])),
        (None, [_, ..], None) => {
            let counts = list(datum, "Counts");
            if values.len() > MOST_VALUES || (!counts.is_empty() && counts.len() != values.len()) {
                return Err(wrong(format!(
                    "Values has {MOST_VALUES} at most, and Counts as many as Values."
                )));
            }
            let counts = counts.iter().map(Some).chain(std::iter::repeat(None));
            let values = values.iter().zip(counts).map(|(value, count)| {
                let times = count.map_or(Ok(1.0), number)?;
                Ok((number(value)?, times_of(times)))
            });
            Ok(Samples::Values(values.collect::<Result<_, _>>()?))
        }
        (None, [], Some(set)) => {
            let member = |key: &str| {
                let value = set.get(key);
                let value = value.ok_or_else(|| {
                    missing(&format!("MetricData.member.1.StatisticValues.{key}"))
                })?;
                number(value)
            };
            let set = StatisticSet {
                sample_count: member("SampleCount")?,
                sum: member("Sum")?,
                minimum: member("Minimum")?,
                maximum: member("Maximum")?,
            };
            // Then it is known what the values were (`PutMetricData`, of percentiles).
            #[expect(clippy::float_cmp, reason = "CloudWatch asks for the same number")]
            Ok(if set.sample_count == 1.0 || set.minimum == set.maximum {
                Samples::Values(vec![(set.maximum, times_of(set.sample_count))])
            } else {
                Samples::Set(set)
            })
        }
        _ => Err(Invalid {
            code: "InvalidParameterCombination",
            message: "A datum has one of Value, Values and StatisticValues.".to_owned(),
        }),
    }
}

/// A count, which the API has as a double.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a double saturates"
)]
fn times_of(count: f64) -> u64 {
    count.round() as u64
}

fn number(value: &Value) -> Result<f64, Invalid> {
    let number = match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    };
    let number = number.filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| {
        wrong(format!(
            "The value {value} for a metric's value is invalid."
        ))
    })
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    let list = of.get(key).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn missing(parameter: &str) -> Invalid {
    Invalid {
        code: "MissingParameter",
        message: format!("The parameter {parameter} is required."),
    }
}

fn wrong(message: String) -> Invalid {
    Invalid {
        code: "InvalidParameterValue",
        message,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(datum: &Value) -> Result<Samples, &'static str> {
        let input = json!({"Namespace": "Shop", "MetricData": [datum]});
        let read = MetricData::read(&input).map_err(|invalid| invalid.code)?;
        Ok(read.data[0].samples.clone())
    }

    #[test]
    fn a_datum_is_a_value_values_with_counts_or_statistics() {
        assert_eq!(
            of(&json!({"MetricName": "m", "Value": 1.5})),
            Ok(Samples::Values(vec![(1.5, 1)]))
        );
        assert_eq!(
            of(&json!({"MetricName": "m", "Value": "1.5"})),
            Ok(Samples::Values(vec![(1.5, 1)]))
        );
        let values = json!({"MetricName": "m", "Values": [1, 2], "Counts": [3, 1]});
        assert_eq!(of(&values), Ok(Samples::Values(vec![(1.0, 3), (2.0, 1)])));
        let set = |minimum: f64| json!({"MetricName": "m", "StatisticValues": {"SampleCount": 3, "Sum": 9, "Minimum": minimum, "Maximum": 3}});
        let statistics = StatisticSet {
            sample_count: 3.0,
            sum: 9.0,
            minimum: 1.0,
            maximum: 3.0,
        };
        assert_eq!(of(&set(1.0)), Ok(Samples::Set(statistics)));
        assert_eq!(
            of(&set(3.0)),
            Ok(Samples::Values(vec![(3.0, 3)])),
            "all of them are known"
        );
    }

    #[test]
    fn what_cloudwatch_refuses_is_refused() {
        #[rustfmt::skip] // A table.
        let cases = [
            (json!({"Value": 1}), "MissingParameter"),
            (json!({"MetricName": "m"}), "InvalidParameterCombination"),
            (json!({"MetricName": "m", "Value": 1, "Values": [1]}), "InvalidParameterCombination"),
            (json!({"MetricName": "m", "Values": [1, 2], "Counts": [1]}), "InvalidParameterValue"),
            (json!({"MetricName": "m", "Value": "much"}), "InvalidParameterValue"),
            (json!({"MetricName": "m", "StatisticValues": {"Sum": 1}}), "MissingParameter"),
            (json!({"MetricName": "m", "Value": 1, "Dimensions": [{"Name": "a"}]}), "MissingParameter"),
        ];
        for (datum, code) in cases {
            assert_eq!(of(&datum), Err(code), "{datum}");
        }
        let read = |input: &Value| MetricData::read(input).map_err(|invalid| invalid.code);
        assert_eq!(read(&json!({"MetricData": []})), Err("MissingParameter"));
        let own = json!({"Namespace": "AWS/Lambda", "MetricData": []});
        assert_eq!(read(&own), Err("InvalidParameterValue"));
    }
}
