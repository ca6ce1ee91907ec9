//! How many invocations of a function run at once, for Lambda's metric `ConcurrentExecutions`.

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::cloudwatch::metrics_of::LAMBDA;
use rehearsal_aws::cloudwatch::metrics_of::lambda::CONCURRENT_EXECUTIONS;
use rehearsal_aws::lambda::concurrency::{Interval, at_starts};
use rehearsal_aws::time::MINUTE_MS;

use super::World;
use super::clock::Decision;
use super::invocation::Open;
use super::requests::Completion;
use crate::event::InvocationOutcome;
use crate::plan::NotPermitted;

/// The invocations that are over, by the function's name, as long as one that is not over may overlap them.
pub(super) type EndedRuns = BTreeMap<String, Vec<Interval>>;

impl World {
    /// Notes when an invocation ran. One that was throttled did not.
    pub(super) fn has_run(&mut self, open: &Open, outcome: InvocationOutcome) {
        if !self.cloudwatch.counts_concurrency {
            return;
        }
        if let Some((function, interval)) = interval(open, outcome) {
            self.cloudwatch
                .ended_runs
                .entry(function)
                .or_default()
                .push(interval);
        }
    }

    /// Records the metric of the minute that is over: at each start, how many run then. All that began before now is known, also
    /// what is not over in virtual time.
    pub(super) fn record_concurrency(&mut self) {
        if !self.cloudwatch.counts_concurrency {
            return;
        }
        let mut all = self.cloudwatch.ended_runs.clone();
        let completions = self.traffic.completions.items();
        let completions = completions.filter_map(Completion::running);
        let deliveries = self
            .decisions
            .items()
            .filter_map(|decision| match decision {
                Decision::DeliveryEnds { delivered, .. } => {
                    Some((&delivered.open, delivered.outcome))
                }
                _ => None,
            });
        for (open, outcome) in completions.chain(deliveries) {
            if let Some((function, interval)) = interval(open, outcome) {
                all.entry(function).or_default().push(interval);
            }
        }
        let (from, until) = (self.now + -MINUTE_MS, self.now);
        for (function, mut intervals) in all {
            intervals.sort_unstable();
            let metric = Metric::new(
                LAMBDA,
                CONCURRENT_EXECUTIONS,
                &[("FunctionName", function.as_str())],
            );
            let mut most: f64 = 0.0;
            for (at, running) in at_starts(&intervals) {
                if (from..until).contains(&at) {
                    self.cloudwatch.metrics.record(metric.clone(), at, running);
                    most = most.max(running);
                }
            }
            self.hold_to_reserved(&function, most);
        }
        for intervals in self.cloudwatch.ended_runs.values_mut() {
            intervals.retain(|interval| interval.until > until);
        }
    }

    /// Keeps by how much the most that ran at once in the minute that is over is beyond what is reserved for the function now.
    fn hold_to_reserved(&mut self, function: &str, most: f64) {
        let reserved = self.plan.functions.iter().find_map(|(id, changing)| {
            let now = changing.of(self.revision_now(id))?;
            let reserved = now.reserved_concurrency.filter(|_| now.name == function)?;
            Some((id.clone(), reserved))
        });
        let Some((id, reserved)) = reserved.filter(|(_, it)| most > f64::from(it.at_most)) else {
            return;
        };
        let worst = self.cloudwatch.beyond_reserved.entry(id);
        let worst = worst.or_insert((reserved, most));
        if most > worst.1 {
            *worst = (reserved, most);
        }
    }

    /// The functions of which more ran at once than were reserved for them: Lambda would have throttled those (Lambda developer guide,
    /// "Configuring reserved concurrency for a function").
    pub(super) fn beyond_reserved(&self) -> Vec<NotPermitted> {
        let beyond = self.cloudwatch.beyond_reserved.iter();
        let beyond = beyond.map(|(id, (reserved, most))| {
            let message = match reserved.at_most {
                0 => "its reserved concurrency is 0: Lambda throttles every invocation".to_owned(),
                at_most => format!(
                    "{most} ran at once, and {at_most} are reserved: Lambda throttles the others"
                ),
            };
            NotPermitted {
                code: BEYOND_RESERVED.to_owned(),
                logical_id: id.clone(),
                message,
                place: reserved.place,
            }
        });
        beyond.collect()
    }
}

/// What a function is not permitted of which more run at once than are reserved.
const BEYOND_RESERVED: &str = "reserved-concurrency";

/// When an invocation runs, with its function's name; `None` where it does not.
fn interval(open: &Open, outcome: InvocationOutcome) -> Option<(String, Interval)> {
    let ran = !matches!(
        outcome,
        InvocationOutcome::Throttled | InvocationOutcome::NotServed
    );
    let from = open.invoke.at;
    let until = from + open.lasts_ms(outcome);
    let name = open.name.clone().filter(|_| ran)?;
    Some((name, Interval { from, until }))
}
