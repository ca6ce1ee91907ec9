//! The events folded into the report that people and tools read. The JSON shape is a contract.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_aws::service::Service;
use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::Revision;
use rehearsal_deployment::event::{Event, Happening, NOT_SERVED};
use rehearsal_deployment::plan::{NotPermitted, NotRehearsed, Plan};
use rehearsal_template::counted;
use rehearsal_template::stack::logical_id_of;
use serde::{Deserialize, Serialize};

use crate::alarm::{AlarmReport, Transition};
use crate::deployment::{DeploymentFold, DeploymentReport};
use crate::entry::{Entries, TimelineEntry};
use crate::failures::{Failed, FailureReport, Failures};
use crate::gate::left_out;
use crate::infrastructure::InfrastructureFold;
use crate::minutes::Served;
use crate::update::{ReleaseUpdate, UpdateFailedReport, UpdateReport};

/// What came of a rehearsal: of its one update, or of the updates of a release, and how it was had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// What came of its update; of a release, see [`of_release`](Self::of_release).
    #[serde(flatten)]
    pub update: UpdateReport,
    /// What happened, in order.
    pub timeline: Vec<TimelineEntry>,
    /// The logical ids of the functions that Lambda stopped in a recursive loop.
    pub recursion_stopped: Vec<String>,
    /// The logical ids of the functions for which stubs stood, in one version or both: their code did not run.
    pub stubs: Vec<String>,
    /// The values that were made up, for none was given: `parameter Stage`, `import network-SecurityGroup`.
    #[serde(default)]
    pub made_up: Vec<String>,
    /// What the deployments need and AWS does not permit, as far as the template tells. A rehearsal checks no permissions, so that the
    /// outcome does not count it.
    #[serde(default)]
    pub not_permitted: Vec<NotPermitted>,
    /// What has no part in a rehearsal.
    pub not_rehearsed: Vec<NotRehearsed>,
    /// Where its draws came from.
    pub seed: u64,
    /// The command that repeats it; empty where it was none.
    pub command: String,
    /// The version of `rehearse`.
    pub rehearse_version: String,
    /// What came of each update of a release, in order; empty where the rehearsal is one update.
    #[serde(default)]
    pub updates: Vec<ReleaseUpdate>,
}

/// A rehearsal's report says of the whole what an update's says of one.
impl Deref for Report {
    type Target = UpdateReport;

    fn deref(&self) -> &UpdateReport {
        &self.update
    }
}

impl DerefMut for Report {
    fn deref_mut(&mut self) -> &mut UpdateReport {
        &mut self.update
    }
}

impl Report {
    /// Folds the events of a rehearsal that is over. [`held_against`](Self::held_against) an expectation it says more.
    pub fn fold(name: &str, plan: &Plan, events: &[Event]) -> Self {
        let mut fold = Fold::new(name, plan);
        for event in events {
            fold.observe(event);
        }
        fold.finish()
    }

    /// The outcome, with what led to it where that is no deployment.
    pub(crate) fn outcome_in_words(&self) -> String {
        let outcome = self.outcome;
        match (&self.update_failed, self.deployments.is_empty()) {
            (Some(failed), true) => format!(
                "{outcome} before any deployment: {}: {}",
                failed.logical_id, failed.reason
            ),
            (Some(failed), false) => format!("{outcome}: {}: {}", failed.logical_id, failed.reason),
            (None, true) => format!("{outcome}; no deployment started"),
            (None, false) => outcome.to_string(),
        }
    }

    /// The stubs in words: `a stub stood for Ledger`. `None` where there was none.
    pub(crate) fn stood_in(&self) -> Option<String> {
        let names = self.stubs.join(", ");
        match self.stubs.len() {
            0 => None,
            1 => Some(format!("a stub stood for {names}")),
            _ => Some(format!("stubs stood for {names}")),
        }
    }

