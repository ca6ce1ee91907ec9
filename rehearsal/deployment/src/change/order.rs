//! The order of an update: what goes side by side, and what waits for a deployment.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rehearsal_template::Stack;
use rehearsal_template::stack::Resource;

use super::changes::{Action, Change};
use super::deployments::DeploymentChange;

/// The logical ids of what changes, step by step; then what leaves the stack, in the clean-up at the end: what others refer to goes after
/// them.
pub(super) fn of(live: Option<&Stack>, new: &Stack, changes: &[Change]) -> Vec<Vec<String>> {
    let ids = |leaves: bool| -> BTreeSet<&str> {
        changes
            .iter()
            .filter(|change| change.is_some() && (change.action == Action::Delete) == leaves)
            .map(|change| change.logical_id.as_str())
            .collect()
    };
    let mut order = steps(new, &ids(false));
    let mut leaving = live.map_or_else(Vec::new, |live| steps(live, &ids(true)));
    leaving.reverse();
    order.extend(leaving);
    order
}

/// Those of a stack's resources that something is done to, each a step after the last of those that it refers to, directly or through
/// others. What stays as it is takes no step: CloudFormation is done with it at once, so that what refers to that alone is begun with the
/// first.
///
/// Assumed: steps take the same time, for CloudFormation begins a resource as soon as what it refers to is done. It is about most of them
/// for a second or two, and what runs when one fails is cancelled within a second (seen in `LambStatus` issue 6).
fn steps(stack: &Stack, ids: &BTreeSet<&str>) -> Vec<Vec<String>> {
    let by_id: HashMap<&str, &Resource> = stack
        .resources
        .iter()
        .map(|resource| (resource.logical_id.as_str(), resource))
        .collect();
    let mut steps: Vec<Vec<String>> = Vec::new();
    let mut done: HashMap<&str, usize> = HashMap::new();
    for id in stack.update_levels.iter().flatten() {
        let references = by_id.get(id.as_str()).into_iter();
        let references = references.flat_map(|resource| resource.references.keys());
        let before = references.filter_map(|reference| done.get(reference.as_str()));
        let mut step = before.max().copied().unwrap_or_default();
        if ids.contains(id.as_str()) {
            if steps.len() == step {
                steps.push(Vec::new());
            }
            steps[step].push(id.clone());
            step += 1;
        }
        done.insert(id, step);
    }
    steps
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
