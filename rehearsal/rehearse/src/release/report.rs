//! The report of a release.

use rehearsal_aws::VirtualTime;
use rehearsal_report::{ExpectationReport, Report};

use super::Release;
use crate::faults;

/// The report of a release, from those of the updates that ran, each with the moment at which it began. `not_run` says why others did
/// not.
pub fn together(
    release: &Release,
    reports: &[(VirtualTime, Report)],
    not_run: Option<String>,
) -> Report {
    let mut report = Report::of_release(&release.file.name, reports)
        .expect("the first update is made ready before anything runs");
    let faults = faults_acted(release, reports);
    let of_all = release.file.rehearsal.faults.len();
    // An update's own faults are held to acting in that update.
    let idle = faults.iter().take(of_all).enumerate();
    let idle = idle
        .filter(|(_, acted)| **acted == 0)
        .map(|(number, acted)| faults::acts(&release.file, number, *acted));
    let not_run = not_run.map(|why| ExpectationReport {
        function: None,
        key: "update".to_owned(),
        expected: "runs".to_owned(),
        got: "was not run".to_owned(),
        difference: Some(why),
    });
    for more in idle.collect::<Vec<_>>().into_iter().chain(not_run) {
        report.differences.extend(more.difference.clone());
        report.expectations.push(more);
    }
    report.as_expected = report.differences.is_empty();
    report.faults_acted = faults;
    report
}

/// How many calls each fault acted on, in the file's order: first those for all updates, over all that take them, then each update's
/// own.
fn faults_acted(release: &Release, reports: &[(VirtualTime, Report)]) -> Vec<u64> {
    let mut of_all = vec![0; release.file.rehearsal.faults.len()];
    let mut own: Vec<u64> = Vec::new();
    for (index, update) in release.file.rehearsal.updates.iter().enumerate() {
        let acted = reports.get(index).map(|(_, report)| &report.faults_acted);
        match &update.faults {
            Some(faults) => {
                let none = vec![0; faults.len()];
                own.extend(acted.unwrap_or(&none));
            }
            None => {
                for (sum, acted) in of_all.iter_mut().zip(acted.into_iter().flatten()) {
                    *sum += acted;
                }
            }
        }
    }
    of_all.extend(own);
    of_all
}
