//! Aliases and the deployments that shift them.

use super::function::version_of;
use super::reader::Reader;
use super::{AlarmReference, Condition};
use crate::text::Node;
use crate::{Field, Place, Unknown, Value};

/// An alias of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// How `CodeDeploy` shifts it; `None` means that an update moves it at once, without a deployment.
    pub deployment: Option<AliasDeployment>,
    /// Where its deployment preference says `Enabled: false`.
    pub deployment_disabled: Option<Place>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// What an alias's `CodeDeployLambdaAliasUpdate` and its deployment group say together.
///
/// It acts when an update changes the alias's version, never on the first create
/// (`CloudFormation` user guide, "`UpdatePolicy` attribute").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AliasDeployment {
    /// The deployment group's logical id, when the group is in the template.
    pub group: Option<String>,
    /// The deployment group's name.
    pub group_name: Field<String>,
    /// The application's name.
    pub application: Field<String>,
    /// The deployment configuration's name, such as `CodeDeployDefault.LambdaCanary10Percent5Minutes`.
    pub config_name: Field<String>,
    /// Invoked before any traffic shifts.
    pub before_allow_traffic_hook: Option<Hook>,
    /// Invoked once all traffic has shifted.
    pub after_allow_traffic_hook: Option<Hook>,
    /// The alarms that stop it. Empty where alarms are off.
    pub alarms: Field<Vec<AlarmReference>>,
    /// Whether it goes on when alarm states cannot be read; `CodeDeploy`'s default is false.
    pub ignore_poll_alarm_failure: Field<bool>,
    /// The events that start a rollback, such as `DEPLOYMENT_STOP_ON_ALARM`. Empty where rollback is off.
    pub auto_rollback_events: Field<Vec<String>>,
    /// The service role's ARN.
    pub role: Option<Field<String>>,
    /// Where the update policy stands.
    pub place: Place,
}

/// A lifecycle hook: a function that `CodeDeploy` invokes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// What the template gives: a function's name or ARN.
    pub name: Field<String>,
    /// The function's logical id, when it is in the template.
    pub function: Option<String>,
}

/// A deployment group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentGroup {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// Its application's name.
    pub application: Field<String>,
    /// The deployment configuration's name.
    pub config_name: Field<String>,
    /// The alarms that stop a deployment. Empty where alarms are off.
    pub alarms: Field<Vec<AlarmReference>>,
    /// Whether a deployment goes on when alarm states cannot be read.
    pub ignore_poll_alarm_failure: Field<bool>,
    /// The events that start a rollback. Empty where rollback is off.
    pub auto_rollback_events: Field<Vec<String>>,
    /// The service role's ARN.
    pub role: Option<Field<String>>,
    /// Where it stands.
    pub place: Place,
}

/// A deployment configuration that the template defines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentConfig {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// How it shifts traffic.
    pub traffic: Field<TrafficRouting>,
    /// Where it stands.
    pub place: Place,
}

/// How traffic shifts (`CodeDeploy` API, `TrafficRoutingConfig`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrafficRouting {
    /// Everything at once.
    AllAtOnce,
    /// A part at once, the rest after an interval.
    Canary {
        /// The first part, in percent.
        percentage: u32,
        /// How long the rest waits, in minutes.
        interval_minutes: u32,
    },
    /// Equal parts, each at the start of an interval.
    Linear {
        /// Each part, in percent.
        percentage: u32,
        /// The time between two parts, in minutes.
        interval_minutes: u32,
    },
}

