//! Why a rehearsal file, or what the command line says beside it, cannot be used.

use std::path::PathBuf;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_template::text_file::TextFileError;

use crate::templates::Choices;

/// Why a rehearsal file cannot be used.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum FileError {
    /// It cannot be read.
    #[error("{} cannot be read: {reason}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: TextFileError,
    },
    /// What the command line says is wrong.
    #[error("{option}: {message}")]
    Option {
        /// The option, with its value.
        option: String,
        /// What is wrong.
        message: String,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
    /// It is wrong somewhere.
    #[error("{message}")]
    Wrong {
        /// What is wrong.
        message: String,
        /// What could be named instead of a folder that has several templates.
        #[source]
        choices: Option<Choices>,
        /// The file.
        #[source_code]
        text: Arc<NamedSource<String>>,
        /// Where.
        #[label("here")]
        at: Option<SourceSpan>,
        /// What to do about it.
        #[help]
        help: Option<String>,
    },
}
