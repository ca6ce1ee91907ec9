//! What is known of a function's code, which is in no template.

use std::collections::BTreeMap;

/// Whether code that is only on this machine differs from the code that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeChange {
    /// It differs.
    Changed,
    /// It is the same.
    Same,
    /// It is not given, and the template cannot tell.
    Unknown,
}

/// What is known of the functions' code. It counts where a template names a local file or folder: code that has its place in S3, or
/// stands in the template, is compared by that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    all: CodeChange,
    by_function: BTreeMap<String, CodeChange>,
}

impl Code {
    /// The same for all functions.
    pub fn all(change: CodeChange) -> Self {
        Self {
            all: change,
            by_function: BTreeMap::new(),
        }
    }

    /// The same but for one function, by its logical id.
    #[must_use]
    pub fn with(mut self, function: impl Into<String>, change: CodeChange) -> Self {
        self.by_function.insert(function.into(), change);
        self
    }

    /// What is known of a function's code.
    pub fn of(&self, function: &str) -> CodeChange {
        self.by_function.get(function).copied().unwrap_or(self.all)
    }

    /// What is known of other local files: layers, API definitions, nested templates.
    pub fn of_other_files(&self) -> CodeChange {
        match self.all {
            CodeChange::Same => CodeChange::Same,
            // New code of functions says nothing about a definition.
            CodeChange::Changed | CodeChange::Unknown => CodeChange::Unknown,
        }
    }
}
