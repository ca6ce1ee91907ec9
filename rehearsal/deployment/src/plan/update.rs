//! The update between two templates, as far as a rehearsal acts it out. What it does not is refused by name.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_template::stack::replaced;
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

/// Properties of those that no rehearsal looks at, by type: whether they change it need not know.
#[rustfmt::skip] // A table.
const WITHOUT_EFFECT: [(&str, &[&str]); 2] = [
    ("AWS::CloudWatch::Alarm", &["ActionsEnabled", "AlarmActions", "AlarmDescription", "InsufficientDataActions", "OKActions", "Tags"]),
    ("AWS::SSM::Parameter", &["AllowedPattern", "DataType", "Description", "Policies", "Tags", "Tier"]),
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
            .filter(|deployment| deployment.starts == Some(true) || deployment.fails_before);
        let ids = |goes: bool| {
            let changes = plan.changes.iter();
            let own = changes.filter(move |change| (change.action == Action::Delete) == goes);
            own.map(|change| change.logical_id.as_str())
        };
        // What comes under the name of one that goes is of another type: the update fails there, and nothing leaves.
        let comes: BTreeSet<&str> = ids(false).collect();
        let leaves: BTreeSet<&str> = ids(true).filter(|id| !comes.contains(id)).collect();
        let stays = |id: &str| plan.change(id).is_some_and(|change| change.stays);
        let steps = plan.order.iter().map(|step| {
            let stays = step.iter().filter(|id| !leaves.contains(id.as_str()));
            stays.cloned().collect::<Vec<_>>()
        });
        let all = plan.order.iter().flatten();
        Ok(Self {
            plan: plan.clone(),
            failures: plan
                .failures()
                .map(|failure| (failure.resource.clone(), failure.reason.clone()))
                .collect(),
            leaves: all
                .filter(|id| leaves.contains(id.as_str()) && !stays(id))
                .cloned()
                .chain(replaced_and_gone(plan))
                .collect(),
            starts: starts
                .map(|deployment| deployment.alias_logical_id.clone())
                .collect(),
            steps: steps.filter(|step| !step.is_empty()).collect(),
        })
    }

    /// Whether it changes anything but functions, their versions and their aliases.
    pub(super) fn changes_more_than_code(&self) -> bool {
        const CODE: [&str; 3] = [
            "AWS::Lambda::Alias",
            "AWS::Lambda::Function",
            "AWS::Lambda::Version",
        ];
        let mut changes = self.plan.changes.iter();
        changes.any(|change| change.is_some() && !CODE.contains(&change.r#type.as_str()))
    }

    /// The routes that change in the template alone: `GET /orders of Api`.
    pub(super) fn not_deployed(&self) -> Vec<String> {
        let routes = self.plan.routes.iter().filter(|route| !route.is_deployed);
        routes
            .map(|route| format!("{} of {}", route.name(), route.api))
            .collect()
    }

    /// Whether it deploys this alias.
    pub(super) fn deploys(&self, alias: &str) -> bool {
        self.starts.contains(alias)
    }
}

/// The functions and aliases whose place others take.
fn replaced_parts(update: &UpdatePlan) -> impl Iterator<Item = &Change> {
    let types = ["AWS::Lambda::Alias", "AWS::Lambda::Function"];
    types.into_iter().flat_map(|r#type| {
        let changes = update.changes.iter();
        changes.filter(move |change| change.action == Action::Replace && change.r#type == r#type)
    })
}

/// What goes of them when all else is done: aliases first, for functions go after what refers to them.
fn replaced_and_gone(update: &UpdatePlan) -> impl Iterator<Item = String> {
    replaced_parts(update)
        .filter(|change| !change.stays)
        .map(|change| replaced(&change.logical_id))
}

/// Tells the functions and aliases of the stack that runs apart from those that take their places: from now on it has them under names of
/// their own (see [`replaced`]).
pub fn set_replaced_apart(old: &mut Stack, update: &UpdatePlan) {
    let ids: BTreeSet<String> = replaced_parts(update)
        .map(|change| change.logical_id.clone())
        .collect();
    if !ids.is_empty() {
        old.set_apart(&ids);
    }
}

/// What the new template is read with once it is known what the update does: version 2 of each function that it publishes again, and
/// another name for each table and function whose place it gives to another, which has a name of its own all the same.
pub fn inputs_after(update: &UpdatePlan, old: &Stack, inputs: Inputs) -> Inputs {
    let runs = |function: &str| {
        let mut versions = old.versions.iter();
        versions.any(|version| version.function.is(function))
    };
    // One that takes another's place begins with version 1.
    let is_another = |function: &str| {
        let change = update.change(function);
        change.is_some_and(|change| change.action == Action::Replace)
    };
    let published = update.versions.iter().filter(|version| {
        version.action == VersionAction::Published
            && runs(&version.function)
            && !is_another(&version.function)
    });
    let replaced = update.changes.iter().filter(|change| {
        change.action == Action::Replace && NAMED_ANEW.contains(&change.r#type.as_str())
    });
    let inputs = published.fold(inputs, |inputs, version| {
        inputs.version(&version.function, 2)
    });
    replaced.fold(inputs, |inputs, change| {
        let before = old.inputs.replacements.get(&change.logical_id);
        inputs.replaced(&change.logical_id, before.map_or(1, |times| times + 1))
    })
}

/// The types of which another resource, without a name that the template gives, has another name than the one before it.
const NAMED_ANEW: [&str; 3] = [
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Function",
];

/// The types of which a rehearsal must know whether others take their places.
const HELD: [&str; 3] = NAMED_ANEW;

fn refused(plan: &UpdatePlan) -> Vec<PlanError> {
    let errors = plan.changes.iter().filter_map(|change| {
        let (what, help) = not_acted_out(change)?;
        Some(PlanError {
            logical_id: change.logical_id.clone(),
            missing: None,
            help: Some(help.to_owned()),
            what,
            // What leaves stands in another text.
            place: match change.action {
                Action::Delete => Place::default(),
                _ => change.place,
            },
        })
    });
    errors.collect()
}

const GIVE_VALUES: &str = "give what is not known a value, the same for both templates or one for each: [parameters] and [live.parameters], [imports], [references]";

/// Why a rehearsal does not act a change out, if it does not, and what to do about it.
fn not_acted_out(change: &Change) -> Option<(String, &'static str)> {
    let r#type = change.r#type.as_str();
    if change.action == Action::Unknown && MATTERS.contains(&r#type) && !is_without_effect(change) {
        let unknown = change
            .properties
            .iter()
            .find_map(|property| property.unknown.clone());
        let why = change.why.clone().or(unknown).unwrap_or_default();
        return Some((
            format!("whether the update changes it is not known: {why}"),
            GIVE_VALUES,
        ));
    }
    if change.action == Action::Update && change.replacement.is_none() && HELD.contains(&r#type) {
        let may_replace = change
            .properties
            .iter()
            .filter(|property| property.may_replace());
        let unknown = may_replace.clone().find_map(|property| {
            let why = property.unknown.as_ref()?;
            Some((
                format!(
                    "whether another takes its place is not known, for whether its {} changes is not: {why}",
                    property.name
                ),
                GIVE_VALUES,
            ))
        });
        return unknown.or_else(|| {
            let names: Vec<&str> = may_replace.map(|property| property.name.as_str()).collect();
            Some((
                format!(
                    "whether another takes its place is not known, for its {} may change so: that depends on more than CloudFormation's schema says",
                    names.join(", ")
                ),
                "leave that as it is, or give what is changed another logical id: then it is another for certain",
            ))
        });
    }
    None
}

/// Whether nothing that a rehearsal looks at may change of a resource of which it is not known whether it changes. What follows another
/// resource is known to AWS alone, before and after it.
fn is_without_effect(change: &Change) -> bool {
    let of_type = WITHOUT_EFFECT
        .iter()
        .find(|(r#type, _)| *r#type == change.r#type);
    change.why.is_none()
        && of_type.is_some_and(|(_, names)| {
            let mut properties = change.properties.iter();
            properties.all(|property| names.contains(&property.name.as_str()) || property.follows)
        })
}
