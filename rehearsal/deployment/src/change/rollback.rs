//! What goes back when the update fails, what stays, and what the same code then meets.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_template::Stack;
use rehearsal_template::stack::Resource;

use super::changes::{Action, Change};
use super::deployments::DeploymentChange;
use super::findings::Finding;
use super::leaving::of_layer;
use super::pace::Pace;
use super::resources::Compared;
use super::versions::VersionAction;

/// What a rollback does. CloudFormation goes back when a deployment fails, or any resource does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rollback {
    /// The logical ids of what is changed before a deployment has shifted, and changed back.
    pub brings_back: Vec<String>,
    /// What is created before, and deleted again.
    pub deletes: Vec<String>,
    /// What is created before, and stays.
    pub keeps: Vec<Kept>,
    /// What waits for a deployment, or for a resource that fails: when that does, it has not been touched.
    pub untouched: Vec<String>,
    /// What an update with the same code meets afterwards, for each version that this one publishes.
    pub retry: Vec<Retry>,
}

/// Something that a rollback leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its logical id.
    pub logical_id: String,
    /// Why it stays.
    pub why: String,
}

/// The same code again, after a rollback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The function's logical id.
    pub function: String,
    /// Whether Lambda refuses to publish it; `None` where it is not known whether there is a version.
    pub refused: Option<bool>,
    /// Why.
    pub why: String,
}

/// What makes an update fail before any deployment, where something does.
pub(super) struct Failing<'a> {
    /// The logical ids of what cannot be had.
    ids: BTreeSet<&'a str>,
    /// What the update does not come to.
    never: BTreeSet<&'a str>,
}

impl<'a> Failing<'a> {
    /// Of the resources that fail those that wait for no deployment. An update comes to resources by time; those of one moment step by
    /// step, and of it to the aliases that are deployed last.
    pub(super) fn of(
        findings: &'a [Finding],
        order: &'a [Vec<String>],
        behind: &BTreeMap<String, BTreeSet<usize>>,
        pace: &Pace,
        deployments: &[DeploymentChange],
    ) -> Self {
        let failures = findings
            .iter()
            .filter_map(|finding| finding.failure.as_ref());
        let ids: BTreeSet<&str> = failures
            .map(|failure| failure.resource.as_str())
            .filter(|id| !behind.contains_key(*id))
            .collect();
        let deployed = deployed(deployments);
        let moments = || {
            let steps = order.iter().enumerate();
            let each = steps.flat_map(|(step, ids)| ids.iter().map(move |id| (step, id.as_str())));
            each.map(|(step, id)| {
                let step = if deployed.contains(id) {
                    usize::MAX
                } else {
                    step
                };
                (id, (pace.begins_ms(id), step))
            })
        };
        let failing = moments().filter(|(id, _)| ids.contains(id));
        let first = failing.map(|(_, moment)| moment).min();
        let is_after =
            |(_, moment): &(&str, (i64, usize))| first.is_some_and(|first| *moment > first);
        Self {
            never: moments().filter(is_after).map(|(id, _)| id).collect(),
            ids,
        }
    }

    /// Whether it is this resource that cannot be had.
    fn is_it(&self, logical_id: &str) -> bool {
        self.ids.contains(logical_id)
    }

    /// Whether the update fails before it comes to a resource.
    pub(super) fn is_before(&self, logical_id: &str) -> bool {
        self.never.contains(logical_id)
    }
}

/// The rollback of an update.
pub(super) fn of(
    new: &Stack,
    compared: &Compared,
    deployments: &[DeploymentChange],
    behind: &BTreeMap<String, BTreeSet<usize>>,
    failing: &Failing<'_>,
) -> Rollback {
    let mut rollback = Rollback::default();
    // The aliases themselves go back by a deployment of their own.
    let deployed = deployed(deployments);
    let leaves = |change: &Change| matches!(change.action, Action::Delete | Action::None);
    for change in compared.changes.iter().filter(|change| !leaves(change)) {
        let id = &change.logical_id;
        if behind.contains_key(id) || failing.is_it(id) || failing.is_before(id) {
            rollback.untouched.push(id.clone());
            continue;
        }
        let retained = new
            .resource(id)
            .and_then(stays)
            .filter(|_| !goes_with_its_function(compared, id));
        match (change.action, retained) {
            (Action::Create | Action::Replace, Some(why)) => rollback.keeps.push(Kept {
                logical_id: id.clone(),
                why,
            }),
            (Action::Create, None) => rollback.deletes.push(id.clone()),
            _ if deployed.contains(id.as_str()) => rollback.brings_back.insert(0, id.clone()),
            _ => rollback.brings_back.push(id.clone()),
        }
    }
    let versions = compared.versions.iter();
    rollback.retry = versions
        .filter(|version| {
            matches!(version.action, VersionAction::Published | VersionAction::Unknown)
                && !failing.is_before(&version.logical_id)
        })
        .map(|version| {
            let id = &version.logical_id;
            let kept = new.resource(id).and_then(stays).is_some()
                && !goes_with_its_function(compared, id);
            let (refused, why) = if kept {
                (
                    (version.action == VersionAction::Published).then_some(true),
                    "the version of this update stays, and Lambda publishes no second one of the same code and configuration; a change set that is executed with --retain-except-on-create deletes it",
                )
            } else {
                (Some(false), "the version of this update is deleted with the rollback")
            };
            Retry {
                function: version.function.clone(),
                refused,
                why: why.to_owned(),
            }
        })
        .collect();
    rollback
}

/// The logical ids of the aliases of which a deployment starts, or may.
fn deployed(deployments: &[DeploymentChange]) -> BTreeSet<&str> {
    deployments
        .iter()
        .filter(|deployment| deployment.starts != Some(false))
        .map(|deployment| deployment.alias_logical_id.as_str())
        .collect()
}

/// Whether a version's function is new with it: Lambda deletes all versions of a function with it (Lambda API, `DeleteFunction`).
fn goes_with_its_function(compared: &Compared, version: &str) -> bool {
    compared
        .version(version)
        .and_then(|version| compared.change(&version.function))
        .is_some_and(Change::is_new)
}

/// Why a resource that an update created stays when it goes back. `RetainExceptOnCreate` deletes it (CloudFormation user guide,
/// "`DeletionPolicy` attribute").
fn stays(resource: &Resource) -> Option<String> {
    if let Some(retained) = of_layer(resource) {
        return retained.then(|| "SAM keeps the versions of a layer".to_owned());
    }
    let policy = resource.deletion_policy.as_ref()?.known_value()?;
    (policy == "Retain").then(|| "DeletionPolicy Retain".to_owned())
}
