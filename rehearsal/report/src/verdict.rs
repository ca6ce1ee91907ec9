//! The verdict: the outcome in a line, with what was left out of it.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::service::{NOT_ITS_OWN, NOT_SIGNED, Service};
use rehearsal_deployment::event::NOT_SERVED;
use rehearsal_template::counted;
use rehearsal_template::stack::NotRehearsed;

use crate::deployment::DeploymentReport;
use crate::fold::Report;
use crate::gate::left_out;

/// The most names of a list where there is little room.
const MOST_NAMES: usize = 3;
/// The longest name there, in characters.
const LONGEST_NAME: usize = 48;

impl Report {
    /// The outcome, with what was left out of it, and the errors' statuses that were answered before the update. A gate that several
    /// deployments name is counted for each.
    pub(crate) fn in_a_line(&self, answered_before: &BTreeMap<(String, u16), u64>) -> String {
        let reservations = self.reservations(before_the_update(answered_before));
        with_reservations(self.outcome_in_words(), reservations)
    }

    /// The outcome of one of its deployments, in these words, with what was left out of it alone: what is the whole update's stands in its
    /// verdict.
    pub(crate) fn of_deployment(&self, outcome: String, deployment: &DeploymentReport) -> String {
        let own = deployment.gates.iter().map(|gate| &gate.alarm);
        let without: Vec<_> = own
            .filter(|gate| self.gates_without_data.contains(gate))
            .cloned()
            .collect();
        let one = || std::iter::once(deployment);
        let reservations = one()
            .filter_map(DeploymentReport::left_on_two_versions)
            .chain(left_out(&deployment.gates))
            .chain(without_data(&without))
            .chain(one().filter_map(DeploymentReport::none_reached))
            .chain(one().filter_map(DeploymentReport::all_failed))
            .chain(self.failed_unseen(std::slice::from_ref(deployment)));
        with_reservations(outcome, reservations.collect())
    }

    /// All that makes a success of deployments less than one: what was not judged, run or known, each in words.
    fn reservations(&self, before_the_update: Vec<String>) -> Vec<String> {
        let of_each = |words: fn(&DeploymentReport) -> Option<String>| {
            self.deployments
                .iter()
                .filter_map(words)
                .collect::<Vec<_>>()
        };
        let gates = self
            .deployments
            .iter()
            .flat_map(|deployment| &deployment.gates);
        of_each(DeploymentReport::left_on_two_versions)
            .into_iter()
            .chain(left_out(gates))
            .chain(without_data(&self.gates_without_data))
            .chain(self.unmet())
            .chain(self.denied())
            .chain(self.stood_in())
            .chain(listed(&self.made_up, |names| format!("made up: {names}")))
            .chain(listed(&self.unset_variables, |names| {
                format!("not set: {names}")
            }))
            .chain(self.rules_not_judged())
            .chain(self.named(NotRehearsed::not_expanded, "not expanded"))
            .chain(self.named(
                NotRehearsed::stage_canary,
                "no canary of a stage was rehearsed",
            ))
            .chain(self.named(
                NotRehearsed::without_layers,
                "without layers that are not here",
            ))
            .chain(self.named(
                NotRehearsed::run_with_versions,
                "not run with the new version",
            ))
            .chain(self.not_rehearsed_here())
            .chain(before_the_update)
            .chain(of_each(DeploymentReport::none_reached))
            .chain(of_each(DeploymentReport::all_failed))
            .chain(self.failed_unseen(&self.deployments))
            .chain(self.unserved())
            .collect()
    }

