//! The table at the end: what was expected, what happened, who served what, and what decided.

use std::collections::BTreeMap;
use std::fmt::Write;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use rehearsal_template::printable;

use crate::gate;
use crate::table::Table;
use crate::{DeploymentReport, FailureReport, HookReport, Report};

/// How wide the table is where there is no terminal to fit it to, in characters.
const WIDTH: u16 = 132;

/// The reports as text: one table, and under it the minutes of those that did not go as expected.
pub fn text(reports: &[Report]) -> String {
    let each: Vec<Report> = reports.iter().flat_map(Report::each_update).collect();
    let mut text = of_each(&each);
    for release in reports {
        let differences = release.differences_of_release();
        if !differences.is_empty() {
            let name = printable::line(&release.name);
            let _ = writeln!(text, "\n{name} did not go as expected:");
        }
        for difference in differences {
            let _ = writeln!(text, "  {}", printable::line(difference));
        }
        text.push_str(&updates(release));
    }
    text
}

/// The verdicts of a release's updates, a line each; nothing where it is one update.
fn updates(release: &Report) -> String {
    let mut text = String::new();
    if release.updates.is_empty() {
        return text;
    }
    let name = printable::line(&release.name);
    let _ = writeln!(text, "{name}, {} updates:", release.updates.len());
    for (index, update) in release.updates.iter().enumerate() {
        let expected = if update.as_expected {
            "as expected"
        } else {
            "not as expected"
        };
        let (name, verdict) = (
            printable::line(&update.name),
            printable::line(&update.verdict),
        );
        let _ = writeln!(text, "  {}. {name}: {verdict} ({expected})", index + 1);
    }
    text
}

/// One table of reports, each of one update, and the minutes.
fn of_each(reports: &[Report]) -> String {
    let mut table = Table::fitted(UTF8_HORIZONTAL_ONLY, WIDTH);
    table.header(&[
        "rehearsal",
        "expected",
        "happened",
        "served",
        "errors seen",
        "decided by",
    ]);
    for report in reports {
        if report.deployments.is_empty() {
            let why = report.update_failed.as_ref();
            table.row([
                report.name.clone(),
                report.expected.clone(),
                match why {
                    Some(_) => {
                        format!("{} {}, before any deployment", mark(report), report.outcome)
                    }
                    None => format!("{} {}", mark(report), report.verdict),
                },
                String::new(),
                errors_seen(report).to_string(),
                why.map_or_else(String::new, |failed| {
                    format!("{}: {}", failed.logical_id, failed.reason)
                }),
            ]);
        }
        for deployment in &report.deployments {
            table.row([
                name(report, deployment),
                report.expected.clone(),
                outcome(report, deployment),
                by_version(deployment, &deployment.served),
                deployment.errors.values().sum::<u64>().to_string(),
                decided_by(deployment),
            ]);
        }
    }
    let mut text = format!("{table}\n");
    for report in reports.iter().filter(|report| !report.as_expected) {
        let shown = printable::line;
        let _ = writeln!(text, "\n{} did not go as expected:", shown(&report.name));
        for difference in &report.differences {
            let _ = writeln!(text, "  {}", shown(difference));
        }
        text.push_str(&evidence(report));
        for deployment in &report.deployments {
            text.push_str(&minutes(deployment));
        }
    }
    text
}

/// What went wrong in a rehearsal, expected or not: deployments that were not begun, calls that services refused, failures by kind,
/// and what is known of each hook. Empty where nothing did.
pub fn evidence(report: &Report) -> String {
    let shown = printable::line;
    let mut text = String::new();
    for function in &report.not_begun {
        let function = shown(function);
        let _ = writeln!(text, "  the deployment of {function} was not begun");
    }
    for call in &report.refused_calls {
        let _ = writeln!(
            text,
            "  {}: {} {} refused {} times: {}: {}",
            shown(&call.function),
            shown(&call.service),
            shown(&call.operation),
            call.count,
            shown(&call.code),
            shown(&call.message)
        );
    }
    text.push_str(&kinds(&report.failures));
    for hook in report
        .deployments
        .iter()
        .flat_map(|deployment| &deployment.hooks)
    {
        text.push_str(&failures(hook));
    }
    text
}

