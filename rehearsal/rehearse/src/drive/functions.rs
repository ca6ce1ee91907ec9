//! The functions of a rehearsal: their binaries, and what their sandboxes are started with.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rehearsal_deployment::Plan;
use rehearsal_host::executable::{self, CannotRun};
use rehearsal_host::sandbox::SEARCH_PATH;
use rehearsal_template::{Stack, stack};

/// The binaries of both builds, by the function's logical id.
#[derive(Clone, Debug, Default)]
pub struct Binaries {
    /// Of the version that runs.
    pub old: BTreeMap<String, PathBuf>,
    /// Of the version that the update brings.
    pub new: BTreeMap<String, PathBuf>,
}

impl Binaries {
    /// Whether all of them are there, and this machine can run them. `old` and `new` are the stacks that they belong to.
    ///
    /// # Errors
    /// Those that are not, each named once.
    pub fn check(&self, old: &Stack, new: &Stack) -> Result<(), Vec<UnusableBinary>> {
        let mut unusable: Vec<UnusableBinary> = Vec::new();
        for (build, stack, places) in [("old", old, &self.old), ("new", new, &self.new)] {
            for (function, path) in places {
                let Err(reason) = executable::check(path, search_path(stack, function)) else {
                    continue;
                };
                let named =
                    |found: &UnusableBinary| found.function == *function && found.path == *path;
                if !unusable.iter().any(named) {
                    unusable.push(UnusableBinary {
                        function: function.clone(),
                        build,
                        path: path.clone(),
                        reason,
                    });
                }
            }
        }
        if unusable.is_empty() {
            Ok(())
        } else {
            Err(unusable)
        }
    }
}

/// Where a function finds programs: its own `PATH`, or else Lambda's.
fn search_path<'a>(stack: &'a Stack, function: &str) -> &'a str {
    stack
        .function(function)
        .and_then(|function| {
            function
                .environment
                .known_value()?
                .get("PATH")?
                .known_value()
        })
        .map_or(SEARCH_PATH, String::as_str)
}

/// A function whose binary is not there, or cannot be run here.
#[derive(Debug, thiserror::Error)]
#[error("{function}: {}", self.what())]
pub struct UnusableBinary {
    /// The function's logical id.
    pub function: String,
    /// `old` or `new`.
    pub build: &'static str,
    /// Where it should be.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: CannotRun,
}

impl UnusableBinary {
    /// Whether there is nothing at its place.
    pub fn is_missing(&self) -> bool {
        matches!(&self.reason, CannotRun::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
    }

    fn what(&self) -> String {
        let (build, path) = (self.build, self.path.display());
        if self.is_missing() {
            format!("there is no {build} binary at {path}; a rehearsal never builds")
        } else {
            format!("the {build} binary {path} cannot be run: {}", self.reason)
        }
    }
}

/// A function of one build.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) timeout: Duration,
    pub(super) binary: PathBuf,
    pub(super) memory_mb: u32,
    pub(super) handler: String,
    pub(super) environment: BTreeMap<String, String>,
}

/// All functions that the rehearsal runs, by logical id and build.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    functions: BTreeMap<(String, bool), Function>,
    pub(super) region: String,
}

impl Functions {
    pub(super) fn new(
        plan: &Plan,
        old: &Stack,
        new: &Stack,
        binaries: &Binaries,
    ) -> Result<Self, Vec<UnusableBinary>> {
        binaries.check(old, new)?;
        let mut functions = BTreeMap::new();
        for id in plan.functions.keys() {
            for (stack, is_new, places) in [(old, false, &binaries.old), (new, true, &binaries.new)]
            {
                let (Some(function), Some(path)) = (stack.function(id), places.get(id)) else {
                    continue;
                };
                functions.insert((id.clone(), is_new), Function::new(function, path.clone()));
            }
        }
        Ok(Self {
            functions,
            region: new.inputs.region.clone(),
        })
    }

    pub(super) fn get(&self, logical_id: &str, new: bool) -> Option<&Function> {
        self.functions.get(&(logical_id.to_owned(), new))
    }

    /// The logical id of the function with this name.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.functions
            .iter()
            .find(|(_, function)| function.name == name)
            .map(|((id, _), _)| id.as_str())
    }
}

impl Function {
    /// Values that are not known are left out: the plan lists them.
    fn new(function: &stack::Function, binary: PathBuf) -> Self {
        let text = |field: &rehearsal_template::Field<String>| {
            field.known_value().cloned().unwrap_or_default()
        };
        Self {
            name: text(&function.name),
            arn: text(&function.arn),
            timeout: Duration::from_secs(
                function
                    .timeout_seconds
                    .known_value()
                    .copied()
                    .unwrap_or(3)
                    .into(),
            ),
            binary,
            memory_mb: function.memory_mb.known_value().copied().unwrap_or(128),
            handler: function
                .handler
                .as_ref()
                .map_or_else(|| "bootstrap".to_owned(), text),
            environment: function
                .environment
                .known_value()
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| Some((name.clone(), value.known_value()?.clone())))
                .collect(),
        }
    }
}
