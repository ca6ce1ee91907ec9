//! The embedded metric format: log lines that are metrics.
//!
//! Source: CloudWatch user guide, "Specification: Embedded metric format". On Lambda, writing such a line to standard output is
//! enough, and a document after the time and the request id that a runtime puts before it is valid.
//!
//! The time in a document is not looked at: it is this machine's, and the line's virtual time stands for it. Units are not kept:
//! a rehearsal looks at data of every unit.

use serde_json::{Map, Value};

use super::metric::Metric;

/// The most metrics of a directive.
pub const MOST_METRICS: usize = 100;
/// The most values of a metric in one document.
pub const MOST_VALUES: usize = 100;
/// The most dimensions of a set (CloudWatch API, `MetricDatum`).
pub const MOST_DIMENSIONS: usize = 30;

/// The data points that a log line is; none for a line that is no document of the format.
///
/// Assumed: a directive that breaks the specification counts for nothing, and the others of its document count.
///
/// ```
/// use rehearsal_aws::cloudwatch::embedded::data_points;
///
/// let line = r#"{"_aws": {"Timestamp": 1574109732004, "CloudWatchMetrics": [{"Namespace": "shop", "Dimensions": [["kind"]],
///     "Metrics": [{"Name": "orders", "Unit": "Count"}]}]}, "kind": "book", "orders": [1, 2]}"#;
/// let points = data_points(line);
/// assert_eq!(points.len(), 2);
/// assert_eq!(points[0].0.dimensions["kind"], "book");
/// ```
pub fn data_points(line: &str) -> Vec<(Metric, f64)> {
    // Most lines are none: that is seen without reading them.
    if !line.contains("CloudWatchMetrics") {
        return Vec::new();
    }
    let document = line.find('{').map(|begin| &line[begin..]);
    let root: Map<String, Value> = match document.map(serde_json::from_str) {
        Some(Ok(root)) => root,
        _ => return Vec::new(),
    };
    let metadata = root.get("_aws");
    // Required, although its value is not used.
    if metadata
        .and_then(|metadata| metadata.get("Timestamp"))
        .is_none_or(|time| !time.is_u64())
    {
        return Vec::new();
    }
    let directives = metadata
        .and_then(|metadata| metadata.get("CloudWatchMetrics"))
        .and_then(Value::as_array);
    directives
        .into_iter()
        .flatten()
        .filter_map(|directive| points_of(directive, &root))
        .flatten()
        .collect()
}

/// The data points of a directive; `None` where it breaks the specification.
fn points_of(directive: &Value, root: &Map<String, Value>) -> Option<Vec<(Metric, f64)>> {
    let namespace = directive.get("Namespace")?.as_str()?;
    let definitions = directive.get("Metrics")?.as_array()?;
    let sets = directive.get("Dimensions")?.as_array()?;
    if namespace.is_empty() || definitions.len() > MOST_METRICS || sets.is_empty() {
        return None;
    }
    let sets = sets
        .iter()
        .map(|set| dimensions(set, root))
        .collect::<Option<Vec<_>>>()?;
    let mut points = Vec::new();
    for definition in definitions {
        let name = definition.get("Name")?.as_str()?;
        let values = values(root.get(name)?)?;
        for set in &sets {
            let metric = Metric::new(namespace, name, set);
            points.extend(values.iter().map(|value| (metric.clone(), *value)));
        }
    }
    Some(points)
}

/// The dimensions of a set, each with its value. A set may be empty.
fn dimensions<'a>(set: &'a Value, root: &'a Map<String, Value>) -> Option<Vec<(&'a str, &'a str)>> {
    let names = set.as_array()?;
    if names.len() > MOST_DIMENSIONS {
        return None;
    }
    names
        .iter()
        .map(|name| {
            let name = name.as_str()?;
            Some((name, root.get(name)?.as_str()?))
        })
        .collect()
}

