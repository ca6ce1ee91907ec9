//! The events folded into the report that people and tools read. The JSON shape is a contract.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::event::{
    CallBetweenInvocations, Event, Evidence, Happening, InvocationOutcome,
};
use rehearsal_deployment::plan::{Function, NotPermitted, NotRehearsed, Plan};
use rehearsal_deployment::{Changing, Revision};
use serde::{Deserialize, Serialize};

use crate::alarm::{AlarmReport, Transition};
use crate::deployment::DeploymentFold;
use crate::entry::{Entries, TimelineEntry};
use crate::failures::{Failed, FailureReport, Failures};
use crate::infrastructure::InfrastructureFold;
use crate::minutes::Served;
use crate::reservation::{Untold, in_a_line};
use crate::stubs::{self, StubVersion};
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
    /// The deployments of stacks inside this one, which are not rehearsed with it: `Network/Orders`.
    #[serde(default)]
    pub nested_deployments: Vec<String>,
    /// The logical ids of the functions for which stubs stood, in one version or both: their code did not run.
    pub stubs: Vec<String>,
    /// Of which version each of them stood for the code.
    #[serde(default)]
    pub stub_versions: Vec<StubVersion>,
    /// The values that were made up, for none was given: `parameter Stage`, `import network-SecurityGroup`.
    #[serde(default)]
    pub made_up: Vec<String>,
    /// The variables that only AWS knows, and functions ran without: `KEY of Orders`.
    #[serde(default)]
    pub unset_variables: Vec<String>,
    /// What the deployments need and AWS does not permit, as far as the template tells. A rehearsal checks no permissions, so that the
    /// outcome does not count it.
    #[serde(default)]
    pub not_permitted: Vec<NotPermitted>,
    /// The first call of each function that called a service after it had answered.
    #[serde(default)]
    pub called_between_invocations: Vec<CallBetweenInvocations>,
    /// The logical ids of the functions of which processes ran that could write outside `/tmp`.
    #[serde(default)]
    pub not_confined: Vec<String>,
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
    /// What the update brings and nobody asks for.
    not_asked: Vec<String>,
    not_compared: BTreeSet<String>,
    /// The routes that change in the template alone.
    not_deployed: Vec<String>,
    built_alike: BTreeSet<String>,
    /// The functions that are slow on this machine.
    slow: Vec<String>,
    /// The gates that look at modelled durations.
    on_durations: BTreeSet<String>,
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
        let stub_versions = stubs::of(plan);
        Self {
            report: Report {
                update: UpdateReport {
                    name: name.to_owned(),
                    outcome: DeploymentStatus::Succeeded,
                    verdict: String::new(),
                    reservations: Vec::new(),
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
                    alarms_not_met: Vec::new(),
                    virtual_seconds: 0.0,
                    wall_seconds: 0.0,
                },
                timeline: Vec::new(),
                recursion_stopped: Vec::new(),
                nested_deployments: plan.nested_deployments.clone(),
                stubs: stubs::functions(&stub_versions),
                stub_versions,
                made_up: Vec::new(),
                unset_variables: unset_variables(plan),
                not_permitted: plan.not_permitted.clone(),
                called_between_invocations: Vec::new(),
                not_confined: Vec::new(),
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
            not_asked: Vec::new(),
            not_compared: BTreeSet::new(),
            not_deployed: plan.not_deployed.clone(),
            built_alike: BTreeSet::new(),
            slow: Vec::new(),
            on_durations: plan.gates_on_durations(),
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

    /// The same with what the update brings and nobody asks for: `GET /refunds of Api`.
    #[must_use]
    pub fn without_asking_for(self, not_asked: Vec<String>) -> Self {
        Self { not_asked, ..self }
    }

    /// The same with the functions whose code was taken for changed, for nothing says whether it is.
    #[must_use]
    pub fn without_comparing(self, functions: &BTreeSet<String>) -> Self {
        Self {
            not_compared: functions.clone(),
            ..self
        }
    }

    /// The same with the functions whose files differ and of which the same was built, so that they are not deployed.
    #[must_use]
    pub fn with_built_alike(self, functions: &BTreeSet<String>) -> Self {
        Self {
            built_alike: functions.clone(),
            ..self
        }
    }

    /// A function error of a live request, as the report has it when its turn comes in virtual time.
    pub fn failure(
        &self,
        (function, version): (&str, &str),
        kind: usize,
        outcome: InvocationOutcome,
        evidence: &Evidence,
    ) -> FailureReport {
        self.failures.report(&Failed {
            arrived: self.end,
            function,
            version,
            kind,
            outcome,
            status: None,
            evidence,
        })
    }

    /// Whether the update has begun.
    pub fn has_begun(&self) -> bool {
        self.is_begun
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
            Happening::AlarmsNotMet { alarms } => self.report.alarms_not_met.clone_from(alarms),
            Happening::NotPermitted { denied } => {
                self.report.not_permitted.extend(denied.iter().cloned());
            }
            Happening::CalledBetweenInvocations { calls } => {
                self.report.called_between_invocations.clone_from(calls);
            }
            Happening::NotConfined { functions } => self.report.not_confined.clone_from(functions),
            Happening::SlowHere { functions } => self.slow.clone_from(functions),
            Happening::MadeUp { values } => self.report.made_up.extend(values.iter().cloned()),
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
            mut answered_badly,
            may_fail_before,
            not_asked,
            not_compared,
            not_deployed,
            built_alike,
            slow,
            on_durations,
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
        if may_fail_before {
            answered_badly.clear();
        }
        report.reservations = report.make_reservations(&Untold {
            answered_before: &answered_badly,
            not_asked: &not_asked,
            not_compared: &not_compared,
            not_deployed: &not_deployed,
            built_alike: &built_alike,
            slow: &slow,
            on_durations: &on_durations,
        });
        report.verdict = in_a_line(report.outcome_in_words(), &report.reservations);
        report.infrastructure = infrastructure.steps().to_vec();
        report.virtual_seconds = end.as_seconds();
        report
    }
}

/// The variables that functions of a plan run without, but for stubs: they need none.
fn unset_variables(plan: &Plan) -> Vec<String> {
    let runs = |(id, function): (&String, &Changing<Function>)| {
        let revisions = [
            (Revision::Before, function.before.as_ref()),
            (Revision::After, function.after.as_ref()),
        ];
        let unset = revisions.into_iter().flat_map(|(revision, function)| {
            let function = function.filter(|_| plan.stubs.of(id, revision).is_none());
            function.map_or(&[][..], |function| &function.unset_variables)
        });
        unset.cloned().collect::<BTreeSet<String>>()
    };
    let all: BTreeSet<String> = plan.functions.iter().flat_map(runs).collect();
    all.into_iter().collect()
}
