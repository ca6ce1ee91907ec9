//! How a function of each runtime is started: the program, its arguments, and what its runtime sets.
//!
//! - [`provided`](mod@provided): the executable `bootstrap`, as on Lambda.
//! - [`nodejs`], [`python`]: an [`interpreter`] of this machine with a runtime client of ours ([`clients`]), which behaves as Lambda's.
//! - [`command`]: what a person says.
//! - [`imports`]: whether what a function's code loads is on this machine.

pub mod clients;
pub mod command;
pub mod imports;
pub mod interpreter;
pub mod nodejs;
pub mod provided;
pub mod python;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// Begins the names of variables that are for a runtime client alone, which takes them away before the function sees them.
pub const CLIENT_VARIABLE: &str = "REHEARSE_";

/// What runs a function: a process for each of its sandboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// What is executed.
    pub path: PathBuf,
    /// With which arguments.
    pub args: Vec<OsString>,
    /// Where the function's code is: its working directory, and its `LAMBDA_TASK_ROOT`.
    pub task_root: PathBuf,
    /// What the runtime sets: its own variables, such as `AWS_EXECUTION_ENV`, and defaults that a template may replace, such as
    /// `NODE_PATH`.
    pub environment: BTreeMap<String, String>,
    /// The handler, where the build has made another of the template's.
    pub handler: Option<String>,
    /// The folders of its layers' content, the last layer's first: what Lambda puts at `/opt`.
    pub layers: Vec<PathBuf>,
    /// Whether a person's command starts it: what that takes of this machine says nothing of Lambda's runtime.
    pub is_of_command: bool,
}

impl Program {
    /// An executable in the folder of its code.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        // A function's working directory is its folder, so that a relative path would lead elsewhere from there.
        let absolute = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
        let task_root = absolute
            .parent()
            .map_or_else(|| PathBuf::from("/"), PathBuf::from);
        Self {
            path,
            args: Vec::new(),
            task_root,
            environment: BTreeMap::new(),
            handler: None,
            layers: Vec::new(),
            is_of_command: false,
        }
    }
}

/// Runtimes that are started alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// `provided.al2023` and its kin: an executable.
    Provided,
    /// `nodejs22.x` and its kin.
    Nodejs,
    /// `python3.13` and its kin.
    Python,
    /// All others: Java, .NET, Ruby, Go.
    Other,
}

impl Family {
    /// Of a runtime's name, as `Runtime` has it (Lambda developer guide, "Supported runtimes").
    ///
    /// ```
    /// use rehearsal_host::runtimes::Family;
    ///
    /// assert_eq!(Family::of("nodejs22.x"), Family::Nodejs);
    /// assert_eq!(Family::of("java21"), Family::Other);
    /// ```
    pub fn of(runtime: &str) -> Self {
        if runtime == "provided" || runtime.starts_with("provided.") {
            Self::Provided
        } else if runtime.starts_with("nodejs") {
            Self::Nodejs
        } else if runtime.starts_with("python") {
            Self::Python
        } else {
            Self::Other
        }
    }

    /// Whether an interpreter runs the source itself.
    pub fn is_interpreted(self) -> bool {
        matches!(self, Self::Nodejs | Self::Python)
    }
}
