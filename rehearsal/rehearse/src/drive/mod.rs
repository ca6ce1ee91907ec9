//! Runs a plan: executes the commands of a [`World`], and brings it what comes of them.
//!
//! The world decides and never waits; this module waits and decides nothing. One task owns the world and takes its inputs from
//! one channel, in the order in which they come: ended invocations and the calls that functions make.
//!
//! - `invoke`: one invocation. `faults`: the faults that act on it. `done`: what came of it, and in words `detail`.
//! - `workers`: the sandboxes, each with its queue. `order`: live requests in virtual order.
//! - `surroundings`: what stands around the functions. `functions`: their programs. `tables`: their tables. `backend`: from AWS's endpoints to
//!   the world.
//! - `between_invocations`: what they do between their invocations. `memory`: how much memory they need. `patience`: how long they take, and are waited for.
//! - `noted`: what else is told at the end.
//! - `lasting`: what lasts from one update to the next.

mod backend;
mod between_invocations;
mod detail;
mod done;
mod faults;
mod functions;
mod invoke;
mod lasting;
mod memory;
mod noted;
mod order;
mod patience;
mod surroundings;
mod tables;
mod workers;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;

use rehearsal_aws::VirtualTime;
use rehearsal_aws::call::AwsAnswer;
use rehearsal_aws::lambda::sandboxes::{Room, SandboxId};
use rehearsal_cloud::gateway::Integration;
use rehearsal_cloud::services::dynamodb::database::DynamoDbError;
use rehearsal_deployment::Plan;
use rehearsal_deployment::event::{Event, Evidence, Happening, InvocationOutcome, RefusedCall};
use rehearsal_deployment::world::{
    Answer, CallId, Called, Command, DatabaseAnswered, Ended, Endless, Input, InvocationId, Invoke,
    Logged, Purpose, World,
};
use rehearsal_host::descriptors;
use rehearsal_host::sandbox::StartError;
use rehearsal_template::Stack;
use tokio::sync::{mpsc, oneshot};

use crate::builds::programs::{Programs, UnusableProgram};
use backend::ToWorld;
use invoke::Job;
use lasting::Database;
pub use lasting::Lasting;
use order::VirtualOrder;
pub use patience::Took;
use surroundings::{Lines, Surroundings};
use workers::Workers;

/// What executes the commands of a world.
pub struct Driver {
    /// Before what they stand in: they end first.
    workers: Workers,
    surroundings: Arc<Surroundings>,
    world: World,
    inbox: mpsc::UnboundedReceiver<Message>,
    post: mpsc::UnboundedSender<Message>,
    /// Calls that are not answered yet.
    calls: HashMap<CallId, Pending>,
    next_call: u64,
    requests: VirtualOrder,
}

/// Why a rehearsal cannot be run to its end. What a function does wrong is never one of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriveError {
    /// Functions have no program where their builds should be, or one that cannot be run here.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    UnusablePrograms(Vec<UnusableProgram>),
    /// There are too few descriptors for all connections.
    #[error(
        "this process may have {allowed} files open at once (ulimit -n), too few for the functions that run and their connections; allow more"
    )]
    Descriptors {
        /// How many are allowed.
        allowed: u64,
    },
    /// What the functions do would never end.
    #[error(transparent)]
    Endless(#[from] Endless),
    /// The world invokes a function that is not there: a fault of this program.
    #[error("{function} is to be invoked, and this rehearsal has no such function")]
    NoFunction {
        /// Its logical id.
        function: String,
    },
    /// A function's process could not be started.
    #[error(transparent)]
    Start(#[from] StartError),
    /// No port could be bound on 127.0.0.1.
    #[error("no port could be bound on 127.0.0.1: {0}")]
    Listen(io::Error),
    /// The embedded database.
    #[error(transparent)]
    DynamoDb(#[from] DynamoDbError),
    /// It failed by itself while functions used it.
    #[error(
        "the embedded DynamoDB failed by itself, which is no error of the functions: {0}; beyond 2 MB it keeps its tables in a temporary file, in the folder that SQLITE_TMPDIR or TMPDIR names, or else in /var/tmp, /usr/tmp or /tmp: is there room?"
    )]
    DatabaseFailed(String),
}

/// What comes in, from functions and from ended invocations.
enum Message {
    Ended(Ended),
    Called {
        called: Called,
        pending: Pending,
    },
    Refused {
        call: RefusedCall,
        invocation: Option<InvocationId>,
    },
    DatabaseAnswered(DatabaseAnswered),
    Logged(Logged),
    Wrote(Wrote),
    Failed(Failed),
    /// The invocations of a function have come to so much.
    TakesLong(String, Took),
    Broken(DriveError),
}

