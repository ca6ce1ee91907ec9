//! Why a rehearsal file, or what the command line says beside it, cannot be used.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_deployment::request::HttpRequest;
use rehearsal_template::suggest::did_you_mean;
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

/// What a file is that is TOML and no rehearsal file, with what to do about it.
pub(super) fn other_file(text: &str) -> Option<(&'static str, &'static str)> {
    let table: toml::Table = toml::from_str(text).ok()?;
    let is_of_sam = |environment: &toml::Value| {
        let mut commands = environment.as_table().into_iter().flatten();
        commands.any(|(_, command)| command.get("parameters").is_some_and(toml::Value::is_table))
    };
    if table.values().any(is_of_sam) {
        return Some((
            "a samconfig file of SAM's",
            "it goes beside a template: rehearse run TEMPLATE --samconfig FILE",
        ));
    }
    let is_of_cargo = ["package", "workspace"]
        .iter()
        .any(|name| table.get(*name).is_some_and(toml::Value::is_table));
    is_of_cargo.then_some((
        "a manifest of Cargo's",
        "name a template, or the rehearsal file that `rehearse init TEMPLATE` writes",
    ))
}

/// For "unknown field `x`, expected one of `a`, `b`": the expected name that is most like it.
pub(super) fn suggestion(message: &str) -> Option<String> {
    let (unknown, expected) = message
        .strip_prefix("unknown field `")?
        .split_once("`, expected ")?;
    did_you_mean(unknown, expected.split('`').skip(1).step_by(2))
}

/// What is wrong with a request to an API, and what to do about it.
pub(super) fn http_problem(request: &HttpRequest) -> Option<(String, Option<String>)> {
    let HttpRequest { method, path, .. } = request;
    if method.is_empty() || method.chars().any(|c| !c.is_ascii_uppercase()) {
        return Some((
            format!("{method:?} is no HTTP method"),
            Some(format!(
                "methods are written in capitals: {}",
                method.to_uppercase()
            )),
        ));
    }
    let problem = format!("the path {path} does not begin with a slash");
    (!path.starts_with('/')).then_some((problem, None))
}

/// What a file may be that is no TOML.
pub(super) fn not_toml(path: &Path) -> Option<String> {
    let ending = path.extension().unwrap_or_default();
    let help = "a rehearsal file is TOML; a template is named .yaml, .yml, .json or .template";
    (!ending.eq_ignore_ascii_case("toml")).then(|| help.to_owned())
}