/// The rehearsal's name, and where the update has several deployments, whose this is.
fn name(report: &Report, deployment: &DeploymentReport) -> String {
    match report.deployments.len() + report.not_begun.len() {
        1 => report.name.clone(),
        _ => format!("{}: {}", report.name, deployment.function),
    }
}

/// Errors that callers saw while no deployment ran.
fn errors_seen(report: &Report) -> u64 {
    report.failures.iter().map(|failure| failure.count).sum()
}

fn mark(report: &Report) -> char {
    if report.as_expected { '✓' } else { '✗' }
}

fn outcome(report: &Report, deployment: &DeploymentReport) -> String {
    let mark = mark(report);
    let rollback = match &deployment.rollback {
        Some(_) => ", rolled back",
        None => "",
    };
    let code = deployment
        .error_code
        .map_or(String::new(), |code| format!(" {code}"));
    let left_out = gate::left_out(&deployment.gates)
        .into_iter()
        .chain(report.stood_in());
    let outcome = format!("{mark} {}{code}{rollback}", deployment.status);
    std::iter::once(outcome)
        .chain(left_out)
        .collect::<Vec<_>>()
        .join("; ")
}

fn by_version(deployment: &DeploymentReport, counts: &BTreeMap<String, u64>) -> String {
    let of = |version: &String| counts.get(version).copied().unwrap_or_default();
    format!(
        "v{} {}, v{} {}",
        deployment.old_version,
        of(&deployment.old_version),
        deployment.new_version,
        of(&deployment.new_version)
    )
}

/// The alarm or the check that decided; for a success, the hooks that agreed.
fn decided_by(deployment: &DeploymentReport) -> String {
    if !deployment.stopped_by.is_empty() {
        return format!("alarm {}", deployment.stopped_by.join(", "));
    }
    for hook in &deployment.hooks {
        if let Some(answered) = answered_for(hook) {
            return answered;
        }
        let mut failed = hook.failed_checks();
        if let Some(first) = failed.next() {
            return match failed.count() {
                0 => format!("{}: {}", hook.function, first.name),
                more => format!("{}: {} and {more} more", hook.function, first.name),
            };
        }
    }
    if let Some(message) = &deployment.error_message {
        return message.clone();
    }
    let checks: usize = deployment.hooks.iter().map(|hook| hook.checks.len()).sum();
    format!("{} hooks, {checks} checks", deployment.hooks.len())
}

/// Who answered for a hook that could not: `HookGuard for PreTrafficHook: RetriesExhausted`.
fn answered_for(hook: &HookReport) -> Option<String> {
    let by = hook.answered_for_by()?;
    let why = match &hook.on_failure {
        Some(on_failure) => format!(": {}", on_failure.condition),
        None => String::new(),
    };
    Some(format!("{by} for {}{why}", hook.function))
}

/// How many kinds of failures are shown, the most frequent first.
const KINDS_SHOWN: usize = 5;

/// What callers saw go wrong, a line each.
fn kinds(failures: &[FailureReport]) -> String {
    let shown = printable::line;
    let mut failures: Vec<&FailureReport> = failures.iter().collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
    let mut text = String::new();
    for failure in failures.iter().take(KINDS_SHOWN) {
        let what = failure.route.as_deref().unwrap_or(&failure.function);
        let status = failure
            .status
            .map(|status| format!(" {status}"))
            .unwrap_or_default();
        let error = failure
            .error_type
            .as_deref()
            .map(|error| format!(" {error}"))
            .unwrap_or_default();
        let minute = failure
            .first_minute
            .map(|minute| format!(", first in minute {minute}"))
            .unwrap_or_default();
        let message = match failure.message.as_str() {
            "" => String::new(),
            message => format!(": {}", shown(message)),
        };
        let _ = writeln!(
            text,
            "  {} × {}{status}{} by v{}{minute}{message}",
            failure.count,
            shown(what),
            shown(&error),
            shown(&failure.version),
        );
    }
    if failures.len() > KINDS_SHOWN {
        let _ = writeln!(text, "  and {} kinds more", failures.len() - KINDS_SHOWN);
    }
    text
}

