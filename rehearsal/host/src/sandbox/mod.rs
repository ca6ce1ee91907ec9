//! One function process behind the Lambda Runtime API, invoked once at a time.
//!
//! - `runtime_api`: the API that the process asks. `delivery`: what it gets there. `extensions`: what its extensions ask.
//! - `environment`: its variables. `folders`: Lambda's folders in them. `log`: what it writes. `memory`: what it needs. `outcome`: how an invocation ended.

mod delivery;
mod environment;
mod extensions;
mod folders;
mod log;
mod memory;
mod outcome;
mod runtime_api;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use time::OffsetDateTime;
use uuid::Uuid;

pub use folders::SEARCH_PATH;
pub use log::{KEPT_BYTES, LINE_BYTES, LogLine, OnLine, Stream};
pub use outcome::{InvocationReport, MAX_RESPONSE_BYTES, Outcome};

use self::delivery::{Delivery, InitTime, Ticket};
use self::extensions::Registration;
use self::log::{Log, Output};
use self::runtime_api::Exchange;
use crate::awake;
use crate::confined::{self, Confinement};
use crate::credentials::Credentials;
use crate::listener::{Listener, Task};
use crate::process::{Exit, Launch, Process, SpawnError};
use crate::request_id;
use crate::runtimes::Program;

/// How long a process may take to ask for its first invocation. Source: Lambda developer guide, "Lambda execution
/// environment lifecycle": the init phase is limited to 10 seconds.
pub const INIT_LIMIT: Duration = Duration::from_secs(10);

/// How long a dead process's pipes and connections are read for what it left in them. They end at once unless something
/// outside its process group holds them open.
const DRAIN_LIMIT: Duration = Duration::from_secs(1);

/// What runs in a sandbox, and as what.
#[derive(Clone)]
pub struct SandboxSpec {
    /// What is started, and where the function's code is.
    pub program: Program,
    /// The function's name.
    pub function_name: String,
    /// Its version: a number, or `$LATEST`.
    pub version: String,
    /// Its memory, in MB. The function reads it; nothing enforces it: [`InvocationReport::memory`] says what it needed.
    pub memory_mb: u32,
    /// Its configured time-out, which a time-out's message names. The wall budget is each invocation's own.
    pub timeout: Duration,
    /// Its handler, for `_HANDLER`.
    pub handler: String,
    /// The region it believes to run in.
    pub region: String,
    /// What it signs with.
    pub credentials: Credentials,
    /// The template's environment variables, resolved.
    pub environment: BTreeMap<String, String>,
    /// Endpoint variables such as `AWS_ENDPOINT_URL_CODEDEPLOY`.
    pub endpoints: BTreeMap<String, String>,
    /// How its lines are written, for `AWS_LAMBDA_LOG_FORMAT`: `Text` or `JSON`. Nothing where Lambda sets nothing.
    pub log_format: Option<String>,
    /// The least level that the runtime's own logging writes, for `AWS_LAMBDA_LOG_LEVEL`.
    pub log_level: Option<String>,
    /// The log group, for `AWS_LAMBDA_LOG_GROUP_NAME`; `/aws/lambda/<function>` where there is none of its own.
    pub log_group: Option<String>,
    /// How much of what it writes is kept, in bytes.
    pub keep_bytes: usize,
    /// Called with each line that the process writes.
    pub on_line: Option<OnLine>,
}

impl SandboxSpec {
    /// A function named as its credentials say, with Lambda's defaults: 128 MB, 3 s, handler `bootstrap`, `us-east-1`.
    pub fn new(binary: impl Into<PathBuf>, credentials: Credentials) -> Self {
        Self {
            program: Program::new(binary),
            function_name: credentials.caller().function_name.clone(),
            version: credentials.caller().version.clone(),
            memory_mb: 128,
            timeout: Duration::from_secs(3),
            handler: "bootstrap".to_owned(),
            region: "us-east-1".to_owned(),
            credentials,
            environment: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            log_format: None,
            log_level: None,
            log_group: None,
            keep_bytes: KEPT_BYTES,
            on_line: None,
        }
    }
}

