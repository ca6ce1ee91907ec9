//! Processes that never outlive the rehearsal.
//!
//! All of them are started from one thread that lives as long as its [`Spawner`], because a parent-death signal follows
//! the *thread* that started the process (prctl(2), `PR_SET_PDEATHSIG`): a child of a pool thread would be killed when
//! the pool retires that thread. Each child leads a process group of its own, so that Ctrl-C reaches the rehearsal alone
//! and a kill reaches everything that the function started.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, mpsc};

use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use tokio::process::{ChildStderr, ChildStdout};
use tokio::sync::{Notify, oneshot, watch};

use crate::listener::Task;

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// There is nothing to run at this path, or nothing that may be run.
    #[error("{} cannot be run: {reason}; build it, or name the folder that has it", program.display())]
    NotRunnable {
        /// The program that was asked for.
        program: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system refused.
    #[error("could not start {}: {source}", program.display())]
    Refused {
        /// The program that was asked for.
        program: PathBuf,
        /// The operating system's reason.
        source: io::Error,
    },
    /// The spawner's thread is gone: its runtime was shut down.
    #[error("could not start {}: the spawner has stopped", program.display())]
    Stopped {
        /// The program that was asked for.
        program: PathBuf,
    },
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
}

impl Launch {
    /// A program without arguments, in its own folder, with an empty environment.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: BTreeMap::new(),
            directory: None,
        }
    }
}

/// The one place that starts processes. Clones share its thread, and so do its processes: it ends with the last of them.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use rehearsal_cloud::spawner::{Launch, Spawner};
///
/// let spawner = Spawner::new()?;
/// let process = spawner.spawn(Launch::new("/bin/true")).await?;
/// assert_eq!(process.exited().await.to_string(), "exit status 0");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Spawner {
    requests: mpsc::Sender<Request>,
    setpriv: Option<Arc<Path>>,
}

#[derive(Debug)]
struct Request {
    launch: Launch,
    reply: oneshot::Sender<Result<Started, SpawnError>>,
}

impl Spawner {
    /// Starts the thread. Needs a tokio runtime, which watches the processes.
    ///
    /// # Errors
    /// When the operating system refuses another thread.
    pub fn new() -> io::Result<Self> {
        let setpriv = find_setpriv().map(Arc::from);
        let (requests, queue) = mpsc::channel::<Request>();
        let runtime = tokio::runtime::Handle::current();
        let wrapper: Option<Arc<Path>> = setpriv.clone();
        std::thread::Builder::new()
            .name("spawner".to_owned())
            .spawn(move || {
                let _context = runtime.enter();
                for request in queue {
                    let _ = request
                        .reply
                        .send(start(&request.launch, wrapper.as_deref()));
                }
            })?;
        Ok(Self { requests, setpriv })
    }

    /// Whether children die even when this process is killed without a chance to clean up.
    ///
    /// It takes `setpriv` of util-linux 2.36 or later. Without it children still end with their owners, with Ctrl-C and
    /// with every exit that unwinds; after a SIGKILL they end when they next talk to the Runtime API.
    pub fn survives_sigkill(&self) -> bool {
        self.setpriv.is_some()
    }

    /// Starts a process with its standard output and error piped and nothing to read.
    ///
    /// # Errors
    /// [`SpawnError::NotRunnable`] when the program is missing or not executable, the operating system's reason otherwise.
    pub async fn spawn(&self, launch: Launch) -> Result<Process, SpawnError> {
        let program = launch.program.clone();
        let (reply, answer) = oneshot::channel();
        if self.requests.send(Request { launch, reply }).is_err() {
            return Err(SpawnError::Stopped { program });
        }
        let started = answer
            .await
            .unwrap_or(Err(SpawnError::Stopped { program }))?;
        Ok(Process {
            started,
            _spawner: self.clone(),
        })
    }
}

/// A running process: killed, with its group, when dropped.
#[derive(Debug)]
pub struct Process {
    started: Started,
    /// The thread that started a process must outlive it.
    _spawner: Spawner,
}

#[derive(Debug)]
struct Started {
    id: u32,
    output: Option<(ChildStdout, ChildStderr)>,
    exit: watch::Receiver<Option<Exit>>,
    kill: Arc<Notify>,
    _watching: Task,
}

impl Process {
    /// The process id, which is also its group's.
    pub fn id(&self) -> u32 {
        self.started.id
    }

    /// Standard output and standard error, once.
    pub fn take_output(&mut self) -> Option<(ChildStdout, ChildStderr)> {
        self.started.output.take()
    }

    /// Waits for the end. May be awaited any number of times, and dropped.
    ///
    /// Independent of this handle, so that one may wait and another kill.
    pub fn exited(&self) -> impl Future<Output = Exit> + Send + use<> {
        let mut exit = self.started.exit.clone();
        async move {
            match exit.wait_for(Option::is_some).await {
                Ok(ended) => ended.unwrap_or(Exit::Unknown),
                Err(_) => Exit::Unknown,
            }
        }
    }

