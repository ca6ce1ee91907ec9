//! The update between two templates, as far as a rehearsal acts it out. What it does not is refused by name.

use std::collections::BTreeSet;

use rehearsal_template::{Place, Stack};

use super::PlanError;
use crate::change::{Action, Change, Severity, UpdatePlan, VersionAction};

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

/// The properties of a table that functions meet.
const OF_A_TABLE: [&str; 7] = [
    "AttributeDefinitions",
    "GlobalSecondaryIndexes",
    "KeySchema",
    "LocalSecondaryIndexes",
    "StreamSpecification",
    "TableName",
    "TimeToLiveSpecification",
];

/// An update between two templates.
#[derive(Clone, Debug)]
pub(super) struct Update {
    /// All that it does.
    pub(super) plan: UpdatePlan,
    /// The logical ids of the aliases that are deployed.
    starts: BTreeSet<String>,
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

/// The functions of which an update publishes a version after the one that runs.
pub fn published_again(plan: &UpdatePlan, live: &Stack) -> Vec<String> {
    let runs = |function: &str| {
        let mut versions = live.versions.iter();
        versions.any(|version| {
            version
                .function
                .known_value()
                .is_some_and(|of| of == function)
        })
    };
    plan.versions
        .iter()
        .filter(|version| version.action == VersionAction::Published && runs(&version.function))
        .map(|version| version.function.clone())
        .collect()
}

fn refused(plan: &UpdatePlan) -> Vec<PlanError> {
    let fails = plan
        .findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| PlanError {
            logical_id: finding.logical_id.clone().unwrap_or_default(),
            missing: None,
            help: None,
            what: format!(
                "the update fails before any deployment, and such a one is planned (rehearse plan) and not run: {}",
                finding.message
            ),
            place: finding.place,
        });
    let mut errors: Vec<PlanError> = fails.collect();
    errors.extend(plan.changes.iter().filter_map(|change| {
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
    }));
    if errors.is_empty() && plan.deployments.iter().all(|one| one.starts != Some(true)) {
        let first = plan.deployments.first();
        errors.push(PlanError {
            logical_id: first.map_or_else(
                || "the template".to_owned(),
                |deployment| deployment.alias_logical_id.clone(),
            ),
            what: match first {
                Some(deployment) => format!("the update starts no deployment: {}", deployment.why),
                None => "the update starts no deployment".to_owned(),
            },
            missing: None,
            help: None,
            place: first.map_or_else(Place::default, |deployment| deployment.place),
        });
    }
    errors
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
    let changed = |of: &[&str]| {
        let mut properties = change.properties.iter();
        properties.find_map(|property| {
            of.contains(&property.name.as_str())
                .then(|| property.name.clone())
        })
    };
    let what = match (r#type, change.action) {
        (_, Action::None) => return None,
        ("AWS::Lambda::Function", Action::Replace) => "the function is replaced".to_owned(),
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", action) => match action {
            Action::Update | Action::Unknown => format!("its {} changes", changed(&OF_A_TABLE)?),
            other => format!("the update is to {} it", other.name()),
        },
        _ => return None,
    };
    Some(format!(
        "{what}, which a rehearsal between two templates does not act out yet"
    ))
}
