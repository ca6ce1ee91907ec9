//! The order of an update: what goes side by side, and what waits for a deployment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rehearsal_template::Stack;
use rehearsal_template::stack::Resource;

use super::changes::{Action, Change};
use super::deployments::DeploymentChange;

/// The logical ids of what changes, level by level; then what leaves the stack, in the clean-up at the end: what others refer to goes
/// after them.
pub(super) fn of(live: Option<&Stack>, new: &Stack, changes: &[Change]) -> Vec<Vec<String>> {
    let ids = |leaves: bool| -> BTreeSet<&str> {
        changes
            .iter()
            .filter(|change| change.is_some() && (change.action == Action::Delete) == leaves)
            .map(|change| change.logical_id.as_str())
            .collect()
    };
    let of = |levels: &[Vec<String>], ids: &BTreeSet<&str>| -> Vec<Vec<String>> {
        let levels = levels.iter().map(|level| {
            let of_level = level.iter().filter(|id| ids.contains(id.as_str()));
            of_level.cloned().collect::<Vec<_>>()
        });
        levels.filter(|level| !level.is_empty()).collect()
    };
    let mut order = of(&new.update_levels, &ids(false));
    let mut leaving = live.map_or_else(Vec::new, |live| of(&live.update_levels, &ids(true)));
    leaving.reverse();
    order.extend(leaving);
    order
}

/// The resources that wait for an alias that is deployed, or may be, directly or through others, with the indices of those
/// deployments.
pub(super) fn behind_aliases(
    new: &Stack,
    deployments: &[DeploymentChange],
) -> BTreeMap<String, BTreeSet<usize>> {
    let aliases: HashMap<&str, usize> = deployments
        .iter()
        .enumerate()
        .filter(|(_, deployment)| deployment.starts != Some(false))
        .map(|(index, deployment)| (deployment.alias_logical_id.as_str(), index))
        .collect();
    if aliases.is_empty() {
        return BTreeMap::new();
    }
    behind(new, |id| aliases.get(id).copied())
}

/// The resources that refer to marked ones, directly or through others, with those marks.
pub(super) fn behind<M: Ord + Clone>(
    new: &Stack,
    mark: impl Fn(&str) -> Option<M>,
) -> BTreeMap<String, BTreeSet<M>> {
    let by_id: HashMap<&str, &Resource> = new
        .resources
        .iter()
        .map(|resource| (resource.logical_id.as_str(), resource))
        .collect();
    let mut behind: BTreeMap<String, BTreeSet<M>> = BTreeMap::new();
    // Level by level, so that what a resource refers to has been looked at.
    for id in new.update_levels.iter().flatten() {
        let Some(resource) = by_id.get(id.as_str()) else {
            continue;
        };
        let mut marks = BTreeSet::new();
        for reference in resource.references.keys() {
            marks.extend(behind.get(reference).into_iter().flatten().cloned());
            marks.extend(mark(reference));
        }
        if !marks.is_empty() {
            behind.insert(id.clone(), marks);
        }
    }
    behind
}

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