impl fmt::Debug for SandboxSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The environment may hold secrets.
        f.debug_struct("SandboxSpec")
            .field("program", &self.program.path)
            .field("function_name", &self.function_name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Why a sandbox could not be started. What the function itself does wrong is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The process could not be started.
    #[error("function {function_name}, version {version}: {reason}")]
    Spawn {
        /// The function's name.
        function_name: String,
        /// Its version.
        version: String,
        /// Why.
        reason: SpawnError,
    },
    /// Its Runtime API found no port.
    #[error(
        "function {function_name}, version {version}: its Runtime API could not listen on 127.0.0.1: {reason}"
    )]
    Listen {
        /// The function's name.
        function_name: String,
        /// Its version.
        version: String,
        /// Why.
        reason: io::Error,
    },
}

/// One invocation.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// The request id the function sees.
    pub request_id: String,
    /// The event, passed on as it is.
    pub payload: Bytes,
    /// The ARN by which it was invoked, qualifier included.
    pub invoked_function_arn: String,
    /// Base64 of the caller's client context, as it came.
    pub client_context: Option<String>,
    /// Wall time the function gets: `Lambda-Runtime-Deadline-Ms` is this long after the delivery, and when it is spent the
    /// process is killed. Time in which the process is stopped, or this one, is not spent.
    pub budget: Duration,
    /// Wall time that the process gets before that to start, where it first has to: [`INIT_LIMIT`]. One that takes longer spends its budget: Lambda begins
    /// the init phase anew then, within the first invocation's time-out (the same page, "Init phase").
    pub init_limit: Duration,
}

impl Invocation {
    /// An invocation with a request id of its own.
    pub fn new(
        invoked_function_arn: impl Into<String>,
        payload: impl Into<Bytes>,
        budget: Duration,
    ) -> Self {
        Self {
            request_id: request_id::new().to_string(),
            payload: payload.into(),
            invoked_function_arn: invoked_function_arn.into(),
            client_context: None,
            budget,
            init_limit: INIT_LIMIT,
        }
    }
}

/// One process of a function, from its start to its end. Dropping it kills the process and all that it started.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_host::{Callers, Invocation, Sandbox, SandboxSpec};
/// use std::time::Duration;
///
/// let callers = Callers::default();
/// let spec = SandboxSpec::new("target/debug/hello", callers.issue("hello", "1"));
/// let mut sandbox = Sandbox::start(spec).await?;
/// let arn = "arn:aws:lambda:us-east-1:123456789012:function:hello:1";
/// let report = sandbox.invoke(Invocation::new(arn, "{}", Duration::from_secs(3))).await;
/// assert!(report.outcome.is_success());
/// # Ok(()) }
/// ```
pub struct Sandbox {
    spec: SandboxSpec,
    started: Instant,
    exchange: Exchange,
    runtime_api: Listener,
    process: Process,
    log: Arc<Log>,
    followers: Vec<Task>,
    outputs: Vec<Arc<Output>>,
    /// Lines written before this belong to an earlier invocation.
    log_mark: usize,
    /// Whether the process has been given an invocation yet.
    fresh: bool,
    /// How many invocations the process has taken.
    taken: u64,
    dead: bool,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("spec", &self.spec)
            .field("process", &self.process.id())
            .field("dead", &self.dead)
            .finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Starts the process. Its init runs on while this returns; [`Sandbox::invoke`] waits for it.
    ///
    /// # Errors
    /// [`StartError`] when there is no process: a missing binary, above all.
    pub async fn start(spec: SandboxSpec) -> Result<Self, StartError> {
        let exchange = Exchange::of(Registration {
            function_name: spec.function_name.clone(),
            version: spec.version.clone(),
            handler: spec.handler.clone(),
        });
        let runtime_api =
            Listener::start(exchange.clone())
                .await
                .map_err(|reason| StartError::Listen {
                    function_name: spec.function_name.clone(),
                    version: spec.version.clone(),
                    reason,
                })?;
        let stream = environment::log_stream(
            &spec.version,
            OffsetDateTime::now_utc().date(),
            Uuid::now_v7(),
        );
        let mut launch = Launch::new(&spec.program.path);
        launch.arguments.clone_from(&spec.program.args);
        launch.directory = Some(spec.program.task_root.clone());
        launch.is_confined = !spec.program.is_of_command;
        launch.environment = environment::environment(&spec, runtime_api.address(), &stream);
        let started = Instant::now();
        let refused = |reason| StartError::Spawn {
            function_name: spec.function_name.clone(),
            version: spec.version.clone(),
            reason,
        };
        let mut process = Process::start(&launch).map_err(refused)?;
        let log = Arc::new(Log::new(spec.keep_bytes, spec.on_line.clone()));
        let mut outputs = Vec::new();
        if let Some((stdout, stderr)) = process.take_output() {
            let of = |stream, pipe: io::Result<OwnedFd>| {
                let output = pipe.and_then(|pipe| Output::new(stream, pipe, &log));
                output.map_err(|reason| {
                    refused(SpawnError::Refused {
                        program: spec.program.path.clone(),
                        reason,
                    })
                })
            };
            outputs.push(Arc::new(of(Stream::Out, stdout.into_owned_fd())?));
            outputs.push(Arc::new(of(Stream::Err, stderr.into_owned_fd())?));
        }
        let follow = |output: &Arc<Output>| {
            let output = Arc::clone(output);
            Task::spawn(async move { output.follow().await })
        };
        let followers = outputs.iter().map(follow).collect();
        Ok(Self {
            spec,
            started,
            exchange,
            runtime_api,
            process,
            log,
            followers,
            outputs,
            log_mark: 0,
            fresh: true,
            taken: 0,
            dead: false,
        })
    }

