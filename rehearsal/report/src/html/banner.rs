//! What came of a rehearsal, in one sentence.

use maud::{Markup, html};
use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventStatus;
use rehearsal_template::counted;

use crate::html::part::{Part, parts};
use crate::html::words::{duration, grouped};
use crate::{DeploymentReport, Report, wrap};

/// The banner: whether it is as expected, the sentence, what the verdict leaves out, and of a release each update's own sentence.
pub fn section(report: &Report) -> Markup {
    let parts = parts(report);
    html! {
        p.mark.bad[!report.as_expected] { (mark(report)) }
        p.sentence { (headline(report)) }
        @if let Some(left_out) = left_out(report) { p.left-out { (left_out) } }
        @if parts.len() > 1 {
            ol.updates {
                @for part in &parts {
                    li {
                        span.sign.bad[!part.update.as_expected] { (if part.update.as_expected { "✓" } else { "✗" }) }
                        @if let Some(name) = part.name { strong { (name) } ": " }
                        (of_part(part))
                    }
                }
            }
        }
    }
}

/// Whether it went as expected.
pub fn mark(report: &Report) -> &'static str {
    if report.as_expected {
        "✓ as expected"
    } else {
        "✗ not as expected"
    }
}

/// What the verdict names beside the outcome: gates that were not judged, stubs, and so on.
pub fn left_out(report: &Report) -> Option<&str> {
    let outcome = report.outcome_in_words();
    let rest = report
        .verdict
        .strip_prefix(outcome.as_str())
        .unwrap_or(&report.verdict);
    let rest = rest.trim_start_matches("; ");
    Some(rest).filter(|rest| !rest.is_empty())
}

/// The sentence in lines of at most so many characters.
pub fn lines(report: &Report, width: usize) -> Vec<String> {
    let text = wrap::paragraph("", 0, &sentence(report), width);
    text.lines().map(str::to_owned).collect()
}

/// The sentence: `Stopped 2:55 after the first shift by VersionErrors; 13 of 365 requests met the new version, 3 failed.`
pub fn sentence(report: &Report) -> String {
    match &parts(report)[..] {
        [one] => of_part(one),
        all => {
            let good = all.iter().filter(|part| part.update.as_expected).count();
            let last = all.last().map(of_part).unwrap_or_default();
            format!(
                "{good} of {} went as expected. The last: {last}",
                counted(all.len(), "update")
            )
        }
    }
}

/// The sentence where each update's own stands under it: `4 of 4 updates went as expected; the last one succeeded.`
fn headline(report: &Report) -> String {
    match &parts(report)[..] {
        [] | [_] => sentence(report),
        all => {
            let good = all.iter().filter(|part| part.update.as_expected).count();
            let last = match report.update.outcome {
                DeploymentStatus::Succeeded => "succeeded",
                DeploymentStatus::Failed => "failed",
                DeploymentStatus::Stopped => "was stopped",
                DeploymentStatus::InProgress => "was not over at the end",
            };
            format!(
                "{good} of {} went as expected; the last one {last}.",
                counted(all.len(), "update")
            )
        }
    }
}

/// The sentence of an update.
fn of_part(part: &Part<'_>) -> String {
    if let Some(failed) = &part.update.update_failed {
        return format!(
            "{} before its deployments were through: {}: {}",
            part.update.outcome, failed.logical_id, failed.reason
        );
    }
    match part.update.deployments.as_slice() {
        [] => format!("{}; no deployment was begun.", part.update.outcome),
        [one] => format!("{}.", of(one)),
        all => {
            let worst = all
                .iter()
                .find(|deployment| deployment.status == part.update.outcome);
            let worst = worst.unwrap_or(&all[0]);
            let good = all
                .iter()
                .filter(|deployment| deployment.status == DeploymentStatus::Succeeded)
                .count();
            let planned = all.len() + part.update.not_begun.len();
            if good == planned {
                let served: Vec<_> = all
                    .iter()
                    .map(|deployment| format!("{}: {}", deployment.function, requests(deployment)))
                    .collect();
                format!("All {good} deployments succeeded. {}.", served.join(". "))
            } else {
                format!(
                    "{good} of {} succeeded. {}: {}.",
                    counted(planned, "deployment"),
                    worst.function,
                    of(worst)
                )
            }
        }
    }
}

/// What came of a deployment.
fn of(deployment: &DeploymentReport) -> String {
    let when = match (deployment.first_shift_seconds, deployment.ended_seconds) {
        (Some(shift), Some(end)) => format!(" {} after the first shift", duration(end - shift)),
        (None, Some(_)) => " before any traffic shifted".to_owned(),
        (_, None) => String::new(),
    };
    let outcome = match deployment.status {
        DeploymentStatus::Succeeded => format!("Succeeded{when}"),
        DeploymentStatus::InProgress => "Not over when the rehearsal ended".to_owned(),
        DeploymentStatus::Stopped | DeploymentStatus::Failed => {
            format!("{}{when}{}", deployment.status, cause(deployment))
        }
    };
    format!("{outcome}; {}", requests(deployment))
}

/// Whether a deployment did not succeed.
pub fn is_bad(deployment: &DeploymentReport) -> bool {
    matches!(
        deployment.status,
        DeploymentStatus::Stopped | DeploymentStatus::Failed
    )
}

/// What decided, as it follows the outcome: ` by VersionErrors`, `: PreTrafficHook reported Failed`.
pub fn cause(deployment: &DeploymentReport) -> String {
    if !deployment.stopped_by.is_empty() {
        return format!(" by {}", deployment.stopped_by.join(", "));
    }
    if deployment.error_code == Some(ErrorCode::ManualStop) {
        return " by hand".to_owned();
    }
    let mut hooks = deployment.hooks.iter();
    if let Some(hook) = hooks.find(|hook| hook.status == LifecycleEventStatus::Failed) {
        let failed: Vec<_> = hook.failed_checks().collect();
        let checks = match &failed[..] {
            [] => String::new(),
            [one] => format!(", for its check {} did not pass", one.name),
            [first, rest @ ..] => format!(
                ", for its checks {} and {} more did not pass",
                first.name,
                rest.len()
            ),
        };
        return match &hook.reported_by {
            Some(by) if *by == hook.function => format!(": {by} reported Failed{checks}"),
            Some(by) => format!(": {by} reported Failed for {}", hook.function),
            None => format!(": {} never reported", hook.function),
        };
    }
    match &deployment.error_message {
        Some(message) => format!(": {}", message.trim_end_matches('.')),
        None => String::new(),
    }
}

/// Who met the new version, and what callers saw.
fn requests(deployment: &DeploymentReport) -> String {
    let of = |counts: &std::collections::BTreeMap<String, u64>, version: &String| {
        counts.get(version).copied().unwrap_or_default()
    };
    let all = deployment
        .served
        .values()
        .copied()
        .fold(0, u64::saturating_add);
    let met = of(&deployment.served, &deployment.new_version);
    let failed = of(&deployment.errors, &deployment.new_version);
    let failed_old = of(&deployment.errors, &deployment.old_version);
    let on_old = match failed_old {
        0 => String::new(),
        count => format!(", {} failed on the old one", grouped(count)),
    };
    if all == 0 {
        return "no request met either version".to_owned();
    }
    if met == 0 {
        return format!(
            "none of {} requests met the new version{on_old}",
            grouped(all)
        );
    }
    let failed = if failed == 0 {
        "none".to_owned()
    } else {
        grouped(failed)
    };
    format!(
        "{} of {} requests met the new version, {failed} failed{on_old}",
        grouped(met),
        grouped(all)
    )
}
