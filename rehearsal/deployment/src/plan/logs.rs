//! What the log lines of functions are read for: metric filters, and metrics that functions send themselves.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::cloudwatch::catalogue::{Known, known};
use rehearsal_aws::cloudwatch::log_filter::MetricFilter;
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::lambda::platform_log::LogFormat;
use rehearsal_template::Field;
use rehearsal_template::stack::{self, Stack};

use super::{Function, Judged, WatchedAlarm};
use crate::gate_inputs::Given;
use crate::gates::metric_filters::{group_of, read};
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
