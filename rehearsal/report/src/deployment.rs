//! What came of a deployment.

use std::collections::BTreeMap;

use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_deployment::event::{Event, Happening};
use rehearsal_deployment::plan;
use serde::Serialize;

use crate::hook::{HookReport, hook};
use crate::minutes::{MinuteReport, minutes, none};

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

/// Folds what happened to a deployment.
pub(crate) fn deployment(
    index: usize,
    planned: &plan::Deployment,
    events: &[Event],
) -> DeploymentReport {
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
            .filter_map(|(event, function)| Some(hook(index, event, function.as_ref()?, events)))
            .collect(),
        minutes: minutes(index, planned, events),
        served: BTreeMap::new(),
        errors: BTreeMap::new(),
    };
    let own = events.iter().map(|event| &event.happening);
    for happening in own.filter(|happening| happening.deployment() == Some(index)) {
        match happening {
            Happening::DeploymentCreated { id, .. } => report.id.clone_from(id),
            Happening::DeploymentEnded {
                status,
                error_code,
                message,
                alarms,
                ..
            } => {
                report.status = *status;
                report.error_code = *error_code;
                report.error_message.clone_from(message);
                report.stopped_by.clone_from(alarms);
            }
            Happening::RollbackCreated { id, .. } => {
                report.rollback = Some(RollbackReport {
                    id: id.clone(),
                    status: DeploymentStatus::InProgress,
                });
            }
            Happening::RollbackEnded { status, .. } => {
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

/// The minutes' counts together, by version.
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
