//! The verbs of `rehearse` that run nothing and print, `inspect`, `plan` and `odds`, run to their end.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::places;

/// What came of a call.
#[derive(Debug)]
pub struct Printed {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Printed {
    /// Inspects a template, in the workspace's root, with more arguments.
    ///
    /// ```no_run
    /// use workspace_tests::Printed;
    ///
    /// let inspected = Printed::inspect("template.yaml", &["--deny", "warnings"]);
    /// assert_eq!(inspected.code, Some(0));
    /// ```
    pub fn inspect(template: impl AsRef<Path>, arguments: &[&str]) -> Self {
        Self::of(command("inspect").arg(template.as_ref()).args(arguments))
    }

    /// Inspects a template and gives the JSON, of which standard output must be all.
    pub fn inspect_json(template: impl AsRef<Path>, arguments: &[&str]) -> (Option<i32>, Value) {
        Self::inspect(template, &[&["--format", "json"], arguments].concat()).into_json()
    }

    /// Plans an update to a template, in the workspace's root, with more arguments.
    ///
    /// ```no_run
    /// use workspace_tests::Printed;
    ///
    /// let planned = Printed::plan("template.yaml", &["--live-git", "HEAD~1"]);
    /// assert_eq!(planned.code, Some(0));
    /// ```
    pub fn plan(template: impl AsRef<Path>, arguments: &[&str]) -> Self {
        Self::of(command("plan").arg(template.as_ref()).args(arguments))
    }

    /// The same with the template among the arguments.
    pub fn plan_with(arguments: &[&str]) -> Self {
        Self::of(command("plan").args(arguments))
    }

    /// Plans an update and gives the JSON, of which standard output must be all.
    pub fn plan_json(template: impl AsRef<Path>, arguments: &[&str]) -> (Option<i32>, Value) {
        Self::plan(template, &[&["--format", "json"], arguments].concat()).into_json()
    }

    /// Reads reports, with these arguments.
    pub fn report(arguments: &[&str]) -> Self {
        let printed = Self::of(command("report").args(arguments));
        assert_eq!(printed.code, Some(0), "{printed}");
        printed
    }

    /// Finds odds, with these arguments.
    pub fn odds(arguments: &[&str]) -> Self {
        Self::of(command("odds").args(arguments))
    }

    /// Finds odds and gives the JSON, of which standard output must be all.
    pub fn odds_json(arguments: &[&str]) -> (Option<i32>, Value) {
        Self::odds(&[&["--format", "json"], arguments].concat()).into_json()
    }

    /// Calls a verb under GitHub Actions, with the folder of the tests for its workspace.
    pub fn on_github(verb: &str, arguments: &[&str]) -> Self {
        let tests = places::root().join("tests");
        let mut command = command(verb);
        command.env("GITHUB_ACTIONS", "true");
        Self::of(command.env("GITHUB_WORKSPACE", tests).args(arguments))
    }

    fn of(command: &mut Command) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().expect("rehearse starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
        Self {
            code: status.code(),
            stdout: text(stdout),
            stderr: text(stderr),
        }
    }

    fn into_json(self) -> (Option<i32>, Value) {
        assert_eq!(self.stderr, "", "JSON is all that is printed");
        let json = serde_json::from_str(&self.stdout).expect("it is JSON");
        (self.code, json)
    }
}

impl std::fmt::Display for Printed {
    /// All of it, for a snapshot.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.unwrap_or(-1);
        writeln!(f, "exit code {code}")?;
        write!(f, "--- standard output\n{}", self.stdout)?;
        write!(f, "--- standard error\n{}", self.stderr)
    }
}

/// What is printed, as one line: what is too long for a line is wrapped.
pub fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A verb of `rehearse`, printing the same on every machine.
pub fn command(verb: &str) -> Command {
    let mut command = places::command();
    command
        .arg(verb)
        .current_dir(places::root())
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8");
    command
}
