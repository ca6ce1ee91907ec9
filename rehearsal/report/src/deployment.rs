//! What came of a deployment.

use std::collections::BTreeMap;
use std::fmt::Display;

use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::event::{Event, Happening};
use rehearsal_deployment::plan::{self, Plan};
use serde::{Deserialize, Serialize};

use crate::gate::GateReport;
use crate::hook::HookReport;
use crate::infrastructure::InfrastructureFold;
use crate::lifecycle::{LifecycleEventReport, ShiftReport};
use crate::minutes::{MinuteReport, MinutesFold, Served, none};
use crate::reservation::{Reservation, ReservationKind};

/// What came of one deployment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// The alarms that its group names, and what was done about each.
    pub gates: Vec<GateReport>,
    /// When it was created, in virtual seconds since the rehearsal began, as all moments are.
    pub created_seconds: f64,
    /// When the new version got its first share; `None` where it got none.
    pub first_shift_seconds: Option<f64>,
    /// When it ended; `None` where the rehearsal was over before.
    pub ended_seconds: Option<f64>,
    /// Its lifecycle events, in order.
    pub lifecycle_events: Vec<LifecycleEventReport>,
    /// The changes of its alias's weights, in order, those of the rollback included.
    pub shifts: Vec<ShiftReport>,
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
    /// Of those that were served, how many no fault acted on, by version.
    #[serde(default)]
    pub served_without_fault: BTreeMap<String, u64>,
}

impl DeploymentReport {
    /// That it succeeded though every live request failed. Such a success says nothing of the new version. `None` where one was answered
    /// well, or there was none.
    pub(crate) fn all_failed(&self) -> Option<Reservation> {
        let succeeded = self.status == DeploymentStatus::Succeeded;
        (succeeded && self.is_dead()).then(|| {
            let served = self.served.values().sum::<u64>();
            self.reservation(ReservationKind::EveryRequestFailed, &[("served", &served)])
        })
    }

    /// That it succeeded though its new version failed requests, by no fault, and the one before it none.
    pub(crate) fn nothing_stopped(&self) -> Option<Reservation> {
        let of = |counts: &BTreeMap<String, u64>, version: &String| {
            counts.get(version).copied().unwrap_or_default()
        };
        let (failed, served) = (
            of(&self.errors, &self.new_version),
            of(&self.served, &self.new_version),
        );
        let by_itself = of(&self.served_without_fault, &self.new_version) == served;
        let only_new =
            of(&self.served, &self.old_version) > 0 && of(&self.errors, &self.old_version) == 0;
        let succeeded = self.status == DeploymentStatus::Succeeded;
        (succeeded && failed > 0 && by_itself && only_new).then(|| {
            let numbers: [(&str, &dyn Display); 2] = [("failed", &failed), ("served", &served)];
            self.reservation(ReservationKind::NothingStopped, &numbers)
        })
    }

    /// Whether it succeeded though no live request reached its new version: such a success says nothing of it.
    pub(crate) fn none_reached(&self) -> bool {
        let succeeded = self.status == DeploymentStatus::Succeeded;
        let served = self.served.get(&self.new_version);
        succeeded && served.copied().unwrap_or_default() == 0
    }

    fn reservation(&self, kind: ReservationKind, numbers: &[(&str, &dyn Display)]) -> Reservation {
        Reservation::with(kind, vec![self.function.clone()], numbers)
    }

    /// That it is over and its alias serves two versions all the same. The next deployment of such an alias fails (CodeDeploy user guide,
    /// "Troubleshoot AWS Lambda deployment issues").
    pub(crate) fn left_on_two_versions(&self) -> Option<Reservation> {
        let weights = &self.shifts.last()?.weights;
        let serving = weights.iter().filter(|(_, share)| **share > 0.0);
        let versions: Vec<&str> = serving.map(|(version, _)| version.as_str()).collect();
        (self.ended_seconds.is_some() && versions.len() > 1).then(|| {
            let alias = vec![format!("{}:{}", self.function, self.alias)];
            let versions = versions.join(" and ");
            let kind = ReservationKind::LeftOnTwoVersions;
            Reservation::with(kind, alias, &[("versions", &versions)])
        })
    }