/// A number, or several.
fn values(target: &Value) -> Option<Vec<f64>> {
    match target {
        Value::Number(number) => Some(vec![number.as_f64()?]),
        Value::Array(values) if values.len() <= MOST_VALUES => {
            values.iter().map(Value::as_f64).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn document(directive: &Value, targets: &Value) -> String {
        let mut root =
            json!({"_aws": {"Timestamp": 1_574_109_732_004_u64, "CloudWatchMetrics": [directive]}});
        let members = root.as_object_mut().unwrap();
        members.extend(targets.as_object().unwrap().clone());
        root.to_string()
    }

    /// Namespace, name, dimensions and value of each point.
    fn shown(line: &str) -> Vec<String> {
        let points = data_points(line).into_iter();
        points
            .map(|(metric, value)| {
                let dimensions: Vec<_> = metric
                    .dimensions
                    .iter()
                    .map(|(name, value)| format!("{name}={value}"))
                    .collect();
                let Metric {
                    namespace, name, ..
                } = &metric;
                format!("{namespace} {name} [{}] {value}", dimensions.join(","))
            })
            .collect()
    }

    #[test]
    fn the_specifications_example_is_one_point() {
        let example = document(
            &json!({"Namespace": "lambda-function-metrics", "Dimensions": [["functionVersion"]], "Metrics": [{"Name": "time", "Unit": "Milliseconds"}]}),
            &json!({"functionVersion": "$LATEST", "time": 100, "requestId": "989ffbf8-9ace-4817-a57c-e4dd734019ee"}),
        );
        let point = ["lambda-function-metrics time [functionVersion=$LATEST] 100"];
        assert_eq!(shown(&example), point);
        let id = "989ffbf8-9ace-4817-a57c-e4dd734019ee";
        let prefixed = format!("2026-01-01T00:00:00.000Z\t{id}\tINFO\t{example}");
        assert_eq!(
            shown(&prefixed),
            point,
            "what a runtime puts before it is no part of it"
        );
    }

    #[test]
    fn each_set_of_dimensions_is_a_metric_of_its_own_and_each_value_of_an_array_counts() {
        let line = document(
            &json!({"Namespace": "N", "Dimensions": [[], ["a"], ["a", "b"]], "Metrics": [{"Name": "m", "StorageResolution": 1}]}),
            &json!({"a": "1", "b": "2", "m": [0.5, 3]}),
        );
        let expected = [
            "N m [] 0.5",
            "N m [] 3",
            "N m [a=1] 0.5",
            "N m [a=1] 3",
            "N m [a=1,b=2] 0.5",
            "N m [a=1,b=2] 3",
        ];
        assert_eq!(shown(&line), expected);
    }

    #[test]
    fn what_breaks_the_specification_is_no_point() {
        let good = json!({"Namespace": "N", "Dimensions": [["a"]], "Metrics": [{"Name": "m"}]});
        let with = |key: &str, value: Value| {
            let mut directive = good.clone();
            directive[key] = value;
            directive
        };
        let targets = json!({"a": "1", "m": 1, "A": {"m": 1}});
        assert_eq!(shown(&document(&good, &targets)).len(), 1);
        let many: Vec<_> = (0..=MOST_METRICS).map(|_| json!({"Name": "m"})).collect();
        for broken in [
            with("Namespace", json!("")),
            with("Dimensions", json!([])),
            with("Dimensions", json!(["a"])),
            with("Dimensions", json!([["missing"]])),
            with("Dimensions", json!([["m"]])),
            with("Metrics", json!([{"Name": "missing"}])),
            with("Metrics", json!([{"Name": "a"}])),
            with("Metrics", json!([{"Name": "A.m"}])),
            with("Metrics", json!(many)),
            with("Metrics", json!({"Name": "m"})),
        ] {
            assert_eq!(shown(&document(&broken, &targets)), [""; 0], "{broken}");
        }
        let timeless = document(&good, &targets).replace("Timestamp", "Time");
        assert_eq!(shown(&timeless), [""; 0]);
        let whole = document(&good, &targets);
        for broken in [
            format!("{whole} and more"),
            whole[1..].to_owned(),
            "CloudWatchMetrics".to_owned(),
        ] {
            assert_eq!(shown(&broken), [""; 0], "{broken}");
        }
        let long = json!({"a": "1", "m": vec![1; MOST_VALUES + 1]});
        assert_eq!(shown(&document(&good, &long)), [""; 0]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_odd_to_be_read(line in ".{0,80}") {
            data_points(&line);
            data_points(&format!("{line}{{\"_aws\": {{\"Timestamp\": 1, \"CloudWatchMetrics\": [{line}]}}}}"));
        }
    }
}
