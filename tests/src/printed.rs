//! `rehearse inspect`, run to its end.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::places;

/// What came of a call.
#[derive(Debug)]
pub struct Inspected {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Inspected {
    /// Inspects a template, in the workspace's root, with more arguments.
    ///
    /// ```no_run
    /// use workspace_tests::inspection::Inspected;
    ///
    /// let inspected = Inspected::of("template.yaml", &["--deny", "warnings"]);
    /// assert_eq!(inspected.code, Some(0));
    /// ```
    pub fn of(template: impl AsRef<Path>, arguments: &[&str]) -> Self {
        let Output {
            status,
            stdout,
            stderr,
        } = command(template.as_ref())
            .args(arguments)
            .output()
            .expect("rehearse starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("it prints UTF-8");
        Self {
            code: status.code(),
            stdout: text(stdout),
            stderr: text(stderr),
        }
    }

    /// Inspects a template and gives the JSON, of which standard output must be all.
    pub fn json(template: impl AsRef<Path>, arguments: &[&str]) -> (Option<i32>, Value) {
        let arguments = [&["--format", "json"], arguments].concat();
        let inspected = Self::of(template, &arguments);
        assert_eq!(inspected.stderr, "", "JSON is all that is printed");
        let json = serde_json::from_str(&inspected.stdout).expect("it is JSON");
        (inspected.code, json)
    }
}

impl std::fmt::Display for Inspected {
    /// All of it, for a snapshot.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.unwrap_or(-1);
        writeln!(f, "exit code {code}")?;
        write!(f, "--- standard output\n{}", self.stdout)?;
        write!(f, "--- standard error\n{}", self.stderr)
    }
}

/// `rehearse inspect` of a template, printing the same on every machine.
pub fn command(template: &Path) -> Command {
    let mut command = Command::new(places::binary("rehearse"));
    command
        .arg("inspect")
        .arg(template)
        .current_dir(places::root())
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C.UTF-8");
    command
}
