//! What is known of the code that a rehearsal names once it has been looked for: it is looked for more than once, and found once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rehearsal_deployment::change::CodeChange;

use crate::builds::Packages;
use crate::git::RevisionSource;

/// What has been found of code.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The packages that were unpacked; all copies share them.
    pub packages: Packages,
    /// The source of the git revision that runs.
    pub source: Option<Arc<RevisionSource>>,
    /// What is known of each function's code since that revision, by its builds or by git, where it was asked.
    pub code: Option<Arc<BTreeMap<String, CodeChange>>>,
    /// The functions whose files differ since, and of which the same was built.
    pub built_alike: BTreeSet<String>,
    /// What was made up of what runs, in words: that some of it is of today's code.
    pub assumed: Vec<String>,
    /// The functions whose code is taken for changed, for nothing says whether it is.
    pub not_compared: BTreeSet<String>,
}
