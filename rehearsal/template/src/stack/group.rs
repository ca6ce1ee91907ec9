//! Deployment groups and deployment configurations.

use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;

use super::reader::Reader;
use super::{AlarmReference, Condition};
use crate::{Field, Place, Unknown, Value};

/// A deployment group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeploymentGroup {
    /// Its logical id.
    pub logical_id: String,
    /// Its name.
    pub name: Field<String>,
    /// Its application's name.
    pub application: Field<String>,
    /// The deployment configuration's name, such as `CodeDeployDefault.LambdaCanary10Percent5Minutes`.
    pub config_name: Field<String>,
    /// The deployment configuration's logical id, when the template defines it.
    pub config: Option<String>,
    /// The alarms that stop a deployment. Empty where alarms are off.
    pub alarms: Field<Vec<AlarmReference>>,
    /// Whether a deployment goes on when alarm states cannot be read; CodeDeploy's default is false.
    pub ignore_poll_alarm_failure: Field<bool>,
    /// The events that start a rollback, such as `DEPLOYMENT_STOP_ON_ALARM`. Empty where rollback is off.
    pub auto_rollback_events: Field<Vec<String>>,
    /// The role that CodeDeploy acts in.
    pub role: Option<ServiceRole>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Where it stands.
    pub place: Place,
}

/// The role that CodeDeploy acts in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceRole {
    /// Its ARN.
    pub arn: Field<String>,
    /// Its logical id, when the role is in the template.
    pub logical_id: Option<String>,
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
            config: config_name
                .known_value()
                .and_then(|name| reader.resolver.config_called(name)),
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
            role: reader.text("ServiceRoleArn").map(|arn| ServiceRole {
                arn,
                logical_id: reader
                    .node("ServiceRoleArn")
                    .and_then(|node| reader.resolver.referred(node, "AWS::IAM::Role")),
            }),
            condition: reader.condition(),
            place,
        }
    }
}

/// What a list comes to in a configuration that is on. Assumed: without `Enabled` it is off, as AWS's SDKs have it where they know no "not
/// given" (the SDK for Kotlin, `AlarmConfiguration.enabled`).
fn enabled_list<T>(
    reader: &Reader<'_, '_>,
    configuration: &Value,
    key: &str,
    read: impl FnOnce(&[Value]) -> Field<Vec<T>>,
) -> Field<Vec<T>> {
    let place = configuration.place;
    let enabled = configuration.get("Enabled");
    match enabled.map_or(Ok(false), |value| reader.flag_of(value, "Enabled").value) {
        Ok(true) => {}
        Ok(false) => return Field::known(Vec::new(), place),
        Err(unknown) => return Field::unknown(unknown, place),
    }
    let Some(list) = configuration.get(key) else {
        return Field::known(Vec::new(), place);
    };
    match list.as_list() {
        Some(items) => read(items),
        None => reader.not_a_list(list, key),
    }
}

fn alarms(reader: &Reader<'_, '_>) -> Field<Vec<AlarmReference>> {
    let Some(configuration) = reader.value("AlarmConfiguration") else {
        return Field::known(Vec::new(), reader.place());
    };
    if let Some(unknown) = configuration.as_unknown() {
        return Field::unknown(unknown.clone(), configuration.place);
    }
    enabled_list(reader, configuration, "Alarms", |items| {
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
                .and_then(|name| reader.resolver.alarm_called(name));
            alarms.push(AlarmReference { name, logical_id });
        }
        Field::known(alarms, configuration.place)
    })
}

fn rollback_events(reader: &Reader<'_, '_>) -> Field<Vec<String>> {
    let Some(configuration) = reader.value("AutoRollbackConfiguration") else {
        return Field::known(Vec::new(), reader.place());
    };
    enabled_list(reader, configuration, "Events", |events| {
        let texts = events.iter().map(|event| reader.text_of(event, "Events"));
        Field {
            value: texts.map(|text| text.value).collect(),
            place: configuration.place,
        }
    })
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
