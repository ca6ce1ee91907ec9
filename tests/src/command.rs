//! `rehearse`, run to its end or held while it runs.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::contract;
use crate::places;
use crate::process::{children, within};
use crate::report::Report;

/// No rehearsal of these tests takes nearly as long, not even on a busy machine. One that does hangs.
const LIMIT: Duration = Duration::from_mins(3);

/// A call of `rehearse run`.
///
/// ```no_run
/// use workspace_tests::{Rehearse, places};
///
/// let file = places::rehearsal("healthy");
/// let finished = Rehearse::new().file(file).option("--seed", "8").run();
/// assert_eq!(finished.code, Some(0));
/// ```
#[derive(Debug)]
pub struct Rehearse {
    command: Command,
    report: PathBuf,
    folder: TempDir,
}

/// What came of a call.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The text of the report that was kept; `None` when none was.
    pub kept: Option<String>,
}

impl Finished {
    /// The reports that were kept, in the order of the files.
    pub fn reports(&self) -> Vec<Report> {
        let kept = self
            .kept
            .as_deref()
            .unwrap_or_else(|| panic!("no report was kept\n{self}"));
        Report::all(kept)
    }

    /// The report of a call with one file.
    pub fn report(&self) -> Report {
        let mut reports = self.reports();
        assert_eq!(reports.len(), 1, "one file, one report");
        reports.remove(0)
    }

    /// The same as JSON, with every key of the contract in its type.
    pub fn checked_report(&self) -> Value {
        let Report(report) = self.report();
        contract::report(&report);
        report
    }

    /// Fails unless the exit code is this one.
    #[must_use]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }
}

impl std::fmt::Display for Finished {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "exit code {:?}\n--- standard output\n{}\n--- standard error\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

impl Default for Rehearse {
    fn default() -> Self {
        Self::new()
    }
}

impl Rehearse {
    /// A call without files, whose report goes to a place of its own.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let report = folder.path().join("kept/report.json");
        let mut command = places::command();
        command
            .arg("run")
            .env("NO_COLOR", "1")
            // Text that is looked for is not broken over lines.
            .env("COLUMNS", "400")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self {
            command,
            report,
            folder,
        }
    }

    /// Runs one of the project's rehearsals, which must go as it expects itself.
    pub fn of(name: &str) -> Finished {
        Self::new().file(places::rehearsal(name)).run().with_code(0)
    }

    /// Rehearses a file.
    #[must_use]
    pub fn file(mut self, path: impl AsRef<Path>) -> Self {
        self.command.arg(path.as_ref());
        self
    }

    /// Passes an option on.
    #[must_use]
    pub fn option(mut self, name: &str, value: &str) -> Self {
        self.command.args([name, value]);
        self
    }

    /// Passes an option without a value on.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.command.arg(name);
        self
    }

    /// Sets an environment variable.
    #[must_use]
    pub fn environment(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Running {
        self.command.arg("--report").arg(&self.report);
        self.start_with_report_at(None)
    }

    /// Runs it to its end.
    pub fn run(self) -> Finished {
        self.start().finish()
    }

    /// Runs it to its end without saying where the report goes; it is expected at `place`.
    pub fn run_with_report_at(self, place: &Path) -> Finished {
        self.start_with_report_at(Some(place)).finish()
    }

    fn start_with_report_at(mut self, place: Option<&Path>) -> Running {
        let mut child = self.command.spawn().expect("rehearse starts");
        let stdout = read(child.stdout.take());
        let stderr = read(child.stderr.take());
        Running {
            child,
            stdout: Some(stdout),
            stderr: Some(stderr),
            report: place.map_or(self.report, Path::to_owned),
            _folder: self.folder,
        }
    }
}

/// `rehearse` while it runs. Dropped, it is killed.
#[derive(Debug)]
pub struct Running {
    child: Child,
    stdout: Option<JoinHandle<String>>,
    stderr: Option<JoinHandle<String>>,
    report: PathBuf,
    _folder: TempDir,
}

impl Running {
    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The id of the process that does its work and starts the functions, once it is there.
    pub fn worker(&self) -> u32 {
        within(LIMIT, "the work begins", || {
            let guard = *children(self.id()).first()?;
            children(guard).first().copied()
        })
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        self.ended().is_some()
    }

    fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("it is ours to wait for")
    }

    /// Waits for its end.
    pub fn finish(mut self) -> Finished {
        let status = within(LIMIT, "rehearse ends", || self.ended());
        let text = |reader: &mut Option<JoinHandle<String>>| {
            reader
                .take()
                .map(|reader| reader.join().expect("the reader does not panic"))
                .unwrap_or_default()
        };
        Finished {
            code: status.code(),
            stdout: text(&mut self.stdout),
            stderr: text(&mut self.stderr),
            kept: std::fs::read_to_string(&self.report).ok(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a pipe beside the process, so that a full one never stops it.
fn read(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    let mut pipe = pipe.expect("it is piped");
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
