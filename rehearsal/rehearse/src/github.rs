//! What GitHub Actions shows beside a job's log: annotations at the lines of files, and the job's summary.
//!
//! Form and escapes are those of workflow commands (GitHub, "Workflow commands for GitHub Actions"; actions/toolkit,
//! `packages/core/src/command.ts`).

use std::path::{Path, PathBuf};

use rehearsal_deployment::bounds::Step;
use rehearsal_report::Report;

use crate::file::RehearsalFile;
use crate::output::Output;
use crate::problem::Problem;

/// The longest message of an annotation that is written, in characters. GitHub cuts them at 64 KiB.
const LONGEST: usize = 4_000;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// It is refused, or did not go as expected.
    Error,
    /// It is unsafe.
    Warning,
}

/// Something at a place of a file.
#[derive(Clone, Copy, Debug)]
pub struct Annotation<'a> {
    /// How bad it is.
    pub level: Level,
    /// The file.
    pub file: &'a str,
    /// Its line, from 1; `None` for the whole file.
    pub line: Option<usize>,
    /// The column in it, from 1.
    pub column: Option<usize>,
    /// What it is, in a word.
    pub title: &'a str,
    /// What is wrong.
    pub message: &'a str,
}

/// Where the command runs: under GitHub Actions, or not.
#[derive(Debug)]
pub struct GitHub {
    is_on: bool,
    /// The folder of the repository, relative to which GitHub names files.
    workspace: Option<PathBuf>,
    summary: Option<PathBuf>,
}

impl GitHub {
    /// By this process's environment; nothing is written where it is turned off.
    pub fn found(is_off: bool) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        // GitHub, "Default environment variables": always true there.
        let is_on = !is_off && variable("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        let path = |name: &str| variable(name).filter(|_| is_on).map(PathBuf::from);
        Self {
            is_on,
            workspace: path("GITHUB_WORKSPACE"),
            summary: path("GITHUB_STEP_SUMMARY"),
        }
    }

    /// The file of the job's summary, if there is one.
    pub fn summary(&self) -> Option<&Path> {
        self.summary.as_deref()
    }

    /// Writes an annotation.
    pub fn annotate(&self, annotation: &Annotation<'_>, output: &mut Output) {
        if self.is_on {
            output.print(&self.command(annotation));
        }
    }

    /// The workflow command of an annotation, whose file is named as the repository has it.
    pub fn command(&self, annotation: &Annotation<'_>) -> String {
        let file = self.in_repository(Path::new(annotation.file));
        command(&Annotation {
            file: &file.display().to_string(),
            ..*annotation
        })
    }

    /// Writes annotations for a problem, and for all that is related to it; those without a place are the file's.
    pub fn problem(&self, problem: &miette::Report, file: &str, output: &mut Output) {
        if !self.is_on {
            return;
        }
        for found in Problem::of(problem).found() {
            let annotation = Annotation {
                level: Level::Error,
                file: found.file.as_deref().unwrap_or(file),
                line: found.line,
                column: found.column,
                title: found.code.as_deref().unwrap_or("rehearse"),
                message: &found.message,
            };
            self.annotate(&annotation, output);
        }
    }

    /// Writes an annotation where a rehearsal did not go as expected.
    pub fn not_as_expected(&self, report: &Report, file: &RehearsalFile, output: &mut Output) {
        if report.as_expected {
            return;
        }
        let message = format!(
            "{} (seed {}): {}",
            report.name,
            report.seed,
            report.differences.join("; ")
        );
        let annotation = Annotation {
            level: Level::Error,
            file: &file.asked().display().to_string(),
            line: Some(file.line(&[Step::from("expect")]).unwrap_or(1)),
            column: None,
            title: "not as expected",
            message: &message,
        };
        self.annotate(&annotation, output);
    }

    /// A file as it is called in the repository, if it is there.
    fn in_repository(&self, file: &Path) -> PathBuf {
        let relative = self.workspace.as_ref().and_then(|workspace| {
            let whole = file.canonicalize().ok()?;
            let workspace = workspace.canonicalize().ok()?;
            Some(whole.strip_prefix(workspace).ok()?.to_owned())
        });
        relative.unwrap_or_else(|| file.to_owned())
    }
}

/// The workflow command, with its line end.
fn command(annotation: &Annotation<'_>) -> String {
    let level = match annotation.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    let mut properties = vec![format!("file={}", property(annotation.file))];
    if let Some(line) = annotation.line {
        properties.push(format!("line={line}"));
        if let Some(column) = annotation.column {
            properties.push(format!("col={column}"));
        }
    }
    properties.push(format!("title={}", property(annotation.title)));
    let message: String = annotation.message.chars().take(LONGEST).collect();
    format!("::{level} {}::{}\n", properties.join(","), data(&message))
}

/// A message: what would end it is written out.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// A property's value, the same.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_its_place_and_nothing_of_it_ends_it() {
        let annotation = Annotation {
            level: Level::Warning,
            file: "t,1:a.yaml",
            line: Some(7),
            column: Some(3),
            title: "no-alarms",
            message: "50 % of it,\r\n::error::and more",
        };
        assert_eq!(
            command(&annotation),
            "::warning file=t%2C1%3Aa.yaml,line=7,col=3,title=no-alarms::50 %25 of it,%0D%0A::error::and more\n"
        );
        let whole = Annotation {
            level: Level::Error,
            line: None,
            ..annotation
        };
        assert!(command(&whole).starts_with("::error file=t%2C1%3Aa.yaml,title=no-alarms::"));
    }

    #[test]
    fn files_are_named_as_the_repository_has_them() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("app")).unwrap();
        let file = folder.path().join("app/t.yaml");
        std::fs::write(&file, "").unwrap();
        let github = GitHub {
            is_on: true,
            workspace: Some(folder.path().to_owned()),
            summary: None,
        };
        assert_eq!(github.in_repository(&file), Path::new("app/t.yaml"));
        let elsewhere = Path::new("/dev/null");
        assert_eq!(github.in_repository(elsewhere), elsewhere);
    }
}
