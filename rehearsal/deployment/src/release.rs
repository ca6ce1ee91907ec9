//! A release of several updates: `[[update]]` of a rehearsal file, one after another on the same stack.
//!
//! What the file says outside them is the default of each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

use crate::expectation::Expectation;
use crate::fault::Fault;
use crate::gate_inputs::{GateSettings, GivenAlarm, GivenMetric};
use crate::parameter::ParameterValue;
use crate::request::Request;

/// One `[[update]]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Update {
    /// Its name in reports; `update 1` and so on where it is missing.
    pub name: Option<String>,
    /// Its template, relative to the rehearsal file; the file's where it is missing.
    pub template: Option<PathBuf>,
    /// Parameters, where they differ from the file's.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// The build that it brings; that of `[builds]` where it is missing.
    pub builds: Option<String>,
    /// Whether its code is another than that of the update before it.
    pub code: Option<UpdateCode>,
    /// Live requests, where they differ.
    pub traffic: UpdateTraffic,
    /// What goes wrong; the file's where it is missing.
    #[serde(rename = "fault")]
    pub faults: Option<Vec<Fault>>,
    /// Alarms whose state is given; the file's where it is missing.
    #[serde(rename = "alarm")]
    pub alarms: Option<Vec<GivenAlarm>>,
    /// Metrics whose data points are given; the file's where it is missing.
    #[serde(rename = "metric")]
    pub metrics: Option<Vec<GivenMetric>>,
    /// What a person does by hand.
    #[serde(rename = "action")]
    pub actions: Vec<Action>,
    /// Which gates are judged; as the file says where it is missing.
    pub gates: Option<GateSettings>,
    /// What should come of it; what the file expects where it is missing.
    pub expect: Option<Expectation>,
    /// Whether what it creates is deleted when it goes back, whatever its `DeletionPolicy` (`ExecuteChangeSet`,
    /// `RetainExceptOnCreate`). `sam deploy` has no option for it.
    pub retain_except_on_create: bool,
    /// Minutes of traffic between the update before and this one, beside those after the one and before the other.
    pub minutes_between: u32,
}

/// Whether an update brings other code than the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UpdateCode {
    /// It does.
    Changed,
    /// It brings the same.
    Same,
}

/// Live requests of one update, where they differ from the file's `[traffic]`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UpdateTraffic {
    /// How many arrive in a minute.
    pub requests_per_minute: Option<u32>,
    /// Minutes before its deployment is created.
    pub minutes_before: Option<u32>,
    /// Minutes after it ended.
    pub minutes_after: Option<u32>,
    /// What is requested.
    #[serde(rename = "request")]
    pub requests: Option<Vec<Request>>,
}

/// One `[[action]]`: what a person does by hand while a deployment runs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// When, in minutes from the first shift.
    pub at_minute: u32,
    /// The logical id of the function whose deployment is stopped (CodeDeploy API, `StopDeployment`).
    pub stop: String,
    /// Whether it goes back (`autoRollbackEnabled`). Without it the deployment group decides: it does where that has
    /// `DEPLOYMENT_STOP_ON_REQUEST`.
    pub rollback: Option<bool>,
}
