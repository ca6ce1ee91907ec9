//! From a file to a stack.

use std::path::Path;

use miette::NamedSource;

use crate::{Diagnostic, Inputs, Place, Refusal, Stack};

/// Reads a template from a file.
///
/// # Errors
/// A [`Refusal`] with everything that is wrong.
pub fn read(path: &Path, inputs: &Inputs) -> Result<Stack, Refusal> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    read_str(&path.display().to_string(), &text, inputs)
}

/// Reads a template from its text.
///
/// # Errors
/// A [`Refusal`] with everything that is wrong.
pub fn read_str(name: &str, text: &str, _inputs: &Inputs) -> Result<Stack, Refusal> {
    Err(Refusal {
        text: NamedSource::new(name, text.to_owned()),
        diagnostics: vec![Diagnostic::error(
            "template::unread",
            "the reader is not written yet",
            Place::default(),
        )],
    })
}
