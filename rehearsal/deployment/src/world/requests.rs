//! Live traffic: arrivals, the version that serves each, and what its end leaves behind.

use super::{
    Command, Completion, Context, Decision, Ended, InvocationId, Invoke, Open, Purpose, World,
};
use crate::asynchronous::Payload;
use crate::event::{Event, Happening, InvocationOutcome};
use crate::fault::{Call, FaultKind, Injected};
use crate::plan::PlainAlias;
use crate::service_metrics::{ApiStage, Invoked, record_invocation, record_request};
use crate::time::{MINUTE_MS, VirtualTime};
use crate::traffic::{Arrival, arrivals};

/// An unqualified invocation's version.
pub(super) const LATEST: &str = "$LATEST";

impl World {
    pub(super) fn plan_arrivals(&mut self, minute: u64) {
        let traffic = &self.plan.traffic;
        let weights: Vec<_> = traffic
            .requests
            .iter()
            .map(|request| request.weight)
            .collect();
        self.arrivals.extend(arrivals(
            self.draws,
            minute,
            traffic.requests_per_minute,
            &weights,
        ));
        self.schedule(
            self.now + MINUTE_MS,
            Decision::PlanArrivals { minute: minute + 1 },
        );
    }

    /// Gives out a live request. Its virtual duration is known now, so whether the next one finds the sandbox busy is, too.
    pub(super) fn request(&mut self, arrival: Arrival) {
        self.now = arrival.at;
        let target = self.plan.targets[arrival.kind].clone();
        let purpose = Purpose::Request {
            index: arrival.index,
            kind: arrival.kind,
        };
        let context = Context::Request { api: target.api };
        self.invoke(
            &target.function,
            target.qualifier.as_deref(),
            purpose,
            context,
            arrival.at,
        );
    }

    /// Gives out an invocation: chooses version, fault and sandbox. `false` when there is no such version or alias.
    pub(super) fn invoke(
        &mut self,
        function: &str,
        qualifier: Option<&str>,
        purpose: Purpose,
        context: Context,
        at: VirtualTime,
    ) -> bool {
        let by_hook = !matches!(purpose, Purpose::Request { .. });
        let (stream, index) = match purpose {
            Purpose::Request { index, .. } => ("request".to_owned(), index),
            Purpose::Event { .. } | Purpose::Call(_) => {
                let qualifier = qualifier.unwrap_or(LATEST);
                self.hook_call(format!("hook/{function}/{qualifier}"))
            }
        };
        let stream = stream.as_str();
        let Some(version) = self.version(function, qualifier, stream, index) else {
            return false;
        };
        let new_build = self.is_new(function, &version);
        let minute = self.fault_minute(function);
        let call = Call {
            function,
            new: new_build,
            by_hook,
            service: None,
            minute,
            stream,
            index,
            writers: &[],
        };
        let timeout_ms = self
            .plan
            .functions
            .get(function)
            .map_or(i64::MAX, |function| function.timeout_ms);
        let fault = self
            .faults
            .strike(self.draws, call)
            .map(|injected| as_it_shows(injected, by_hook, timeout_ms));

        let (sandbox, cold) = if by_hook {
            self.sandboxes.hold(function, &version, at)
        } else {
            self.sandboxes.serve(function, &version, at)
        };
        let invocation = InvocationId(self.invocations);
        self.invocations += 1;
        let invoke = Invoke {
            invocation,
            at,
            function: function.to_owned(),
            version,
            new_build,
            qualifier: qualifier.map(str::to_owned),
            sandbox,
            purpose,
            fault,
        };
        let timing = self.plan.timing;
        let runs_ms = match &invoke.purpose {
            Purpose::Event {
                payload: Payload::Hook { .. },
                ..
            } => timing.hook_ms,
            Purpose::Event { .. } | Purpose::Request { .. } | Purpose::Call(_) => timing.base_ms,
        };
        let starts_ms = if cold { timing.cold_start_ms } else { 0 };
        let waits_ms = fault.map_or(0, |fault| fault.delay_ms);
        let lasts_ms = match fault.map(|fault| fault.kind) {
            Some(FaultKind::Hang) => timeout_ms,
            _ => i64::from(runs_ms) + i64::from(starts_ms) + i64::from(waits_ms),
        };
        if !by_hook {
            self.sandboxes
                .occupy(function, &invoke.version, sandbox, at + lasts_ms);
        }
        self.open.insert(
            invocation,
            Open {
                invoke: invoke.clone(),
                context,
                lasts_ms,
                calls: 0,
            },
        );
        self.commands.push(Command::Invoke(invoke));
        true
    }

    /// The version that a qualifier means now: an alias draws, a number is itself, nothing is `$LATEST`.
    fn version(
        &self,
        function: &str,
        qualifier: Option<&str>,
        stream: &str,
        index: u64,
    ) -> Option<String> {
        let Some(qualifier) = qualifier else {
            return Some(LATEST.to_owned());
        };
        if qualifier == LATEST {
            return Some(LATEST.to_owned());
        }
        let alias = self
            .plan
            .deployment_of(function, qualifier)
            .and_then(|deployment| self.aliases.get(deployment));
        if let Some(alias) = alias {
            return Some(
                alias
                    .version_for(self.draws.share(&format!("route/{stream}"), index))
                    .to_owned(),
            );
        }
        let plain = |alias: &&PlainAlias| alias.function == function;
        let moved = self.plan.aliases.iter().filter(plain);
        if let Some(alias) = moved.clone().find(|alias| alias.name == qualifier) {
            return Some(self.named_by(alias).to_owned());
        }
        // A version that is not published yet: its route is as before the update, and a direct caller knows no better.
        let deployed = self
            .plan
            .deployments
            .iter()
            .filter(|planned| planned.function == function)
            .map(|planned| (&planned.old_version, &planned.new_version));
        let mut versions =
            deployed.chain(moved.map(|alias| (&alias.old_version, &alias.new_version)));
        let published = self.is_reached(function);
        let live = stream == "request";
        versions.find_map(|(old, new)| match qualifier {
            _ if qualifier == old => Some(old.clone()),
            _ if qualifier == new && published => Some(new.clone()),
            _ if qualifier == new && live => Some(old.clone()),
            _ => None,
        })
    }

