//! The functions of a rehearsal: their programs, and what their sandboxes are started with.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_aws::ssm::ParameterType;
use rehearsal_deployment::world::Invoke;
use rehearsal_deployment::{Plan, Revision};
use rehearsal_host::Program;
use rehearsal_host::runtimes::clients::Clients;
use rehearsal_template::{Stack, stack};

use crate::builds::Packages;
use crate::builds::programs::{Programs, UnusableProgram, memory_mb};

/// What stands for a secret.
const HIDDEN: &str = "****";
/// How many characters a secret has at least that is hidden.
const SHORTEST_SECRET: usize = 6;
/// Where Lambda has its runtimes, and a function's code.
const LAMBDAS_RUNTIMES: &str = "/var/runtime";
const LAMBDAS_CODE: &str = "/var/task";

/// A function of one build.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arn: String,
    pub(super) timeout: Duration,
    /// What runs it; nothing, where a stub stands for it.
    pub(super) program: Option<Program>,
    pub(super) memory_mb: u32,
    /// Whether what it needs of memory here it needs on Lambda. What a command starts, a Java virtual machine above all, sizes its heap by this machine.
    pub(super) is_measured: bool,
    pub(super) handler: String,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) logging: Logging,
}

/// How a function's log is written, as its environment says (Lambda developer guide, "Configuring advanced logging controls for Lambda
/// functions").
#[derive(Clone, Debug, Default)]
pub(super) struct Logging {
    pub(super) format: Option<String>,
    pub(super) level: Option<String>,
    pub(super) group: Option<String>,
}

/// All functions that the rehearsal runs, by logical id and build.
#[derive(Clone, Debug)]
pub(super) struct Functions {
    by_build: BTreeMap<(String, bool), Function>,
    /// Versions that earlier updates have left, by the function's name here and the version's number.
    kept: BTreeMap<(String, String), Function>,
    pub(super) region: String,
    /// What is not shown of what functions write, the longest first.
    secrets: Vec<String>,
    /// The files that interpreters are given: there as long as this is.
    pub(super) clients: Option<Arc<Clients>>,
    /// The folders that packages were unpacked to, which are there as long as the packages are.
    unpacked: Vec<String>,
    _packages: Packages,
}

impl Functions {
    pub(super) fn new(
        plan: &Plan,
        old: &Stack,
        new: &Stack,
        programs: &Programs,
    ) -> Result<Self, Vec<UnusableProgram>> {
        programs.check(old, new)?;
        let mut by_build = BTreeMap::new();
        for id in plan.functions.keys() {
            for (stack, is_new, programs) in
                [(old, false, &programs.old), (new, true, &programs.new)]
            {
                let Some(function) = stack.function(id) else {
                    continue;
                };
                let function = Function::new(function, programs.get(id).cloned());
                by_build.insert((id.clone(), is_new), function);
            }
        }
        let kept = programs.kept.iter().map(|(version, (function, program))| {
            (version.clone(), Function::new(function, program.clone()))
        });
        let unpacked = programs.packages.folders().into_iter();
        let unpacked = unpacked.map(|folder| folder.to_string_lossy().into_owned());
        Ok(Self {
            by_build,
            kept: kept.collect(),
            region: new.inputs.region.clone(),
            secrets: secrets(plan, old, new),
            clients: programs.clients.clone(),
            unpacked: unpacked.collect(),
            _packages: programs.packages.clone(),
        })
    }

    /// What an invocation runs.
    pub(super) fn of(&self, invoke: &Invoke) -> Option<&Function> {
        let is_new = invoke.revision == Revision::After;
        if self.kept.is_empty() {
            return self.get(&invoke.function, is_new);
        }
        let version = (invoke.function.clone(), invoke.version.clone());
        let kept = self.kept.get(&version);
        kept.or_else(|| self.get(&invoke.function, is_new))
    }

    pub(super) fn get(&self, logical_id: &str, new: bool) -> Option<&Function> {
        self.by_build.get(&(logical_id.to_owned(), new))
    }

    /// A function's text as it is shown: without the template's secrets, and without the paths of the folders that packages were unpacked
    /// to and that interpreters get their files from, which are others each time: Lambda's are in their place.
    pub(super) fn shown(&self, mut text: String) -> String {
        for secret in &self.secrets {
            if text.contains(secret) {
                text = text.replace(secret, HIDDEN);
            }
        }
        for folder in &self.unpacked {
            if text.contains(folder) {
                text = text.replace(folder, LAMBDAS_CODE);
            }
        }
        let Some(clients) = &self.clients else {
            return text;
        };
        let programs = self.by_build.values().chain(self.kept.values());
        let roots = programs.filter_map(|function| Some(&*function.program.as_ref()?.task_root));
        with_lambdas_paths(text, clients.folder(), roots)
    }

