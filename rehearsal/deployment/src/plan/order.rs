//! Which resources of an update wait for which deployments.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_template::Stack;

use super::Deployment;

/// The resources that refer to an alias with a deployment, directly or through others, each with those deployments.
///
/// CloudFormation updates a resource after everything that it refers to or depends on, and resources that do not depend on
/// each other in parallel (CloudFormation user guide, "`DependsOn` attribute").
pub(super) fn waits_for(
    stack: &Stack,
    deployments: &[Deployment],
) -> BTreeMap<String, BTreeSet<usize>> {
    let mut waits: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    // Level by level, so that what a resource refers to has been looked at.
    for id in stack.update_levels.iter().flatten() {
        let Some(resource) = stack.resource(id) else {
            continue;
        };
        let mut behind = BTreeSet::new();
        for reference in resource.references.keys() {
            behind.extend(waits.get(reference).into_iter().flatten());
            behind.extend(
                deployments
                    .iter()
                    .position(|deployment| deployment.alias_logical_id == *reference),
            );
        }
        if !behind.is_empty() {
            waits.insert(id.clone(), behind);
        }
    }
    waits
}