    /// What runs here.
    pub fn spec(&self) -> &SandboxSpec {
        &self.spec
    }

    /// What keeps this function from writing where none can on Lambda.
    pub fn confinement(&self) -> Confinement {
        Confinement::of(&self.spec.program)
    }

    /// The process id, which is also its process group's.
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Whether the process is gone, or about to be: the next invocation needs another sandbox.
    pub fn is_dead(&self) -> bool {
        self.dead || self.process.exit().is_some()
    }

    /// Whether the next invocation is this process's, once that is known: when it has asked for one, or has ended, which it may yet after an
    /// answer. Lambda waits likewise (its open runtime interface emulator, `AwaitRuntimeReady`). One that does neither within
    /// [`INIT_LIMIT`] is taken to be at work.
    ///
    /// One that has asked and has ended since fails the next: Lambda freezes a process between invocations, and what ends it then (a timer
    /// that throws) ends it there once it is thawed for the next (Lambda developer guide, "Lambda execution environment").
    pub async fn takes_next(&self) -> bool {
        if self.dead {
            return false;
        }
        tokio::select! {
            biased;
            () = self.exchange.asked_more_than(self.taken) => true,
            _ = self.process.exited() => false,
            () = self.spent(INIT_LIMIT) => true,
        }
    }

    /// Kills the process and waits for its end.
    pub async fn kill(&mut self) {
        self.dead = true;
        self.process.kill();
        self.process.exited().await;
    }