    /// That every live request failed, or every one to a new version that was kept, and not for faults alone; in words. What comes of
    /// such a deployment is not what its update did. `old_may_fail`: of what ran before nothing is asked.
    pub(crate) fn failed_by_itself(&self, old_may_fail: bool) -> Option<String> {
        let function = &self.function;
        let new = std::slice::from_ref(&self.new_version);
        let kept = self.status == DeploymentStatus::Succeeded;
        if self.is_dead() && !old_may_fail {
            let all: Vec<_> = self.served.keys().cloned().collect();
            let without = self.dead_without_fault(&all)?;
            return Some(format!(
                "every request to {function} failed, {without}: this says nothing of the update; {MAY_FAIL}"
            ));
        }
        let without = kept.then(|| self.dead_without_fault(new)).flatten()?;
        let version = &self.new_version;
        Some(format!(
            "the deployment of {function} succeeded, and every request to its new version failed, {without} (version {version}); {MAY_FAIL}"
        ))
    }

    /// Whether there were live requests, and every one failed.
    fn is_dead(&self) -> bool {
        let served: u64 = self.served.values().sum();
        served > 0 && self.errors.values().sum::<u64>() == served
    }

    /// Of versions that failed every request: how many requests no fault acted on, in words. `None` where they did not, or faults
    /// acted on all.
    fn dead_without_fault(&self, versions: &[String]) -> Option<String> {
        let sum = |counts: &BTreeMap<String, u64>| -> u64 {
            versions
                .iter()
                .filter_map(|version| counts.get(version))
                .sum()
        };
        let (served, without) = (sum(&self.served), sum(&self.served_without_fault));
        if without == 0 || sum(&self.errors) < served {
            return None;
        }
        Some(if without == served {
            format!("{served} of {served}, and no fault acted on them")
        } else {
            format!("{served} of {served}, and no fault acted on {without} of them")
        })
    }
}

/// How a rehearsal file says that requests may fail.
const MAY_FAIL: &str = "`expect_status` of a request says which answer is good, and `errors` in [expect] how many may fail";

/// The deployment that went back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RollbackReport {
    /// Its id.
    pub id: String,
    /// Its status.
    pub status: DeploymentStatus,
    /// When it was created.
    pub created_seconds: f64,
    /// When it ended; `None` where the rehearsal was over before.
    pub ended_seconds: Option<f64>,
}

/// What came of a deployment so far.
#[derive(Clone, Debug)]
pub(super) struct DeploymentFold {
    report: DeploymentReport,
    minutes: MinutesFold,
    is_begun: bool,
}

impl DeploymentFold {
    /// A deployment that waits.
    pub(super) fn new(planned: &plan::Deployment, plan: &Plan) -> Self {
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
        let report = DeploymentReport {
            function: planned.function.clone(),
            alias: planned.alias.clone(),
            id: String::new(),
            config: planned.config.clone(),
            status: DeploymentStatus::InProgress,
            error_code: None,
            error_message: None,
            stopped_by: Vec::new(),
            gates: planned
                .gates
                .iter()
                .map(|gate| GateReport::new(gate, plan))
                .collect(),
            created_seconds: 0.0,
            first_shift_seconds: None,
            ended_seconds: None,
            lifecycle_events: LifecycleEventReport::all(),
            shifts: Vec::new(),
            rollback: None,
            old_version: planned.old_version.clone(),
            new_version: planned.new_version.clone(),
            hooks: hooks
                .into_iter()
                .filter_map(|(event, function)| Some(HookReport::new(event, function.as_ref()?)))
                .collect(),
            minutes: Vec::new(),
            served: BTreeMap::new(),
            errors: BTreeMap::new(),
            served_without_fault: none(&[planned.old_version.clone(), planned.new_version.clone()]),
        };
        Self {
            report,
            minutes: MinutesFold::new(planned),
            is_begun: false,
        }
    }