    /// How it ended, if it has.
    pub fn exit(&self) -> Option<Exit> {
        *self.started.exit.borrow()
    }

    /// Kills the process and its group. Await [`Process::exited`] to know it done.
    pub fn kill(&self) {
        self.started.kill.notify_one();
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

/// A child that does not survive its owner.
struct Kept(Box<dyn ChildWrapper>);

impl Drop for Kept {
    fn drop(&mut self) {
        // An error says that the group is gone.
        let _ = self.0.start_kill();
    }
}

/// Replaces itself by the program unless the parent died before the signal was armed: prctl(2) says nothing then. The
/// variables that a shell exports of its own are taken back.
const IF_STILL_A_CHILD: &str =
    r#"[ "$PPID" = "$1" ] || exit 1; shift; unset PWD OLDPWD SHLVL; exec "$@""#;

fn start(launch: &Launch, setpriv: Option<&Path>) -> Result<Started, SpawnError> {
    let named = &launch.program;
    let refused = |source| SpawnError::Refused {
        program: named.clone(),
        source,
    };
    runnable(named).map_err(|reason| SpawnError::NotRunnable {
        program: named.clone(),
        reason,
    })?;
    // A relative path would be looked up in the child's own folder.
    let program = std::path::absolute(named).map_err(refused)?;
    let mut command = CommandWrap::with_new(setpriv.unwrap_or(&program), |command| {
        if setpriv.is_some() {
            let parent = std::process::id().to_string();
            command
                .args([
                    "--pdeathsig",
                    "KILL",
                    "--",
                    "/bin/sh",
                    "-c",
                    IF_STILL_A_CHILD,
                    "sh",
                ])
                .arg(parent)
                .arg(&program);
        }
        command
            .args(&launch.arguments)
            .env_clear()
            .envs(&launch.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let directory = launch.directory.as_deref().or_else(|| program.parent());
        if let Some(directory) = directory.filter(|directory| directory.is_dir()) {
            command.current_dir(directory);
        }
    });
    command.wrap(ProcessGroup::leader());
    let mut child = Kept(command.spawn().map_err(refused)?);

    let id = child.0.id().unwrap_or_default();
    let output = child.0.stdout().take().zip(child.0.stderr().take());
    let (ended, exit) = watch::channel(None);
    let kill = Arc::new(Notify::new());
    let watching = Task::spawn(watch(child, Arc::clone(&kill), ended));
    Ok(Started {
        id,
        output,
        exit,
        kill,
        _watching: watching,
    })
}

async fn watch(mut child: Kept, kill: Arc<Notify>, ended: watch::Sender<Option<Exit>>) {
    let status = loop {
        tokio::select! {
            status = child.0.wait() => break status,
            () = kill.notified() => {
                let _ = child.0.start_kill();
            }
        }
    };
    // What the function started and left behind goes with it, as the rest of a sandbox does.
    drop(child);
    ended.send_replace(Some(status.map_or(Exit::Unknown, Exit::from)));
}

/// Says why a program cannot be run. `setpriv` would report it only as an exit code.
fn runnable(program: &Path) -> Result<(), String> {
    let metadata = std::fs::metadata(program).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is not a file".to_owned());
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err("it is not executable".to_owned());
    }
    Ok(())
}

/// `setpriv` with a parent-death signal, which busybox's has not.
fn find_setpriv() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let candidate = std::env::split_paths(&path)
        .map(|folder| folder.join("setpriv"))
        .find(|file| runnable(file).is_ok())?;
    let help = std::process::Command::new(&candidate)
        .arg("--help")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let knows = help
        .stdout
        .windows(b"--pdeathsig".len())
        .any(|window| window == b"--pdeathsig");
    knows.then_some(candidate)
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
    async fn a_missing_program_is_named() {
        let spawner = Spawner::new().unwrap();
        let error = spawner
            .spawn(Launch::new("/nowhere/at/all"))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_may_not_be_run_is_refused_before_it_is_tried() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let spawner = Spawner::new().unwrap();
        let error = spawner.spawn(Launch::new(file.path())).await.unwrap_err();
        assert!(matches!(error, SpawnError::NotRunnable { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_killed_process_takes_what_it_started_with_it() {
        use tokio::io::AsyncReadExt;
        let spawner = Spawner::new().unwrap();
        let mut launch = Launch::new("/bin/sh");
        launch.arguments = vec!["-c".into(), "sleep 1000 & wait".into()];
        launch
            .environment
            .insert("PATH".to_owned(), "/usr/bin:/bin".to_owned());
        let mut process = spawner.spawn(launch).await.unwrap();
        let (mut stdout, _stderr) = process.take_output().unwrap();
        process.kill();
        assert_eq!(process.exited().await, Exit::Signal(9));
        // The pipe ends only when every process that holds it has ended.
        assert_eq!(stdout.read(&mut [0; 8]).await.unwrap(), 0);
    }
}