    /// Invokes the function and waits for what comes of it, never longer than the budget, beside the time for its start where the process first
    /// has to.
    ///
    /// Dropping the future before it is done leaves the sandbox dead: the function may be anywhere.
    pub async fn invoke(&mut self, invocation: Invocation) -> InvocationReport {
        let Invocation {
            request_id,
            payload,
            invoked_function_arn,
            client_context,
            budget,
            init_limit,
        } = invocation;
        let offered = Instant::now();
        let was_dead = self.is_dead() && !self.fresh;
        let (outcome, taken) = if was_dead {
            let how = self.process.exited().await;
            (
                Outcome::Exited {
                    how,
                    during_init: false,
                },
                None,
            )
        } else {
            // Until it is done, a dropped future must not leave a sandbox that looks alive.
            self.dead = true;
            let init = Arc::<InitTime>::default();
            let ticket = self.exchange.offer(Delivery {
                trace_id: request_id::trace(&request_id),
                request_id: request_id.clone(),
                invoked_function_arn,
                client_context,
                payload,
                budget,
                init: Arc::clone(&init),
                init_limit,
            });
            self.settle(ticket, budget, init_limit, &init).await
        };
        self.taken += u64::from(taken.is_some());
        let wall = taken.unwrap_or(offered).elapsed();
        if outcome.ends_sandbox() {
            self.kill().await;
            self.drain_log().await;
        } else {
            // What it has written so far counts for the invocation that is over.
            for output in &self.outputs {
                output.read_so_far();
            }
            self.dead = false;
        }
        if let Some(refused) = self.exchange.take_refused()
            && !outcome.is_success()
        {
            // As Lambda, the Runtime API only says so to the process, which may not have listened.
            let words = format!("The Runtime API refused it: {refused}");
            self.log.push(Stream::Err, words.as_bytes());
        }
        let advice = outcome.reported().and_then(|error| confined::advice(error));
        if let Some(advice) = advice.filter(|_| self.confinement() != Confinement::None) {
            self.log.push(Stream::Err, advice.as_bytes());
        }
        let init = self
            .exchange
            .first_asked()
            .filter(|_| self.fresh)
            .map(|asked| asked - self.started);
        self.fresh = false;
        let memory = (!self.dead && memory::is_due(self.taken, wall))
            .then(|| memory::needed(self.process.id()))
            .flatten();
        let log = self.log.since(self.log_mark);
        self.log_mark = self.log.mark();
        InvocationReport {
            request_id,
            outcome,
            wall,
            init,
            memory,
            log,
            timeout: self.spec.timeout,
        }
    }

    /// The outcome, and when the process took the invocation.
    async fn settle(
        &self,
        ticket: Ticket,
        budget: Duration,
        init_limit: Duration,
        init: &InitTime,
    ) -> (Outcome, Option<Instant>) {
        let Ticket {
            mut delivered,
            mut outcome,
        } = ticket;
        let exited = self.process.exited();
        tokio::pin!(exited);

        let in_init = self.exchange.first_asked().is_none();
        let limit = if in_init {
            init_limit.max(budget)
        } else {
            budget
        };
        let is_stopped = || self.process.is_stopped();
        let taken = tokio::select! {
            biased;
            Ok(taken) = &mut delivered => taken,
            Ok(outcome) = &mut outcome => return (outcome, None),
            how = &mut exited => return (self.last_words(&mut outcome, how).await, None),
            () = awake::sleep_noting(limit, is_stopped, |so_far| init.note(so_far)) => {
                return (if in_init { Outcome::InitTimedOut } else { Outcome::TimedOut }, None);
            }
        };
        let asked = self.exchange.times_asked();
        let ended = tokio::select! {
            biased;
            Ok(outcome) = &mut outcome => outcome,
            how = &mut exited => self.last_words(&mut outcome, how).await,
            () = self.spent(taken.left) => Outcome::TimedOut,
        };
        if let Outcome::FunctionError { .. } = ended {
            // Lambda's runtimes report what nobody caught, and then exit: whether this one does is known when it asks again.
            tokio::select! {
                () = self.exchange.asked_more_than(asked) => {}
                _ = self.process.exited() => {}
                () = self.spent(budget) => {}
            }
        }
        (ended, Some(taken.at))
    }

    /// Waits until the process has had so much time in which it could have answered.
    async fn spent(&self, budget: Duration) {
        awake::sleep(budget, || self.process.is_stopped()).await;
    }

    /// What a process sent before it ended, which may still be on its way, or else how it ended.
    async fn last_words(
        &self,
        outcome: &mut tokio::sync::oneshot::Receiver<Outcome>,
        how: Exit,
    ) -> Outcome {
        // The connections of a dead process end as soon as what it sent has been read.
        let _ = awake::timeout(DRAIN_LIMIT, self.runtime_api.quiet()).await;
        let during_init = self.exchange.first_asked().is_none();
        outcome
            .try_recv()
            .unwrap_or(Outcome::Exited { how, during_init })
    }

    /// Reads what a dead process left in its pipes.
    async fn drain_log(&mut self) {
        for follower in self.followers.drain(..) {
            let _ = awake::timeout(DRAIN_LIMIT, follower.finished()).await;
        }
    }
}
