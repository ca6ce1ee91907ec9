//! What is known of a function that is in no template: its code, and from what its version was published.

use std::collections::BTreeMap;

use super::changes::Change;

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
    since_version: BTreeMap<String, Change>,
    last_versions: BTreeMap<String, u32>,
}

impl Code {
    /// The same for all functions.
    pub fn all(change: CodeChange) -> Self {
        Self {
            all: change,
            by_function: BTreeMap::new(),
            since_version: BTreeMap::new(),
            last_versions: BTreeMap::new(),
        }
    }

    /// The same but for one function, by its logical id.
    #[must_use]
    pub fn with(mut self, function: impl Into<String>, change: CodeChange) -> Self {
        self.by_function.insert(function.into(), change);
        self
    }

    /// The same where the version that a function's alias names is older than the function: what has become of the function since it
    /// was published, with what the update makes of it.
    #[must_use]
    pub fn since_version(mut self, change: Change) -> Self {
        self.since_version.insert(change.logical_id.clone(), change);
        self
    }

    /// The same with the number of a function's last version, where the live stack was not read with it.
    #[must_use]
    pub fn last_version(mut self, function: impl Into<String>, number: u32) -> Self {
        self.last_versions.insert(function.into(), number);
        self
    }

    /// The number of a function's last version, as far as it is given.
    pub(super) fn number_of_last(&self, function: &str) -> Option<u32> {
        self.last_versions.get(function).copied()
    }

    /// What becomes of these functions since their versions were published, where that is more than the update does.
    pub(super) fn of_versions(&self) -> &BTreeMap<String, Change> {
        &self.since_version
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
