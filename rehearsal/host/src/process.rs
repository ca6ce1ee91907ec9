//! Processes that never outlive the rehearsal.
//!
//! Each leads a process group of its own, so that Ctrl-C reaches the rehearsal alone and a kill reaches everything that the
//! function started. What leaves the group, and what becomes of all of them when the rehearsal itself is killed, is the
//! [guard](crate::guard)'s part.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio::sync::{Notify, watch};

use crate::confined;
use crate::descriptors;
use crate::executable::{self, CannotRun};
use crate::listener::Task;

/// Why a process could not be started. Each says its cause in its own words, and names none beside them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// There is nothing to run at this path, or nothing that may be run.
    #[error("{} cannot be run: {reason}; build it, or name the folder that has it", program.display())]
    NotRunnable {
        /// The program that was asked for.
        program: PathBuf,
        /// What is wrong with it.
        reason: CannotRun,
    },
    /// The operating system refused.
    #[error("could not start {}: {reason}{}", program.display(), advice(reason))]
    Refused {
        /// The program that was asked for.
        program: PathBuf,
        /// The operating system's reason.
        reason: io::Error,
    },
}

/// What to do about it when there are too many processes or open files.
fn advice(error: &io::Error) -> &'static str {
    use rustix::io::Errno;
    match Errno::from_io_error(error) {
        Some(Errno::AGAIN) => "; allow more processes (ulimit -u)",
        Some(Errno::MFILE | Errno::NFILE) => "; allow more open files (ulimit -n)",
        _ => "",
    }
}

/// What to start.
#[derive(Debug, Clone)]
pub struct Launch {
    /// The program, as a path.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Its whole environment: nothing is inherited.
    pub environment: BTreeMap<String, String>,
    /// Its working directory; the program's own folder if `None`.
    pub directory: Option<PathBuf>,
    /// Whether it may write in `/tmp` alone, where this machine can see to it.
    pub is_confined: bool,
}

impl Launch {
    /// A program without arguments, in its own folder, with an empty environment.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory: None,
            is_confined: false,
        }
    }
}

/// A running process: killed, with its group, when dropped.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_host::process::{Launch, Process};
///
/// let process = Process::start(&Launch::new("/bin/true"))?;
/// assert_eq!(process.exited().await.to_string(), "exit status 0");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Process {
    id: u32,
    output: Option<(ChildStdout, ChildStderr)>,
    exit: watch::Receiver<Option<Exit>>,
    kill: Arc<Notify>,
    _watching: Task,
}

