//! Live traffic: its arrivals, and what its ends leave behind.

use std::sync::Arc;

use rehearsal_aws::cloudwatch::metrics_of::apigateway::record_request;
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::chain::Chain;
use super::clock::Decision;
use super::command::Purpose;
use super::draw_keys::key_of_request;
use super::invocation::{Open, Origin};
use super::routing::{Nowhere, Way, not_found};
use super::{Ended, World};
use crate::event::{Event, Evidence, Happening, InvocationOutcome};
use crate::traffic::{Arrival, arrivals};

/// How many live requests are given out together at most; the next follow once these have ended. So what is kept of requests does
/// not grow with their number.
const MOST_GIVEN_OUT: usize = 1_000;

/// A finished live request, or what one led to, kept until its virtual end: until then no metric shows it.
#[derive(Clone, Debug)]
pub(super) enum Completion {
    /// A function ran.
    Served(Box<Served>),
    /// None did.
    Nowhere(Arrival, Box<Nowhere>),
}

/// What is left of an invocation.
#[derive(Clone, Debug)]
pub(super) struct Served {
    open: Open,
    outcome: InvocationOutcome,
    status: Option<u16>,
    evidence: Evidence,
    /// Whether it is left to come in the metrics alone.
    is_reported: bool,
}

impl Completion {
    /// One that is left to come in the metrics alone.
    pub(super) fn of_metrics(open: Open, outcome: InvocationOutcome) -> Self {
        Self::Served(Box::new(Served {
            open,
            outcome,
            status: None,
            evidence: Evidence::default(),
            is_reported: true,
        }))
    }

    /// The invocation, and how it ends; `None` where no function runs.
    pub(super) fn running(&self) -> Option<(&Open, InvocationOutcome)> {
        match self {
            Self::Served(served) => Some((&served.open, served.outcome)),
            Self::Nowhere(..) => None,
        }
    }
}

impl World {
    pub(super) fn plan_arrivals(&mut self, minute: u64) {
        let traffic = &self.plan.traffic;
        let weights: Vec<_> = traffic
            .requests
            .iter()
            .map(|request| request.weight)
            .collect();
        let (began, first) = (self.traffic.began, self.traffic.first_request);
        let of_minute = arrivals(
            self.draws,
            first,
            minute,
            traffic.requests_per_minute,
            &weights,
        );
        self.traffic
            .arrivals
            .extend(of_minute.into_iter().map(|arrival| Arrival {
                at: began + (arrival.at - VirtualTime::ZERO),
                ..arrival
            }));
        self.traffic.next_request = first + (minute + 1) * u64::from(traffic.requests_per_minute);
        self.schedule(
            self.now + MINUTE_MS,
            Decision::PlanArrivals { minute: minute + 1 },
        );
    }

    /// Gives out the next live requests that arrive before a moment.
    pub(super) fn give_out_requests(&mut self, before: VirtualTime) {
        for _ in 0..MOST_GIVEN_OUT {
            let arrives = |arrival: &mut Arrival| arrival.at < before;
            let Some(arrival) = self.traffic.arrivals.pop_front_if(arrives) else {
                return;
            };
            self.request(arrival);
        }
    }

    /// Gives out a live request.
    pub(super) fn request(&mut self, arrival: Arrival) {
        if self.is_one_too_many(arrival.index) {
            return;
        }
        self.now = arrival.at;
        let Way { target, through } = match self.way(arrival.kind) {
            Ok(way) => way,
            Err(nowhere) => return self.leads_nowhere(arrival, nowhere),
        };
        let purpose = Purpose::Request {
            index: arrival.index,
            kind: arrival.kind,
        };
        let origin = Origin {
            chain: Chain::default(),
            on_behalf_of: OnBehalfOf::Traffic,
            at: arrival.at,
            key: key_of_request(arrival.index),
            through,
        };
        if !self.invoke(Arc::clone(&target), purpose, origin) {
            self.leads_nowhere(arrival, Box::new(not_found(&target)));
        }
    }

