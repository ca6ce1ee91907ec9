//! The events folded into the report that people and tools read. The JSON shape is a contract.

use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_deployment::event::{Event, Happening};
use rehearsal_deployment::plan::{NotRehearsed, Plan};
use serde::Serialize;

use crate::deployment::{DeploymentReport, deployment};
use crate::minutes::created_at;

/// What came of a rehearsal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The rehearsal's name.
    pub name: String,
    /// The worst of its deployments' statuses.
    pub outcome: DeploymentStatus,
    /// What was expected, in a few words.
    pub expected: String,
    /// Whether it is what was expected.
    pub as_expected: bool,
    /// What differs from the expectation, a sentence each.
    pub differences: Vec<String>,
    /// One a deployment that the update created.
    pub deployments: Vec<DeploymentReport>,
    /// The logical ids of the functions whose deployments the update did not come to, for another one failed before.
    pub not_begun: Vec<String>,
    /// The alarms that were evaluated.
    pub alarms: Vec<AlarmReport>,
    /// How many calls each of its faults acted on, in the file's order.
    pub faults_acted: Vec<u64>,
    /// What has no part in a rehearsal.
    pub not_rehearsed: Vec<NotRehearsed>,
    /// How long it was, in virtual seconds.
    pub virtual_seconds: f64,
    /// How long it took, in seconds.
    pub wall_seconds: f64,
    /// Where its draws came from.
    pub seed: u64,
}

/// What came of an alarm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmReport {
    /// Its logical id.
    pub name: String,
    /// Its changes of state, in order.
    pub transitions: Vec<Transition>,
}

/// A change of an alarm's state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Transition {
    /// When, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// The new state.
    pub state: AlarmState,
}

impl Report {
    /// Folds the events of a rehearsal that is over. [`held_against`](Self::held_against) an expectation it says more.
    pub fn fold(name: &str, plan: &Plan, events: &[Event]) -> Self {
        let (begun, not_begun): (Vec<_>, Vec<_>) = plan
            .deployments
            .iter()
            .enumerate()
            .partition(|(index, _)| created_at(*index, events).is_some());
        let deployments: Vec<_> = begun
            .into_iter()
            .map(|(index, planned)| deployment(index, planned, events))
            .collect();
        let severity = |status: &DeploymentStatus| match status {
            DeploymentStatus::Succeeded => 0,
            DeploymentStatus::InProgress => 1,
            DeploymentStatus::Stopped => 2,
            DeploymentStatus::Failed => 3,
        };
        Self {
            name: name.to_owned(),
            outcome: deployments
                .iter()
                .map(|d| d.status)
                .max_by_key(severity)
                .unwrap_or(DeploymentStatus::Succeeded),
            expected: String::new(),
            as_expected: true,
            differences: Vec::new(),
            deployments,
            not_begun: not_begun
                .into_iter()
                .map(|(_, planned)| planned.function.clone())
                .collect(),
            alarms: plan
                .alarms
                .iter()
                .map(|alarm| alarm_report(&alarm.after.logical_id, events))
                .collect(),
            faults_acted: events
                .iter()
                .find_map(|event| match &event.happening {
                    Happening::FaultsActed { counts } => Some(counts.clone()),
                    _ => None,
                })
                .unwrap_or_default(),
            not_rehearsed: plan.not_rehearsed.clone(),
            virtual_seconds: events.last().map_or(0.0, |event| event.at.as_seconds()),
            wall_seconds: 0.0,
            seed: plan.seed,
        }
    }
}

fn alarm_report(logical_id: &str, events: &[Event]) -> AlarmReport {
    let transitions = events.iter().filter_map(|event| match &event.happening {
        Happening::AlarmChanged { alarm, state } if alarm == logical_id => Some(Transition {
            at_seconds: event.at.as_seconds(),
            state: *state,
        }),
        _ => None,
    });
    AlarmReport {
        name: logical_id.to_owned(),
        transitions: transitions.collect(),
    }
}
