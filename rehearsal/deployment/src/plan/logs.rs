//! What the log lines of functions are read for: metric filters, and metrics that functions send themselves.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::cloudwatch::catalogue::{Known, known};
use rehearsal_aws::cloudwatch::log_filter::{MetricFilter, MetricValue, Pattern, Selector};
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::lambda::platform_log::LogFormat;
use rehearsal_template::stack::{self, Stack};
use rehearsal_template::{Field, Unknown};

use super::{Function, Judged, WatchedAlarm};
use crate::given::Given;
use crate::revision::Changing;

/// What the log lines of functions are read for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Logs {
    /// The metric filters that an alarm waits for.
    pub filters: Vec<MetricFilter>,
    /// How each function writes its log, and which of the filters, by their places, read it. By logical id.
    pub functions: BTreeMap<String, FunctionLog>,
    /// The metrics that an alarm waits for and that functions send, or filters make: no service's, and none that the file gives.
    pub custom: BTreeSet<Metric>,
}

/// A function's log group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionLog {
    /// How lines are written.
    pub format: LogFormat,
    /// Whether `SystemLogLevel` leaves out what Lambda writes of invocations that went well.
    pub only_warnings: bool,
    /// The function's memory, of which Lambda's lines tell.
    pub memory_mb: u32,
    /// The filters that read it.
    pub filters: Vec<usize>,
}

impl Logs {
    /// What is read for these alarms, with the filters of the stack that an update leaves. What the file gives is not computed.
    pub(super) fn new(
        stack: &Stack,
        functions: &BTreeMap<String, Changing<Function>>,
        alarms: &[WatchedAlarm],
        given: Given<'_>,
    ) -> Self {
        let mut logs = Self::default();
        let judged = alarms
            .iter()
            .flat_map(|alarm| alarm.before.iter().chain([&alarm.after]));
        for judged in judged {
            if let Judged::Metric(alarm) = judged {
                let custom = alarm.watched.metrics().into_iter();
                let is_sent = |metric: &&Metric| {
                    known(metric) == Known::Custom && given.metric(metric).is_none()
                };
                logs.custom.extend(custom.filter(is_sent).cloned());
            }
        }
        if logs.custom.is_empty() {
            return logs;
        }
        for id in functions.keys() {
            if let Some(function) = stack.function(id) {
                logs.functions.insert(id.clone(), FunctionLog::of(function));
            }
        }
        for written in &stack.metric_filters {
            let Ok((group, filter)) = read(written) else {
                continue;
            };
            let makes = |metric: &Metric| {
                (&metric.namespace, &metric.name) == (&filter.namespace, &filter.name)
            };
            if !logs.custom.iter().any(makes) {
                continue;
            }
            let number = logs.filters.len();
            logs.filters.push(filter);
            for (id, log) in &mut logs.functions {
                let of_function = stack
                    .function(id)
                    .and_then(|function| group_of(function).ok());
                if of_function.as_ref() == Some(&group) {
                    log.filters.push(number);
                }
            }
        }
        logs
    }

    /// Whether the lines of a function are read.
    pub fn reads(&self, function: &str) -> bool {
        self.functions.contains_key(function)
    }
}

impl FunctionLog {
    fn of(function: &stack::Function) -> Self {
        let logging = &function.logging;
        let text = |field: &Option<Field<String>>| {
            let field = field.as_ref()?;
            field.known_value().cloned()
        };
        let format = text(&logging.format).and_then(|format| LogFormat::parse(&format));
        Self {
            format: format.unwrap_or_default(),
            only_warnings: text(&logging.system_level).as_deref() == Some("WARN"),
            memory_mb: function
                .memory_mb
                .known_value()
                .copied()
                .unwrap_or_default(),
            filters: Vec::new(),
        }
    }
}

/// The name of a function's log group.
pub(super) fn group_of(function: &stack::Function) -> Result<String, &Unknown> {
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
pub(super) fn read(written: &stack::MetricFilter) -> Result<(String, MetricFilter), String> {
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
pub(super) fn source_of(stack: &Stack, metric: &Metric) -> Result<String, String> {
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
