//! Invocations: given out, and settled once they have ended.

use std::sync::Arc;

use rehearsal_aws::cloudwatch::metrics_of::apigateway::record_request;
use rehearsal_aws::cloudwatch::metrics_of::lambda::{Invoked, record_invocation};
use rehearsal_aws::lambda::asynchronous::Payload;
use rehearsal_aws::lambda::sandboxes::Place;
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::random::Key;
use rehearsal_aws::time::VirtualTime;

use super::chain::Chain;
use super::command::{Command, Invoke, Purpose};
use super::routing::Through;
use super::{Ended, InvocationId, World};
use crate::event::{InvocationOutcome, RefusedCall};
use crate::fault::{FaultKind, Injected};
use crate::plan::Target;
use crate::revision::Revision;

/// The longest time-out a function can have (Lambda developer guide, "Lambda quotas": 900 seconds).
const LONGEST_TIMEOUT_MS: i64 = 900_000;

/// An invocation that is not answered yet.
#[derive(Clone, Debug)]
pub(super) struct Open {
    pub(super) invoke: Invoke,
    /// The function's name; `None` for one that the plan does not know, which is never invoked.
    pub(super) name: Option<String>,
    /// Its time-out.
    pub(super) timeout_ms: i64,
    /// What was asked for, and the API that it came through.
    pub(super) target: Arc<Target>,
    /// What its draws are made by.
    pub(super) key: Key,
    /// How many service calls it has made.
    pub(super) calls: u64,
    /// How many invocations it has made.
    pub(super) invoked: u64,
    /// How many of the functions that it has invoked it waits for.
    pub(super) waits_for: u32,
    /// How long it has waited for functions that it has invoked, in virtual milliseconds.
    pub(super) waited_ms: i64,
    /// What led to it, and itself.
    pub(super) chain: Chain,
    /// Its calls that services refused, for live traffic: they are reported at its virtual end.
    pub(super) refused: Vec<RefusedCall>,
    /// The last fault that acted on what it led to: on a call to a service, or on a function that was invoked.
    pub(super) struck: Option<FaultKind>,
    /// How long its init phase takes.
    pub(super) init_ms: i64,
    /// The request id that its function saw, once it is known.
    pub(super) request_id: Option<String>,
}

impl Open {
    /// How long it lasts in virtual time, once its outcome is known.
    pub(super) fn lasts_ms(&self, outcome: InvocationOutcome) -> i64 {
        match outcome {
            InvocationOutcome::TimedOut => self.timeout_ms,
            InvocationOutcome::Throttled | InvocationOutcome::NotServed => 0,
            InvocationOutcome::Answered
            | InvocationOutcome::FunctionError
            | InvocationOutcome::Exited
            | InvocationOutcome::InitFailed => self.invoke.lasts_ms,
        }
    }
}

/// Where an invocation comes from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    /// The invocations that led to it.
    pub(super) chain: Chain,
    pub(super) on_behalf_of: OnBehalfOf,
    /// When it begins.
    pub(super) at: VirtualTime,
    /// What its draws are made by.
    pub(super) key: Key,
    /// The route that a live request takes.
    pub(super) through: Option<Arc<Through>>,
}

/// An invocation that no sandbox could take yet. Its version and its fault are of the moment at which it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    target: Arc<Target>,
    purpose: Purpose,
    origin: Origin,
    version: String,
    revision: Revision,
    fault: Option<Injected>,
}

/// What is left of an asynchronous invocation once its virtual duration has passed.
#[derive(Clone, Debug)]
pub(super) struct Delivered {
    pub(super) open: Open,
    pub(super) outcome: InvocationOutcome,
    pub(super) answer: Option<String>,
    pub(super) detail: Option<String>,
    pub(super) log: Vec<String>,
}