impl Alias {
    /// The alias; its deployment comes from the groups.
    pub(super) fn read(reader: &Reader<'_, '_>, groups: &[DeploymentGroup]) -> Self {
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

impl AliasDeployment {
    fn read(reader: &Reader<'_, '_>, update: &Node, groups: &[DeploymentGroup]) -> Self {
        let place = update.place;
        let text = |key: &str| match update.get(key) {
            Some(node) => reader.text_of(&reader.resolver.value(node), key),
            None => {
                let message = format!("`CodeDeployLambdaAliasUpdate` has no `{key}`");
                reader.report(message.clone(), place);
                Field::unknown(Unknown::new(message, place), place)
            }
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
        let group = groups.iter().find(|group| match &referred {
            Some(id) => &group.logical_id == id,
            None => group
                .name
                .known_value()
                .is_some_and(|name| Some(name) == group_name.known_value()),
        });
        let elsewhere = || {
            let reason = match &group_name.value {
                Ok(name) => format!("the deployment group `{name}` is not in this template"),
                Err(unknown) => unknown.reason.clone(),
            };
            Unknown::new(reason, group_name.place)
        };
        Self {
            group: group.map(|group| group.logical_id.clone()),
            application: text("ApplicationName"),
            config_name: known_or(group.map(|group| &group.config_name), &elsewhere, place),
            before_allow_traffic_hook: hook("BeforeAllowTrafficHook"),
            after_allow_traffic_hook: hook("AfterAllowTrafficHook"),
            alarms: known_or(group.map(|group| &group.alarms), &elsewhere, place),
            ignore_poll_alarm_failure: known_or(
                group.map(|group| &group.ignore_poll_alarm_failure),
                &elsewhere,
                place,
            ),
            auto_rollback_events: known_or(
                group.map(|group| &group.auto_rollback_events),
                &elsewhere,
                place,
            ),
            role: group.and_then(|group| group.role.clone()),
            group_name,
            place,
        }
    }
}

fn known_or<T: Clone>(
    field: Option<&Field<T>>,
    elsewhere: &impl Fn() -> Unknown,
    place: Place,
) -> Field<T> {
    field
        .cloned()
        .unwrap_or_else(|| Field::unknown(elsewhere(), place))
}

impl DeploymentGroup {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        let place = reader.place();
        let config_name = reader.text("DeploymentConfigName").unwrap_or_else(|| {
            Field::unknown(
                Unknown::new(
                    "the deployment group names no deployment configuration",
                    place,
                ),
                place,
            )
        });
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            application: reader.required_text("ApplicationName"),
            config_name,
            alarms: alarms(reader),
            ignore_poll_alarm_failure: reader
                .value("AlarmConfiguration")
                .and_then(|alarms| alarms.get("IgnorePollAlarmFailure"))
                .map_or_else(
                    || Field::known(false, place),
                    |value| reader.flag_of(value, "IgnorePollAlarmFailure"),
                ),
            auto_rollback_events: rollback_events(reader),
            role: reader.text("ServiceRoleArn"),
            place,
        }
    }
}

/// Whether a configuration that has an `Enabled` is on.
fn is_enabled(reader: &Reader<'_, '_>, configuration: &Value) -> Field<bool> {
    configuration.get("Enabled").map_or_else(
        || Field::known(false, configuration.place),
        |value| reader.flag_of(value, "Enabled"),
    )
}

fn alarms(reader: &Reader<'_, '_>) -> Field<Vec<AlarmReference>> {
    let Some(configuration) = reader.value("AlarmConfiguration") else {
        return Field::known(Vec::new(), reader.place());
    };
    let place = configuration.place;
    if let Some(unknown) = configuration.as_unknown() {
        return Field::unknown(unknown.clone(), place);
    }
    match is_enabled(reader, configuration).value {
        Ok(true) => {}
        Ok(false) => return Field::known(Vec::new(), place),
        Err(unknown) => return Field::unknown(unknown, place),
    }
    let Some(list) = configuration.get("Alarms") else {
        return Field::known(Vec::new(), place);
    };
    let Some(items) = list.as_list() else {
        return reader.list_instead(list, "Alarms");
    };
    let mut alarms = Vec::new();
    for item in items {
        if let Some(unknown) = item.as_unknown() {
            return Field::unknown(unknown.clone(), item.place);
        }
        // A name that AWS::NoValue removed leaves an empty entry.
        let Some(name) = item.get("Name") else {
            continue;
        };
        let name = reader.text_of(name, "Alarms");
        let logical_id = name
            .known_value()
            .and_then(|name| alarm_called(reader, name));
        alarms.push(AlarmReference { name, logical_id });
    }
    Field::known(alarms, place)
}

/// The logical id of the alarm, metric or composite, with a name.
fn alarm_called(reader: &Reader<'_, '_>, name: &str) -> Option<String> {
    let resolver = reader.resolver;
    resolver
        .resources
        .by_id
        .values()
        .filter(|resource| {
            resource.r#type.starts_with("AWS::CloudWatch::") && resource.r#type.ends_with("Alarm")
        })
        .find(|resource| {
            let own = resolver.attribute(resource, None, resource.place);
            own.as_str() == Some(name)
        })
        .map(|resource| resource.logical_id.clone())
}

fn rollback_events(reader: &Reader<'_, '_>) -> Field<Vec<String>> {
    let Some(configuration) = reader.value("AutoRollbackConfiguration") else {
        return Field::known(Vec::new(), reader.place());
    };
    let place = configuration.place;
    match is_enabled(reader, configuration).value {
        Ok(true) => {}
        Ok(false) => return Field::known(Vec::new(), place),
        Err(unknown) => return Field::unknown(unknown, place),
    }
    let Some(list) = configuration.get("Events") else {
        return Field::known(Vec::new(), place);
    };
    match list.as_list() {
        None => reader.list_instead(list, "Events"),
        Some(items) => {
            let events: Result<Vec<String>, Unknown> = items
                .iter()
                .map(|item| reader.text_of(item, "Events").value)
                .collect();
            Field {
                value: events,
                place,
            }
        }
    }
}

impl DeploymentConfig {
    pub(super) fn read(reader: &Reader<'_, '_>) -> Self {
        Self {
            logical_id: reader.logical_id(),
            name: reader.own(None),
            traffic: traffic(reader),
            place: reader.place(),
        }
    }
}

fn traffic(reader: &Reader<'_, '_>) -> Field<TrafficRouting> {
    let Some(routing) = reader.value("TrafficRoutingConfig") else {
        return Field::known(TrafficRouting::AllAtOnce, reader.place());
    };
    let place = routing.place;
    if let Some(unknown) = routing.first_unknown() {
        return Field::unknown(unknown.clone(), place);
    }
    let parts = |key: &str, share: &str, interval: &str| {
        let part = routing.get(key)?;
        let share = reader
            .whole_of(part.get(share)?, share)
            .known_value()
            .copied()?;
        let interval = reader
            .whole_of(part.get(interval)?, interval)
            .known_value()
            .copied()?;
        Some((share, interval))
    };
    let traffic = match routing.get("Type").and_then(Value::as_str) {
        Some("AllAtOnce") => Some(TrafficRouting::AllAtOnce),
        Some("TimeBasedCanary") => parts("TimeBasedCanary", "CanaryPercentage", "CanaryInterval")
            .map(|(percentage, interval_minutes)| TrafficRouting::Canary {
                percentage,
                interval_minutes,
            }),
        Some("TimeBasedLinear") => parts("TimeBasedLinear", "LinearPercentage", "LinearInterval")
            .map(|(percentage, interval_minutes)| TrafficRouting::Linear {
                percentage,
                interval_minutes,
            }),
        _ => None,
    };
    traffic.map_or_else(
        || {
            let message =
                "`TrafficRoutingConfig` needs a `Type`, and for it a percentage and an interval"
                    .to_owned();
            reader.report(message.clone(), place);
            Field::unknown(Unknown::new(message, place), place)
        },
        |traffic| Field::known(traffic, place),
    )
}
