//! The updates of a release, each as a part of one page; a rehearsal without `[[update]]` is one part.

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;

use crate::infrastructure::StepReport;
use crate::{
    DeploymentReport, ExpectationReport, FailureReport, RefusedCallReport, Report,
    UpdateFailedReport,
};

/// An update.
pub struct Part<'r> {
    /// Its name; `None` where the rehearsal has one alone.
    pub name: Option<&'r str>,
    /// The worst of its deployments' statuses.
    pub outcome: DeploymentStatus,
    /// Whether it went as expected.
    pub as_expected: bool,
    /// What was expected.
    pub expected: &'r str,
    /// All of that, met or not.
    pub expectations: &'r [ExpectationReport],
    /// What differs.
    pub differences: &'r [String],
    /// On which resource it failed before any deployment.
    pub update_failed: Option<&'r UpdateFailedReport>,
    /// Its deployments.
    pub deployments: &'r [DeploymentReport],
    /// Functions whose deployments it did not come to.
    pub not_begun: &'r [String],
    /// What callers saw go wrong meanwhile.
    pub failures: &'r [FailureReport],
    /// What services refused meanwhile.
    pub refused_calls: &'r [RefusedCallReport],
    /// Errors of requests that met no alias which is shifted.
    pub errors_past_alias: u64,
    /// Its steps.
    pub infrastructure: &'r [StepReport],
    /// When it began, in virtual seconds.
    pub from: f64,
    /// When it was over.
    pub to: f64,
}

/// The parts of a rehearsal, in order.
pub fn parts(report: &Report) -> Vec<Part<'_>> {
    if report.updates.is_empty() {
        return vec![Part {
            name: None,
            outcome: report.outcome,
            as_expected: report.as_expected,
            expected: &report.expected,
            expectations: &report.expectations,
            differences: &report.differences,
            update_failed: report.update_failed.as_ref(),
            deployments: &report.deployments,
            not_begun: &report.not_begun,
            failures: &report.failures,
            refused_calls: &report.refused_calls,
            errors_past_alias: report.errors_past_alias,
            infrastructure: &report.infrastructure,
            from: 0.0,
            to: report.virtual_seconds,
        }];
    }
    let updates = report.updates.iter().map(|update| Part {
        name: Some(&update.name),
        outcome: update.outcome,
        as_expected: update.as_expected,
        expected: &update.expected,
        expectations: &update.expectations,
        differences: &update.differences,
        update_failed: update.update_failed.as_ref(),
        deployments: &update.deployments,
        not_begun: &update.not_begun,
        failures: &update.failures,
        refused_calls: &update.refused_calls,
        errors_past_alias: update.errors_past_alias,
        infrastructure: &update.infrastructure,
        from: update.begins_at_seconds,
        to: update.begins_at_seconds + update.virtual_seconds,
    });
    updates.collect()
}
