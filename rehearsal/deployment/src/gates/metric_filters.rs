//! The metric filters of a template, as they can be evaluated.

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::log_filter::{MetricFilter, MetricValue, Pattern, Selector};
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_template::Unknown;
use rehearsal_template::stack::{self, Stack};

/// The name of a function's log group.
pub(crate) fn group_of(function: &stack::Function) -> Result<String, &Unknown> {
    if let Some(group) = &function.logging.group {
        return group.value.as_ref().cloned();
    }
    let name = function.name.value.as_ref();
    name.map(|name| format!("/aws/lambda/{name}"))
}

/// A metric filter as it can be evaluated, with the name of its log group.
///
/// # Errors
/// Why it cannot be.
pub(crate) fn read(written: &stack::MetricFilter) -> Result<(String, MetricFilter), String> {
    let unknown = |what: &str, unknown: &Unknown| format!("its {what} is not known: {unknown}");
    let group = written.log_group.value.as_ref();
    let group = group.map_err(|why| unknown("log group", why))?;
    let text = written.pattern.value.as_ref();
    let text = text.map_err(|why| unknown("pattern", why))?;
    // Lambda's line has it, as `Max Memory Used` or `maxMemoryUsedMB`.
    if text.to_lowercase().contains("memory") {
        return Err("its pattern asks for memory, which a rehearsal does not measure".to_owned());
    }
    let makes = written.transformation.value.as_ref();
    let makes = makes.map_err(|why| unknown("transformation", why))?;
    let pattern = Pattern::parse(text).map_err(|error| format!("its pattern: {error}"))?;
    let value =
        MetricValue::parse(&makes.value).map_err(|error| format!("its MetricValue: {error}"))?;
    let default_value = match &makes.default_value {
        None => None,
        Some(text) => Some(
            text.parse()
                .map_err(|_| format!("its DefaultValue {text} is no number"))?,
        ),
    };
    let dimensions = makes
        .dimensions
        .iter()
        .map(|(name, place)| {
            let selector = Selector::parse(place);
            let selector = selector.map_err(|error| format!("its dimension {name}: {error}"))?;
            Ok((name.clone(), selector))
        })
        .collect::<Result<BTreeMap<_, _>, String>>()?;
    // "If you assign dimensions to a metric created by a metric filter, you can't assign a default value for that metric" (CloudWatch
    // Logs user guide, "Creating metrics from log events using filters").
    if default_value.is_some() && !dimensions.is_empty() {
        return Err("it has a DefaultValue and Dimensions, which CloudWatch refuses".to_owned());
    }
    let filter = MetricFilter {
        pattern,
        namespace: makes.namespace.clone(),
        name: makes.name.clone(),
        value,
        default_value,
        dimensions,
    };
    Ok((group.clone(), filter))
}

/// Where the data points of a metric come from that is no service's, in words.
///
/// # Errors
/// Why a filter that makes it cannot be evaluated.
pub(crate) fn source_of(stack: &Stack, metric: &Metric) -> Result<String, String> {
    let Metric {
        namespace, name, ..
    } = metric;
    let makes = |filter: &&stack::MetricFilter| {
        let made = filter.transformation.known_value();
        made.is_some_and(|made| (&made.namespace, &made.name) == (namespace, name))
    };
    let mut sources = Vec::new();
    for written in stack.metric_filters.iter().filter(makes) {
        let id = &written.logical_id;
        let (group, filter) =
            read(written).map_err(|why| format!("the metric filter {id} makes it, and {why}"))?;
        if !filter.dimensions.keys().eq(metric.dimensions.keys()) {
            let names: Vec<_> = filter.dimensions.keys().map(String::as_str).collect();
            let by = match names.as_slice() {
                [] => "without dimensions".to_owned(),
                names => format!("by {}", names.join(", ")),
            };
            return Err(format!(
                "the metric filter {id} makes {namespace} {name} {by}, and the alarm watches another set of dimensions"
            ));
        }
        let is_read = |function: &stack::Function| group_of(function).as_ref() == Ok(&group);
        if !stack.functions.iter().any(is_read) {
            return Err(format!(
                "the metric filter {id} reads the log group {group}, which no function of this template writes to"
            ));
        }
        sources.push(id.as_str());
    }
    if sources.is_empty() {
        return Ok(format!(
            "computed from what functions send of {namespace} {name}, in embedded metric format or by PutMetricData"
        ));
    }
    Ok(format!(
        "computed from the log lines that {} counts",
        sources.join(", ")
    ))
}
