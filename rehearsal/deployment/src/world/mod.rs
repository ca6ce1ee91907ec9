//! A deployment's world: what happens when, in virtual time.
//!
//! A [`World`] is stepped by [`Input`]s and gives [`Command`]s. Every invocation is answered by one input, and keeps the virtual
//! time at which it was given. The clock passes a moment only when no command given at or before it is open.
//!
//! Live requests are given out together, up to the next moment at which anything is decided, so that whoever executes them can
//! overlap those that overlap in virtual time. Their answers are taken in the order of their numbers, whatever order they come
//! in: the same seed gives the same events.
//!
//! What happens when
//! - the update goes on, from resource to resource: `update`;
//! - a deployment goes from one lifecycle event to the next: `lifecycle`;
//! - a lifecycle event has a hook: `hook_runs`; that hook reports: `hook_reports`;
//! - Lambda tries a hook's event again, or gives it up: `asynchronous`;
//! - traffic shifts: `shift`;
//! - an alarm fires: `alarm_fires`; data points are given: `given_metrics`;
//! - a person stops a deployment: `stopped_by_hand`;
//! - a deployment ends: `deployment_ends`; it goes back: `rollback`; the whole stack does, and what still runs is stopped: `stack_goes_back`;
//! - another update follows: `next_update`.
//!
//! What runs meanwhile: live traffic (`requests`), each on its way (`routing`), and what functions ask of AWS (`calls`; what the
//! database answered: `database_calls`; what they write into their logs: `logs`). Both become invocations
//! (`invocation`) of a version (`versions`), which `faults` may act on, with draws by key (`draw_keys`). One that leads to another
//! makes a `chain`, which must have an end. How many run at once: `concurrency`.
//!
//! Functions without code are done with here: `stubs`. What an update does to tables: `tables`.
//!
//! After every step `invariants` holds the whole world against what must be true.
//!
//! Underneath: what the world knows (`state`), the `clock` and its `queue`. What goes in and comes out: `input`, `command`, and their numbers (`id`).

mod alarm_fires;
mod asynchronous;
mod calls;
mod chain;
mod clock;
mod command;
mod concurrency;
mod database_calls;
mod deployment_ends;
mod draw_keys;
mod faults;
mod given_metrics;
mod hook_reports;
mod hook_runs;
mod id;
mod input;
#[cfg(debug_assertions)]
mod invariants;
mod invocation;
mod lifecycle;
mod logs;
mod next_update;
mod queue;
mod requests;
mod rollback;
mod routing;
mod shift;
mod stack_goes_back;
mod state;
mod stopped_by_hand;
mod stubs;
mod tables;
mod update;
mod versions;

use std::collections::VecDeque;
use std::ops::ControlFlow;

use rehearsal_aws::cloudwatch::metric::Metrics;
use rehearsal_aws::lambda::alias::Alias;
use rehearsal_aws::random::Draws;
use rehearsal_aws::time::VirtualTime;

use crate::event::{Event, Happening};
use crate::fault::Faults;
use crate::plan::Plan;
use clock::Decision;
use queue::Queue;
use state::{Asynchronous, CloudWatch, CodeDeploy, LiveTraffic, Running};
use update::Update;

pub use chain::{
    Endless, LONGEST_CHAIN, LONGEST_REHEARSAL_MS, MOST_AT_ONCE, MOST_IN_ALL, MOST_UNKNOWN_AT_ONCE,
    RECURSION_STOPPED_AFTER,
};
pub use command::{Answer, Command, Invoke, Purpose};
pub use id::{CallId, InvocationId};
pub use input::{Call, Called, DatabaseAnswered, Ended, Input, Logged, Writer};
pub use routing::Through;

/// A deployment's world, in virtual time.
///
/// Whoever drives it executes its commands and steps it with what comes of them, until none is left:
///
/// ```
/// use rehearsal_deployment::event::{Evidence, InvocationOutcome};
/// use rehearsal_deployment::world::{Command, Ended, Input, World};
///
/// /// A world in which every invocation is answered, and no hook ever reports.
/// fn run(mut world: World) -> World {
///     let mut commands = world.step(Input::Begin);
///     while let Some(command) = commands.pop() {
///         if let Command::Invoke(invoke) = command {
///             commands.extend(world.step(Input::Ended(Ended {
///                 invocation: invoke.invocation,
///                 outcome: InvocationOutcome::Answered,
///                 status: Some(200),
///                 answer: None,
///                 detail: None,
///                 evidence: Evidence::default(),
///             })));
///         }
///     }
///     assert!(world.is_finished());
///     world
/// }
/// ```
#[derive(Debug)]
pub struct World {
    plan: Plan,
    draws: Draws,
    now: VirtualTime,
    /// What is due, and when.
    decisions: Queue<Decision>,
    traffic: LiveTraffic,
    running: Running,
    asynchronous: Asynchronous,
    faults: Faults,
    cloudwatch: CloudWatch,
    codedeploy: CodeDeploy,
    /// How far the update has come.
    update: Update,
    events: Vec<Event>,
    commands: Vec<Command>,
    finished: bool,
    endless: Option<Endless>,
    #[cfg(debug_assertions)]
    seen: invariants::Seen,
}