    /// The logical id of the function with this name.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        self.by_build
            .iter()
            .find(|(_, function)| function.name == name)
            .map(|((id, _), _)| id.as_str())
    }
}

/// The secrets of what runs and of what comes, as a line that functions print may have them. A short one would hide parts of words.
fn secrets(plan: &Plan, old: &Stack, new: &Stack) -> Vec<String> {
    let given = plan.given_parameters.iter();
    let secure = given.filter(|given| given.r#type == ParameterType::SecureString);
    let secure = secure.map(|given| &given.value);
    let all = old.secrets.union(&new.secrets).chain(secure);
    let all: BTreeSet<String> = all.flat_map(|secret| as_printed(secret)).collect();
    let mut secrets: Vec<String> = all
        .into_iter()
        .filter(|secret| secret.chars().count() >= SHORTEST_SECRET)
        .collect();
    secrets.sort_by_key(|secret| Reverse(secret.len()));
    secrets
}

/// A secret whole, as JSON has it, and line by line.
fn as_printed(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let escaped = json[1..json.len() - 1].to_owned();
    let lines = secret.lines().map(|line| line.trim().to_owned());
    [secret.to_owned(), escaped]
        .into_iter()
        .chain(lines)
        .collect()
}

impl Function {
    /// Values that are not known are left out: the plan lists them.
    fn new(function: &stack::Function, program: Option<Program>) -> Self {
        let text = |field: &rehearsal_template::Field<String>| {
            field.known_value().cloned().unwrap_or_default()
        };
        let logging = |field: &Option<rehearsal_template::Field<String>>| {
            field
                .as_ref()
                .and_then(|field| field.known_value().cloned())
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
            is_measured: program
                .as_ref()
                .is_some_and(|program| !program.is_of_command),
            memory_mb: memory_mb(function),
            handler: program
                .as_ref()
                .and_then(|program| program.handler.clone())
                .or_else(|| function.handler.as_ref().map(text))
                .unwrap_or_else(|| "bootstrap".to_owned()),
            program,
            environment: function
                .environment
                .known_value()
                .into_iter()
                .flatten()
                .filter_map(|(name, value)| Some((name.clone(), value.known_value()?.clone())))
                .collect(),
            logging: Logging {
                format: logging(&function.logging.format),
                level: logging(&function.logging.application_level),
                group: logging(&function.logging.group),
            },
        }
    }
}

/// A text with Lambda's paths instead of those below the runtime clients' folder. Inline code is put there too, and to its function it is at
/// the root of its code.
fn with_lambdas_paths<'p>(
    mut text: String,
    clients: &Path,
    task_roots: impl Iterator<Item = &'p Path>,
) -> String {
    let folder = clients.display().to_string();
    if !text.contains(&folder) {
        return text;
    }
    let inline = task_roots.filter(|root| root.starts_with(clients));
    let mut roots: Vec<String> = inline.map(|root| root.display().to_string()).collect();
    // One may begin another.
    roots.sort_by_key(|root| Reverse(root.len()));
    for root in roots {
        text = text.replace(&root, LAMBDAS_CODE);
    }
    text.replace(&folder, LAMBDAS_RUNTIMES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_this_machine_are_shown_as_lambdas() {
        let roots = ["/tmp/c/code/Check", "/tmp/c/code/Check2", "/home/me/app"].map(Path::new);
        let shown = |text: &str| {
            with_lambdas_paths(text.to_owned(), Path::new("/tmp/c"), roots.into_iter())
        };
        assert_eq!(
            shown("at /tmp/c/code/Check/index.py"),
            "at /var/task/index.py"
        );
        assert_eq!(shown("in /tmp/c/code/Check2"), "in /var/task");
        assert_eq!(
            shown("at /tmp/c/nodejs/index.mjs"),
            "at /var/runtime/nodejs/index.mjs"
        );
        assert_eq!(
            shown("at /home/me/app/index.js"),
            "at /home/me/app/index.js"
        );
    }

    #[test]
    fn a_secret_of_several_lines_is_known_line_by_line_and_as_json_has_it() {
        let found = as_printed("-----BEGIN KEY-----\n  MIIEvQ\"IBADANBg\n");
        for printed in [
            "-----BEGIN KEY-----",
            "MIIEvQ\"IBADANBg",
            r#"-----BEGIN KEY-----\n  MIIEvQ\"IBADANBg\n"#,
        ] {
            assert!(found.iter().any(|form| form == printed), "{found:?}");
        }
    }
}