    /// A request that reaches no function is answered at once.
    fn leads_nowhere(&mut self, arrival: Arrival, nowhere: Box<Nowhere>) {
        let completion = Completion::Nowhere(arrival, nowhere);
        self.traffic.completions.push(arrival.at, completion);
    }

    /// A live request, or what one led to, is answered; its metrics appear at its virtual end.
    pub(super) fn request_ended(&mut self, open: Open, ended: &Ended) {
        if ended.outcome.ends_sandbox() {
            self.leave_sandbox(&open, ended.outcome);
        }
        let end = open.invoke.at + open.lasts_ms(ended.outcome);
        let served = Served {
            open,
            outcome: ended.outcome,
            status: ended.status,
            evidence: ended.evidence.clone(),
            is_reported: false,
        };
        self.traffic
            .completions
            .push(end, Completion::Served(Box::new(served)));
    }

    /// Takes the ends of live requests up to a moment, in order: time goes on to each.
    pub(super) fn complete_until(&mut self, moment: VirtualTime) {
        while let Some(end) = self.traffic.completions.first_due()
            && let Some(completion) = self.traffic.completions.pop_due(moment)
        {
            // Requests are given out together, and so some that arrived later than this one ended.
            self.now = self.now.max(end);
            match completion {
                Completion::Served(served) => self.complete(*served, end),
                Completion::Nowhere(arrival, nowhere) => self.answer_nowhere(&arrival, *nowhere),
            }
        }
    }

    /// A request that reached no function is answered.
    fn answer_nowhere(&mut self, arrival: &Arrival, nowhere: Nowhere) {
        let Nowhere {
            of,
            status,
            stage,
            evidence,
        } = nowhere;
        if let Some((stage, status)) = stage.zip(status) {
            record_request(&mut self.cloudwatch.metrics, &stage, arrival.at, status, 0);
        }
        let outcome = InvocationOutcome::NotServed;
        let error = self.plan.request(arrival.kind).is_error(status, outcome);
        let happening = Happening::RequestServed {
            arrived: arrival.at,
            index: arrival.index,
            deployment: None,
            function: of,
            version: String::new(),
            kind: arrival.kind,
            outcome,
            status,
            error,
            fault: None,
            evidence: error.then(|| Box::new(evidence)),
        };
        self.events.push(Event {
            at: arrival.at,
            happening,
        });
    }

    fn complete(&mut self, served: Served, end: VirtualTime) {
        self.record(&served.open, served.outcome, served.status);
        if !served.is_reported {
            self.report_request(served, end);
        }
    }

    /// The update's last moment: what runs is counted now, and in the metrics at its end.
    pub(super) fn report_what_runs(&mut self) {
        let now = self.now;
        for (end, completion) in self.traffic.completions.take_all() {
            let served = match completion {
                Completion::Served(served) => served,
                Completion::Nowhere(arrival, nowhere) => {
                    self.answer_nowhere(&arrival, *nowhere);
                    continue;
                }
            };
            let of_metrics = Served {
                is_reported: true,
                ..(*served).clone()
            };
            if !served.is_reported {
                self.report_request(*served, now);
            }
            self.traffic
                .completions
                .push(end, Completion::Served(Box::new(of_metrics)));
        }
    }

