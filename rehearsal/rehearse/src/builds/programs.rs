//! What runs each function: its build, and what this machine has for its runtime.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal_deployment::plan::{NotRehearsed, NotRehearsedKind};
use rehearsal_deployment::rehearsal::Runtime;
use rehearsal_host::executable::{self, CannotRun};
use rehearsal_host::runtimes::clients::Clients;
use rehearsal_host::runtimes::interpreter::{Interpreter, InterpreterError};
use rehearsal_host::runtimes::{Family, Program, command, nodejs, python};
use rehearsal_host::sandbox::SEARCH_PATH;
use rehearsal_template::Stack;
use rehearsal_template::stack::{Function, OtherVersion};

use super::{Build, Code, Packages, absolute, family};

/// The type of a function.
const FUNCTION: &str = "AWS::Lambda::Function";

/// The programs of both builds, by the function's logical id.
#[derive(Clone, Debug, Default)]
pub struct Programs {
    /// Of the version that runs.
    pub old: BTreeMap<String, Program>,
    /// Of the version that the update brings.
    pub new: BTreeMap<String, Program>,
    /// Of the versions that earlier updates have left.
    pub kept: KeptPrograms,
    /// The files that interpreters are given: they are there as long as this is.
    pub clients: Option<Arc<Clients>>,
    /// The packages that were unpacked, likewise.
    pub packages: Packages,
    /// Where `auto` found code, where that is anywhere but with cargo: lines for people.
    pub taken: Vec<String>,
}

/// Functions as they were when versions of them were published, by the function's name here and the version's number; with what runs
/// each, where anything does.
pub type KeptPrograms = BTreeMap<(String, String), (Function, Option<Program>)>;

/// What is known, and found out once, about the runtimes on this machine.
#[derive(Debug)]
pub struct Runtimes<'a> {
    settings: &'a BTreeMap<String, Runtime>,
    /// The folder of the rehearsal file: its paths are relative to it.
    beside: &'a Path,
    interpreters: BTreeMap<String, Result<Interpreter, InterpreterError>>,
    clients: Option<Arc<Clients>>,
    /// What a person should know: another version than the template's, layers that are elsewhere.
    pub notes: Vec<NotRehearsed>,
}

/// Why a function has no program.
#[derive(Debug, thiserror::Error)]
pub enum NoProgram {
    /// Nothing here runs its runtime.
    #[error("{0}")]
    Runtime(String),
    /// Its interpreter is missing.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// The runtime clients could not be written.
    #[error("the runtime clients could not be written to a temporary folder: {0}")]
    Clients(io::Error),
}

impl<'a> Runtimes<'a> {
    /// Those of a rehearsal file, which is in the folder `beside`.
    pub fn new(settings: &'a BTreeMap<String, Runtime>, beside: &'a Path) -> Self {
        Self {
            settings,
            beside,
            interpreters: BTreeMap::new(),
            clients: None,
            notes: Vec::new(),
        }
    }

    /// The files that interpreters are given, if any program needs them.
    pub fn clients(&self) -> Option<Arc<Clients>> {
        self.clients.clone()
    }

