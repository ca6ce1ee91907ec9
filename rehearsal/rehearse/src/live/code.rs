//! For which functions an update brings other code than the git revision that runs.

use std::collections::BTreeMap;
use std::path::Path;

use rehearsal_deployment::change::CodeChange;
use rehearsal_template::Stack;

use crate::builds::{self, AUTO};
use crate::git::{Below, Differences, GitError};

/// What git knows of each function's code, by logical id: whether the files that its `CodeUri` names differ from those of the revision. Of
/// code that stands in a template, or in a bucket, it says nothing: templates tell.
///
/// What runs as source is packaged from its folder alone. What is built may be built from more than that, and what git ignores is built,
/// so that it is the same only where nothing in the repository differs but the template.
///
/// # Errors
/// Git cannot be asked.
pub fn compared(
    template: &Path,
    revision: &str,
    (live, new): (&Stack, &Stack),
) -> Result<BTreeMap<String, CodeChange>, GitError> {
    let differences = Differences::since(template, revision)?;
    let mut known: BTreeMap<&str, Below> = BTreeMap::new();
    let mut code = BTreeMap::new();
    for function in &new.functions {
        let id = &function.logical_id;
        let (Some(before), Some(folder)) = (live.function(id), builds::folder_of(function)) else {
            continue;
        };
        let below = match known.get(folder) {
            Some(below) => *below,
            None => differences.below(folder)?,
        };
        known.insert(folder, below);
        let is_whole = builds::not_of_revision(AUTO, function).is_none() && below == Below::Same;
        let moved = builds::folder_of(before) != Some(folder);
        let change = match below {
            _ if moved => CodeChange::Unknown,
            Below::Different => CodeChange::Changed,
            Below::Same | Below::SameButMore if is_whole || differences.is_only_the_template() => {
                CodeChange::Same
            }
            _ => CodeChange::Unknown,
        };
        code.insert(id.clone(), change);
    }
    Ok(code)
}
