//! Aliases and the deployments that shift them.

use super::function::version_of;
use super::reader::Reader;
use super::{Condition, DeploymentGroup};
use crate::text::Node;
use crate::{Field, Place, Unknown, Value};

/// An alias of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Alias {
    /// Its logical id.
    pub logical_id: String,
    /// Its name, such as `live`.
    pub name: Field<String>,
    /// Its ARN: the function's with the name as qualifier.
    pub arn: Field<String>,
    /// The logical id of its function.
    pub function: Field<String>,
    /// The version resource it points to, when the template publishes it.
    pub version: Option<String>,
    /// The version's logical id in the deployed stack; `None` where the code is local.
    pub version_logical_id: Option<String>,
    /// The number of the version it points to after the update.
    pub version_number: Field<String>,
    /// The version that it gives a share besides, with the share, where `RoutingConfig` gives one.
    pub additional_version: Option<AdditionalVersion>,
    /// How CodeDeploy shifts it; `None` means that an update moves it at once, without a deployment.
    pub deployment: Option<AliasDeployment>,
    /// Where its deployment preference says `Enabled: false`.
    pub deployment_disabled: Option<Place>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

impl Alias {
    /// The logical id of its function, or its own where the function is not known.
    pub(crate) fn function_or_alias(&self) -> &str {
        self.function.known_value().unwrap_or(&self.logical_id)
    }

    /// The second version, unless its share is nothing.
    pub fn shared_with(&self) -> Option<&AdditionalVersion> {
        let additional = self.additional_version.as_ref();
        additional.filter(|additional| !additional.share.is(&0.0))
    }
}

/// The second version of an alias (`RoutingConfig.AdditionalVersionWeights`).
#[derive(Clone, Debug, PartialEq)]
pub struct AdditionalVersion {
    /// Its number.
    pub version: Field<String>,
    /// Its share of the invocations, 0 to 1; the rest is the main version's.
    pub share: Field<f64>,
    /// Where it stands.
    pub place: Place,
}

/// What an alias's `CodeDeployLambdaAliasUpdate` says.
///
/// It acts when an update changes the alias's version, never on the first create
/// (CloudFormation user guide, "`UpdatePolicy` attribute").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasDeployment {
    /// The deployment group: configuration, alarms, rollback, role. Unknown where it is not in the template.
    pub group: Field<DeploymentGroup>,
    /// The deployment group's name.
    pub group_name: Field<String>,
    /// The application's name.
    pub application: Field<String>,
    /// Invoked before any traffic shifts.
    pub before_allow_traffic_hook: Option<Hook>,
    /// Invoked once all traffic has shifted.
    pub after_allow_traffic_hook: Option<Hook>,
    /// Where the update policy stands.
    pub place: Place,
}

/// A lifecycle hook: a function that CodeDeploy invokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// What the template gives: a function's name or ARN.
    pub name: Field<String>,
    /// The function's logical id, when it is in the template.
    pub function: Option<String>,
}

impl Alias {
    /// The alias; its deployment comes from the groups.
    pub(super) fn read(reader: &Reader<'_, '_>, groups: &[&DeploymentGroup]) -> Self {
        let version = reader
            .node("FunctionVersion")
            .and_then(|node| version_of(reader, node));
        Self {
            logical_id: reader.logical_id(),
            name: reader.required_text("Name"),
            arn: reader.own(None),
            function: reader.function("FunctionName"),
            version_logical_id: version.clone().filter(|id| !id.ends_with('*')),
            version,
            version_number: reader.required_text("FunctionVersion"),
            additional_version: additional_version(reader),
            deployment: reader
                .resource
                .update_policy
                .as_ref()
                .and_then(|policy| policy.get("CodeDeployLambdaAliasUpdate"))
                .map(|update| AliasDeployment::read(reader, update, groups)),
            deployment_disabled: reader
                .resolver
                .resources
                .disabled_preferences
                .get(&reader.resource.logical_id)
                .copied(),
            condition: reader.condition(),
            place: reader.place(),
        }
    }
}

