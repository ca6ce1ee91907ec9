//! The verdict: the outcome in a line, with what makes it less.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_aws::service::{NOT_ITS_OWN, NOT_SIGNED, Service};
use rehearsal_deployment::event::NOT_SERVED;
use rehearsal_template::counted;
use rehearsal_template::stack::NotRehearsedKind;

use crate::deployment::DeploymentReport;
use crate::fold::Report;
use crate::gate::not_judged;
use crate::reservation::{Reservation, ReservationKind, Untold, in_a_line};
use crate::stubs::StubbedVersion;
use crate::update::UpdateReport;

impl Report {
    /// All that makes the outcome less, in the order of the kinds. A gate that several deployments name is counted for each.
    pub(crate) fn make_reservations(&self, untold: &Untold<'_>) -> Vec<Reservation> {
        let of_each = |of: fn(&DeploymentReport) -> Option<Reservation>| {
            let found = self.deployments.iter().filter_map(of);
            found.collect::<Vec<_>>()
        };
        let gates = self
            .deployments
            .iter()
            .flat_map(|deployment| &deployment.gates);
        let list = |kind, names: &[String]| Reservation::of(kind, names.to_vec());
        let no_deployment = self.deployments.is_empty() && self.update_failed.is_none();
        no_deployment
            .then(|| Reservation::of_update(ReservationKind::NoDeployment))
            .into_iter()
            .chain(of_each(DeploymentReport::left_on_two_versions))
            .chain(not_judged(gates))
            .chain(list(
                ReservationKind::GatesWithoutData,
                &self.gates_without_data,
            ))
            .chain(self.slow_here(untold))
            .chain(list(ReservationKind::AlarmsNotMet, &self.alarms_not_met))
            .chain(self.denied())
            .chain(self.called_between())
            .chain(list(ReservationKind::NotConfined, &self.not_confined))
            .chain(self.stood_in())
            .chain(list(ReservationKind::MadeUp, &self.made_up))
            .chain(self.taken_for_changed(untold.not_compared))
            .chain(each_once(
                ReservationKind::BuiltAlike,
                untold.built_alike.iter().cloned(),
            ))
            .chain(list(ReservationKind::NotAsked, untold.not_asked))
            .chain(list(ReservationKind::NotDeployed, untold.not_deployed))
            .chain(list(ReservationKind::NotSet, &self.unset_variables))
            .chain(self.without_part())
            .chain(list(
                ReservationKind::NestedDeployments,
                &self.nested_deployments,
            ))
            .chain(failed_before(untold.answered_before))
            .chain(none_reached(&self.deployments))
            .chain(of_each(DeploymentReport::all_failed))
            .chain(self.nothing_stopped(&self.deployments))
            .chain(self.other_versions())
            .chain(self.unserved())
            .collect()
    }

    /// The outcome of one of its deployments, in these words, with what was left out of it alone: what is the whole update's stands in its
    /// verdict.
    pub(crate) fn of_deployment(&self, outcome: String, deployment: &DeploymentReport) -> String {
        let own = deployment.gates.iter().map(|gate| &gate.alarm);
        let without = own.filter(|gate| self.gates_without_data.contains(gate));
        let without = without.cloned().collect();
        let one = || std::iter::once(deployment);
        let reservations = one()
            .filter_map(DeploymentReport::left_on_two_versions)
            .chain(not_judged(&deployment.gates))
            .chain(Reservation::of(ReservationKind::GatesWithoutData, without))
            .chain(none_reached(std::slice::from_ref(deployment)))
            .chain(one().filter_map(DeploymentReport::all_failed))
            .chain(self.nothing_stopped(std::slice::from_ref(deployment)));
        in_a_line(outcome, &reservations.collect::<Vec<_>>())
    }

    /// The deployments of functions whose code may be what runs already.
    fn taken_for_changed(&self, not_compared: &BTreeSet<String>) -> Option<Reservation> {
        let deployed = self.deployments.iter();
        let names = deployed.map(|deployment| deployment.function.clone());
        let kind = ReservationKind::NotCompared;
        each_once(
            kind,
            names.filter(|function| not_compared.contains(function)),
        )
    }

