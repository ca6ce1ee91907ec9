//! What holds after every step, whatever came in. Looked at wherever debug assertions are on, which is in every test of the engine.

use std::collections::BTreeSet;

use rehearsal_aws::lambda::sandboxes::Room;
use rehearsal_aws::time::VirtualTime;

use super::clock::Decision;
use super::command::{Command, Purpose};
use super::requests::Completion;
use super::{CallId, InvocationId, World};

/// What was seen up to the last step.
#[derive(Debug, Default)]
pub(super) struct Seen {
    now: VirtualTime,
    /// How many events were looked at, and the last one's time.
    events: usize,
    last_event: VirtualTime,
    /// The last invocation that was given out.
    invocation: Option<InvocationId>,
    /// The calls that were answered.
    answered: BTreeSet<CallId>,
}

impl Seen {
    /// The events up to here are no longer kept.
    pub(super) fn events_are_taken(&mut self) {
        self.events = 0;
    }

    /// Another update follows: what was seen before it.
    pub(super) fn go_on(&mut self, before: &Self) {
        self.now = before.now;
        self.last_event = before.last_event;
        self.invocation = before.invocation;
    }
}

impl World {
    /// Looks at the whole world after a step that gave these commands.
    ///
    /// # Panics
    /// Where something does not hold.
    pub(super) fn check_invariants(&mut self, commands: &[Command]) {
        let mut seen = std::mem::take(&mut self.seen);
        assert!(
            self.now >= seen.now,
            "time went back from {} to {}",
            seen.now,
            self.now
        );
        seen.now = self.now;
        for event in &self.events[seen.events..] {
            assert!(
                event.at >= seen.last_event,
                "{event:?} comes after one of {}",
                seen.last_event
            );
            seen.last_event = event.at;
        }
        seen.events = self.events.len();
        for command in commands {
            match command {
                Command::Invoke(invoke) => {
                    assert!(
                        seen.invocation.is_none_or(|last| last < invoke.invocation),
                        "invocation {:?} was given out before",
                        invoke.invocation
                    );
                    seen.invocation = Some(invoke.invocation);
                    assert!(
                        self.running.open.contains_key(&invoke.invocation),
                        "{invoke:?} waits for nothing"
                    );
                    self.check_version(
                        &invoke.function,
                        invoke.qualifier.as_deref(),
                        &invoke.version,
                    );
                }
                // Stubs' calls have no numbers of their own.
                command if Self::is_to_stub(command) => {}
                Command::Answer { call, answer } => {
                    assert!(
                        seen.answered.insert(*call),
                        "{call:?} was answered before; now with {answer:?}"
                    );
                }
                Command::Alter { .. }
                | Command::FillIndex { .. }
                | Command::Discard { .. }
                | Command::EndSandboxes(_) => {}
            }
        }
        self.check_aliases();
        self.check_metrics();
        self.check_sandboxes();
        assert!(
            self.running
                .ended
                .keys()
                .all(|ended| self.running.open.contains_key(ended)),
            "what is over was never open"
        );
        assert!(
            !self.finished || self.running.open.is_empty(),
            "it is over, and {:?} are open",
            self.running.open.keys()
        );
        self.seen = seen;
    }

    /// An alias that a deployment shifts sends a request only to a version that has a share of it.
    fn check_version(&self, function: &str, qualifier: Option<&str>, version: &str) {
        let deployment = qualifier.and_then(|alias| self.plan.deployment_of(function, alias));
        let Some(deployment) = deployment else { return };
        let shares = self.codedeploy.updates[deployment].alias.shares();
        assert!(
            shares.get(version).is_some_and(|share| *share > 0.0),
            "{function} served a request with version {version} of {shares:?}"
        );
    }

    /// There are never more processes than there may be: those that stay, and those that calls need for as long as they run.
    fn check_sandboxes(&self) {
        let room = Room::of(self.plan.limits.processes);
        let passing = self.running.open.iter().filter(|(id, open)| {
            let invoke = &open.invoke;
            invoke.passes && !invoke.is_request() && !self.running.ended.contains_key(id)
        });
        let (kept, passing) = (self.running.sandboxes.kept(), passing.count());
        assert!(
            kept <= room.kept && passing <= room.passing_calls,
            "{kept} sandboxes stay and {passing} pass, of {room:?}"
        );
    }

    fn check_aliases(&self) {
        for update in &self.codedeploy.updates {
            let shares = update.alias.shares();
            let sum: f64 = shares.values().sum();
            assert!((1..=2).contains(&shares.len()), "{shares:?}");
            assert!((sum - 1.0).abs() < 1e-9, "{shares:?} make {sum}");
            assert!(
                shares.values().all(|share| (0.0..=1.0).contains(share)),
                "{shares:?}"
            );
        }
    }

    /// Each invocation is open, or on its way to its virtual end, or has come to it: once.
    fn check_metrics(&self) {
        let on_their_way = self
            .decisions
            .items()
            .filter(|decision| matches!(decision, Decision::DeliveryEnds { .. }));
        let ran = self
            .traffic
            .completions
            .items()
            .filter(|completion| matches!(completion, Completion::Served(_)));
        let (all, recorded) = (
            self.running.open.len() + ran.count() + on_their_way.count(),
            self.running.recorded,
        );
        assert_eq!(
            all as u64 + recorded,
            self.running.given_out,
            "of {} invocations {} are open, and {recorded} are over",
            self.running.given_out,
            self.running.open.len()
        );
        let is_call = |purpose: &Purpose| matches!(purpose, Purpose::Call(_));
        assert!(
            !self
                .running
                .ended
                .keys()
                .any(|ended| is_call(&self.running.open[ended].invoke.purpose)),
            "what a function waits for is done with at once"
        );
    }
}
