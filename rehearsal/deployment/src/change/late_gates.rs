//! Gates that an update comes to when the deployment that they should stop is over.

use std::collections::{BTreeSet, HashMap};

use rehearsal_template::Stack;
use rehearsal_template::stack::Resource;

use super::changes::Change;
use crate::gates::Decision;

/// Whether a resource is begun when all traffic of an alias has shifted: it refers to that, directly or through others.
pub(super) fn waits_for(new: &Stack, logical_id: &str, alias: &str) -> bool {
    before(new, logical_id).contains(alias)
}

/// Whether a gate that would be evaluated is created when the deployment of an alias is over, though that one's group names it. `alarm`: what
/// becomes of it, where that is known.
pub(crate) fn is_too_late(
    new: &Stack,
    decision: Decision,
    alarm: Option<&Change>,
    alias: &str,
) -> bool {
    let comes = alarm.filter(|alarm| decision == Decision::Evaluated && alarm.is_new());
    comes.is_some_and(|alarm| waits_for(new, &alarm.logical_id, alias))
}

/// Why such a gate is not judged. What CodeDeploy makes of the name of an alarm that is not there no document says.
pub(crate) const TOO_LATE: &str =
    "the update creates it when all traffic has shifted, for it waits for the alias";

/// All resources that one refers to, directly or through others.
pub(super) fn before<'a>(new: &'a Stack, logical_id: &str) -> BTreeSet<&'a str> {
    let by_id: HashMap<&str, &Resource> = new
        .resources
        .iter()
        .map(|resource| (resource.logical_id.as_str(), resource))
        .collect();
    let mut found = BTreeSet::new();
    let mut open: Vec<&Resource> = by_id.get(logical_id).copied().into_iter().collect();
    while let Some(resource) = open.pop() {
        for reference in resource.references.keys() {
            if found.insert(reference.as_str()) {
                open.extend(by_id.get(reference.as_str()));
            }
        }
    }
    found
}