    /// The programs of a stack's functions, by the function's logical id, and the functions that nothing here runs, with the reason.
    pub fn programs<'s>(
        &mut self,
        builds: &BTreeMap<String, Build>,
        stack: &'s Stack,
        template_folder: &Path,
    ) -> (BTreeMap<String, Program>, Vec<(&'s Function, NoProgram)>) {
        let mut programs = BTreeMap::new();
        let mut without = Vec::new();
        for (id, build) in builds {
            let Some(function) = stack.function(id) else {
                continue;
            };
            match self.program(build, function, template_folder) {
                Ok(mut program) => {
                    program.handler.clone_from(&build.handler);
                    program.layers.clone_from(&build.layers);
                    self.note_layers(build, function);
                    programs.insert(id.clone(), program);
                }
                Err(error) => without.push((function, error)),
            }
        }
        (programs, without)
    }

    /// The program of a function.
    fn program(
        &mut self,
        build: &Build,
        function: &Function,
        template_folder: &Path,
    ) -> Result<Program, NoProgram> {
        let runtime = function
            .runtime
            .as_ref()
            .and_then(|runtime| runtime.known_value());
        let runtime = runtime.map_or("", String::as_str);
        if let Some(Runtime::Command(setting)) = self.settings.get(runtime) {
            let handler = function.handler.as_ref();
            let handler = handler.and_then(|handler| handler.known_value());
            let handler = build.handler.as_ref().or(handler);
            let task_root = self.task_root(build, function)?;
            let words = self.command(runtime, &setting.command)?;
            let program = command::program(&words, &task_root, handler.map_or("", String::as_str));
            return program.ok_or_else(|| {
                NoProgram::Runtime(format!(
                    "the command of [runtimes.\"{runtime}\"] has no word"
                ))
            });
        }
        match family(function) {
            Family::Provided => Ok(match &build.code {
                Code::Executable(path) => Program::new(path),
                Code::Folder(folder) => Program::new(folder.join("bootstrap")),
                Code::Inline(_) => return Err(NoProgram::Runtime(
                    "its code is in the template, which Lambda takes for Node.js and Python alone"
                        .to_owned(),
                )),
            }),
            Family::Nodejs => {
                let (node, task_root) = self.interpreted(runtime, build, function)?;
                let clients = self.written_clients()?;
                let found = nodejs::find_sdk(
                    runtime,
                    &[&absolute(template_folder), &absolute(self.beside)],
                    &node,
                );
                let sdk = match found {
                    Some(found) => {
                        nodejs::sdk_folder(&clients, runtime, &found).map_err(NoProgram::Clients)?
                    }
                    None => None,
                };
                Ok(nodejs::program(
                    &node,
                    &clients,
                    &task_root,
                    runtime,
                    &build.layers,
                    sdk.as_deref(),
                    nodejs::Configuration {
                        memory_mb: memory_mb(function),
                        node_options: variable(function, "NODE_OPTIONS"),
                    },
                ))
            }
            Family::Python => {
                let (interpreter, task_root) = self.interpreted(runtime, build, function)?;
                let clients = self.written_clients()?;
                Ok(python::program(
                    &interpreter,
                    &clients,
                    &task_root,
                    runtime,
                    &build.layers,
                ))
            }
            Family::Other => Err(NoProgram::Runtime(
                function
                    .why_not_run()
                    .unwrap_or_else(|| format!("nothing here runs {runtime}")),
            )),
        }
    }

    /// The words of a command, the first of them a path: a name is looked for on this machine's `PATH`, a relative path beside the
    /// rehearsal file.
    fn command(&self, runtime: &str, words: &[String]) -> Result<Vec<String>, NoProgram> {
        let mut words = words.to_vec();
        let Some(first) = words
            .first_mut()
            .filter(|word| !word.starts_with(command::TASK))
        else {
            return Ok(words);
        };
        let path = if first.contains('/') {
            absolute(&self.beside.join(&*first))
        } else {
            let search = std::env::var_os("PATH").unwrap_or_default();
            let found = std::env::split_paths(&search)
                .map(|folder| folder.join(&*first))
                .find(|path| path.is_file());
            found.ok_or_else(|| {
                NoProgram::Runtime(format!(
                    "the command of [runtimes.\"{runtime}\"] is {first}, which is not on this machine's PATH"
                ))
            })?
        };
        *first = path.display().to_string();
        Ok(words)
    }

    /// The interpreter of a runtime, and where the function's code is. Notes what a person should know of both.
    fn interpreted(
        &mut self,
        runtime: &str,
        build: &Build,
        function: &Function,
    ) -> Result<(Interpreter, PathBuf), NoProgram> {
        let named = match self.settings.get(runtime) {
            Some(Runtime::Interpreter(path)) => Some(self.beside.join(path)),
            Some(Runtime::Command(_)) | None => None,
        };
        let found = self
            .interpreters
            .entry(runtime.to_owned())
            .or_insert_with(|| Interpreter::find(runtime, named.as_deref()))
            .clone()?;
        if let Some(interpreter) = found.other_version(runtime) {
            let runtime = runtime.to_owned();
            let version = OtherVersion {
                interpreter,
                runtime,
            };
            let (id, place) = (&function.logical_id, function.place);
            self.add_note(NotRehearsed::of_other_version(id, FUNCTION, version, place));
        }
        Ok((found, self.task_root(build, function)?))
    }

    fn note_layers(&mut self, build: &Build, function: &Function) {
        if !build.layers_elsewhere.is_empty() {
            let named = build.layers_elsewhere.join(", ");
            let why = format!("it runs without its layers that are not here: {named}");
            self.note(function, why, NotRehearsedKind::WithoutLayers);
        }
        let extensions = extensions(&build.layers);
        if !extensions.is_empty() {
            let named = extensions.join(", ");
            let why = format!("its external extensions do not run: {named}");
            self.note(function, why, NotRehearsedKind::WithoutExtensions);
        }
        let wrapper = variable(function, WRAPPER);
        if !wrapper.is_empty() && family(function) != Family::Provided {
            let why = format!("its wrapper script does not run: {WRAPPER} is {wrapper}");
            self.note(function, why, NotRehearsedKind::WithoutWrapper);
        }
    }

    /// Notes what a person should know of a function, once.
    pub fn note(&mut self, function: &Function, why: String, kind: NotRehearsedKind) {
        let (id, place) = (&function.logical_id, function.place);
        self.add_note(NotRehearsed::new(id, FUNCTION, why, place).of_kind(kind));
    }

    fn add_note(&mut self, note: NotRehearsed) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    fn task_root(&mut self, build: &Build, function: &Function) -> Result<PathBuf, NoProgram> {
        Ok(match &build.code {
            Code::Folder(folder) => absolute(folder),
            Code::Executable(path) => absolute(path.parent().unwrap_or(Path::new("/"))),
            Code::Inline(code) => {
                let file = match family(function) {
                    Family::Python => python::INLINE_FILE,
                    _ => nodejs::INLINE_FILE,
                };
                let clients = self.written_clients()?;
                clients
                    .inline(&function.logical_id, file, code)
                    .map_err(NoProgram::Clients)?
            }
        })
    }

    fn written_clients(&mut self) -> Result<Arc<Clients>, NoProgram> {
        if let Some(clients) = &self.clients {
            return Ok(Arc::clone(clients));
        }
        let clients = Arc::new(Clients::write().map_err(NoProgram::Clients)?);
        self.clients = Some(Arc::clone(&clients));
        Ok(clients)
    }
}