fn minutes(deployment: &DeploymentReport) -> String {
    let mut table = Table::wide(UTF8_HORIZONTAL_ONLY);
    table.header(&["minute", "weights", "requests", "errors"]);
    let rows = deployment.minutes.iter().map(|minute| {
        [
            minute.minute.to_string(),
            shares(&minute.weights),
            by_version(deployment, &minute.requests),
            by_version(deployment, &minute.errors),
        ]
    });
    for row in collapsed(&rows.collect::<Vec<_>>()) {
        table.row(row);
    }
    format!("{table}\n")
}

/// How many minutes alike in a row are shown; of more the first is, and their number.
const ALIKE_SHOWN: usize = 3;

/// Rows that say the same but for their first cell, made one.
fn collapsed(rows: &[[String; 4]]) -> Vec<[String; 4]> {
    let mut collapsed = Vec::new();
    for alike in rows.chunk_by(|a, b| a[1..] == b[1..]) {
        match alike {
            [first, rest @ ..] if alike.len() > ALIKE_SHOWN => {
                collapsed.push(first.clone());
                let more = format!("… {} minutes alike", rest.len());
                collapsed.push([String::new(), more, String::new(), String::new()]);
            }
            alike => collapsed.extend_from_slice(alike),
        }
    }
    collapsed
}

/// Versions and their shares in words: `v1 90 %, v2 10 %`.
pub fn shares(shares: &BTreeMap<String, f64>) -> String {
    let words: Vec<_> = shares
        .iter()
        .map(|(version, share)| format!("v{} {:.0} %", printable::line(version), share * 100.0))
        .collect();
    words.join(", ")
}

/// How many of the last lines of a hook are shown that did not report.
const LAST_LINES: usize = 10;

fn failures(hook: &HookReport) -> String {
    let shown = printable::line;
    let function = shown(&hook.function);
    let mut text = String::new();
    for check in hook.failed_checks() {
        let detail = shown(check.detail.as_deref().unwrap_or("no detail"));
        let _ = writeln!(text, "  {} {}: {detail}", check.status, shown(&check.name));
    }
    for error in &hook.errors {
        let _ = writeln!(text, "  {function}: {}", shown(error));
    }
    // One that has reported has said what there is to say.
    if hook.reported_by.is_none() && hook.invocations > 0 {
        let last = hook.log.len().saturating_sub(LAST_LINES);
        for line in &hook.log[last..] {
            let _ = writeln!(text, "  {function} wrote: {}", shown(line));
        }
        if hook.log.is_empty() {
            let _ = writeln!(text, "  {function} did not report, and wrote nothing");
        }
    }
    if let Some(on_failure) = &hook.on_failure {
        let destination = on_failure.function.as_deref().map(shown);
        let condition = on_failure.condition;
        let told = destination.as_deref().unwrap_or("no one");
        let _ = writeln!(text, "  {function}: {condition}, told to {told}");
        for error in &on_failure.errors {
            let by = destination.as_deref().unwrap_or_default();
            let _ = writeln!(text, "  {by}: {}", shown(error));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_alike_are_told_once_with_their_number() {
        let row = |minute: i64, errors: &str| {
            [
                minute.to_string(),
                "v1 100 %".to_owned(),
                "v1 60".to_owned(),
                errors.to_owned(),
            ]
        };
        let few: Vec<_> = (0..3).map(|minute| row(minute, "v1 0")).collect();
        assert_eq!(collapsed(&few), few);
        let mut many: Vec<_> = (-2..56).map(|minute| row(minute, "v1 0")).collect();
        many.push(row(56, "v1 1"));
        let told: Vec<_> = collapsed(&many)
            .into_iter()
            .map(|[minute, what, ..]| (minute, what))
            .collect();
        let pair = |minute: &str, what: &str| (minute.to_owned(), what.to_owned());
        assert_eq!(
            told,
            [
                pair("-2", "v1 100 %"),
                pair("", "… 57 minutes alike"),
                pair("56", "v1 100 %")
            ]
        );
    }
}