    fn report_request(&mut self, served: Served, at: VirtualTime) {
        let Served {
            open,
            outcome,
            status,
            evidence,
            ..
        } = served;
        let invoke = &open.invoke;
        for call in open.refused.iter().cloned() {
            let happening = Happening::CallRefused(call);
            self.events.push(Event { at, happening });
        }
        let Purpose::Request { index, kind } = invoke.purpose else {
            return;
        };
        let deployment = invoke
            .qualifier
            .as_ref()
            .and_then(|alias| self.plan.deployment_of(&invoke.function, alias));
        let error = self.plan.request(kind).is_error(status, outcome);
        let happening = Happening::RequestServed {
            arrived: invoke.at,
            index,
            deployment,
            function: invoke.function.clone(),
            version: invoke.version.clone(),
            kind,
            outcome,
            status,
            error,
            fault: invoke
                .fault
                .as_ref()
                .map(|fault| fault.kind)
                .or(open.struck),
            evidence: error.then(|| Box::new(evidence)),
        };
        self.events.push(Event { at, happening });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rehearsal_aws::account::Account;
    use rehearsal_aws::lambda::asynchronous::AsyncRetries;

    use super::super::{Command, Input};
    use super::*;
    use crate::bounds::MAX_REQUESTS;
    use crate::plan::{Function, Logs, Plan};
    use crate::rehearsal::{Limits, Timing, Traffic};
    use crate::revision::Changing;

    fn world(requests_per_minute: u32) -> World {
        let request = serde_json::json!({"function": "F"});
        let function = Function {
            name: "stack-F".to_owned(),
            timeout_ms: 3_000,
            retries: AsyncRetries::default(),
            on_failure: None,
            may_recur: false,
            unset_variables: Vec::new(),
            reserved_concurrency: None,
        };
        World::new(Plan {
            seed: 0,
            traffic: Traffic {
                requests_per_minute,
                minutes_before: 1,
                minutes_after: 1,
                requests: vec![serde_json::from_value(request).unwrap()],
            },
            apis: Vec::new(),
            tables: BTreeMap::new(),
            kept_resources: std::collections::BTreeSet::new(),
            parameters: BTreeMap::new(),
            given_parameters: Vec::new(),
            failures: BTreeMap::new(),
            faults: Vec::new(),
            timing: Timing::default(),
            stubs: crate::stub::Stubs::default(),
            limits: Limits::default(),
            functions: BTreeMap::from([("F".to_owned(), Changing::unchanged(function))]),
            kept_versions: BTreeMap::new(),
            version_ids: BTreeMap::new(),
            changes_more_than_code: false,
            deployments: Vec::new(),
            aliases: Vec::new(),
            event_invoke_configs: BTreeMap::new(),
            alarms: Vec::new(),
            given_metrics: Vec::new(),
            logs: Logs::default(),
            keep_kib: 64,
            update_levels: Vec::new(),
            waits_for: BTreeMap::new(),
            pace: crate::plan::Pace::default(),
            leaves: Vec::new(),
            keeps: std::collections::BTreeSet::new(),
            account: Account {
                id: "123456789012".to_owned(),
                region: "us-east-1".to_owned(),
            },
            not_rehearsed: Vec::new(),
            not_permitted: Vec::new(),
            nested_deployments: Vec::new(),
            not_deployed: Vec::new(),
            step: crate::plan::Step::default(),
        })
    }

    #[test]
    fn a_rehearsal_that_is_not_over_after_ten_million_requests_is_given_up() {
        let mut world = world(1);
        let mut request = |index| {
            world.request(Arrival {
                index,
                at: VirtualTime::ZERO,
                kind: 0,
            });
            (
                world.running.given_out,
                world.endless().map(ToString::to_string),
            )
        };
        assert_eq!(request(MAX_REQUESTS - 1), (1, None));
        let (invocations, given_up) = request(MAX_REQUESTS);
        assert_eq!(invocations, 1);
        let given_up = given_up.expect("it is one too many");
        assert!(given_up.contains("10000000 live requests"), "{given_up}");
    }

    #[test]
    fn the_next_requests_are_given_out_once_those_before_them_have_ended() {
        let mut world = world(2_500);
        let mut numbers = Vec::new();
        let mut commands = world.step(Input::Begin);
        while !commands.is_empty() {
            let together = std::mem::take(&mut commands);
            numbers.push(together.len());
            for command in together {
                let Command::Invoke(invoke) = command else {
                    panic!("{command:?} is no live request");
                };
                commands.extend(world.step(Input::Ended(Ended {
                    invocation: invoke.invocation,
                    outcome: InvocationOutcome::Answered,
                    status: None,
                    answer: None,
                    detail: None,
                    evidence: Evidence::default(),
                })));
            }
        }
        assert_eq!(numbers.iter().sum::<usize>(), 5_000);
        assert_eq!(numbers.iter().max(), Some(&MOST_GIVEN_OUT));
    }
}
