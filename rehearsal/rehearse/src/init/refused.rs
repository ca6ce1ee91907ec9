//! What is made up otherwise where AWS refuses what was made up first: a role's name is shorter than an ARN may be.

use rehearsal_template::{Missing, Stack};

use super::content::Content;

/// How often a template is read for it at most.
const MOST_TRIES: usize = 64;

/// Replaces a made-up parameter's value by another one that its declaration takes, where less of the template is refused then. Whether
/// there was one. `read` says what the template is with what is made up.
pub(super) fn mend(
    content: &mut Content,
    new: &Stack,
    read: impl Fn(&Content) -> Result<Stack, Vec<miette::Report>>,
) -> Result<bool, Vec<miette::Report>> {
    let before = refused(new);
    if before == 0 {
        return Ok(false);
    }
    let others = content.others.iter();
    let mut tries: Vec<(String, String)> = others
        .flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone())))
        .collect();
    // What is too short, or no name, is most often to be an ARN.
    tries.sort_by_key(|(_, value)| !value.starts_with("arn:"));
    for (name, value) in tries.into_iter().take(MOST_TRIES) {
        let is_better = |content: &Content| Ok(refused(&read(content)?) < before);
        if content.make_up_instead(Missing::Parameter(name), value, is_better)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How much of a template is refused.
fn refused(new: &Stack) -> usize {
    new.diagnostics
        .iter()
        .filter(|found| found.is_refused)
        .count()
}
