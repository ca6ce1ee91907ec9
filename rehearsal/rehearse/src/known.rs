//! What was found out about the code of a rehearsal: what is kept so that nothing is unpacked or asked of git twice, and what its verdict
//! has to say of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::builds::Packages;
use crate::git::RevisionSource;
use crate::live::code::CodeSince;

/// What has been found already, and is not looked for again.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The packages that were unpacked; all copies share them.
    pub packages: Packages,
    /// The source of the git revision that runs.
    pub source: Option<Arc<RevisionSource>>,
    /// What is known of each function's code since that revision, by its builds or by git, where it was asked.
    pub code: Option<Arc<CodeSince>>,
}

/// What is taken for granted of the code of an update's functions.
#[derive(Clone, Debug, Default)]
pub struct CodeReservations {
    /// The functions whose files differ since the revision that runs, and of which the same was built.
    pub built_alike: BTreeSet<String>,
    /// Of which functions both versions are of today's code.
    pub of_today: OfToday,
    /// The functions whose code is taken for changed, for nothing says whether it is.
    pub not_compared: BTreeSet<String>,
}

/// The functions that are deployed, and of which the version that runs is of today's code, for nothing says that it is another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum OfToday {
    /// None of them.
    #[default]
    None,
    /// These, by logical id.
    Some(Vec<String>),
    /// All of them.
    All,
}

impl OfToday {
    /// These of so many.
    pub fn of(functions: &BTreeSet<&str>, all: usize) -> Self {
        match functions.len() {
            0 => Self::None,
            count if count == all => Self::All,
            _ => Self::Some(functions.iter().copied().map(str::to_owned).collect()),
        }
    }

    /// What is made up of what runs.
    pub fn in_words(&self) -> Vec<String> {
        match self {
            Self::None => Vec::new(),
            Self::Some(functions) => functions
                .iter()
                .map(|function| format!("the version of {function} that runs (today's code)"))
                .collect(),
            Self::All => vec!["the version that runs (today's code)".to_owned()],
        }
    }
}