/// What an invocation wrote, as far as it is kept.
#[derive(Clone, Debug)]
pub struct Wrote {
    /// When it began, in virtual time.
    pub at: VirtualTime,
    /// The function's logical id.
    pub function: String,
    /// The version that ran.
    pub version: String,
    /// The sandbox that it ran in.
    pub sandbox: SandboxId,
    /// The lines, in their order.
    pub lines: Vec<String>,
}

/// A live request that a function failed by itself, and no fault acted on.
#[derive(Clone, Debug)]
pub struct Failed {
    /// The function's logical id.
    pub function: String,
    /// The version that ran.
    pub version: String,
    /// The request's kind, an index into the plan's requests.
    pub kind: usize,
    /// How it ended.
    pub outcome: InvocationOutcome,
    /// What its caller saw, who came through an API.
    pub status: Option<u16>,
    /// What is known of why.
    pub evidence: Evidence,
}

/// What is seen while a rehearsal runs.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'a> {
    /// An event, in the order of virtual time.
    Event(&'a Event),
    /// What an invocation wrote, as it ends.
    Wrote(&'a Wrote),
    /// A failure, as it ends: before its turn comes in virtual time, which may be minutes later where functions hang.
    Failed(&'a Failed),
    /// The invocations of this function take long on this machine, so far: told again each time that it has doubled, and at the end.
    TakesLong(&'a str, Took),
}

/// A call that waits for its answer.
struct Pending {
    /// Nothing once it is answered: its event may still wait for a sandbox.
    reply: Option<oneshot::Sender<Answer>>,
    /// The event, for a call that leads to an invocation.
    payload: bytes::Bytes,
    /// How the API takes the answer, for a request through one.
    integration: Option<Integration>,
}

impl Driver {
    /// Starts what functions meet: database, endpoints, gateway, in what lasts of the update before. No function runs yet. `emulators`
    /// are where calls to other services go, by signing name.
    ///
    /// # Errors
    /// A port or a table that cannot be had, or a binary that is not there.
    pub async fn new(
        plan: Plan,
        old: &Stack,
        new: &Stack,
        programs: &Programs,
        emulators: BTreeMap<String, SocketAddr>,
        lasting: Option<Lasting>,
        show_lines: bool,
    ) -> Result<Self, DriveError> {
        let (post, inbox) = mpsc::unbounded_channel();
        let lines = Lines {
            logs: plan.logs.clone(),
            post: post.clone(),
            keep_bytes: plan.keep_kib as usize * 1_024,
            are_shown: show_lines,
        };
        let (world, database) = match lasting {
            Some(Lasting { world, database }) => (world.go_on_with(plan.clone()), database),
            None => (World::new(plan.clone()), Database::start().await?),
        };
        let surroundings = Surroundings::new(&plan, old, new, programs, database, lines)?;
        let backend = ToWorld::new(Arc::downgrade(&surroundings), post.clone(), &plan);
        surroundings.serve(Arc::new(backend), emulators).await?;
        let passing = Room::of(plan.limits.processes).passing_requests;
        Ok(Self {
            workers: Workers::default(),
            surroundings,
            world,
            inbox,
            post,
            calls: HashMap::new(),
            next_call: 0,
            requests: VirtualOrder::new(passing),
        })
    }

    /// Runs the rehearsal to its end, or until `observe` breaks it off. It sees each event as it happens, in the order of virtual
    /// time; none is kept here.
    ///
    /// # Errors
    /// A process that could not be started, or a rehearsal that would never end.
    pub async fn run(
        mut self,
        mut observe: impl FnMut(Seen<'_>) -> ControlFlow<()>,
    ) -> Result<Lasting, DriveError> {
        self.run_to_its_end(&mut observe).await?;
        let denied = self.surroundings.memory.denied();
        let calls = self.surroundings.between.calls();
        let functions = self.surroundings.not_confined.all();
        let slow = self.surroundings.patience.slow();
        let values = self.surroundings.made_up.all();
        let found = [
            (!denied.is_empty()).then_some(Happening::NotPermitted { denied }),
            (!calls.is_empty()).then_some(Happening::CalledBetweenInvocations { calls }),
            (!functions.is_empty()).then_some(Happening::NotConfined { functions }),
            (!slow.is_empty()).then_some(Happening::SlowHere { functions: slow }),
            (!values.is_empty()).then_some(Happening::MadeUp { values }),
        ];
        for happening in found.into_iter().flatten() {
            let at = self.world.now();
            // It is over, whatever is made of this.
            let _ = observe(Seen::Event(&Event { at, happening }));
        }
        for (function, took) in self.surroundings.patience.long() {
            let _ = observe(Seen::TakesLong(&function, took));
        }
        Ok(Lasting {
            database: self.surroundings.database(),
            world: Box::new(self.world),
        })
    }

    async fn run_to_its_end(
        &mut self,
        observe: &mut impl FnMut(Seen<'_>) -> ControlFlow<()>,
    ) -> Result<(), DriveError> {
        let mut input = Input::Begin;
        loop {
            if let Input::Ended(ended) = &input {
                self.requests.ended(ended.invocation);
                self.workers.ended(ended.invocation);
            }
            let seen = |event: &Event| observe(Seen::Event(event));
            let Some(commands) = self.world.step_observed(input, seen) else {
                return Ok(());
            };
            for command in commands {
                self.execute(command)?;
            }
            while let Some(invoke) = self.requests.next() {
                self.dispatch(invoke, None);
            }
            if let Some(endless) = self.world.endless() {
                return Err(endless.clone().into());
            }
            if self.world.is_finished() {
                return Ok(());
            }
            let message = loop {
                let message = tokio::select! {
                    biased;
                    () = descriptors::ran_short() => {
                        let allowed = descriptors::allowed().unwrap_or_default();
                        return Err(DriveError::Descriptors { allowed });
                    }
                    message = self.inbox.recv() => message,
                };
                match message {
                    Some(Message::Wrote(wrote)) => {
                        if observe(Seen::Wrote(&wrote)).is_break() {
                            return Ok(());
                        }
                    }
                    Some(Message::Failed(failed)) => {
                        if observe(Seen::Failed(&failed)).is_break() {
                            return Ok(());
                        }
                    }
                    Some(Message::TakesLong(function, took)) => {
                        if observe(Seen::TakesLong(&function, took)).is_break() {
                            return Ok(());
                        }
                    }
                    other => break other,
                }
            };
            input = match message {
                Some(Message::Ended(ended)) => Input::Ended(ended),
                Some(Message::Called {
                    mut called,
                    pending,
                }) => {
                    self.next_call += 1;
                    called.id = CallId(self.next_call);
                    self.calls.insert(called.id, pending);
                    Input::Called(called)
                }
                Some(Message::Refused { call, invocation }) => Input::Refused { call, invocation },
                Some(Message::DatabaseAnswered(answered)) => Input::DatabaseAnswered(answered),
                Some(Message::Logged(logged)) => Input::Logged(logged),
                Some(Message::Broken(error)) => return Err(error),
                Some(Message::Wrote(_) | Message::Failed(_) | Message::TakesLong(..)) | None => {
                    return Ok(());
                }
            };
        }
    }

    fn execute(&mut self, command: Command) -> Result<(), DriveError> {
        match command {
            Command::Answer { call, answer } => {
                let invocation_follows = answer == Answer::Aws(AwsAnswer::Queued);
                let pending = self.calls.get_mut(&call);
                if let Some(reply) = pending.and_then(|pending| pending.reply.take()) {
                    // A caller that has gone away needs no answer.
                    let _ = reply.send(answer);
                }
                if !invocation_follows {
                    self.calls.remove(&call);
                }
            }
            Command::Alter { resources, to } => self.surroundings.alter(&resources, to)?,
            Command::FillIndex { table, index } => {
                self.surroundings.tables().fill_index(&table, &index)?;
            }
            Command::Discard { resources } => self.surroundings.tables().discard(&resources)?,
            Command::EndSandboxes(sandboxes) => self.workers.end(&sandboxes),
            Command::Invoke(invoke) => match &invoke.purpose {
                Purpose::Request { .. } => self.requests.push(invoke),
                Purpose::Event { .. } => self.dispatch(invoke, None),
                Purpose::Call(call) => {
                    let caller = self.calls.remove(call);
                    self.dispatch(invoke, caller);
                }
            },
        }
        Ok(())
    }

    fn dispatch(&mut self, invoke: Invoke, caller: Option<Pending>) {
        let job = Job {
            invoke,
            caller,
            post: self.post.clone(),
        };
        self.workers.dispatch(&self.surroundings, job);
    }
}
