//! What came of a release: the reports of its updates made one.

use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::plan::NotRehearsedKind;

use crate::fold::Report;
use crate::reservation::{Reservation, in_a_line};
use crate::update::{ReleaseUpdate, UpdateReport};

fn update(report: &Report, began: VirtualTime) -> ReleaseUpdate {
    let mut update = report.update.clone();
    update.virtual_seconds -= began.as_seconds();
    ReleaseUpdate {
        report: update,
        begins_at_seconds: began.as_seconds(),
    }
}

impl Report {
    /// The report of a release, from those of its updates in order, each with the moment at which it began. Its outcome, deployments
    /// and alarms are the last one's; whether it is as expected, and what differs, is of all. `None` where there is no update.
    pub fn of_release(name: &str, updates: &[(VirtualTime, Self)]) -> Option<Self> {
        let (_, last) = updates.last()?;
        let mut release = Self {
            updates: updates
                .iter()
                .map(|(began, report)| update(report, *began))
                .collect(),
            ..last.clone()
        };
        name.clone_into(&mut release.name);
        let all = || updates.iter().map(|(_, report)| report);
        release.as_expected = all().all(|report| report.as_expected);
        release.differences = all()
            .flat_map(|report| {
                let differences = report.differences.iter();
                differences.map(|difference| format!("{}: {difference}", report.name))
            })
            .collect();
        release.expectations = all()
            .flat_map(|report| report.expectations.clone())
            .collect();
        release.reservations = reservations(&release);
        release.verdict = in_a_line(last.outcome_in_words(), &release.reservations);
        release.timeline = all().flat_map(|report| report.timeline.clone()).collect();
        release.failures = all().flat_map(|report| report.failures.clone()).collect();
        release.refused_calls = all()
            .flat_map(|report| report.refused_calls.clone())
            .collect();
        release.infrastructure = all()
            .flat_map(|report| report.infrastructure.clone())
            .collect();
        release.errors_past_alias = all().map(|report| report.errors_past_alias).sum();
        release.alarms_not_met = united(all().map(|report| &report.alarms_not_met));
        release.gates_without_data = united(all().map(|report| &report.gates_without_data));
        release.recursion_stopped = united(all().map(|report| &report.recursion_stopped));
        release.nested_deployments = united(all().map(|report| &report.nested_deployments));
        release.not_permitted = united(all().map(|report| &report.not_permitted));
        release.called_between_invocations =
            united(all().map(|report| &report.called_between_invocations));
        release.not_confined = united(all().map(|report| &report.not_confined));
        release.stubs = united(all().map(|report| &report.stubs));
        release.stub_versions = united(all().map(|report| &report.stub_versions));
        release.made_up = united(all().map(|report| &report.made_up));
        release.unset_variables = united(all().map(|report| &report.unset_variables));
        release.not_rehearsed = united(all().map(|report| &report.not_rehearsed));
        // A function that one update leads to has a part in the release.
        release.not_rehearsed.retain(|left_out| {
            left_out.kind != NotRehearsedKind::NotReached
                || all().all(|report| report.not_rehearsed.contains(left_out))
        });
        release.wall_seconds = all().map(|report| report.wall_seconds).sum();
        Some(release)
    }

    /// Its updates, each as a report of its own, named by the release and the update; itself, where it is one.
    pub fn each_update(&self) -> Vec<Self> {
        if self.updates.is_empty() {
            return vec![self.clone()];
        }
        let updates = self.updates.iter().map(|update| {
            let begin = update.begins_at_seconds;
            let span = begin..=begin + update.report.virtual_seconds;
            let timeline = self.timeline.iter();
            let timeline = timeline.filter(|entry| span.contains(&entry.at_seconds));
            Self {
                update: UpdateReport {
                    name: format!("{}: {}", self.name, update.report.name),
                    ..update.report.clone()
                },
                timeline: timeline.cloned().collect(),
                updates: Vec::new(),
                ..self.clone()
            }
        });
        updates.collect()
    }

    /// What differs in the release itself, and in none of its updates.
    pub fn differences_of_release(&self) -> Vec<&str> {
        let of_updates = |difference: &str| {
            self.updates.iter().any(|update| {
                let named = difference.strip_prefix(&update.report.name);
                let own = named.and_then(|rest| rest.strip_prefix(": "));
                own.is_some_and(|own| update.report.differences.iter().any(|one| one == own))
            })
        };
        let differences = self.differences.iter().map(String::as_str);
        differences
            .filter(|difference| !self.updates.is_empty() && !of_updates(difference))
            .collect()
    }
}

/// The last update's, and those of the others that not all of them have.
fn reservations(release: &Report) -> Vec<Reservation> {
    let Some((last, others)) = release.updates.split_last() else {
        return release.reservations.clone();
    };
    let of_all = |one: &Reservation| {
        let mut updates = release.updates.iter();
        updates.all(|update| update.report.reservations.contains(one))
    };
    let of_others = others.iter().flat_map(|update| {
        let own = update.report.reservations.iter();
        own.filter(|one| !of_all(one)).map(|one| Reservation {
            update: Some(update.report.name.clone()),
            ..one.clone()
        })
    });
    let last = last.report.reservations.iter().cloned();
    last.chain(of_others).collect()
}

/// What is in any of the lists, once each.
fn united<'a, T: Clone + PartialEq + 'a>(lists: impl Iterator<Item = &'a Vec<T>>) -> Vec<T> {
    let mut all = Vec::new();
    for item in lists.flatten() {
        if !all.contains(item) {
            all.push(item.clone());
        }
    }
    all
}
