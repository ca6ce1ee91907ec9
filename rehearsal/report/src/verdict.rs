//! The verdict: the outcome in a line, with what was left out of it.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::service::Service;
use rehearsal_deployment::event::NOT_SERVED;
use rehearsal_template::counted;

use crate::deployment::DeploymentReport;
use crate::fold::Report;
use crate::gate::left_out;

impl Report {
    /// The outcome, with what was left out of it, and the errors' statuses that were answered before the update. A gate that several
    /// deployments name is counted for each.
    pub(crate) fn in_a_line(&self, answered_before: &BTreeMap<(String, u16), u64>) -> String {
        let deployments = self.deployments.iter();
        let gates = deployments.flat_map(|deployment| &deployment.gates);
        let left_on_two = self.deployments.iter();
        let left_on_two = left_on_two.filter_map(DeploymentReport::left_on_two_versions);
        let left_out = left_on_two
            .chain(left_out(gates))
            .chain(without_data(&self.gates_without_data))
            .chain(self.denied())
            .chain(self.stood_in())
            .chain(self.made_up_in_words())
            .chain(self.ran_without())
            .chain(self.not_rehearsed_here())
            .chain(before_the_update(answered_before))
            .chain(self.none_reached())
            .chain(self.all_failed())
            .chain(self.unserved());
        std::iter::once(self.outcome_in_words())
            .chain(left_out)
            .collect::<Vec<_>>()
            .join("; ")
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

    /// The variables that functions ran without, in words: `not set: KEY of Orders`. `None` where there was none.
    pub(crate) fn ran_without(&self) -> Option<String> {
        let names = self.unset_variables.join(", ");
        (!names.is_empty()).then(|| format!("not set: {names}"))
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

    /// The deployments of stacks inside this one, in words: `not rehearsed is the deployment Network/Orders`. `None` where there is none.
    pub(crate) fn not_rehearsed_here(&self) -> Option<String> {
        let names = self.nested_deployments.join(", ");
        match self.nested_deployments.len() {
            0 => None,
            1 => Some(format!("not rehearsed is the deployment {names}")),
            _ => Some(format!("not rehearsed are the deployments {names}")),
        }
    }

    /// The deployments that succeeded though no live request reached their new version, in words. `None` where there was none.
    fn none_reached(&self) -> Option<String> {
        let deployments = self.deployments.iter();
        let words: Vec<_> = deployments
            .filter_map(DeploymentReport::none_reached)
            .collect();
        (!words.is_empty()).then(|| words.join("; "))
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