impl World {
    /// The world of a plan, before anything happened.
    pub fn new(plan: Plan) -> Self {
        Self {
            draws: Draws::new(plan.seed),
            now: VirtualTime::ZERO,
            decisions: Queue::default(),
            traffic: LiveTraffic::default(),
            running: Running::new(&plan),
            asynchronous: Asynchronous::default(),
            faults: Faults::new(&plan.faults),
            cloudwatch: CloudWatch::new(&plan),
            codedeploy: CodeDeploy::new(&plan),
            update: Update::default(),
            events: Vec::new(),
            commands: Vec::new(),
            finished: false,
            endless: None,
            #[cfg(debug_assertions)]
            seen: invariants::Seen::default(),
            plan,
        }
    }

    /// The same where every metric is kept, also those that no alarm watches: [`metrics`](Self::metrics) then has them all.
    #[must_use]
    pub fn keeping_all_metrics(mut self) -> Self {
        self.cloudwatch.metrics.watch(None);
        self
    }

    /// Takes an input and says what is to be done. An input about an invocation that is not open changes nothing.
    pub fn step(&mut self, input: Input) -> Vec<Command> {
        let mut inputs = VecDeque::from([input]);
        let mut outside = Vec::new();
        while let Some(input) = inputs.pop_front() {
            self.step_on(input, &mut inputs, &mut outside);
        }
        outside
    }

    /// The same as [`step`](Self::step), and gives away what happens as it happens: where stubs do all the work, one input runs a
    /// rehearsal to its end. `None` where `observe` breaks it off.
    pub fn step_observed(
        &mut self,
        input: Input,
        mut observe: impl FnMut(&Event) -> ControlFlow<()>,
    ) -> Option<Vec<Command>> {
        let mut inputs = VecDeque::from([input]);
        let mut outside = Vec::new();
        while let Some(input) = inputs.pop_front() {
            self.step_on(input, &mut inputs, &mut outside);
            for event in self.take_events() {
                if observe(&event).is_break() {
                    return None;
                }
            }
        }
        Some(outside)
    }

    /// Takes one input. What stubs do goes to the inputs, what others are to do to the commands.
    fn step_on(&mut self, input: Input, inputs: &mut VecDeque<Input>, outside: &mut Vec<Command>) {
        for command in self.step_once(input) {
            let stub = match &command {
                Command::Invoke(invoke) => {
                    let stub = self.stub_of(&invoke.function, &invoke.version, invoke.revision);
                    stub.map(|stub| self.stubbed(&stub, invoke))
                }
                Command::Answer { .. }
                | Command::Alter { .. }
                | Command::FillIndex { .. }
                | Command::Discard { .. }
                | Command::EndSandboxes(_) => None,
            };
            match stub {
                Some((does, answer)) => {
                    inputs.extend(does);
                    outside.extend(answer);
                }
                None if Self::is_to_stub(&command) => {}
                None => outside.push(command),
            }
        }
    }

    /// Takes one input, and gives what follows from it, stubs' invocations included.
    fn step_once(&mut self, input: Input) -> Vec<Command> {
        match input {
            Input::Begin => self.begin(),
            Input::Ended(ended) => self.ended(ended),
            Input::Called(called) => self.called(&called),
            Input::Refused { call, invocation } => self.refused(call, invocation),
            Input::DatabaseAnswered(answered) => self.database_answered(&answered),
            Input::Logged(logged) => self.logged(logged),
        }
        self.settle_if_all_ended();
        self.begin_what_waits();
        self.give_up_if_stuck();
        self.advance();
        let commands = std::mem::take(&mut self.commands);
        #[cfg(debug_assertions)]
        self.check_invariants(&commands);
        commands
    }

    /// What happened so far, since the last [`take_events`](Self::take_events).
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Gives away what happened since the last time, in the order of virtual time. The world keeps none of it.
    pub fn take_events(&mut self) -> Vec<Event> {
        #[cfg(debug_assertions)]
        self.seen.events_are_taken();
        std::mem::take(&mut self.events)
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the rehearsal is over.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Why the rehearsal would never end; then it is not gone on with.
    pub fn endless(&self) -> Option<&Endless> {
        self.endless.as_ref()
    }

    /// What the aliases serve, one for each of the plan's deployments.
    pub fn aliases(&self) -> impl Iterator<Item = &Alias> {
        self.codedeploy.updates.iter().map(|update| &update.alias)
    }

    /// What was measured so far of what alarms watch.
    pub fn metrics(&self) -> &Metrics {
        &self.cloudwatch.metrics
    }

    /// The virtual time.
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    fn emit(&mut self, happening: Happening) {
        self.events.push(Event {
            at: self.now,
            happening,
        });
    }
}