impl World {
    /// Gives out an invocation: chooses version, fault and sandbox. Its virtual duration is known then, and so is whether the
    /// next one finds the sandbox busy. `false` when there is no such version or alias.
    pub(super) fn invoke(&mut self, target: Arc<Target>, purpose: Purpose, origin: Origin) -> bool {
        let function = target.function.as_str();
        let is_request = matches!(purpose, Purpose::Request { .. });
        let Some(version) = self.version(&target, &origin.key, is_request) else {
            return false;
        };
        let revision = self.revision_of(function, &version);
        let fault = self.fault_on_invocation(function, &version, revision, &origin);
        self.running.waiting.push_back(Waiting {
            target,
            purpose,
            origin,
            version,
            revision,
            fault,
        });
        self.begin_what_waits();
        true
    }

    /// Begins invocations that wait for a sandbox, the first first, until there is none for the next.
    pub(super) fn begin_what_waits(&mut self) {
        while let Some(next) = self.running.waiting.front() {
            let (function, version) = (next.target.function.as_str(), &next.version);
            let at = next.origin.at;
            let place = match (&next.purpose, next.origin.on_behalf_of) {
                (Purpose::Request { .. }, _) => {
                    Some(self.running.sandboxes.serve(function, version, at))
                }
                (_, OnBehalfOf::Traffic) => {
                    self.running.sandboxes.serve_call(function, version, at)
                }
                (_, OnBehalfOf::Deployment) => self.running.sandboxes.hold(function, version, at),
            };
            let Some(place) = place else { return };
            if let Some(next) = self.running.waiting.pop_front() {
                self.begin_in(place, next);
            }
        }
    }

    fn begin_in(&mut self, place: Place, waiting: Waiting) {
        let Waiting {
            target,
            purpose,
            origin,
            version,
            revision,
            fault,
        } = waiting;
        let Origin {
            chain,
            on_behalf_of,
            at,
            key,
            through,
        } = origin;
        let function = target.function.as_str();
        let timeout_ms = self.timeout_ms(function, &version, revision);
        let stub = self.stub_of(function, &version, revision);
        let own_ms = stub.and_then(|stub| stub.duration_ms);
        let runs = (timeout_ms, own_ms);
        let lasts_ms = self.lasts_if_answered_ms(runs, &purpose, place.cold, fault.as_ref());
        if on_behalf_of == OnBehalfOf::Traffic {
            self.running
                .sandboxes
                .occupy(function, &version, place.sandbox, at + lasts_ms);
        }
        let invocation = InvocationId(self.running.given_out);
        self.running.given_out += 1;
        let chain = chain.followed_by(function, invocation);
        let invoke = Invoke {
            invocation,
            at,
            lasts_ms,
            api: target.api.as_ref().map(|api| api.kind),
            through,
            function: target.function.clone(),
            version,
            revision,
            qualifier: target.qualifier.clone(),
            sandbox: place.sandbox,
            passes: place.passes,
            replaces: place.replaces,
            purpose,
            on_behalf_of,
            fault,
        };
        let planned = self.published(&invoke.function, &invoke.version, revision);
        let open = Open {
            name: planned.map(|function| function.name.clone()),
            timeout_ms,
            invoke: invoke.clone(),
            target,
            key,
            calls: 0,
            invoked: 0,
            waits_for: 0,
            waited_ms: 0,
            chain,
            refused: Vec::new(),
            struck: None,
            init_ms: if place.cold {
                self.plan.timing.cold_start_ms.into()
            } else {
                0
            },
            request_id: None,
        };
        self.running.open.insert(invocation, open);
        self.commands.push(Command::Invoke(invoke));
    }

    /// The function that waits for a sandbox in vain: every function that runs waits for it, or for one that waits as well.
    pub(super) fn stuck_at(&self) -> Option<String> {
        let next = self.running.waiting.front()?;
        let all_wait = self.running.open.values().all(|open| open.waits_for > 0);
        all_wait.then(|| next.target.function.clone())
    }

