//! Interpreters of this machine: where they are, and of which version.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Family;
use crate::executable;

/// What Python is asked: where it is, its version, and the folders of its packages, those of this person included.
const PYTHON_QUESTION: &str = "import platform, site, sys
print(sys.executable)
print(platform.python_version())
for folder in sys.path:
    if folder.endswith(('site-packages', 'dist-packages')):
        print(folder)
";

/// An interpreter that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// Where it is.
    pub path: PathBuf,
    /// Its version, such as `22.12.0`.
    pub version: String,
    /// The folders of its packages: for Python.
    pub packages: Vec<PathBuf>,
}

/// Why a runtime has no interpreter here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InterpreterError {
    /// There is none on the path.
    #[error(
        "it needs {language}, and none of {} is on this machine's PATH; install {wanted}, or name an interpreter in [runtimes]: \"{runtime}\" = \"/path/to/{}\"",
        names.join(", "),
        names.last().map_or("", String::as_str)
    )]
    Missing {
        /// The runtime's name.
        runtime: String,
        /// `Node.js` or `Python`.
        language: &'static str,
        /// What to install, such as `Node.js 22`.
        wanted: String,
        /// The programs that were looked for.
        names: Vec<String>,
    },
    /// It cannot be run, or is something else.
    #[error("its interpreter {} does not work: {reason}", path.display())]
    Unusable {
        /// Which.
        path: PathBuf,
        /// What it printed.
        reason: String,
    },
}

impl Interpreter {
    /// One that is known to be there.
    pub fn new(path: impl Into<PathBuf>, version: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            version: version.into(),
            packages: Vec::new(),
        }
    }

    /// The one that runs a runtime: `named`, or else the first on this machine's `PATH`.
    ///
    /// # Errors
    /// There is none, or it does not answer.
    pub fn find(runtime: &str, named: Option<&Path>) -> Result<Self, InterpreterError> {
        let family = Family::of(runtime);
        if let Some(path) = named {
            let mut asked = ask(path, family)?;
            if family == Family::Python {
                // A script that a person names may do more than find the interpreter.
                path.clone_into(&mut asked.path);
            }
            return Ok(asked);
        }
        // A version manager's script may be there for a version that is not: then the next name counts.
        let mut first = None;
        for path in on_path(runtime, family, env::var_os("PATH").as_deref())? {
            match ask(&path, family) {
                Ok(interpreter) => return Ok(interpreter),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| missing(runtime, family)))
    }

    /// Its name, `Node.js 20.11.0`, where its version is not the runtime's.
    pub fn other_version(&self, runtime: &str) -> Option<String> {
        let wanted = number(runtime);
        let parts = wanted.split('.').count();
        let own: Vec<_> = self.version.split('.').take(parts).collect();
        (own.join(".") != wanted)
            .then(|| format!("{} {}", language(Family::of(runtime)), self.version))
    }
}

fn language(family: Family) -> &'static str {
    match family {
        Family::Nodejs => "Node.js",
        Family::Python => "Python",
        Family::Provided | Family::Other => "an interpreter",
    }
}

/// The version in a runtime's name: `22` of `nodejs22.x`, `3.13` of `python3.13`.
fn number(runtime: &str) -> &str {
    let number = runtime.trim_start_matches(|c: char| !c.is_ascii_digit());
    number.strip_suffix(".x").unwrap_or(number)
}

/// The names of programs that run a runtime, the best first.
fn names(runtime: &str, family: Family) -> Vec<String> {
    match family {
        Family::Python => vec![format!("python{}", number(runtime)), "python3".to_owned()],
        Family::Nodejs | Family::Provided | Family::Other => vec!["node".to_owned()],
    }
}

fn missing(runtime: &str, family: Family) -> InterpreterError {
    InterpreterError::Missing {
        runtime: runtime.to_owned(),
        language: language(family),
        wanted: format!("{} {}", language(family), number(runtime)),
        names: names(runtime, family),
    }
}

/// What is on a path under each name, the first folder's; at least one.
fn on_path(
    runtime: &str,
    family: Family,
    path: Option<&OsStr>,
) -> Result<Vec<PathBuf>, InterpreterError> {
    let folders: Vec<_> = path
        .map(|path| env::split_paths(path).collect())
        .unwrap_or_default();
    let found: Vec<_> = names(runtime, family)
        .iter()
        .filter_map(|name| {
            let mut places = folders.iter().map(|folder| folder.join(name));
            places.find(|place| executable::check(place, "").is_ok() || is_script(place))
        })
        .collect();
    if found.is_empty() {
        return Err(missing(runtime, family));
    }
    Ok(found)
}

