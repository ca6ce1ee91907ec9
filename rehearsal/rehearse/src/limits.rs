//! What the operating system has to allow: too few files or threads are reported before anything runs, for in the midst of a rehearsal
//! they would look like the functions' own faults.

use std::io;
use std::num::NonZero;
use std::sync::Mutex;

use miette::Diagnostic;
use rustix::process::{Resource, getrlimit};
use tokio::runtime::{Builder, Runtime};

/// Files, sockets and pipes that a small rehearsal has open at once; one with many functions has more.
const FEWEST_DESCRIPTORS: u64 = 64;

/// Threads beside those that serve functions: one that reads the input, and one to spare.
const OTHER_THREADS: usize = 2;

/// A limit that leaves no room for a rehearsal.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum LimitError {
    /// Too few descriptors.
    #[error(
        "this process may have {allowed} files open at once, and a rehearsal needs {FEWEST_DESCRIPTORS} or more"
    )]
    #[diagnostic(help("`ulimit -n` shows and changes it"))]
    Descriptors { allowed: u64 },
    /// Too few threads.
    #[error("not enough threads or memory for a rehearsal: {0}")]
    #[diagnostic(help(
        "`ulimit -u` shows and changes how many processes and threads you may have at once"
    ))]
    Threads(io::Error),
}

/// Whether enough files may be open at once.
///
/// # Errors
/// When they may not.
pub fn check_descriptors() -> Result<(), LimitError> {
    match getrlimit(Resource::Nofile).current {
        Some(allowed) if allowed < FEWEST_DESCRIPTORS => Err(LimitError::Descriptors { allowed }),
        _ => Ok(()),
    }
}

/// The runtime that rehearsals run on, with so many of them side by side: a thread for each, up to as many as there are processors.
/// What one rehearsal does is a chain; a second thread would cost it a wake-up at each link.
///
/// # Errors
/// When there are too few threads or descriptors for it.
pub fn runtime(side_by_side: usize) -> Result<Runtime, LimitError> {
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let workers = side_by_side.clamp(1, processors);
    // The runtime panics where it gets no thread, so it is tried first whether it will.
    try_threads(workers + OTHER_THREADS).map_err(LimitError::Threads)?;
    Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(LimitError::Threads)
}

/// Starts as many threads as there will be, all at once, and ends them again.
fn try_threads(count: usize) -> io::Result<()> {
    let gate = Mutex::new(());
    std::thread::scope(|scope| {
        let closed = gate.lock();
        for _ in 0..count {
            std::thread::Builder::new().spawn_scoped(scope, || drop(gate.lock()))?;
        }
        drop(closed);
        Ok(())
    })
}
