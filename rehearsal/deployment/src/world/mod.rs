//! The queue of virtual time.
//!
//! A [`World`] is stepped by [`Input`]s and gives [`Command`]s. Every command is answered by one input, and keeps the virtual
//! time at which it was given. The clock passes a moment only when no command given at or before it is open.
//!
//! Live requests are given out together, up to the next moment at which anything is decided, so that whoever executes them can
//! overlap their waits. Their answers are taken in the order of their numbers, whatever order they come in: the same seed
//! gives the same events.
//!
//! One file for each stage: [`update`] (the stack around the deployments), [`hook_runs`], [`asynchronous`]
//! (what Lambda does with their events), [`shift`], [`alarm_fires`],
//! [`rollback`], [`requests`] (live traffic), [`calls`] (what functions ask of AWS while they run).

mod alarm_fires;
mod asynchronous;
mod calls;
mod hook_runs;
mod requests;
mod rollback;
mod shift;
mod update;

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::alarm::{Alarm, AlarmState};
use crate::alias::Alias;
use crate::asynchronous::{Condition, Payload};
use crate::code_deploy::Deployment;
use crate::draw::Draws;
use crate::event::{Event, Happening, InvocationOutcome};
use crate::fault::{Faults, Injected};
use crate::hook::ReportRefused;
use crate::lifecycle::LifecycleEventName;
use crate::metric::Metrics;
use crate::plan::Plan;
use crate::sandboxes::{SandboxId, Sandboxes};
use crate::service_metrics::ApiStage;
use crate::time::{MINUTE_MS, VirtualTime};
use crate::traffic::Arrival;
use asynchronous::AsyncEvent;
use update::Update;

/// An invocation, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InvocationId(pub u64);

/// A call that a function makes, by the number that whoever executes commands gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallId(pub u64);

/// What comes in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The rehearsal begins. Once, first.
    Begin,
    /// A [`Command::Invoke`] is executed.
    Ended(Ended),
    /// A function calls AWS.
    Called(Called),
}

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Which.
    pub invocation: InvocationId,
    /// How.
    pub outcome: InvocationOutcome,
    /// The HTTP status that a caller saw, when it was asked over HTTP.
    pub status: Option<u16>,
    /// What a hook answered.
    pub answer: Option<String>,
    /// What else is known, for people.
    pub detail: Option<String>,
}

/// A function's call to AWS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Called {
    /// Its number.
    pub id: CallId,
    /// The logical id of the calling function.
    pub function: String,
    /// Its version.
    pub version: String,
    /// The invocation it was running, if it is known.
    pub invocation: Option<InvocationId>,
    /// What it calls.
    pub call: Call,
}

/// What a function calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Call {
    /// Lambda's `Invoke`.
    Invoke {
        /// The function's logical id.
        function: String,
        /// The alias or version.
        qualifier: Option<String>,
    },
    /// A request to an API, which its gateway has routed.
    Request {
        /// The function's logical id.
        function: String,
        /// The alias or version.
        qualifier: Option<String>,
        /// The API.
        api: ApiStage,
    },
    /// `CodeDeploy`'s `PutLifecycleEventHookExecutionStatus`.
    Report {
        /// `deploymentId`.
        deployment_id: String,
        /// `lifecycleEventHookExecutionId`.
        execution_id: String,
        /// `status`.
        status: String,
    },
    /// Any service call, before it is served.
    Service {
        /// `codedeploy`, `dynamodb`, `lambda` or `ssm`.
        service: String,
        /// The operation.
        operation: String,
        /// For a call about items of a table: who wrote each last, where it is known.
        writers: Vec<Option<Writer>>,
    },
}

/// A function that wrote an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Its logical id.
    pub function: String,
    /// Its version.
    pub version: String,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Invoke a function; answered by [`Input::Ended`].
    Invoke(Invoke),
    /// Answer a function's call. A call that led to an invocation is answered with that invocation's result instead.
    Answer {
        /// Which call.
        call: CallId,
        /// The answer.
        answer: Answer,
    },
}

/// An invocation to make.
#[derive(Clone, Debug, PartialEq)]
pub struct Invoke {
    /// Its number.
    pub invocation: InvocationId,
    /// When it begins.
    pub at: VirtualTime,
    /// The function's logical id.
    pub function: String,
    /// The version that runs.
    pub version: String,
    /// Whether that is of the new build.
    pub new_build: bool,
    /// What it is invoked with: an alias, a version, or nothing.
    pub qualifier: Option<String>,
    /// The sandbox that runs it. One that was not named before starts cold; so does one whose process is gone.
    pub sandbox: SandboxId,
    /// For what.
    pub purpose: Purpose,
    /// What goes wrong on its way.
    pub fault: Option<Injected>,
}

/// What an invocation is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A live request.
    Request {
        /// Its number.
        index: u64,
        /// Its kind, an index into the rehearsal's requests.
        kind: usize,
    },
    /// An asynchronous event: a lifecycle event's hook, or the record of one that failed.
    Event {
        /// The request id, the same in every attempt.
        request_id: String,
        /// The event.
        payload: Payload,
    },
    /// A call that a function makes; its result is the call's answer.
    Call(CallId),
}

