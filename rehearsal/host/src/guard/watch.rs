//! A process that watches the one below it, and ends what that leaves behind.

use std::future::pending;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpgid, getpid, getppid, kill_process,
    set_child_subreaper, set_parent_process_death_signal, wait,
};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::descendants::end_descendants;
use super::{GuardError, ROLE_VARIABLE, Role};
use crate::signals::{EndingSignal, EndingSignals};
use crate::temporary;

/// This program, also when its file was replaced since it was started.
const THIS_PROGRAM: &str = "/proc/self/exe";

/// How long the worker gets to end by itself after a signal, and then the guard. A second signal is not waited for.
const WORKER_ENDS_WITHIN: Duration = Duration::from_secs(1);
const GUARD_ENDS_WITHIN: Duration = Duration::from_secs(2);

/// The names of the processes, as `ps` and `pkill` know them. The guard's is another one: who kills by name leaves it.
const WORKER_NAME: &str = "rehearse";
const GUARD_NAME: &str = "function-guard";

/// Exit code of a process that a signal ended, as shells have it: this and the signal's number.
const ENDED_BY_SIGNAL: i32 = 128;

pub(super) fn enter() -> Result<Role, GuardError> {
    let Ok(role) = std::env::var(ROLE_VARIABLE) else {
        return relay();
    };
    // Whoever is another process's child has this variable by mistake, or its parent has ended already.
    let (role, parent) = role.split_once(':').ok_or(GuardError::ForeignRole)?;
    let parent = parent.parse().ok().and_then(Pid::from_raw);
    let parent = parent
        .filter(|parent| getppid() == Some(*parent))
        .ok_or(GuardError::ForeignRole)?;
    match role {
        "guard" => guard(parent),
        "worker" => {
            end_with(parent)?;
            name_this(WORKER_NAME);
            Ok(Role::Worker)
        }
        _ => Err(GuardError::ForeignRole),
    }
}

/// What the user started.
fn relay() -> Result<Role, GuardError> {
    let guard = || {
        let mut guard = this_program("guard", GUARD_NAME);
        guard.process_group(0);
        guard
    };
    let end = supervise(None, GUARD_ENDS_WITHIN, guard)?;
    Ok(Role::Done(end.exit_code()))
}

fn guard(relay: Pid) -> Result<Role, GuardError> {
    name_this(GUARD_NAME);
    let group = getpgid(Some(relay)).map_err(|error| GuardError::Watch(error.into()))?;
    let worker = || {
        let mut worker = this_program("worker", WORKER_NAME);
        worker.process_group(group.as_raw_nonzero().get());
        worker
    };
    let end = supervise(Some(relay), WORKER_ENDS_WITHIN, worker)?;
    Ok(Role::Done(end.exit_code()))
}

/// This program once more, with the same arguments and standard streams.
fn this_program(role: &str, name: &str) -> Command {
    let mut command = Command::new(THIS_PROGRAM);
    command
        .arg0(name)
        .args(std::env::args_os().skip(1))
        .env(ROLE_VARIABLE, format!("{role}:{}", getpid()));
    command
}

/// It is a help to whoever looks, and nothing depends on it.
fn name_this(name: &str) {
    let _ = std::fs::write("/proc/self/comm", name);
}

/// Lets this process get a SIGTERM when its parent ends.
fn end_with(parent: Pid) -> Result<(), GuardError> {
    set_parent_process_death_signal(Some(Signal::TERM))
        .map_err(|error| GuardError::Watch(error.into()))?;
    // It may have ended just before.
    if getppid() == Some(parent) {
        Ok(())
    } else {
        Err(GuardError::ForeignRole)
    }
}

/// How the process below ended.
#[derive(Clone, Copy, Debug)]
enum End {
    /// After this signal to the process that watched it.
    Signal(EndingSignal),
    /// By itself. How is not known where someone else has waited for it.
    Child(Option<WaitStatus>),
}

impl End {
    /// The signal that ended it, where that did not ask it to end.
    fn by_force(self) -> Option<i32> {
        match self {
            Self::Child(Some(status)) => status.terminating_signal().filter(|signal| {
                !EndingSignal::ALL
                    .iter()
                    .any(|asks| i32::from(asks.number()) == *signal)
            }),
            Self::Child(None) | Self::Signal(_) => None,
        }
    }

    fn exit_code(self) -> u8 {
        match self {
            Self::Signal(signal) => signal.exit_code(),
            Self::Child(status) => status.map_or(u8::MAX, exit_code),
        }
    }
}

/// The exit code of a process that ended so, as shells have it.
fn exit_code(status: WaitStatus) -> u8 {
    let code = status.exit_status().or_else(|| {
        let signal = status.terminating_signal()?;
        Some(ENDED_BY_SIGNAL + signal)
    });
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}

/// Starts a process, passes signals on to it, waits for its end, and ends what it left behind. After a signal it may end by
/// itself for a while.
fn supervise(
    parent: Option<Pid>,
    patience: Duration,
    command: impl FnOnce() -> Command,
) -> Result<End, GuardError> {
    // No other thread: a limit of processes counts threads.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(GuardError::Start)?;
    runtime.block_on(async {
        let mut signals = EndingSignals::listen().map_err(GuardError::Watch)?;
        let mut children = signal(SignalKind::child()).map_err(GuardError::Watch)?;
        set_child_subreaper(Some(getpid())).map_err(|error| GuardError::Watch(error.into()))?;
        if let Some(parent) = parent {
            end_with(parent)?;
        }
        let child = command().spawn().map_err(GuardError::Start)?;
        // It is waited for here, with all others that become this process's children.
        let child = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let child = child.ok_or_else(|| GuardError::Start(io::ErrorKind::Other.into()))?;
        let (mut first, mut deadline) = (None, None);
        let ended = loop {
            if let Some(ended) = reap(child) {
                break ended;
            }
            let patience_is_over = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                _ = children.recv() => {}
                signal = signals.next() => {
                    if let Some(first) = first {
                        break End::Signal(first);
                    }
                    first = Some(signal);
                    deadline = Some(Instant::now() + patience);
                    // It may have ended.
                    let _ = kill_process(child, signal.into());
                }
                // The patience began with a signal.
                () = patience_is_over => break End::Child(None),
            }
        };
        if let (None, Some(signal)) = (first, ended.by_force()) {
            // Standard error may be closed; the exit code says the same.
            let _ = writeln!(
                io::stderr(),
                "rehearse was ended by signal {signal}; its functions are ended too"
            );
        }
        let left = end_descendants().await.map_err(GuardError::Watch)?;
        // The worker removes its folders, unless it was ended before it came to that.
        temporary::remove_abandoned();
        if !left.is_empty() {
            let _ = writeln!(io::stderr(), "these processes could not be ended: {left:?}");
        }
        Ok(first.map_or(ended, End::Signal))
    })
}

/// Takes note of children that have ended; gives how the one did, once it has.
fn reap(child: Pid) -> Option<End> {
    loop {
        match wait(WaitOptions::NOHANG) {
            Ok(Some((ended, status))) if ended == child => return Some(End::Child(Some(status))),
            Ok(Some(_)) | Err(rustix::io::Errno::INTR) => {}
            Ok(None) => return None,
            Err(_) => return Some(End::Child(None)),
        }
    }
}

impl From<EndingSignal> for Signal {
    fn from(signal: EndingSignal) -> Self {
        match signal {
            EndingSignal::Hangup => Self::HUP,
            EndingSignal::Interrupt => Self::INT,
            EndingSignal::Quit => Self::QUIT,
            EndingSignal::Terminate => Self::TERM,
        }
    }
}