    /// The new versions that failed requests and that nothing stopped. A stub that fails says nothing of the version that it stands
    /// for.
    fn nothing_stopped(&self, deployments: &[DeploymentReport]) -> Vec<Reservation> {
        let deployments = deployments.iter();
        let with_code = deployments
            .filter(|deployment| !self.was_stub(&deployment.function, StubbedVersion::New));
        with_code
            .filter_map(DeploymentReport::nothing_stopped)
            .collect()
    }

    /// The functions that are slow here, where gates on durations let a version pass: what they judged is modelled, and none of it was measured.
    fn slow_here(&self, untold: &Untold<'_>) -> Option<Reservation> {
        let deployments = self.deployments.iter();
        let succeeded = deployments.filter(|one| one.status == DeploymentStatus::Succeeded);
        let gates = succeeded.flat_map(|deployment| &deployment.gates);
        let gates: BTreeSet<&str> = gates
            .map(|gate| gate.alarm.as_str())
            .filter(|alarm| untold.on_durations.contains(*alarm))
            .collect();
        let gates: Vec<_> = gates.into_iter().collect();
        (!gates.is_empty() && !untold.slow.is_empty()).then(|| {
            let names = untold.slow.to_vec();
            let gates = gates.join(", ");
            Reservation::with(ReservationKind::SlowHere, names, &[("gates", &gates)])
        })
    }

    /// What AWS would not permit: `PreTrafficHook (hook-without-prefix)`.
    fn denied(&self) -> Option<Reservation> {
        let denied = self.not_permitted.iter();
        let names = denied.map(|denied| format!("{} ({})", denied.logical_id, denied.code));
        each_once(ReservationKind::NotPermitted, names)
    }

    /// The runtimes whose functions interpreters of another version ran: `nodejs22.x (Node.js 20.11.0)`.
    fn other_versions(&self) -> Option<Reservation> {
        let left_out = self.not_rehearsed.iter();
        let ran = left_out.filter_map(|item| item.other_version.as_ref());
        let names = ran.map(|version| format!("{} ({})", version.runtime, version.interpreter));
        each_once(ReservationKind::OtherVersions, names)
    }

    fn called_between(&self) -> Option<Reservation> {
        let calls = self.called_between_invocations.iter();
        let names = calls.map(|call| call.function.clone());
        each_once(ReservationKind::CalledBetweenInvocations, names)
    }

    /// What of the template had no part, and is of a kind that counts.
    fn without_part(&self) -> impl Iterator<Item = Reservation> {
        ReservationKind::ALL.iter().filter_map(|kind| {
            let left_out = self.not_rehearsed.iter();
            let of_kind = left_out.filter(|item| counts_as(item.kind) == Some(*kind));
            each_once(*kind, of_kind.map(|item| item.name().to_owned()))
        })
    }

    /// The services that functions called in vain: `s3`; of one that is served, the operation; of a call that is not signed, the host.
    fn unserved(&self) -> Option<Reservation> {
        let in_vain = self.refused_calls.iter();
        let names = in_vain.filter_map(|call| {
            let service = &call.service;
            Some(match call.code.as_str() {
                NOT_SERVED if Service::from_name(service).is_some() => {
                    format!("{} of {service}", call.operation)
                }
                NOT_SERVED => service.clone(),
                NOT_SIGNED => format!("{service} without a signature"),
                NOT_ITS_OWN => format!("{service} with other credentials"),
                _ => return None,
            })
        });
        each_once(ReservationKind::NotServed, names)
    }

    /// The verdict where there is little room: the outcome, and what was left out of it without too many names.
    pub(crate) fn verdict_in_short(&self) -> String {
        let short = self.reservations.iter().map(|reservation| Reservation {
            text: reservation.in_short(),
            ..reservation.clone()
        });
        in_a_line(self.outcome_in_words(), &short.collect::<Vec<_>>())
    }
}

