//! What came of a release: the reports of its updates made one.

use rehearsal_aws::time::VirtualTime;

use crate::fold::Report;
use crate::update::UpdateReport;

fn update(report: &Report, began: VirtualTime) -> UpdateReport {
    let report = report.clone();
    UpdateReport {
        name: report.name,
        outcome: report.outcome,
        verdict: report.verdict,
        expected: report.expected,
        as_expected: report.as_expected,
        differences: report.differences,
        expectations: report.expectations,
        update_failed: report.update_failed,
        deployments: report.deployments,
        not_begun: report.not_begun,
        failures: report.failures,
        refused_calls: report.refused_calls,
        errors_past_alias: report.errors_past_alias,
        infrastructure: report.infrastructure,
        alarms: report.alarms,
        faults_acted: report.faults_acted,
        begins_at_seconds: began.as_seconds(),
        virtual_seconds: report.virtual_seconds - began.as_seconds(),
    }
}

impl Report {
    /// The report of a release, from those of its updates in order, each with the moment at which it began. Its outcome, deployments
    /// and alarms are the last one's; whether it is as expected, and what differs, is of all. `None` where there is no update.
    pub fn of_release(name: &str, updates: &[(VirtualTime, Self)]) -> Option<Self> {
        let (_, last) = updates.last()?;
        let mut release = Self {
            name: name.to_owned(),
            updates: updates
                .iter()
                .map(|(began, report)| update(report, *began))
                .collect(),
            ..last.clone()
        };
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
        release.verdict = verdict(&release);
        release.timeline = all().flat_map(|report| report.timeline.clone()).collect();
        release.failures = all().flat_map(|report| report.failures.clone()).collect();
        release.refused_calls = all()
            .flat_map(|report| report.refused_calls.clone())
            .collect();
        release.infrastructure = all()
            .flat_map(|report| report.infrastructure.clone())
            .collect();
        release.errors_past_alias = all().map(|report| report.errors_past_alias).sum();
        release.recursion_stopped = united(all().map(|report| &report.recursion_stopped));
        release.not_permitted = united(all().map(|report| &report.not_permitted));
        release.stubs = united(all().map(|report| &report.stubs));
        release.not_rehearsed = united(all().map(|report| &report.not_rehearsed));
        release.wall_seconds = all().map(|report| report.wall_seconds).sum();
        Some(release)
    }

    /// Its updates, each as a report of its own, named by the release and the update; itself, where it is one.
    pub fn each_update(&self) -> Vec<Self> {
        if self.updates.is_empty() {
            return vec![self.clone()];
        }
        let updates = self.updates.iter().map(|update| {
            let update = update.clone();
            let end = update.begins_at_seconds + update.virtual_seconds;
            let timeline = self
                .timeline
                .iter()
                .filter(|entry| (update.begins_at_seconds..=end).contains(&entry.at_seconds));
            Self {
                timeline: timeline.cloned().collect(),
                name: format!("{}: {}", self.name, update.name),
                outcome: update.outcome,
                verdict: update.verdict,
                expected: update.expected,
                as_expected: update.as_expected,
                differences: update.differences,
                expectations: update.expectations,
                update_failed: update.update_failed,
                deployments: update.deployments,
                not_begun: update.not_begun,
                failures: update.failures,
                refused_calls: update.refused_calls,
                errors_past_alias: update.errors_past_alias,
                infrastructure: update.infrastructure,
                alarms: update.alarms,
                faults_acted: update.faults_acted,
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
                let named = difference.strip_prefix(&update.name);
                let own = named.and_then(|rest| rest.strip_prefix(": "));
                own.is_some_and(|own| update.differences.iter().any(|one| one == own))
            })
        };
        let differences = self.differences.iter().map(String::as_str);
        differences
            .filter(|difference| !self.updates.is_empty() && !of_updates(difference))
            .collect()
    }
}

/// The last update's, and what was left out of the others.
fn verdict(release: &Report) -> String {
    let Some((last, others)) = release.updates.split_last() else {
        return release.verdict.clone();
    };
    let left_out = others.iter().filter_map(|update| {
        let (_, left_out) = update.verdict.split_once("; ")?;
        Some(format!("{}: {left_out}", update.name))
    });
    std::iter::once(last.verdict.clone())
        .chain(left_out)
        .collect::<Vec<_>>()
        .join("; ")
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