    /// The values that were made up, in words: `made up: parameter Stage`. `None` where there was none.
    pub(crate) fn made_up_in_words(&self) -> Option<String> {
        let names = self.made_up.join(", ");
        (!names.is_empty()).then(|| format!("made up: {names}"))
    }

    /// What AWS would not permit, in words: `not permitted on AWS: PreTrafficHook (hook-without-prefix)`. `None` where there is nothing.
    pub(crate) fn denied(&self) -> Option<String> {
        let names: BTreeSet<String> = self
            .not_permitted
            .iter()
            .map(|denied| format!("{} ({})", denied.logical_id, denied.code))
            .collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("not permitted on AWS: {names}"))
    }

    /// The deployments that succeeded though every live request failed, in words. `None` where there was none.
    fn all_failed(&self) -> Option<String> {
        let deployments = self.deployments.iter();
        let words: Vec<_> = deployments
            .filter_map(DeploymentReport::all_failed)
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
    }

    /// The services that functions called in vain, in words: `no one served s3, sns`; of one that is served, the operation. `None`
    /// where there was none.
    pub(crate) fn unserved(&self) -> Option<String> {
        let in_vain = self.refused_calls.iter();
        let names: BTreeSet<String> = in_vain
            .filter(|call| call.code == NOT_SERVED)
            .map(|call| {
                if Service::from_name(&call.service).is_some() {
                    format!("{} of {}", call.operation, call.service)
                } else {
                    call.service.clone()
                }
            })
            .collect();
        let names = names.into_iter().collect::<Vec<_>>().join(", ");
        (!names.is_empty()).then(|| format!("no one served {names}"))
    }
}

/// The report of a rehearsal that is not over. It takes events as they come, in the order of virtual time, and counts live requests
/// without keeping them.
#[derive(Clone, Debug)]
pub struct Fold {
    report: Report,
    /// One for each of the plan's deployments.
    deployments: Vec<DeploymentFold>,
    entries: Entries,
    failures: Failures,
    /// Whether the update has begun.
    is_begun: bool,
    /// The first function error before any deployment.
    broken: Option<FailureReport>,
    /// How many requests a function answered with an error's status before the update, by function and status, and no fault acted.
    answered_badly: BTreeMap<(String, u16), u64>,
    /// Whether they are expected.
    may_fail_before: bool,
    infrastructure: InfrastructureFold,
    /// When the update began, with its traffic.
    began: VirtualTime,
    /// When the last event was.
    end: VirtualTime,
}

impl Fold {
    /// The report of a plan, before anything happened.
    pub fn new(name: &str, plan: &Plan) -> Self {
        let alarms = plan.alarms.iter().map(|alarm| AlarmReport {
            name: alarm.id.clone(),
            transitions: Vec::new(),
        });
        Self {
            report: Report {
                update: UpdateReport {
                    name: name.to_owned(),
                    outcome: DeploymentStatus::Succeeded,
                    verdict: String::new(),
                    expected: String::new(),
                    as_expected: true,
                    differences: Vec::new(),
                    expectations: Vec::new(),
                    update_failed: None,
                    deployments: Vec::new(),
                    not_begun: Vec::new(),
                    failures: Vec::new(),
                    refused_calls: Vec::new(),
                    errors_past_alias: 0,
                    infrastructure: Vec::new(),
                    alarms: alarms.collect(),
                    faults_acted: Vec::new(),
                    gates_without_data: Vec::new(),
                    virtual_seconds: 0.0,
                    wall_seconds: 0.0,
                },
                timeline: Vec::new(),
                recursion_stopped: Vec::new(),
                stubs: stubs(plan),
                made_up: Vec::new(),
                not_permitted: plan.not_permitted.clone(),
                not_rehearsed: plan.not_rehearsed.clone(),
                seed: plan.seed,
                command: String::new(),
                rehearse_version: env!("CARGO_PKG_VERSION").to_owned(),
                updates: Vec::new(),
            },
            deployments: plan
                .deployments
                .iter()
                .map(|planned| DeploymentFold::new(planned, plan))
                .collect(),
            entries: Entries::of(plan),
            failures: Failures::of(plan),
            is_begun: false,
            broken: None,
            answered_badly: BTreeMap::new(),
            may_fail_before: false,
            infrastructure: InfrastructureFold::default(),
            began: VirtualTime::ZERO,
            end: VirtualTime::ZERO,
        }
    }

