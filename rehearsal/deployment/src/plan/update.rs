//! The update between two templates, as far as a rehearsal acts it out. What it does not is refused by name.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_template::{Inputs, Place, Stack};

use super::PlanError;
use crate::change::{Action, Change, UpdatePlan, VersionAction};

/// The types of which a rehearsal must know whether they change.
const MATTERS: [&str; 9] = [
    "AWS::CloudWatch::Alarm",
    "AWS::CodeDeploy::DeploymentConfig",
    "AWS::CodeDeploy::DeploymentGroup",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Function",
    "AWS::Lambda::Version",
    "AWS::SSM::Parameter",
];

/// An update between two templates.
#[derive(Clone, Debug)]
pub(super) struct Update {
    /// All that it does.
    pub(super) plan: UpdatePlan,
    /// The logical ids of the aliases that are deployed.
    starts: BTreeSet<String>,
    /// Why resources cannot be had, by logical id.
    pub(super) failures: BTreeMap<String, String>,
    /// What leaves the stack when all else is done.
    pub(super) leaves: Vec<String>,
    /// What changes, step by step, but for what leaves: that goes when all else is done.
    pub(super) steps: Vec<Vec<String>>,
}

impl Update {
    /// # Errors
    /// What makes the update fail, what is not known of it, and what no rehearsal acts out.
    pub(super) fn new(plan: &UpdatePlan) -> Result<Self, Vec<PlanError>> {
        let errors = refused(plan);
        if !errors.is_empty() {
            return Err(errors);
        }
        let starts = plan
            .deployments
            .iter()
            .filter(|deployment| deployment.starts == Some(true));
        let leaves: BTreeSet<&str> = plan
            .changes
            .iter()
            .filter(|change| change.action == Action::Delete)
            .map(|change| change.logical_id.as_str())
            .collect();
        let steps = plan.order.iter().map(|step| {
            let stays = step.iter().filter(|id| !leaves.contains(id.as_str()));
            stays.cloned().collect::<Vec<_>>()
        });
        let all = plan.order.iter().flatten();
        Ok(Self {
            plan: plan.clone(),
            failures: plan
                .findings
                .iter()
                .filter_map(|finding| finding.failure.clone())
                .map(|failure| (failure.resource, failure.reason))
                .collect(),
            leaves: all
                .filter(|id| leaves.contains(id.as_str()))
                .cloned()
                .collect(),
            starts: starts
                .map(|deployment| deployment.alias_logical_id.clone())
                .collect(),
            steps: steps.filter(|step| !step.is_empty()).collect(),
        })
    }

    /// Whether it deploys this alias.
    pub(super) fn deploys(&self, alias: &str) -> bool {
        self.starts.contains(alias)
    }
}

/// What the new template is read with once it is known what the update does: version 2 of each function that it publishes again, and
/// another name for each table whose place it gives to another.
pub fn inputs_after(update: &UpdatePlan, old: &Stack, inputs: Inputs) -> Inputs {
    let runs = |function: &str| {
        let mut versions = old.versions.iter();
        versions.any(|version| {
            version
                .function
                .known_value()
                .is_some_and(|of| of == function)
        })
    };
    let published = update
        .versions
        .iter()
        .filter(|version| version.action == VersionAction::Published && runs(&version.function));
    let replaced = update.changes.iter().filter(|change| {
        change.action == Action::Replace && TABLES.contains(&change.r#type.as_str())
    });
    let inputs = published.fold(inputs, |inputs, version| {
        inputs.version(&version.function, 2)
    });
    replaced.fold(inputs, |inputs, change| {
        let before = old.inputs.replacements.get(&change.logical_id);
        inputs.replaced(&change.logical_id, before.map_or(1, |times| times + 1))
    })
}

/// The types of tables.
const TABLES: [&str; 2] = ["AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table"];

fn refused(plan: &UpdatePlan) -> Vec<PlanError> {
    let errors = plan.changes.iter().filter_map(|change| {
        Some(PlanError {
            logical_id: change.logical_id.clone(),
            missing: None,
            help: None,
            what: not_acted_out(change)?,
            // What leaves stands in another text.
            place: match change.action {
                Action::Delete => Place::default(),
                _ => change.place,
            },
        })
    });
    errors.collect()
}

/// Why a rehearsal does not act a change out, if it does not.
fn not_acted_out(change: &Change) -> Option<String> {
    let r#type = change.r#type.as_str();
    if change.action == Action::Unknown && MATTERS.contains(&r#type) {
        let unknown = change
            .properties
            .iter()
            .find_map(|property| property.unknown.clone());
        let why = change.why.clone().or(unknown).unwrap_or_default();
        return Some(format!("whether the update changes it is not known: {why}"));
    }
    let what = match (r#type, change.action) {
        ("AWS::Lambda::Function", Action::Replace) => "the function is replaced",
        _ => return None,
    };
    Some(format!(
        "{what}, which a rehearsal between two templates does not act out yet"
    ))
}
