//! Something that was expected of a rehearsal, and what came.

use serde::{Deserialize, Serialize};

/// Something that was expected, and what came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectationReport {
    /// The logical id of the function whose deployment it is about; `None` for the whole rehearsal.
    pub function: Option<String>,
    /// Its key in `[expect]`, such as `error_code`; `fault 1` for the first of the faults, which are to act.
    pub key: String,
    /// What was expected, in words.
    pub expected: String,
    /// What came, in words.
    pub got: String,
    /// What differs, a sentence; `None` where it is met.
    pub difference: Option<String>,
}

impl ExpectationReport {
    /// Whether what came is what was expected.
    pub fn is_met(&self) -> bool {
        self.difference.is_none()
    }

    /// One that is about the whole rehearsal. What differs is written as `label: expected …, got …`.
    pub(crate) fn new(label: &str, key: &str, expected: String, got: String, is_met: bool) -> Self {
        let difference = (!is_met).then(|| format!("{label}: expected {expected}, got {got}"));
        Self {
            function: None,
            key: key.to_owned(),
            expected,
            got,
            difference,
        }
    }
}