    /// The same of an update that began later than the rehearsal: one that follows another.
    #[must_use]
    pub fn beginning_at(self, began: VirtualTime) -> Self {
        Self {
            began,
            end: began,
            ..self
        }
    }

    /// The same where what runs before the update may fail, so that the verdict does not name the statuses that it answered with.
    #[must_use]
    pub fn allowing_failures_before(self, may_fail_before: bool) -> Self {
        Self {
            may_fail_before,
            ..self
        }
    }

    /// The same with the values that were made up, for none was given.
    #[must_use]
    pub fn with_made_up(mut self, values: &[String]) -> Self {
        self.report.made_up = values.to_vec();
        self
    }

    /// Takes the next event.
    pub fn observe(&mut self, event: &Event) {
        self.end = event.at;
        self.entries.observe(event);
        match &event.happening {
            Happening::AlarmChanged { alarm, state } => {
                let mut alarms = self.report.alarms.iter_mut();
                if let Some(report) = alarms.find(|report| report.name == *alarm) {
                    report.transitions.push(Transition {
                        at_seconds: event.at.as_seconds(),
                        state: *state,
                    });
                }
            }
            Happening::AlarmEvaluated { .. } => {
                for deployment in &mut self.deployments {
                    deployment.alarm_evaluated(event);
                }
            }
            Happening::FaultsActed { counts } => self.report.faults_acted.clone_from(counts),
            Happening::NothingSent { gates } => self.report.gates_without_data.clone_from(gates),
            Happening::RecursionStopped { function } => {
                self.report.recursion_stopped.push(function.clone());
            }
            Happening::CallRefused(call) => self.failures.refuse(call),
            Happening::RequestServed {
                arrived,
                deployment,
                version,
                error,
                fault,
                ..
            } => {
                self.failed(&event.happening);
                let deployment = deployment.and_then(|index| self.deployments.get_mut(index));
                if let Some(deployment) = deployment {
                    let served = Served {
                        arrived: *arrived,
                        version,
                        error: *error,
                        milliseconds: u64::try_from(event.at - *arrived).unwrap_or_default(),
                    };
                    deployment.count(served, fault.is_some());
                }
            }
            Happening::UpdateReached { resources } => {
                self.is_begun = true;
                self.infrastructure.reached(event.at, resources);
            }
            Happening::UpdateFailed { logical_id, reason } => {
                self.is_begun = true;
                self.report.update_failed = Some(UpdateFailedReport {
                    logical_id: logical_id.clone(),
                    reason: reason.clone(),
                });
            }
            Happening::UpdateCompleted => self.infrastructure.completed(event.at),
            Happening::UpdateRolledBack { resources, .. } => {
                self.infrastructure.went_back(event.at, resources);
            }
            happening => {
                let deployment = happening
                    .deployment()
                    .and_then(|index| self.deployments.get_mut(index));
                if let Some(deployment) = deployment {
                    deployment.observe(event);
                }
            }
        }
    }

    /// Notes a live request that was an error.
    fn failed(&mut self, happening: &Happening) {
        let Happening::RequestServed {
            arrived,
            deployment,
            function,
            version,
            kind,
            outcome,
            status,
            fault,
            evidence: Some(evidence),
            ..
        } = happening
        else {
            return;
        };
        if deployment.is_none() {
            self.report.errors_past_alias += 1;
        }
        let failed = Failed {
            arrived: *arrived,
            function,
            version,
            kind: *kind,
            outcome: *outcome,
            status: *status,
            evidence,
        };
        self.failures.add(&failed);
        if fault.is_some() || self.is_begun {
            return;
        }
        if outcome.is_function_error() {
            self.broken
                .get_or_insert_with(|| self.failures.report(&failed));
        } else if let Some(status) = status {
            let answered = (function.clone(), *status);
            *self.answered_badly.entry(answered).or_default() += 1;
        }
    }

