//! The events folded into the report that people and tools read. The JSON shape is a contract.

mod hook;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::alarm::AlarmState;
use crate::code_deploy::{DeploymentStatus, ErrorCode, LifecycleEventName};
use crate::event::{Event, Happening};
use crate::expectation::Expectation;
use crate::fault::WhichVersion;
use crate::plan::{self, NotRehearsed, Plan};
use crate::time::{MINUTE_MS, VirtualTime};

pub use hook::{CheckReport, HookReport, OnFailureReport};

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

/// What came of one deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeploymentReport {
    /// The function's logical id.
    pub function: String,
    /// The alias's name.
    pub alias: String,
    /// The deployment's id.
    pub id: String,
    /// The deployment configuration's name.
    pub config: String,
    /// Its final status.
    pub status: DeploymentStatus,
    /// Why it did not succeed.
    pub error_code: Option<ErrorCode>,
    /// The same in words.
    pub error_message: Option<String>,
    /// The logical ids of the alarms that stopped it.
    pub stopped_by: Vec<String>,
    /// The deployment that went back.
    pub rollback: Option<RollbackReport>,
    /// The version that ran.
    pub old_version: String,
    /// The version that the update brought.
    pub new_version: String,
    /// Its hooks, those that were never invoked included.
    pub hooks: Vec<HookReport>,
    /// Minute by minute. Minutes are counted from the first shift, without one from the deployment's creation; the first may
    /// be a part of a minute.
    pub minutes: Vec<MinuteReport>,
    /// Live requests served, by version.
    pub served: BTreeMap<String, u64>,
    /// Errors that callers of live requests saw, by version.
    pub errors: BTreeMap<String, u64>,
}

/// The deployment that went back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RollbackReport {
    /// Its id.
    pub id: String,
    /// Its status.
    pub status: DeploymentStatus,
}

/// One minute of a deployment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MinuteReport {
    /// Its number.
    pub minute: i64,
    /// The versions' shares at its start.
    pub weights: BTreeMap<String, f64>,
    /// Live requests that arrived in it, by the version that served them.
    pub requests: BTreeMap<String, u64>,
    /// Errors that their callers saw.
    pub errors: BTreeMap<String, u64>,
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

impl Report {
    /// The report of one deployment alone, by its function; `None` when there was none.
    pub(crate) fn of(&self, function: &str) -> Option<Self> {
        let mut deployments = self.deployments.iter();
        let own = deployments.find(|deployment| deployment.function == function)?;
        Some(Self {
            outcome: own.status,
            deployments: vec![own.clone()],
            ..self.clone()
        })
    }

    /// The report with what was expected, and what differs from it.
    #[must_use]
    pub fn held_against(mut self, expectation: &Expectation) -> Self {
        self.expected = expectation.describe();
        self.differences = expectation.differences(&self);
        self.as_expected = self.differences.is_empty();
        self
    }
}

impl DeploymentReport {
    /// What differs, if the last minute that had requests was not served by this version alone.
    pub(crate) fn last_minute_difference(&self, expected: WhichVersion) -> Option<String> {
        let version = match expected {
            WhichVersion::Old => &self.old_version,
            WhichVersion::New => &self.new_version,
            WhichVersion::Any => return None,
        };
        let minute = self
            .minutes
            .iter()
            .rev()
            .find(|minute| minute.requests.values().sum::<u64>() > 0)?;
        let others: u64 = minute
            .requests
            .iter()
            .filter(|(served, _)| *served != version)
            .map(|(_, count)| count)
            .sum();
        (others > 0).then(|| {
            format!(
                "{}: expected version {version} alone to serve minute {}, but another served {others} requests of it",
                self.function, minute.minute
            )
        })
    }
}

