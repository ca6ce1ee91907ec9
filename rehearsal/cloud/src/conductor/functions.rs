//! The functions of a rehearsal: their binaries, and what their sandboxes are started with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use rehearsal_deployment::Plan;
use rehearsal_template::{Stack, stack};

use super::stage::Stage;
use crate::sandbox::SandboxSpec;

/// The binaries of both builds, by the function's logical id.
#[derive(Clone, Debug, Default)]
pub struct Binaries {
    /// Of the version that runs.
    pub old: BTreeMap<String, PathBuf>,
    /// Of the version that the update brings.
    pub new: BTreeMap<String, PathBuf>,
}

impl Binaries {
    /// Whether all of them are there.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self) -> Result<(), MissingBinary> {
        for (build, places) in [("old", &self.old), ("new", &self.new)] {
            if let Some((function, path)) = places.iter().find(|(_, path)| !path.is_file()) {
                return Err(MissingBinary {
                    function: function.clone(),
                    build,
                    path: path.clone(),
                });
            }
        }
        Ok(())
    }
}

/// A function without a binary.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{function}: there is no {build} binary at {}; a rehearsal never builds", path.display())]
pub struct MissingBinary {
    /// The function's logical id.
    pub function: String,
    /// `old` or `new`.
    pub build: &'static str,
    /// Where it should be.
    pub path: PathBuf,
}

/// A function of one build.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) timeout: Duration,
    binary: PathBuf,
    memory_mb: u32,
    handler: String,
    environment: BTreeMap<String, String>,
}

/// All functions that the rehearsal runs, by logical id and build.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    functions: BTreeMap<(String, bool), Function>,
    region: String,
}

impl Functions {
    pub(super) fn new(
        plan: &Plan,
        old: &Stack,
        new: &Stack,
        binaries: &Binaries,
    ) -> Result<Self, MissingBinary> {
        binaries.check()?;
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

    /// What a sandbox of this function is started with.
    pub(super) fn spec(&self, stage: &Stage, version: &str) -> SandboxSpec {
        let environment = self
            .environment
            .iter()
            .map(|(name, value)| (name.clone(), stage.localized(value)))
            .collect();
        SandboxSpec {
            memory_mb: self.memory_mb,
            timeout: self.timeout,
            handler: self.handler.clone(),
            region: stage.functions.region.clone(),
            environment,
            endpoints: stage
                .endpoints
                .get()
                .map(crate::endpoints::Endpoints::environment)
                .unwrap_or_default(),
            on_line: stage.on_line.clone(),
            ..SandboxSpec::new(
                self.binary.clone(),
                stage.callers.issue(&self.name, version),
            )
        }
    }
}