    /// The first function error before any deployment, on which no fault acted: what runs before the update is broken itself.
    pub fn broken_before(&self) -> Option<&FailureReport> {
        self.broken.as_ref()
    }

    /// The rehearsal is over.
    pub fn finish(self) -> Report {
        let Self {
            mut report,
            deployments,
            entries,
            failures,
            infrastructure,
            answered_badly,
            may_fail_before,
            began,
            end,
            ..
        } = self;
        let origin = deployments
            .iter()
            .filter_map(DeploymentFold::first_shift)
            .min();
        report.timeline = entries.finish(origin);
        (report.failures, report.refused_calls) = failures.finish(origin);
        for deployment in deployments {
            match deployment.finish(began, end, &infrastructure) {
                Ok(deployment) => report.deployments.push(deployment),
                Err(not_begun) => report.not_begun.push(not_begun),
            }
        }
        let severity = |status: &DeploymentStatus| match status {
            DeploymentStatus::Succeeded => 0,
            DeploymentStatus::InProgress => 1,
            DeploymentStatus::Stopped => 2,
            DeploymentStatus::Failed => 3,
        };
        let statuses = report
            .deployments
            .iter()
            .map(|deployment| deployment.status);
        if let Some(worst) = statuses.max_by_key(severity) {
            report.outcome = worst;
        }
        if report.update_failed.is_some() {
            report.outcome = DeploymentStatus::Failed;
        }
        let before = if may_fail_before {
            Vec::new()
        } else {
            before_the_update(&answered_badly)
        };
        report.verdict = verdict(&report, before);
        report.infrastructure = infrastructure.steps().to_vec();
        report.virtual_seconds = end.as_seconds();
        report
    }
}

/// The outcome, with what was left out of it. A gate that several deployments name is counted for each.
fn verdict(report: &Report, before: Vec<String>) -> String {
    let deployments = report.deployments.iter();
    let gates = deployments.flat_map(|deployment| &deployment.gates);
    let left_out = left_out(gates)
        .into_iter()
        .chain(without_data(&report.gates_without_data))
        .chain(report.denied())
        .chain(report.stood_in())
        .chain(report.made_up_in_words())
        .chain(before)
        .chain(report.all_failed())
        .chain(report.unserved());
    std::iter::once(report.outcome_in_words())
        .chain(left_out)
        .collect::<Vec<_>>()
        .join("; ")
}

/// What was answered with an error's status before the update, in words: `before the update Orders answered 500 to 60 requests`.
fn before_the_update(answered: &BTreeMap<(String, u16), u64>) -> Vec<String> {
    answered
        .iter()
        .map(|((function, status), count)| {
            let requests = counted(usize::try_from(*count).unwrap_or(usize::MAX), "request");
            format!("before the update {function} answered {status} to {requests}")
        })
        .collect()
}

/// The gates that waited for what no function sent, in words.
pub(crate) fn without_data(gates: &[String]) -> Option<String> {
    let names = gates.join(", ");
    (!gates.is_empty()).then(|| format!("nothing was ever sent that {names} waits for"))
}

/// The functions of a plan for which stubs stand. One whose place another takes has the same logical id.
fn stubs(plan: &Plan) -> Vec<String> {
    let is_stub = |id: &&String| {
        [Revision::Before, Revision::After]
            .into_iter()
            .any(|revision| plan.stubs.of(id, revision).is_some())
    };
    let mut stubs: Vec<String> = plan
        .functions
        .keys()
        .filter(is_stub)
        .map(|id| logical_id_of(id).to_owned())
        .collect();
    stubs.dedup();
    stubs
}