    /// The version that an alias without a deployment names now.
    fn named_by<'a>(&self, alias: &'a PlainAlias) -> &'a str {
        if self.is_reached(&alias.logical_id) {
            &alias.new_version
        } else {
            &alias.old_version
        }
    }

    /// Whether a version is of the new build. The update renews `$LATEST` before any alias of the function moves, and
    /// its rollback takes it back.
    pub(super) fn is_new(&self, function: &str, version: &str) -> bool {
        if version == LATEST {
            return self.is_reached(function);
        }
        let deployed = self
            .plan
            .deployments
            .iter()
            .any(|planned| planned.function == function && planned.new_version == version);
        let moved = |alias: &PlainAlias| {
            alias.function == function
                && alias.new_version == version
                && alias.old_version != version
        };
        deployed || self.plan.aliases.iter().any(moved)
    }

    /// How long an invocation lasts in virtual time, now that its outcome is known.
    pub(super) fn lasts_ms(&self, open: &Open, outcome: InvocationOutcome) -> i64 {
        match outcome {
            InvocationOutcome::TimedOut => self
                .plan
                .functions
                .get(&open.invoke.function)
                .map_or(open.lasts_ms, |function| function.timeout_ms),
            InvocationOutcome::Throttled => 0,
            _ => open.lasts_ms,
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
            self.sandboxes.remove(function, version, *sandbox);
        } else {
            self.sandboxes.release(function, version, *sandbox);
        }
    }

    /// A live request is answered; its metrics appear at its virtual end.
    pub(super) fn request_ended(&mut self, open: Open, ended: &Ended) {
        if ended.outcome.ends_sandbox() {
            self.leave_sandbox(&open, ended.outcome);
        }
        let end = open.invoke.at + self.lasts_ms(&open, ended.outcome);
        self.sequence += 1;
        let completion = Completion {
            open,
            outcome: ended.outcome,
            status: ended.status,
        };
        self.completions.insert((end, self.sequence), completion);
    }

    /// Takes the ends of live requests up to a moment, in order.
    pub(super) fn complete_until(&mut self, moment: VirtualTime) {
        while let Some(entry) = self
            .completions
            .first_entry()
            .filter(|entry| entry.key().0 <= moment)
        {
            let completion = entry.remove();
            self.complete(completion);
        }
    }

    fn complete(&mut self, completion: Completion) {
        let Completion {
            open,
            outcome,
            status,
        } = completion;
        let (Context::Request { api }, Purpose::Request { index, kind }) =
            (&open.context, &open.invoke.purpose)
        else {
            return;
        };
        self.record(&open, outcome, api.as_ref().zip(status));
        let request = self.plan.request(*kind);
        let error = request.is_error(status, outcome);
        let invoke = &open.invoke;
        let deployment = invoke
            .qualifier
            .as_ref()
            .and_then(|alias| self.plan.deployment_of(&invoke.function, alias));
        let happening = Happening::RequestServed {
            index: *index,
            deployment,
            version: invoke.version.clone(),
            status,
            error,
            fault: invoke.fault.map(|fault| fault.kind),
        };
        self.events.push(Event {
            at: invoke.at,
            happening,
        });
    }

    /// The metrics of an invocation, and of the API it came through.
    pub(super) fn record(
        &mut self,
        open: &Open,
        outcome: InvocationOutcome,
        api: Option<(&ApiStage, u16)>,
    ) {
        let invoke = &open.invoke;
        let duration_ms = self.lasts_ms(open, outcome);
        let Some(function) = self.plan.functions.get(&invoke.function) else {
            return;
        };
        let qualifier = invoke.qualifier.as_deref();
        let through_alias = qualifier.is_some_and(|qualifier| qualifier != invoke.version);
        record_invocation(
            &mut self.metrics,
            Invoked {
                function: &function.name,
                qualifier,
                executed_version: through_alias.then_some(invoke.version.as_str()),
                start: invoke.at,
                duration_ms,
                throttled: outcome == InvocationOutcome::Throttled,
                error: outcome.is_function_error(),
            },
        );
        if let Some((api, status)) = api {
            record_request(&mut self.metrics, api, invoke.at, status, duration_ms);
        }
    }
}

/// A delay beyond the time-out is a hang. A delay on live traffic is virtual; a hook really waits for its own calls.
fn as_it_shows(injected: Injected, by_hook: bool, timeout_ms: i64) -> Injected {
    if injected.kind == FaultKind::Delay && !by_hook && i64::from(injected.delay_ms) >= timeout_ms {
        Injected {
            kind: FaultKind::Hang,
            ..injected
        }
    } else {
        injected
    }
}
