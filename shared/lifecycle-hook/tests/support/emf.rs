//! The rules of CloudWatch's embedded metric format, as a check of one log line.
//!
//! Source: CloudWatch user guide, "Specification: Embedded metric format", with its JSON schema; units and dimensions: CloudWatch API
//! reference, `MetricDatum` and "Dimension".

use serde_json::{Map, Value};

/// The most bytes of a log event.
const LONGEST_EVENT: usize = 256 << 10;
/// The most keys of a dimension set.
const DIMENSIONS: usize = 30;
/// The most metrics of a directive, and the most values of a metric.
const HUNDRED: usize = 100;
/// The most characters of a namespace, a metric's name and a dimension's value.
const LONGEST_NAME: usize = 1024;
/// The most characters of a dimension's key.
const LONGEST_KEY: usize = 250;

const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

type Checked<T = ()> = Result<T, String>;

/// The metrics of a line, by name, with the sets of dimensions they are published under.
pub fn metrics(line: &str) -> Checked<Vec<(String, Vec<Vec<String>>)>> {
    require(line.len() <= LONGEST_EVENT, "the event is too long")?;
    let root: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let root = object(&root, "the line")?;
    let metadata = object(member(root, "_aws")?, "_aws")?;
    only(
        metadata,
        &["Timestamp", "CloudWatchMetrics", "LogGroupName"],
    )?;
    require(
        member(metadata, "Timestamp")?.is_u64(),
        "Timestamp is no whole number of milliseconds",
    )?;
    let mut found = Vec::new();
    for directive in array(member(metadata, "CloudWatchMetrics")?, "CloudWatchMetrics")? {
        let directive = object(directive, "a directive")?;
        only(directive, &["Namespace", "Dimensions", "Metrics"])?;
        let namespace = text(member(directive, "Namespace")?, "Namespace", LONGEST_NAME)?;
        require(!namespace.starts_with("AWS/"), "the namespace is AWS's own")?;
        let sets = array(member(directive, "Dimensions")?, "Dimensions")?;
        require(!sets.is_empty(), "there is no dimension set")?;
        let sets = sets
            .iter()
            .map(|set| dimension_set(root, set))
            .collect::<Checked<Vec<_>>>()?;
        let metrics = array(member(directive, "Metrics")?, "Metrics")?;
        require(metrics.len() <= HUNDRED, "more than a hundred metrics")?;
        for metric in metrics {
            found.push((self::metric(root, metric)?, sets.clone()));
        }
    }
    Ok(found)
}

fn dimension_set(root: &Map<String, Value>, set: &Value) -> Checked<Vec<String>> {
    let keys = array(set, "a dimension set")?;
    require(keys.len() <= DIMENSIONS, "more than thirty dimensions")?;
    keys.iter()
        .map(|key| {
            let key = text(key, "a dimension", LONGEST_KEY)?;
            let value = text(member(root, key)?, key, LONGEST_NAME)?;
            require(
                value.chars().all(|c| c.is_ascii() && !c.is_ascii_control()),
                &format!("{key} is not printable ASCII: {value:?}"),
            )?;
            require(
                !value.trim().is_empty() && !key.starts_with(':'),
                &format!("{key} is blank, or begins with a colon"),
            )?;
            Ok(key.to_owned())
        })
        .collect()
}

fn metric(root: &Map<String, Value>, metric: &Value) -> Checked<String> {
    let metric = object(metric, "a metric")?;
    only(metric, &["Name", "Unit", "StorageResolution"])?;
    let name = text(member(metric, "Name")?, "Name", LONGEST_NAME)?;
    if let Some(unit) = metric.get("Unit") {
        require(
            unit.as_str().is_some_and(|unit| UNITS.contains(&unit)),
            &format!("{unit} is no unit"),
        )?;
    }
    if let Some(resolution) = metric.get("StorageResolution") {
        require(
            [Some(1), Some(60)].contains(&resolution.as_u64()),
            &format!("{resolution} is no resolution"),
        )?;
    }
    let numeric = match member(root, name)? {
        Value::Number(_) => true,
        Value::Array(values) => values.len() <= HUNDRED && values.iter().all(Value::is_number),
        _ => false,
    };
    require(numeric, &format!("{name} is no number"))?;
    Ok(name.to_owned())
}

fn require(holds: bool, otherwise: &str) -> Checked {
    holds.then_some(()).ok_or_else(|| otherwise.to_owned())
}

fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Checked<&'a Value> {
    object.get(name).ok_or_else(|| format!("{name} is missing"))
}

/// Objects of the format have no other members.
fn only(object: &Map<String, Value>, names: &[&str]) -> Checked {
    match object.keys().find(|key| !names.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("{key} does not belong here")),
    }
}

fn object<'a>(value: &'a Value, what: &str) -> Checked<&'a Map<String, Value>> {
    value
        .as_object()
        .ok_or_else(|| format!("{what} is no object"))
}

fn array<'a>(value: &'a Value, what: &str) -> Checked<&'a Vec<Value>> {
    value
        .as_array()
        .ok_or_else(|| format!("{what} is no array"))
}

fn text<'a>(value: &'a Value, what: &str, longest: usize) -> Checked<&'a str> {
    value
        .as_str()
        .filter(|text| (1..=longest).contains(&text.chars().count()))
        .ok_or_else(|| format!("{what} is no text of 1 to {longest} characters: {value}"))
}
