//! Why a function's code is not found.

use std::path::PathBuf;

use rehearsal_template::stack::Function;

/// Why a build's place cannot be found.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Cargo was asked and did not say.
    #[error("cargo does not say where {} is built: {reason}", folder.display())]
    Cargo {
        /// Where the function's code is.
        folder: PathBuf,
        /// What cargo printed.
        reason: String,
    },
    /// There is no package of cargo's, which builds what runs on Lambda's own Linux where no build method is named.
    #[error(
        "{} has no Cargo.toml, and of an operating-system runtime without a `BuildMethod` cargo's build is looked for; if it has the bootstrap itself, rehearse with --builds source, and if `sam build` makes it, of Go, .NET or another language, with --builds sam",
        folder.display()
    )]
    NoManifest {
        /// Where the function's code is.
        folder: PathBuf,
    },
    /// The file of a function's handler is not in its code, and nothing there says that a build makes it.
    #[error("{function}: {what}")]
    NoHandler {
        /// The function's logical id.
        function: String,
        /// Which file there should be, and what to do about it.
        what: String,
    },
    /// A function's code is not where it should be, or its template does not say what to look for.
    #[error("{function}: {what}")]
    Function {
        /// The function's logical id.
        function: String,
        /// What is missing, and what to do about it.
        what: String,
    },
}

impl PlaceError {
    /// What is wrong with the code of a function.
    pub(super) fn of(function: &Function, what: impl Into<String>) -> Self {
        Self::Function {
            function: function.logical_id.clone(),
            what: what.into(),
        }
    }
}