impl Process {
    /// Starts a process with its standard output and error piped and nothing to read. Needs a tokio runtime, which watches it.
    ///
    /// # Errors
    /// [`SpawnError::NotRunnable`] when the program cannot be run, the operating system's reason otherwise.
    pub fn start(launch: &Launch) -> Result<Self, SpawnError> {
        let named = &launch.program;
        // A relative path would be looked up in the child's own folder.
        let program = std::path::absolute(named).map_err(|reason| SpawnError::Refused {
            program: named.clone(),
            reason,
        })?;
        let mut command = Command::new(&program);
        command
            .args(&launch.arguments)
            .env_clear()
            .envs(&launch.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let directory = launch.directory.as_deref().or_else(|| program.parent());
        if let Some(directory) = directory.filter(|directory| directory.is_dir()) {
            command.current_dir(directory);
        }
        let spawned = if launch.is_confined {
            confined::spawn(command)
        } else {
            command.spawn()
        };
        let child = spawned.map_err(|refused| {
            let path = launch.environment.get("PATH");
            // The operating system's own reason may be the interpreter's: it says that the program is not there.
            match executable::check(&program, path.map_or("", String::as_str)) {
                Err(reason) => SpawnError::NotRunnable {
                    program: named.clone(),
                    reason,
                },
                Ok(()) => SpawnError::Refused {
                    program: named.clone(),
                    reason: refused,
                },
            }
        })?;
        descriptors::look();
        let mut child = Kept::new(child);
        let id = child.child.id().unwrap_or_default();
        let output = child.child.stdout.take().zip(child.child.stderr.take());
        let (ended, exit) = watch::channel(None);
        let kill = Arc::new(Notify::new());
        let watching = Task::spawn(watch(child, Arc::clone(&kill), ended));
        Ok(Self {
            id,
            output,
            exit,
            kill,
            _watching: watching,
        })
    }

    /// The process id, which is also its group's.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether it is stopped, or anything that it started: by a signal, or by a debugger. Known on Linux alone.
    pub fn is_stopped(&self) -> bool {
        #[cfg(target_os = "linux")]
        return crate::guard::is_stopped(self.id);
        #[cfg(not(target_os = "linux"))]
        return false;
    }

    /// Standard output and standard error, once.
    pub fn take_output(&mut self) -> Option<(ChildStdout, ChildStderr)> {
        self.output.take()
    }

    /// Waits for the end. May be awaited any number of times, and dropped.
    ///
    /// Independent of this handle, so that one may wait and another kill.
    pub fn exited(&self) -> impl Future<Output = Exit> + Send + use<> {
        let mut exit = self.exit.clone();
        async move {
            match exit.wait_for(Option::is_some).await {
                Ok(ended) => ended.unwrap_or(Exit::Unknown),
                Err(_) => Exit::Unknown,
            }
        }
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Kills the process and its group. Await [`Process::exited`] to know it done.
    pub fn kill(&self) {
        self.kill.notify_one();
    }
}

/// How a process ended. Displays as Lambda words it: `exit status 1`, `signal: killed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It returned this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// The operating system could not say.
    Unknown,
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Code(code),
            (None, Some(signal)) => Self::Signal(signal),
            (None, None) => Self::Unknown,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit status {code}"),
            // The numbers that are the same on every Unix; the names are Go's, in which Lambda's runtime manager is written.
            Self::Signal(1) => f.write_str("signal: hangup"),
            Self::Signal(2) => f.write_str("signal: interrupt"),
            Self::Signal(4) => f.write_str("signal: illegal instruction"),
            Self::Signal(6) => f.write_str("signal: aborted"),
            Self::Signal(8) => f.write_str("signal: floating point exception"),
            Self::Signal(9) => f.write_str("signal: killed"),
            Self::Signal(11) => f.write_str("signal: segmentation fault"),
            Self::Signal(15) => f.write_str("signal: terminated"),
            Self::Signal(signal) => write!(f, "signal: {signal}"),
            Self::Unknown => f.write_str("an unknown end"),
        }
    }
}

/// A child that does not survive its owner, and whose group does not survive it.
struct Kept {
    child: Child,
    group: Option<Pid>,
}

impl Kept {
    fn new(child: Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            group: id.and_then(Pid::from_raw),
            child,
        }
    }

    fn kill_group(&self) {
        if let Some(group) = self.group {
            // An error says that the group is gone.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.kill_group();
    }
}

async fn watch(mut child: Kept, kill: Arc<Notify>, ended: watch::Sender<Option<Exit>>) {
    let status = loop {
        tokio::select! {
            status = child.child.wait() => break status,
            () = kill.notified() => child.kill_group(),
        }
    };
    // What the function started and left behind goes with it, as the rest of a sandbox does.
    drop(child);
    ended.send_replace(Some(status.map_or(Exit::Unknown, Exit::from)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_is_worded_as_lambda_words_it() {
        assert_eq!(Exit::Code(1).to_string(), "exit status 1");
        assert_eq!(Exit::Signal(9).to_string(), "signal: killed");
        assert_eq!(
            Exit::from(ExitStatus::from_raw(6)).to_string(),
            "signal: aborted"
        );
        assert_eq!(Exit::from(ExitStatus::from_raw(3 << 8)), Exit::Code(3));
    }

    #[tokio::test]
    async fn a_missing_program_is_named_with_its_cause_once() {
        let error = Process::start(&Launch::new("/nowhere/at/all")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
        assert!(std::error::Error::source(&error).is_none());
    }

    #[tokio::test]
    async fn a_program_that_may_not_be_run_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let error = Process::start(&Launch::new(file.path())).unwrap_err();
        assert!(matches!(error, SpawnError::NotRunnable { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_killed_process_takes_what_it_started_with_it() {
        use tokio::io::AsyncReadExt;
        let mut launch = Launch::new("/bin/sh");
        launch.arguments = vec!["-c".into(), "sleep 1000 & wait".into()];
        launch
            .environment
            .insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
        let mut process = Process::start(&launch).unwrap();
        let (mut stdout, _stderr) = process.take_output().unwrap();
        process.kill();
        assert_eq!(process.exited().await, Exit::Signal(9));
        // The pipe ends only when every process that holds it has ended.
        assert_eq!(stdout.read(&mut [0; 8]).await.unwrap(), 0);
    }
}