    fn lasts_if_answered_ms(
        &self,
        (timeout_ms, own_ms): (i64, Option<u32>),
        purpose: &Purpose,
        cold: bool,
        fault: Option<&Injected>,
    ) -> i64 {
        if fault.is_some_and(|fault| fault.kind == FaultKind::Hang) {
            return timeout_ms;
        }
        let timing = self.plan.timing;
        let runs_ms = match purpose {
            Purpose::Event {
                payload: Payload::Hook { .. },
                ..
            } => timing.hook_ms,
            Purpose::Event { .. } | Purpose::Request { .. } | Purpose::Call(_) => timing.base_ms,
        };
        let runs_ms = own_ms.unwrap_or(runs_ms);
        let starts_ms = if cold { timing.cold_start_ms } else { 0 };
        let waits_ms = fault.map_or(0, |fault| fault.delay_ms);
        i64::from(runs_ms) + i64::from(starts_ms) + i64::from(waits_ms)
    }

    /// The time-out of a function's version. One that the plan does not know is never invoked.
    pub(super) fn timeout_ms(&self, function: &str, version: &str, revision: Revision) -> i64 {
        self.published(function, version, revision)
            .map_or(LONGEST_TIMEOUT_MS, |function| function.timeout_ms)
    }

    /// An invocation ended. What a hook invoked is done with at once, for the hook waits. The others stay open in the books until
    /// all of them are in, so that the clock stands, and are then settled in the order of their numbers.
    pub(super) fn ended(&mut self, ended: Ended) {
        let Some(open) = self.running.open.get(&ended.invocation) else {
            return;
        };
        if !self.running.ended.contains_key(&ended.invocation) {
            let invoke = &open.invoke;
            let passing_call = invoke.passes && !invoke.is_request();
            self.running.sandboxes.ended(
                &invoke.function,
                &invoke.version,
                invoke.sandbox,
                passing_call,
            );
        }
        match open.invoke.purpose {
            Purpose::Call(_) => self.call_ended(&ended),
            Purpose::Request { .. } | Purpose::Event { .. } => {
                self.running.ended.entry(ended.invocation).or_insert(ended);
            }
        }
    }

    pub(super) fn settle_if_all_ended(&mut self) {
        if self.running.ended.len() == self.running.open.len() {
            for ended in std::mem::take(&mut self.running.ended).into_values() {
                self.settle(ended);
            }
        }
    }

    fn settle(&mut self, ended: Ended) {
        let Some(open) = self.running.open.remove(&ended.invocation) else {
            return;
        };
        match open.invoke.purpose {
            Purpose::Event { number, .. } => self.delivered(open, number, ended),
            Purpose::Request { .. } | Purpose::Call(_) => self.request_ended(open, &ended),
        }
    }

    /// Frees the sandbox, or forgets it if its process is gone.
    pub(super) fn leave_sandbox(&mut self, open: &Open, outcome: InvocationOutcome) {
        let Invoke {
            function,
            version,
            sandbox,
            ..
        } = &open.invoke;
        if outcome.ends_sandbox() {
            self.running.sandboxes.remove(function, version, *sandbox);
        } else {
            self.running.sandboxes.release(function, version, *sandbox);
        }
    }

    /// The metrics of an invocation, and of the API it came through, which answered with this status.
    pub(super) fn record(&mut self, open: &Open, outcome: InvocationOutcome, status: Option<u16>) {
        self.running.recorded += 1;
        self.log_of_platform(open, outcome);
        self.has_run(open, outcome);
        let invoke = &open.invoke;
        let duration_ms = open.lasts_ms(outcome);
        let Some(name) = &open.name else { return };
        let qualifier = invoke.qualifier.as_deref();
        let through_alias = qualifier.is_some_and(|qualifier| qualifier != invoke.version);
        record_invocation(
            &mut self.cloudwatch.metrics,
            Invoked {
                function: name,
                qualifier,
                executed_version: through_alias.then_some(invoke.version.as_str()),
                start: invoke.at,
                duration_ms,
                throttled: outcome == InvocationOutcome::Throttled,
                error: outcome.is_function_error(),
            },
        );
        if let Some((api, status)) = open.target.api.as_ref().zip(status) {
            record_request(
                &mut self.cloudwatch.metrics,
                api,
                invoke.at,
                status,
                duration_ms,
            );
        }
    }
}