/// An answer to a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To a report.
    Report(Result<(), ReportRefused>),
    /// To a service call: what goes wrong with it, or nothing.
    Service(Option<Injected>),
    /// There is no such version or alias.
    NoSuchFunction,
}

/// Something that is due at a virtual time.
#[derive(Clone, Debug)]
enum Decision {
    PlanArrivals {
        minute: u64,
    },
    EvaluateAlarms,
    BeginUpdate,
    CancelDeployments,
    PollAlarms {
        deployment: usize,
    },
    InvokeHook {
        deployment: usize,
        event: LifecycleEventName,
    },
    /// Lambda invokes a function with an asynchronous event, by its number.
    Deliver {
        number: usize,
    },
    DeliveryEnds {
        number: usize,
        ended: Box<Delivered>,
    },
    GiveUp {
        number: usize,
        condition: Condition,
        response: Option<String>,
    },
    TakeReport {
        deployment: usize,
        event: LifecycleEventName,
    },
    HookTimesOut {
        deployment: usize,
        event: LifecycleEventName,
    },
    Shift {
        deployment: usize,
        step: usize,
    },
    BeginRollback {
        deployment: usize,
    },
    EndRollback {
        deployment: usize,
    },
    Finish,
}

/// What is left of an asynchronous invocation once its virtual duration has passed.
#[derive(Clone, Debug)]
struct Delivered {
    open: Open,
    outcome: InvocationOutcome,
    answer: Option<String>,
    detail: Option<String>,
}

/// An invocation that is not answered yet.
#[derive(Clone, Debug)]
struct Open {
    invoke: Invoke,
    /// What its purpose needs once it ends.
    context: Context,
    /// Until when it lasts, if it is answered.
    lasts_ms: i64,
    /// How many service calls it has made.
    calls: u64,
}

#[derive(Clone, Debug)]
enum Context {
    Request {
        api: Option<ApiStage>,
    },
    /// An asynchronous event, by its number.
    Event {
        number: usize,
    },
    Call {
        api: Option<ApiStage>,
    },
}

/// A report that `CodeDeploy` took while an asynchronous invocation runs. It takes effect at the invocation's virtual end.
#[derive(Clone, Copy, Debug)]
struct Reported {
    invocation: InvocationId,
    deployment: usize,
    event: LifecycleEventName,
}

/// A finished live request, kept until its virtual end: until then no metric shows it.
#[derive(Clone, Debug)]
struct Completion {
    open: Open,
    outcome: InvocationOutcome,
    status: Option<u16>,
}

/// A deployment's world, in virtual time.
#[derive(Debug)]
pub struct World {
    plan: Plan,
    draws: Draws,
    now: VirtualTime,
    decisions: BTreeMap<(VirtualTime, u64), Decision>,
    arrivals: VecDeque<Arrival>,
    completions: BTreeMap<(VirtualTime, u64), Completion>,
    open: HashMap<InvocationId, Open>,
    ended: Vec<Ended>,
    sequence: u64,
    invocations: u64,
    /// How many calls of each kind functions have made on a hook's account.
    hook_calls: BTreeMap<String, u64>,
    async_events: Vec<AsyncEvent>,
    reports: Vec<Reported>,
    sandboxes: Sandboxes,
    faults: Faults,
    metrics: Metrics,
    alarms: Vec<(Option<Alarm>, AlarmState)>,
    /// One for each of the plan's deployments; there from the beginning, for requests arrive before the update.
    aliases: Vec<Alias>,
    /// The same; empty until the update begins.
    deployments: Vec<Deployment>,
    /// How far the update has come.
    update: Update,
    events: Vec<Event>,
    commands: Vec<Command>,
    finished: bool,
}

impl World {
    /// The world of a plan, before anything happened.
    pub fn new(plan: Plan) -> Self {
        let draws = Draws::new(plan.seed);
        let faults = Faults::new(&plan.faults);
        let aliases = plan
            .deployments
            .iter()
            .map(|deployment| Alias::new(&deployment.old_version))
            .collect();
        let alarms = plan
            .alarms
            .iter()
            .map(|alarm| (alarm.before.clone(), AlarmState::InsufficientData))
            .collect();
        Self {
            plan,
            draws,
            now: VirtualTime::ZERO,
            decisions: BTreeMap::new(),
            arrivals: VecDeque::new(),
            completions: BTreeMap::new(),
            open: HashMap::new(),
            ended: Vec::new(),
            sequence: 0,
            invocations: 0,
            hook_calls: BTreeMap::new(),
            async_events: Vec::new(),
            reports: Vec::new(),
            sandboxes: Sandboxes::default(),
            faults,
            metrics: Metrics::default(),
            alarms,
            aliases,
            deployments: Vec::new(),
            update: Update::default(),
            events: Vec::new(),
            commands: Vec::new(),
            finished: false,
        }
    }