    /// When its traffic shifted first.
    pub(super) fn first_shift(&self) -> Option<VirtualTime> {
        self.minutes.first_shift()
    }

    /// A version served a live request, on which a fault acted or none did.
    pub(super) fn count(&mut self, served: Served<'_>, with_fault: bool) {
        self.minutes.count(served);
        if !with_fault {
            let of_version = self
                .report
                .served_without_fault
                .entry(served.version.to_owned());
            *of_version.or_default() += 1;
        }
    }

    /// An alarm was evaluated.
    pub(super) fn alarm_evaluated(&mut self, event: &Event) {
        for gate in &mut self.report.gates {
            gate.observe(event);
        }
    }

    /// Something happened to it.
    pub(super) fn observe(&mut self, event: &Event) {
        let report = &mut self.report;
        for hook in &mut report.hooks {
            hook.observe(event);
        }
        let at_seconds = event.at.as_seconds();
        match &event.happening {
            Happening::DeploymentCreated { id, .. } => {
                report.id.clone_from(id);
                self.is_begun = true;
                report.created_seconds = at_seconds;
                self.minutes.created(event.at);
            }
            Happening::LifecycleEvent {
                event: name,
                status,
                ..
            } => {
                let mut events = report.lifecycle_events.iter_mut();
                if let Some(lifecycle) = events.find(|known| known.name == *name) {
                    lifecycle.becomes(*status, at_seconds);
                }
            }
            Happening::TrafficShifted { shares, .. } => {
                report.shifts.push(ShiftReport {
                    at_seconds,
                    weights: shares.clone(),
                });
                self.minutes.shifted(event.at, shares);
            }
            Happening::DeploymentEnded {
                status,
                error_code,
                message,
                alarms,
                ..
            } => {
                report.status = *status;
                report.ended_seconds = Some(at_seconds);
                report.error_code = *error_code;
                report.error_message.clone_from(message);
                report.stopped_by.clone_from(alarms);
            }
            Happening::RollbackCreated { id, .. } => {
                report.rollback = Some(RollbackReport {
                    id: id.clone(),
                    status: DeploymentStatus::InProgress,
                    created_seconds: at_seconds,
                    ended_seconds: None,
                });
            }
            Happening::RollbackEnded { status, .. } => {
                if let Some(rollback) = &mut report.rollback {
                    rollback.status = *status;
                    rollback.ended_seconds = Some(at_seconds);
                }
            }
            _ => {}
        }
    }

    /// What came of it; the logical id of its function, where it was not begun.
    ///
    /// # Errors
    /// It was not begun.
    pub(super) fn finish(
        self,
        began: VirtualTime,
        end: VirtualTime,
        infrastructure: &InfrastructureFold,
    ) -> Result<DeploymentReport, String> {
        let first_shift = self.first_shift();
        let mut report = self.report;
        if !self.is_begun {
            return Err(report.function);
        }
        let versions = [report.old_version.clone(), report.new_version.clone()];
        report.first_shift_seconds = first_shift.map(VirtualTime::as_seconds);
        report.minutes = self.minutes.finish(began, end, infrastructure);
        let minutes = || report.minutes.iter();
        report.served = total(&versions, minutes().map(|minute| &minute.requests));
        report.errors = total(&versions, minutes().map(|minute| &minute.errors));
        Ok(report)
    }
}

/// The minutes' counts together, by version.
fn total<'a>(
    versions: &[String; 2],
    counts: impl Iterator<Item = &'a BTreeMap<String, u64>>,
) -> BTreeMap<String, u64> {
    let mut total = none(versions);
    for (version, count) in counts.flatten() {
        *total.entry(version.clone()).or_default() += count;
    }
    total
}
