//! Aliases and the deployments that shift them.

use super::{AlarmReference, Condition};
use crate::{Field, Place};

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
/// (`CloudFormation` user guide, "UpdatePolicy attribute").
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