    /// Takes an input and says what is to be done. An input about an invocation that is not open changes nothing.
    pub fn step(&mut self, input: Input) -> Vec<Command> {
        match input {
            Input::Begin => self.begin(),
            Input::Ended(ended) => self.ended(ended),
            Input::Called(called) => self.called(called),
        }
        self.settle_if_all_ended();
        self.advance();
        std::mem::take(&mut self.commands)
    }

    /// What happened so far.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Whether the rehearsal is over.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// The virtual time.
    pub fn now(&self) -> VirtualTime {
        self.now
    }

    fn begin(&mut self) {
        self.schedule(VirtualTime::ZERO, Decision::PlanArrivals { minute: 0 });
        self.schedule(
            VirtualTime(crate::alarm::EVALUATED_EVERY_MS),
            Decision::EvaluateAlarms,
        );
        self.schedule(
            VirtualTime(i64::from(self.plan.traffic.minutes_before) * MINUTE_MS),
            Decision::BeginUpdate,
        );
    }

    fn schedule(&mut self, at: VirtualTime, decision: Decision) {
        self.sequence += 1;
        self.decisions.insert((at, self.sequence), decision);
    }

    fn emit(&mut self, happening: Happening) {
        self.events.push(Event {
            at: self.now,
            happening,
        });
    }

    /// Goes on until a command is open or the rehearsal is over.
    fn advance(&mut self) {
        while !self.finished && self.open.is_empty() {
            let Some((&(due, sequence), _)) = self.decisions.first_key_value() else {
                self.finish();
                return;
            };
            if self
                .arrivals
                .front()
                .is_some_and(|arrival| arrival.at < due)
            {
                while let Some(arrival) = self.arrivals.pop_front_if(|arrival| arrival.at < due) {
                    self.request(arrival);
                }
                continue;
            }
            self.complete_until(due);
            self.now = due;
            if let Some(decision) = self.decisions.remove(&(due, sequence)) {
                self.decide(decision);
            }
        }
    }

    fn decide(&mut self, decision: Decision) {
        match decision {
            Decision::PlanArrivals { minute } => self.plan_arrivals(minute),
            Decision::EvaluateAlarms => self.evaluate_alarms(),
            Decision::BeginUpdate => self.begin_update(),
            Decision::CancelDeployments => self.cancel_deployments(),
            Decision::PollAlarms { deployment } => self.poll_alarms(deployment),
            Decision::InvokeHook { deployment, event } => self.invoke_hook(deployment, event),
            Decision::Deliver { number } => self.deliver(number),
            Decision::DeliveryEnds { number, ended } => self.delivery_ends(number, ended),
            Decision::GiveUp {
                number,
                condition,
                response,
            } => self.give_up(number, condition, response),
            Decision::TakeReport { deployment, event } => self.take_report(deployment, event),
            Decision::HookTimesOut { deployment, event } => self.hook_times_out(deployment, event),
            Decision::Shift { deployment, step } => self.shift(deployment, step),
            Decision::BeginRollback { deployment } => self.begin_rollback(deployment),
            Decision::EndRollback { deployment } => self.end_rollback(deployment),
            Decision::Finish => self.finish(),
        }
    }

    fn finish(&mut self) {
        self.complete_until(VirtualTime(i64::MAX));
        self.finished = true;
        let counts = self.faults.acted().to_vec();
        self.emit(Happening::FaultsActed { counts });
        self.emit(Happening::Finished);
    }

    /// An invocation ended. What a hook invoked is done with at once, for the hook waits. The others stay open in the books until
    /// all of them are in, so that the clock stands, and are then settled in the order of their numbers.
    fn ended(&mut self, ended: Ended) {
        match self.open.get(&ended.invocation).map(|open| &open.context) {
            None => {}
            Some(Context::Call { .. }) => self.call_ended(&ended),
            Some(Context::Request { .. } | Context::Event { .. }) => self.ended.push(ended),
        }
    }

    fn settle_if_all_ended(&mut self) {
        if self.ended.len() == self.open.len() {
            self.ended.sort_by_key(|ended| ended.invocation);
            for ended in std::mem::take(&mut self.ended) {
                self.settle(ended);
            }
        }
    }

    fn settle(&mut self, ended: Ended) {
        let Some(open) = self.open.remove(&ended.invocation) else {
            return;
        };
        match open.context {
            Context::Event { number } => self.delivered(&open, number, ended),
            Context::Request { .. } | Context::Call { .. } => self.request_ended(open, &ended),
        }
    }

    /// The minute that faults on a function are timed by, from its own deployment or else the first one: counted from the first
    /// shift, −1 before it, and before everything while there is no deployment.
    fn fault_minute(&self, function: &str) -> i64 {
        let planned = &self.plan.deployments;
        let own = planned
            .iter()
            .position(|planned| planned.function == function);
        let Some(deployment) = self
            .deployments
            .get(own.unwrap_or(0))
            .filter(|deployment| !deployment.waits)
        else {
            return i64::MIN;
        };
        match deployment.first_shift {
            Some(shift) => self.now.minute_since(shift),
            None => -1,
        }
    }
}

#[cfg(test)]
mod tests;