/// A function's memory, in MB: Lambda's default where it is not known (Lambda API, `CreateFunction`, `MemorySize`).
pub fn memory_mb(function: &Function) -> u32 {
    function.memory_mb.known_value().copied().unwrap_or(128)
}

/// The value of a function's variable; empty where it has none, or none that is known.
fn variable<'f>(function: &'f Function, name: &str) -> &'f str {
    let all = function.environment.known_value();
    let value = all.and_then(|all| all.get(name)?.known_value());
    value.map_or("", String::as_str)
}

/// The variable that has Lambda start a function's runtime by a script, of all but OS-only runtimes (Lambda developer guide, "Modifying the runtime environment").
const WRAPPER: &str = "AWS_LAMBDA_EXEC_WRAPPER";

/// The external extensions in these layers, by name: Lambda starts each file of `/opt/extensions` (Lambda developer guide, "Using the Lambda Extensions API to
/// create extensions").
fn extensions(layers: &[PathBuf]) -> Vec<String> {
    let folders = layers.iter().map(|layer| layer.join("extensions"));
    let entries = folders
        .filter_map(|folder| folder.read_dir().ok())
        .flatten();
    let files = entries.flatten().filter(|entry| entry.path().is_file());
    let mut names: Vec<_> = files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

impl Programs {
    /// Whether all of them are there, and this machine can run them. `old` and `new` are the stacks that they belong to.
    ///
    /// # Errors
    /// Those that are not, each named once.
    pub fn check(&self, old: &Stack, new: &Stack) -> Result<(), Vec<UnusableProgram>> {
        let mut unusable: Vec<UnusableProgram> = Vec::new();
        for (build, stack, programs) in [("old", old, &self.old), ("new", new, &self.new)] {
            for (function, program) in programs {
                let Err(reason) = executable::check(&program.path, search_path(stack, function))
                else {
                    continue;
                };
                let named = |found: &UnusableProgram| {
                    found.function == *function && found.path == program.path
                };
                if !unusable.iter().any(named) {
                    unusable.push(UnusableProgram {
                        function: function.clone(),
                        build,
                        path: program.path.clone(),
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

/// A function whose program is not there, or cannot be run here.
#[derive(Debug, thiserror::Error)]
#[error("{function}: {}", self.what())]
pub struct UnusableProgram {
    /// The function's logical id.
    pub function: String,
    /// `old` or `new`.
    pub build: &'static str,
    /// Where it should be.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: CannotRun,
}

impl UnusableProgram {
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
