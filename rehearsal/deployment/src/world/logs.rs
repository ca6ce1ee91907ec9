//! What functions and Lambda write into log groups, and what functions put, as CloudWatch makes metrics of it.

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::catalogue::{By, Known, known};
use rehearsal_aws::cloudwatch::embedded::data_points;
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::cloudwatch::put_metric_data::MetricData;
use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_aws::lambda::platform_log::{Ending, Ran};
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::invocation::Open;
use super::{InvocationId, Logged, World};
use crate::event::InvocationOutcome;

/// By minute of the clock, whether a line of it counted; a minute without lines is not there. One for each filter.
pub(super) type Counted = Vec<BTreeMap<i64, bool>>;

impl World {
    /// A function wrote lines. Assumed: all of them are of the moment at which its invocation is, whatever time they name.
    pub(super) fn logged(&mut self, logged: Logged) {
        let at = self.time_of(logged.invocation);
        if let Some(request_id) = logged.request_id {
            let open = logged
                .invocation
                .and_then(|id| self.running.open.get_mut(&id));
            if let Some(open) = open {
                open.request_id = Some(request_id);
            }
        }
        for line in &logged.lines {
            self.read_line(&logged.function, at, line);
        }
    }

    /// Lambda's own lines of an invocation that has ended: the first at its start, the others at its end.
    pub(super) fn log_of_platform(&mut self, open: &Open, outcome: InvocationOutcome) {
        let invoke = &open.invoke;
        let Some(log) = self.plan.logs.functions.get(&invoke.function) else {
            return;
        };
        let ending = match outcome {
            // It never ran.
            InvocationOutcome::Throttled | InvocationOutcome::NotServed => return,
            InvocationOutcome::Answered => Ending::Success,
            InvocationOutcome::FunctionError => Ending::Error,
            InvocationOutcome::TimedOut => Ending::TimedOut,
            InvocationOutcome::Exited | InvocationOutcome::InitFailed => Ending::Exited,
        };
        if log.filters.is_empty() || (log.only_warnings && ending == Ending::Success) {
            return;
        }
        let lasts_ms = open.lasts_ms(outcome);
        let init_ms = open.init_ms.min(lasts_ms);
        // An invocation that a fault ended has no id of its own.
        let number = invoke.invocation.0;
        let request_id = open.request_id.clone();
        let request_id =
            request_id.unwrap_or_else(|| format!("00000000-0000-0000-0000-{number:012x}"));
        let ran = Ran {
            request_id: &request_id,
            version: &invoke.version,
            duration_ms: lasts_ms - init_ms,
            init_ms: (init_ms > 0).then_some(init_ms),
            memory_mb: log.memory_mb,
            timeout_ms: open.timeout_ms,
            ending,
        };
        let format = log.format;
        let (start, end) = (ran.start(format), ran.end(format));
        let function = invoke.function.clone();
        self.read_line(&function, invoke.at, &start);
        for line in end {
            self.read_line(&function, invoke.at + lasts_ms, &line);
        }
    }

    /// Makes of a line what filters and the embedded metric format make of it.
    fn read_line(&mut self, function: &str, at: VirtualTime, line: &str) {
        for (metric, value) in data_points(line) {
            self.record_custom(metric, at, value);
        }
        let Some(log) = self.plan.logs.functions.get(function) else {
            return;
        };
        let minute = at.0.div_euclid(MINUTE_MS);
        let mut observed = Vec::new();
        for &number in &log.filters {
            let found = self.plan.logs.filters[number].observe(line);
            *self.cloudwatch.counted[number].entry(minute).or_default() |= found.is_some();
            observed.extend(found);
        }
        for (metric, value) in observed {
            self.record_custom(metric, at, value);
        }
    }

    /// A function puts metrics, at the moment at which its invocation is. Assumed: that is their time, whatever they say.
    pub(super) fn put_metric_data(&mut self, data: &MetricData, by: Option<InvocationId>) {
        let at = self.time_of(by);
        for (metric, samples) in data.metrics() {
            if self.plan.logs.custom.contains(&metric) {
                samples.record(&mut self.cloudwatch.metrics, metric, at);
            }
        }
    }

    /// Records a data point that an alarm waits for. Others are not kept: there may be any number of them.
    pub(super) fn record_custom(&mut self, metric: Metric, at: VirtualTime, value: f64) {
        if self.plan.logs.custom.contains(&metric) {
            self.cloudwatch.metrics.record(metric, at, value);
        }
    }

    /// `DefaultValue`, for the minutes that are over and in which lines came and none counted: "the value reported to the metric
    /// during a period when logs are ingested but no matching logs are found" (CloudWatch Logs user guide, "Creating metrics from
    /// log events using filters").
    pub(super) fn record_default_values(&mut self) {
        let this_minute = self.now.0.div_euclid(MINUTE_MS);
        for number in 0..self.cloudwatch.counted.len() {
            let later = self.cloudwatch.counted[number].split_off(&this_minute);
            let ended = std::mem::replace(&mut self.cloudwatch.counted[number], later);
            let filter = &self.plan.logs.filters[number];
            let Some(value) = filter.default_value else {
                continue;
            };
            let metric = filter.metric_without_dimensions();
            for (minute, _) in ended.into_iter().filter(|(_, counted)| !counted) {
                let at = VirtualTime(minute * MINUTE_MS);
                self.record_custom(metric.clone(), at, value);
            }
        }
    }

    /// The gates that wait for metrics of which nothing was ever sent: metrics that functions send or the file gives, and, of a deployment
    /// that succeeded, those that every request leaves. Its gates say nothing then, whatever they stand at.
    pub(super) fn gates_without_data(&self) -> Vec<String> {
        let mut without: Vec<String> = Vec::new();
        for (planned, deployment) in self
            .plan
            .deployments
            .iter()
            .zip(self.codedeploy.deployments())
        {
            let succeeded = deployment.status == DeploymentStatus::Succeeded;
            let is_missing = |metric: &&Metric| {
                let is_waited_for = self.plan.logs.custom.contains(*metric)
                    || succeeded && comes_of_every_request(metric);
                self.is_given_in_vain(metric)
                    || is_waited_for && self.cloudwatch.metrics.values_of(metric) == 0
            };
            for gate in &planned.alarms {
                if !without.contains(gate) && self.plan.metrics_of(gate).iter().any(is_missing) {
                    without.push(gate.clone());
                }
            }
        }
        without
    }
}

/// Whether requests alone are enough for data points, good or bad. Of other metrics, such as DynamoDB's errors, there are none while
/// nothing goes wrong. One that AWS never sends is waited for in vain.
fn comes_of_every_request(metric: &Metric) -> bool {
    match known(metric) {
        Known::Sent(By::Invocation | By::Function | By::Url | By::Stage | By::Method)
        | Known::Never(_) => true,
        Known::Sent(By::AsynchronousQueue | By::Table | By::Account)
        | Known::NotModelled(_)
        | Known::Custom => false,
    }
}
