//! Where functions may write: in `/tmp` alone, as on Lambda (Lambda developer guide, "Lambda execution environment lifecycle").
//!
//! Linux's Landlock (landlock(7), as of 5.19) confines a thread and all that it starts, so one thread of its own starts the functions. There the
//! file system is read-only (`EROFS`), here what is not permitted is denied (`EACCES`). Where the system has no Landlock, functions may write
//! wherever their person may.

use std::io;

use tokio::process::{Child, Command};

/// Starts a process that may write as a function may.
///
/// # Errors
/// The operating system's.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    system::spawn(command)
}

/// How the denial of a write begins or ends in the words of Node.js, of Python, of Rust and of most others.
const DENIALS: [&str; 2] = ["EACCES", "ermission denied"];

/// What to say of an error that a function reported, where it may be one of these.
pub(crate) fn advice(error: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(error).ok()?;
    let is_denied = is_enforced() && DENIALS.iter().any(|denial| text.contains(denial));
    is_denied.then_some("Where this was to write: a function may write in /tmp alone, here and on Lambda, where it is EROFS (read-only file system)")
}

/// Whether functions may write in `/tmp` alone.
pub fn is_enforced() -> bool {
    system::is_enforced()
}

#[cfg(target_os = "linux")]
mod system {
    use std::io;
    use std::sync::{LazyLock, mpsc};
    use std::thread;

    use landlock::{
        ABI, AccessFs, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError, RulesetStatus,
        path_beneath_rules,
    };
    use tokio::process::{Child, Command};
    use tokio::runtime::Handle;

    /// Lambda's own, and what is no file of this machine.
    const WRITABLE: [&str; 3] = ["/tmp", "/dev", "/proc"];

    struct Job {
        command: Command,
        /// That of whoever asks, which watches the process.
        runtime: Handle,
        started: mpsc::Sender<io::Result<Child>>,
    }

    /// The thread that starts functions; nothing where it cannot be confined.
    static STARTER: LazyLock<Option<mpsc::Sender<Job>>> = LazyLock::new(|| {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (say, confined) = mpsc::channel();
        let thread = thread::Builder::new().name("functions".to_owned());
        let work = move || {
            let is_confined = confine().is_ok_and(|status| status == RulesetStatus::FullyEnforced);
            let _ = say.send(is_confined);
            while let (true, Ok(mut job)) = (is_confined, queue.recv()) {
                let _within = job.runtime.enter();
                // Who asked waits for it.
                let _ = job.started.send(job.command.spawn());
            }
        };
        thread.spawn(work).ok()?;
        confined.recv().is_ok_and(|is| is).then_some(jobs)
    });

    /// Confines this thread, and what it starts.
    fn confine() -> Result<RulesetStatus, RulesetError> {
        // Before the second version nothing could be moved from folder to folder.
        let writes = AccessFs::from_write(ABI::V2);
        let ruleset = Ruleset::default().handle_access(writes)?.create()?;
        let ruleset = ruleset.add_rules(path_beneath_rules(WRITABLE, writes))?;
        Ok(ruleset.restrict_self()?.ruleset)
    }

    pub(super) fn is_enforced() -> bool {
        STARTER.is_some()
    }

    pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
        let Some(jobs) = &*STARTER else {
            return command.spawn();
        };
        let (started, child) = mpsc::channel();
        let job = Job {
            command,
            runtime: Handle::current(),
            started,
        };
        // It ends with this process.
        let gone = || io::Error::other("the thread that starts functions has ended");
        jobs.send(job).map_err(|_| gone())?;
        child.recv().map_err(|_| gone())?
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::io;

    use tokio::process::{Child, Command};

    pub(super) fn is_enforced() -> bool {
        false
    }

    pub(super) fn spawn(mut command: Command) -> io::Result<Child> {
        command.spawn()
    }
}