/// An alias names two versions at most (Lambda developer guide, "Implement Lambda canary deployments using a weighted alias").
/// Where it is not known whether there is one, neither it nor its share is.
fn additional_version(reader: &Reader<'_, '_>) -> Option<AdditionalVersion> {
    let not_known = |value: &Value| {
        let unknown = value.as_unknown()?;
        Some(AdditionalVersion {
            version: Field::unknown(unknown.clone(), value.place),
            share: Field::unknown(unknown.clone(), value.place),
            place: value.place,
        })
    };
    let config = reader.value("RoutingConfig")?;
    if let Some(additional) = not_known(config) {
        return Some(additional);
    }
    let weights = config.get("AdditionalVersionWeights")?;
    if let Some(additional) = not_known(weights) {
        return Some(additional);
    }
    let items = weights.as_list()?;
    let certain = items.iter().filter(|item| item.as_unknown().is_none());
    let count = certain.count();
    if count > 1 {
        let message = format!(
            "an alias has one version beside its main one, and `AdditionalVersionWeights` names {count}"
        );
        reader.report(message, weights.place);
        return None;
    }
    // Of those that are not known, none may be there.
    if let Some(additional) = items.iter().find_map(not_known) {
        return Some(additional);
    }
    let item = items.first()?;
    let place = item.place;
    let (Some(version), Some(weight)) = (item.get("FunctionVersion"), item.get("FunctionWeight"))
    else {
        let message = "a version's weight needs `FunctionVersion` and `FunctionWeight`";
        reader.report(message.to_owned(), place);
        return None;
    };
    let share = reader.number_of(weight, "FunctionWeight");
    if let Ok(share) = share.value
        && !(0.0..=1.0).contains(&share)
    {
        reader.report(
            format!("`FunctionWeight` is 0 to 1, not {share}"),
            weight.place,
        );
        return None;
    }
    Some(AdditionalVersion {
        version: reader.text_of(version, "FunctionVersion"),
        share,
        place,
    })
}

impl AliasDeployment {
    fn read(reader: &Reader<'_, '_>, update: &Node, groups: &[&DeploymentGroup]) -> Self {
        let place = update.place;
        let text = |key: &str| {
            let Some(node) = update.get(key) else {
                let message = format!("`CodeDeployLambdaAliasUpdate` has no `{key}`");
                reader.report(message.clone(), place);
                return Field::unknown(Unknown::new(message, place), place);
            };
            reader.text_of(&reader.resolver.value(node), key)
        };
        let hook = |key: &str| {
            let node = update.get(key)?;
            // A hook under a condition may be AWS::NoValue.
            let value = reader.resolver.optional(node)?;
            Some(Hook {
                name: reader.text_of(&value, key),
                function: reader.resolver.function_named_by(node),
            })
        };
        let group_name = text("DeploymentGroupName");
        let referred = update.get("DeploymentGroupName").and_then(|node| {
            reader
                .resolver
                .referred(node, "AWS::CodeDeploy::DeploymentGroup")
        });
        let application = text("ApplicationName");
        let is_named = |group: &&&DeploymentGroup| match &referred {
            Some(id) => &group.logical_id == id,
            None => group_name
                .known_value()
                .is_some_and(|name| group.name.is(name)),
        };
        // A group's name is its application's alone (CodeDeploy API reference, `CreateDeployment`).
        let other_application = |group: &DeploymentGroup| {
            let named = application.known_value()?;
            let own = group.application.known_value()?;
            (named != own).then(|| (named.clone(), own.clone()))
        };
        let named = || groups.iter().filter(is_named);
        let own = named().find(|group| other_application(group).is_none());
        let group = match own.or_else(|| named().next()) {
            None => {
                let reason = match &group_name.value {
                    Ok(name) => format!("the deployment group `{name}` is not in this template"),
                    Err(unknown) => unknown.reason.clone(),
                };
                Field::unknown(Unknown::new(reason, group_name.place), place)
            }
            Some(group) => match other_application(group) {
                Some((named, own)) => {
                    let reason = format!(
                        "the deployment group `{}` is of the application `{own}`, and the alias names `{named}`",
                        group.logical_id
                    );
                    Field::unknown(Unknown::new(reason, application.place), place)
                }
                None => Field::known((*group).clone(), place),
            },
        };
        Self {
            group,
            application,
            before_allow_traffic_hook: hook("BeforeAllowTrafficHook"),
            after_allow_traffic_hook: hook("AfterAllowTrafficHook"),
            group_name,
            place,
        }
    }
}