    /// The new versions that failed requests and that nothing stopped, in words. A stub that answers well says nothing of the version
    /// that it stands for.
    fn failed_unseen(&self, deployments: &[DeploymentReport]) -> Vec<String> {
        let deployments = deployments.iter();
        let with_code = deployments.filter(|deployment| !self.stubs.contains(&deployment.function));
        with_code
            .filter_map(DeploymentReport::failed_unseen)
            .collect()
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

    /// The given alarms that no deployment met, in words: `Feed, given as in ALARM, was not while a deployment ran`.
    fn unmet(&self) -> Option<String> {
        let is_plural = self.alarms_not_met.len() > 1;
        listed(&self.alarms_not_met, |names| {
            let were = if is_plural { "were" } else { "was" };
            format!("{names}, given as in ALARM, {were} not while a deployment ran")
        })
    }

    /// The stubs in words: `a stub stood for Ledger`. `None` where there was none.
    fn stood_in(&self) -> Option<String> {
        let names = self.stubs.join(", ");
        match self.stubs.len() {
            0 => None,
            1 => Some(format!("a stub stood for {names}")),
            _ => Some(format!("stubs stood for {names}")),
        }
    }

    /// What AWS would not permit, in words: `not permitted on AWS: PreTrafficHook (hook-without-prefix)`. `None` where there is nothing.
    fn denied(&self) -> Option<String> {
        let names: BTreeSet<String> = self
            .not_permitted
            .iter()
            .map(|denied| format!("{} ({})", denied.logical_id, denied.code))
            .collect();
        listed(&Vec::from_iter(names), |names| {
            format!("not permitted on AWS: {names}")
        })
    }

    /// The rules of the template that were not judged, in words: `rules not judged: SubnetsInVpc`. `None` where there is none.
    fn rules_not_judged(&self) -> Option<String> {
        let rules = self.not_rehearsed.iter();
        let rules = rules.filter(|left_out| left_out.r#type == NotRehearsed::RULE);
        let names: Vec<_> = rules.map(|rule| rule.logical_id.clone()).collect();
        listed(&names, |names| format!("rules not judged: {names}"))
    }

    /// What of the template had no part, of a kind that counts, each name once, in words: `without layers that are not here: Orders`. `None`
    /// where there is none.
    fn named(&self, of: fn(&NotRehearsed) -> Option<&str>, words: &str) -> Option<String> {
        let names: BTreeSet<_> = self.not_rehearsed.iter().filter_map(of).collect();
        let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
        listed(&names, |names| format!("{words}: {names}"))
    }

    /// The deployments of stacks inside this one, in words: `not rehearsed is the deployment Network/Orders`. `None` where there is none.
    fn not_rehearsed_here(&self) -> Option<String> {
        let names = self.nested_deployments.join(", ");
        match self.nested_deployments.len() {
            0 => None,
            1 => Some(format!("not rehearsed is the deployment {names}")),
            _ => Some(format!("not rehearsed are the deployments {names}")),
        }
    }

    /// The services that functions called in vain, in words: `no one served s3, sns`; of one that is served, the operation; of a call that is
    /// not signed, the host. `None` where there was none.
    pub(crate) fn unserved(&self) -> Option<String> {
        let in_vain = self.refused_calls.iter();
        let names: BTreeSet<String> = in_vain
            .filter_map(|call| {
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
            })
            .collect();
        listed(&Vec::from_iter(names), |names| {
            format!("no one served {names}")
        })
    }

    /// The verdict where there is little room: the outcome, and what was left out of it without too many names.
    pub(crate) fn verdict_in_short(&self) -> String {
        with_reservations(self.outcome_in_words(), self.left_out_in_short())
    }

    /// What the verdict names beside the outcome, each without too many names.
    pub(crate) fn left_out_in_short(&self) -> Vec<String> {
        let outcome = self.outcome_in_words();
        let rest = self.verdict.strip_prefix(outcome.as_str());
        let rest = rest.unwrap_or(&self.verdict).trim_start_matches("; ");
        rest.split_terminator("; ").map(in_short).collect()
    }
}

/// A list of more names than [`MOST_NAMES`] with the first of them and how many more there are, and without the middle of those that are
/// very long. Of gates that were not judged none is left away.
pub(crate) fn in_short(item: &str) -> String {
    if item.contains(" not judged (") {
        return item.to_owned();
    }
    let names: Vec<_> = item.split(", ").collect();
    // One more is no longer than to say so.
    let is_short = names.len() <= MOST_NAMES + 1;
    let shown = if is_short { names.len() } else { MOST_NAMES };
    let list: Vec<_> = names[..shown]
        .iter()
        .map(|name| without_middle(name))
        .collect();
    match names.len() - shown {
        0 => list.join(", "),
        more => format!("{} and {more} more", list.join(", ")),
    }
}

/// Text whose long words have lost their middles: `{{resolve:secretsmanager…etString:DT_CLUSTER_ID}}`.
fn without_middle(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let letters: Vec<char> = word.chars().collect();
        if letters.len() <= LONGEST_NAME {
            return word.to_owned();
        }
        let half = LONGEST_NAME / 2;
        let ends = [&letters[..half], &letters[letters.len() - half..]];
        ends.map(String::from_iter).join("…")
    });
    words.collect::<Vec<_>>().join(" ")
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

/// An outcome, and after it what makes it less.
fn with_reservations(outcome: String, reservations: Vec<String>) -> String {
    std::iter::once(outcome)
        .chain(reservations)
        .collect::<Vec<_>>()
        .join("; ")
}

/// The gates that never had data, in words. `None` where there is none.
fn without_data(gates: &[String]) -> Option<String> {
    let waits = if gates.len() == 1 { "waits" } else { "wait" };
    listed(gates, |names| {
        format!("nothing was ever sent that {names} {waits} for")
    })
}

/// Names in words; `None` where there is none.
fn listed(names: &[String], words: impl FnOnce(String) -> String) -> Option<String> {
    (!names.is_empty()).then(|| words(names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_and_long_names_are_cut_and_gates_never() {
        assert_eq!(in_short("made up: A, B, C, D"), "made up: A, B, C, D");
        assert_eq!(
            in_short("made up: A, B, C, D, E"),
            "made up: A, B, C and 2 more"
        );
        let gates = "5 of 5 alarms were not judged (A, B, C, D, E)";
        assert_eq!(in_short(gates), gates);
        let long = format!(
            "made up: {{{{resolve:secretsmanager:{}:TENANT}}}}",
            "x".repeat(60)
        );
        let cut = in_short(&long);
        assert!(
            cut.starts_with("made up: {{resolve:secretsmanager") && cut.ends_with("x:TENANT}}")
        );
        assert_eq!(cut.chars().count(), "made up: ".len() + LONGEST_NAME + 1);
    }
}
