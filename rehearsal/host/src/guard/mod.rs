//! However the command ends, every process that it started ends with it.
//!
//! On Linux the command is three processes of one program:
//!
//! ```text
//! relay          what the user started: passes signals on, waits, and returns the worker's exit code
//! └─ guard       in a process group of its own, so that what ends the relay's whole group does not end it too
//!    └─ worker   in the relay's group, as a terminal expects: does the work, and starts the functions
//!       └─ functions, each in a group of its own, with whatever they start
//! ```
//!
//! Relay and guard are sub-reapers (prctl(2), `PR_SET_CHILD_SUBREAPER`): what a function leaves behind, a daemon that
//! called `setsid` or a script's background job, becomes their child and not init's. When the process below ends, for whatever
//! reason, each ends all that is left of its descendants. When the process above ends, even by SIGKILL, the operating system
//! sends the one below a SIGTERM (`PR_SET_PDEATHSIG`), and the rest follows. No two of the three have name and process group in
//! common, so one always outlives `kill -9`, `kill -9 -<group>` and `pkill -9 rehearse`.
//!
//! Elsewhere there is neither, and the command is one process. Functions are ended, by their process groups, with every exit that
//! drops them; not after a SIGKILL, and not what left its group.

#[cfg(target_os = "linux")]
mod descendants;
#[cfg(target_os = "linux")]
mod watch;

use std::io;

#[cfg(target_os = "linux")]
pub(crate) use descendants::is_stopped;

/// What this process is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The command's work. What it starts ends with it.
    Worker,
    /// Nothing more: a worker has done it, and this is the exit code.
    Done(u8),
}

/// Why a command's processes cannot be guarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// The operating system gave no process, no descriptor or no memory.
    #[error(
        "a process of the command could not be started: {0}; allow more processes (ulimit -u) or descriptors (ulimit -n)"
    )]
    Start(io::Error),
    /// The operating system cannot do what this takes.
    #[error("the processes of the command cannot be watched: {0}")]
    Watch(io::Error),
    /// The variable that tells a process its role has another process's.
    #[error(
        "the environment variable {} is set, which only the command itself sets, for its own processes; unset it",
        ROLE_VARIABLE
    )]
    ForeignRole,
}

/// Tells a process of the command its role: `guard:<process id of the relay>`, `worker:<process id of the guard>`.
const ROLE_VARIABLE: &str = "REHEARSE_PROCESS_ROLE";

/// Makes this process what it is: the first call in a program whose processes are to end with it. In the process that the user
/// started it returns when everything is over.
///
/// It must be called before any thread is started, and what was printed before is printed by each of the three processes.
///
/// # Errors
/// When the operating system refuses a process, or cannot watch one.
#[cfg(target_os = "linux")]
pub fn enter() -> Result<Role, GuardError> {
    watch::enter()
}

/// Where there are no sub-reapers, the command is one process.
///
/// # Errors
/// None here.
#[cfg(not(target_os = "linux"))]
pub fn enter() -> Result<Role, GuardError> {
    Ok(Role::Worker)
}
