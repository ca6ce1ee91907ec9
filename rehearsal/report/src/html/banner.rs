//! What came of a rehearsal, in one sentence.

use std::collections::BTreeMap;

use maud::{Markup, html};
use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ErrorCode};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventStatus;
use rehearsal_template::counted;

use crate::html::part::{Part, parts};
use crate::html::words::{breakable, duration, grouped};
use crate::reservation::{ReservationKind, names_in_short};
use crate::{DeploymentReport, Report, wrap};

/// What is over within fewer seconds than these after its first shift is over at once.
const AT_ONCE: f64 = 0.05;
/// Of more deployments that succeeded than this the list is folded.
const MOST_LISTED: usize = 5;

/// The banner: whether it is as expected, the sentence, what the verdict leaves out, and of a release each update's own sentence.
pub fn section(report: &Report) -> Markup {
    let parts = parts(report);
    html! {
        p.mark.bad[!report.as_expected] { (mark(report)) }
        p.sentence { (headline(report)) }
        (reservations(report))
        @match &parts[..] {
            [one] => (each_deployment(&one.update.deployments)),
            several => {
                ol.updates {
                    @for part in several {
                        li {
                            (sign(part.update.as_expected))
                            @if let Some(name) = part.name { strong { (name) } ": " }
                            (of_part(part))
                        }
                    }
                }
            },
        }
    }
}

/// What makes the sentence less, a line each: what the verdict leaves out, in short, and which deployments nothing could have stopped.
fn reservations(report: &Report) -> Markup {
    let left_out = left_out(report);
    let unguarded = report
        .deployments
        .iter()
        .filter(|deployment| deployment.gates.is_empty() && deployment.hooks.is_empty());
    let unguarded: Vec<_> = unguarded
        .map(|deployment| deployment.function.as_str())
        .collect();
    html! {
        @if !left_out.is_empty() {
            ul.left-out { @for item in &left_out { li { (breakable(item)) } } }
        }
        @if !unguarded.is_empty() {
            p.unguarded { "Neither a hook nor an alarm could have stopped " (breakable(&names_in_short(&unguarded))) "." }
        }
    }
}

/// A line that begins with a capital; a name by itself keeps its own first letter.
fn as_line(item: &str) -> String {
    let mut letters = item.chars();
    let first = letters.next().filter(|_| item.contains(' '));
    first.map_or_else(
        || item.to_owned(),
        |first| first.to_uppercase().to_string() + letters.as_str(),
    )
}

/// Each of several deployments, those that did not succeed first; of many that did the list is folded.
fn each_deployment(deployments: &[DeploymentReport]) -> Markup {
    let (bad, good): (Vec<_>, Vec<_>) = deployments.iter().partition(|one| is_bad(one));
    let list = |deployments: &[&DeploymentReport]| {
        html! {
            ol.updates {
                @for one in deployments {
                    li { (sign(!is_bad(one))) strong { (one.function) } ": " (of(one)) "." }
                }
            }
        }
    };
    html! {
        @if deployments.len() > 1 {
            @if !bad.is_empty() { (list(&bad)) }
            @if good.len() > MOST_LISTED {
                details.updates {
                    summary { "Each of the " (good.len()) " deployments that succeeded" }
                    (list(&good))
                }
            } @else if !good.is_empty() { (list(&good)) }
        }
    }
}

fn sign(is_good: bool) -> Markup {
    html! { span.sign.bad[!is_good] { (if is_good { "✓" } else { "✗" }) } }
}

/// Whether it went as expected.
pub fn mark(report: &Report) -> &'static str {
    if report.as_expected {
        "✓ as expected"
    } else {
        "✗ not as expected"
    }
}

/// The reservations: gates that were not judged, stubs, and so on, a line each without too many names.
pub fn left_out(report: &Report) -> Vec<String> {
    let reservations = report.reservations.iter();
    // The sentence says it of the whole, and not of one of several updates.
    let others = reservations
        .filter(|one| one.kind != ReservationKind::NoDeployment || one.update.is_some());
    let lines = others.map(|one| as_line(&one.with_update(&one.in_short())));
    lines.collect()
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
    if part.update.update_failed.is_some() {
        return part.update.outcome_in_words();
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
                format!("All {good} deployments succeeded; {}.", requests(all))
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
        (Some(shift), Some(end)) if end - shift < AT_ONCE => " at once".to_owned(),
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
    format!("{outcome}; {}", requests(std::slice::from_ref(deployment)))
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

/// Who met the new version, and what callers saw, of one deployment or of several together.
fn requests(deployments: &[DeploymentReport]) -> String {
    let of = |counts: &BTreeMap<String, u64>, version: &String| {
        counts.get(version).copied().unwrap_or_default()
    };
    let sum = |count: &dyn Fn(&DeploymentReport) -> u64| {
        let counts = deployments.iter().map(count);
        counts.fold(0, u64::saturating_add)
    };
    let all = sum(&|one| one.served.values().copied().fold(0, u64::saturating_add));
    let met = sum(&|one| of(&one.served, &one.new_version));
    let failed = sum(&|one| of(&one.errors, &one.new_version));
    let failed_old = sum(&|one| of(&one.errors, &one.old_version));
    let (versions, on_old) = match deployments {
        [_] => ("the new version", "the old one"),
        _ => ("a new version", "an old one"),
    };
    let on_old = match failed_old {
        0 => String::new(),
        count => format!(", {} failed on {on_old}", grouped(count)),
    };
    if all == 0 {
        return "no request met either version".to_owned();
    }
    if met == 0 {
        return format!("none of {} requests met {versions}{on_old}", grouped(all));
    }
    let failed = if failed == 0 {
        "none".to_owned()
    } else {
        grouped(failed)
    };
    format!(
        "{} of {} requests met {versions}, {failed} failed{on_old}",
        grouped(met),
        grouped(all)
    )
}