/// Version managers put scripts where interpreters are looked for; whether one works, it is asked.
fn is_script(place: &Path) -> bool {
    place.is_file() && rustix::fs::access(place, rustix::fs::Access::EXEC_OK).is_ok()
}

/// What a person sets for interpreters. Functions inherit none of it, so it must not decide about them here either: `NODE_OPTIONS` of a
/// debugger, for example. Python is told to heed none of its own (`-E`).
const FOR_NODE: [&str; 2] = ["NODE_OPTIONS", "NODE_PATH"];

/// Asks an interpreter who it is, in this person's environment: a version manager's script may need it. Where it is itself counts, not where
/// such a script is: that would decide anew at each start, in an environment that is a function's.
fn ask(path: &Path, family: Family) -> Result<Interpreter, InterpreterError> {
    let question: &[&str] = match family {
        Family::Python => &["-E", "-c", PYTHON_QUESTION],
        Family::Nodejs | Family::Provided | Family::Other => {
            &["-p", "process.execPath + '\\n' + process.versions.node"]
        }
    };
    let unusable = |reason: String| InterpreterError::Unusable {
        path: path.to_owned(),
        reason,
    };
    let mut command = Command::new(path);
    for name in FOR_NODE {
        command.env_remove(name);
    }
    let output = command
        .args(question)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| unusable(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let answer = lines.next().map(PathBuf::from).zip(lines.next());
    let is_version = |version: &str| version.starts_with(|c: char| c.is_ascii_digit());
    match answer {
        Some((own_path, version)) if output.status.success() && is_version(version) => {
            Ok(Interpreter {
                path: own_path,
                version: version.to_owned(),
                packages: lines.map(PathBuf::from).collect(),
            })
        }
        _ => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let last = stderr.lines().map(str::trim).rfind(|line| !line.is_empty());
            Err(unusable(
                last.unwrap_or("it does not say its version").to_owned(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_interpreter_is_named_with_what_to_install() {
        let error =
            on_path("python3.13", Family::Python, Some(OsStr::new("/nowhere"))).unwrap_err();
        assert_eq!(
            error.to_string(),
            "it needs Python, and none of python3.13, python3 is on this machine's PATH; install Python 3.13, or name an interpreter in [runtimes]: \"python3.13\" = \"/path/to/python3\""
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_does_not_work_leaves_it_to_the_next() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        for (name, script) in [
            ("python3.13", "echo not installed >&2; exit 127"),
            (
                "python3",
                "echo /own/python3; echo 3.11.7; echo /lib/site-packages",
            ),
        ] {
            let file = folder.path().join(name);
            std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let found = on_path(
            "python3.13",
            Family::Python,
            Some(folder.path().as_os_str()),
        )
        .unwrap();
        assert_eq!(found.len(), 2);
        let refused = ask(&found[0], Family::Python).unwrap_err();
        assert!(refused.to_string().ends_with("not installed"), "{refused}");
        let python = ask(&found[1], Family::Python).unwrap();
        assert_eq!(
            (python.version.as_str(), python.packages.len()),
            ("3.11.7", 1)
        );
        assert_eq!(python.path, Path::new("/own/python3"));
    }

    #[test]
    fn another_version_is_said_and_the_same_is_not() {
        let node = Interpreter::new("/usr/bin/node", "20.11.0");
        assert_eq!(node.other_version("nodejs20.x"), None);
        assert_eq!(
            node.other_version("nodejs22.x").as_deref(),
            Some("Node.js 20.11.0")
        );
        let python = Interpreter::new("/usr/bin/python3", "3.11.7");
        assert_eq!(python.other_version("python3.11"), None);
        assert!(python.other_version("python3.1").is_some());
    }

    #[test]
    fn what_is_no_interpreter_is_refused() {
        let error = Interpreter::find("nodejs20.x", Some("/bin/true".as_ref())).unwrap_err();
        assert!(
            matches!(error, InterpreterError::Unusable { .. }),
            "{error}"
        );
    }
}
