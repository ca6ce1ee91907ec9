//! An application of `tests/applications`, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::files::copy;
use crate::{Finished, Printed, Rehearse, Report, contract, places};

/// An application in a folder of its own, where a test may change it.
#[derive(Debug)]
pub struct Application {
    folder: TempDir,
}

impl Application {
    /// A copy of `tests/applications/<name>`.
    pub fn copied(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        copy(
            &places::root().join("tests/applications").join(name),
            folder.path(),
        );
        Self { folder }
    }

    /// Puts a function where a build has it: an example of this crate.
    pub fn build(&self, place: &str, example: &str) {
        let place = self.path(place);
        std::fs::create_dir_all(&place).expect("a folder can be made");
        link(&places::example(example), &place.join("bootstrap"));
    }

    /// Puts the packages of `tests/sdks` beside the template. Whoever has no Node.js does not get here.
    pub fn install_sdks(&self) {
        link(&places::sdks(), &self.path("node_modules"));
    }

    /// Where one of its files is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The text of one of its files.
    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).expect("it is a file of the application")
    }

    /// Changes one of its files.
    pub fn replace(&self, name: &str, from: &str, to: &str) {
        let text = self.text(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        std::fs::write(self.path(name), text.replace(from, to)).expect("it can be written");
    }

    /// Adds to one of its files.
    pub fn append(&self, name: &str, text: &str) {
        let whole = format!("{}\n{text}\n", self.text(name));
        std::fs::write(self.path(name), whole).expect("it can be written");
    }

    /// Rehearses one of its files.
    pub fn run(&self, rehearsal: &str) -> Finished {
        Rehearse::new().file(self.path(rehearsal)).run()
    }

    /// The report of a rehearsal that goes as it expects itself.
    pub fn report(&self, rehearsal: &str) -> Report {
        let report = self.run(rehearsal).with_code(0).report();
        contract::report(&report.0);
        report
    }

    /// What `rehearse inspect` says of a template, as JSON.
    pub fn inspect(&self, template: &str, parameters: &[&str]) -> Value {
        let options = parameters.iter().flat_map(|given| ["--parameter", given]);
        let options: Vec<_> = options.collect();
        let (code, inspected) = Printed::inspect_json(self.path(template), &options);
        assert_eq!(code, Some(0), "{inspected:#}");
        inspected
    }

    /// What `rehearse plan` says of an update from one template to another, or the same, whose code changes, as JSON.
    pub fn plan(&self, live: &str, template: &str) -> Value {
        let (live, template) = (self.path(live), self.path(template));
        let live = live.display().to_string();
        let (code, planned) =
            Printed::plan_json(&template, &["--live", &live, "--code", "changed"]);
        assert_eq!(code, Some(0), "{planned:#}");
        planned
    }
}

fn link(to: &Path, place: &Path) {
    std::os::unix::fs::symlink(to, place).expect("a link can be made");
}

/// The deployment of a function in a report, an inspection or a plan.
pub fn deployment<'a>(of: &'a Value, function: &str) -> &'a Value {
    let deployments = of["deployments"]
        .as_array()
        .expect("deployments are an array");
    deployments
        .iter()
        .find(|deployment| deployment["function"] == function)
        .unwrap_or_else(|| panic!("{function} is not deployed: {deployments:#?}"))
}

/// Whether this machine has a program; `make test` counts what is left out without it.
pub fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}