impl UpdateReport {
    /// The outcome, with what led to it where that is no deployment.
    pub(crate) fn outcome_in_words(&self) -> String {
        let outcome = self.outcome;
        match &self.update_failed {
            Some(failed) => format!(
                "{outcome}{}: {}: {}",
                self.when_it_failed(),
                failed.logical_id,
                failed.reason
            ),
            None => outcome.to_string(),
        }
    }

    /// When it failed by itself, in words that follow those of its outcome.
    pub(crate) fn when_it_failed(&self) -> &'static str {
        if self.deployments.is_empty() {
            " before any deployment"
        } else {
            ""
        }
    }
}

/// What something without a part in a rehearsal makes of its outcome.
fn counts_as(kind: NotRehearsedKind) -> Option<ReservationKind> {
    match kind {
        // Of another version its runtime is named, which is not its name.
        NotRehearsedKind::Other | NotRehearsedKind::NotReached | NotRehearsedKind::OtherVersion => {
            None
        }
        NotRehearsedKind::Rule => Some(ReservationKind::RulesNotJudged),
        NotRehearsedKind::NotExpanded => Some(ReservationKind::NotExpanded),
        NotRehearsedKind::StageCanary => Some(ReservationKind::StageCanaries),
        NotRehearsedKind::UnknownWeights => Some(ReservationKind::UnknownWeights),
        NotRehearsedKind::RunWithVersions => Some(ReservationKind::CustomResources),
        NotRehearsedKind::WithoutLayers => Some(ReservationKind::WithoutLayers),
        NotRehearsedKind::WithoutExtensions => Some(ReservationKind::WithoutExtensions),
        NotRehearsedKind::WithoutWrapper => Some(ReservationKind::WithoutWrapper),
        NotRehearsedKind::WithoutFiles => Some(ReservationKind::WithoutFiles),
    }
}

/// The functions whose new version no live request met, though their deployment succeeded, in one.
fn none_reached(deployments: &[DeploymentReport]) -> Option<Reservation> {
    let found = deployments.iter().filter(|one| one.none_reached());
    let names = found.map(|one| one.function.clone()).collect();
    Reservation::of(ReservationKind::NoRequestReached, names)
}

/// What was answered with an error's status before the update.
fn failed_before(answered: &BTreeMap<(String, u16), u64>) -> impl Iterator<Item = Reservation> {
    answered.iter().map(|((function, status), count)| {
        let requests = counted(usize::try_from(*count).unwrap_or(usize::MAX), "request");
        let numbers: [(&str, &dyn std::fmt::Display); 2] =
            [("status", status), ("requests", &requests)];
        Reservation::with(
            ReservationKind::FailedBefore,
            vec![function.clone()],
            &numbers,
        )
    })
}

/// A reservation with each name once; `None` where there is no name.
fn each_once(kind: ReservationKind, names: impl Iterator<Item = String>) -> Option<Reservation> {
    let names: BTreeSet<_> = names.collect();
    Reservation::of(kind, Vec::from_iter(names))
}

impl Report {
    /// Whether the code of a function's version did not run.
    pub(crate) fn was_stub(&self, function: &str, version: StubbedVersion) -> bool {
        let mut stubs = self.stub_versions.iter();
        stubs.any(|stub| stub.function == function && stub.version == version)
    }

    /// The functions for which stubs stood, by the version that had no code.
    pub(crate) fn stood_in(&self) -> Vec<Reservation> {
        let of = |kind, (old, new): (bool, bool)| {
            let is_so = |function: &&String| {
                let was = |version| self.was_stub(function, version);
                (was(StubbedVersion::Old), was(StubbedVersion::New)) == (old, new)
            };
            let functions = self.stubs.iter().filter(is_so);
            Reservation::of(kind, functions.cloned().collect())
        };
        [
            of(ReservationKind::Stubs, (true, true)),
            of(ReservationKind::StubsOfOld, (true, false)),
            of(ReservationKind::StubsOfNew, (false, true)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