/// When a deployment was created.
fn created_at(index: usize, events: &[Event]) -> Option<VirtualTime> {
    events.iter().find_map(|event| match event.happening {
        Happening::DeploymentCreated { deployment, .. } if deployment == index => Some(event.at),
        _ => None,
    })
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

fn deployment(index: usize, planned: &plan::Deployment, events: &[Event]) -> DeploymentReport {
    let hooks = [
        (
            LifecycleEventName::BeforeAllowTraffic,
            &planned.before_allow_traffic,
        ),
        (
            LifecycleEventName::AfterAllowTraffic,
            &planned.after_allow_traffic,
        ),
    ];
    let mut report = DeploymentReport {
        function: planned.function.clone(),
        alias: planned.alias.clone(),
        id: String::new(),
        config: planned.config.clone(),
        status: DeploymentStatus::InProgress,
        error_code: None,
        error_message: None,
        stopped_by: Vec::new(),
        rollback: None,
        old_version: planned.old_version.clone(),
        new_version: planned.new_version.clone(),
        hooks: hooks
            .into_iter()
            .filter_map(|(event, function)| {
                Some(hook::hook(index, event, function.as_ref()?, events))
            })
            .collect(),
        minutes: minutes(index, planned, events),
        served: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    for event in events {
        match &event.happening {
            Happening::DeploymentCreated { deployment, id } if *deployment == index => {
                report.id.clone_from(id);
            }
            Happening::DeploymentEnded {
                deployment,
                status,
                error_code,
                message,
                alarms,
            } if *deployment == index => {
                report.status = *status;
                report.error_code = *error_code;
                report.error_message.clone_from(message);
                report.stopped_by.clone_from(alarms);
            }
            Happening::RollbackCreated { deployment, id } if *deployment == index => {
                report.rollback = Some(RollbackReport {
                    id: id.clone(),
                    status: DeploymentStatus::InProgress,
                });
            }
            Happening::RollbackEnded { deployment, status } if *deployment == index => {
                if let Some(rollback) = &mut report.rollback {
                    rollback.status = *status;
                }
            }
            _ => {}
        }
    }
    report.served = total(
        planned,
        report.minutes.iter().map(|minute| &minute.requests),
    );
    report.errors = total(planned, report.minutes.iter().map(|minute| &minute.errors));
    report
}

/// A count for each version, those with none included.
fn none(planned: &plan::Deployment) -> BTreeMap<String, u64> {
    [&planned.old_version, &planned.new_version]
        .into_iter()
        .map(|version| (version.clone(), 0))
        .collect()
}

fn total<'a>(
    planned: &plan::Deployment,
    counts: impl Iterator<Item = &'a BTreeMap<String, u64>>,
) -> BTreeMap<String, u64> {
    let mut total = none(planned);
    for (version, count) in counts.flatten() {
        *total.entry(version.clone()).or_default() += count;
    }
    total
}

fn minutes(index: usize, planned: &plan::Deployment, events: &[Event]) -> Vec<MinuteReport> {
    let shares: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::TrafficShifted { deployment, shares } if *deployment == index => {
                Some((event.at, shares))
            }
            _ => None,
        })
        .collect();
    let gained = |shares: &BTreeMap<String, f64>| {
        shares
            .get(&planned.new_version)
            .is_some_and(|share| *share > 0.0)
    };
    let first_shift = shares
        .iter()
        .find(|(_, shares)| gained(shares))
        .map(|(at, _)| *at);
    let Some(origin) = first_shift.or_else(|| created_at(index, events)) else {
        return Vec::new();
    };
    let end = events.last().map_or(VirtualTime::ZERO, |event| event.at);

    let first = VirtualTime::ZERO.minute_since(origin);
    let mut minutes: Vec<_> = (first..=end.minute_since(origin))
        .map(|minute| (minute, origin + minute * MINUTE_MS))
        .filter(|(_, start)| *start < end)
        .map(|(minute, start)| {
            let mut weights = BTreeMap::from([
                (planned.old_version.clone(), 1.0),
                (planned.new_version.clone(), 0.0),
            ]);
            if let Some((_, shares)) = shares.iter().rev().find(|(at, _)| *at <= start) {
                for (version, weight) in &mut weights {
                    *weight = shares.get(version).copied().unwrap_or(0.0);
                }
            }
            MinuteReport {
                minute,
                weights,
                requests: none(planned),
                errors: none(planned),
            }
        })
        .collect();
    for event in events {
        let Happening::RequestServed {
            deployment,
            version,
            error,
            ..
        } = &event.happening
        else {
            continue;
        };
        let row = usize::try_from(event.at.minute_since(origin) - first)
            .ok()
            .and_then(|row| minutes.get_mut(row));
        if let Some(row) = row.filter(|_| *deployment == Some(index)) {
            *row.requests.entry(version.clone()).or_default() += 1;
            if *error {
                *row.errors.entry(version.clone()).or_default() += 1;
            }
        }
    }
    minutes
}
