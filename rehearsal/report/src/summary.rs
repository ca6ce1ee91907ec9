//! The text at the end: what happened, who served what, and what decided; of those that did not go as expected what differs, what went
//! wrong, and their minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::Duration;

use console::Style;
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventStatus;
use rehearsal_template::{counted, printable};

use crate::reservation::in_a_line;
use crate::rows::{Colours, line, rows};
use crate::time::duration;
use crate::wrap::{Word, lines, words};
use crate::{DeploymentReport, FailureReport, HookReport, Report};

/// The widest name beside which something stands, in characters.
const WIDEST_NAME: usize = 24;
/// Where what belongs to a row goes on.
const INDENT: usize = 4;

/// The reports as text of a width. `quiet`: of those that went as expected only what their verdicts leave out. Of a release each update has
/// a part of its own.
pub fn text(reports: &[Report], quiet: bool, width: usize) -> String {
    let releases: Vec<&Report> = reports
        .iter()
        .filter(|report| !quiet || !report.as_expected)
        .collect();
    let mut text = if quiet {
        left_out(reports, width)
    } else {
        String::new()
    };
    if releases.is_empty() {
        return text;
    }
    let each: Vec<Report> = releases
        .iter()
        .flat_map(|release| release.each_update())
        .collect();
    let rule = "─".repeat(width);
    let _ = writeln!(text, "{rule}");
    let names = each.iter().flat_map(|report| {
        let deployments = report.deployments.iter();
        let names = deployments.map(|deployment| name(report, deployment).chars().count());
        names.chain([report.name.chars().count()])
    });
    let widest = names.max().unwrap_or(0).min(WIDEST_NAME).min(width / 3);
    for report in &each {
        if report.deployments.is_empty() {
            let (outcome, below) = without_deployment(report);
            row(&mut text, &report.name, &outcome, &below, widest, width);
        }
        if verdict_stands_apart(report) && !report.deployments.is_empty() {
            let verdict = format!("{} {}", mark(report), report.verdict);
            first_row(&mut text, &report.name, &verdict, 0, width);
        }
        for deployment in &report.deployments {
            let outcome = outcome(report, deployment);
            let errors = crate::rows::counted_errors(deployment.errors.values().sum());
            let below = format!(
                "{}; served {}; {errors}",
                decided_by(deployment),
                by_version(deployment, &deployment.served),
            );
            let name = name(report, deployment);
            row(&mut text, &name, &outcome, &below, widest, width);
        }
    }
    let _ = writeln!(text, "{rule}");
    for report in each.iter().filter(|report| !report.as_expected) {
        otherwise(&mut text, report, width);
    }
    for release in releases {
        updates(&mut text, release, width);
    }
    text
}

/// The verdicts of reports that went as expected and leave something out, each once whatever the seed.
fn left_out(reports: &[Report], width: usize) -> String {
    let plain = Style::new();
    let as_expected = reports.iter().filter(|report| report.as_expected);
    let verdicts: BTreeSet<String> = as_expected
        .filter(|report| !report.reservations.is_empty())
        .map(|report| format!("✓ {}: {}", report.name, report.verdict))
        .collect();
    let verdicts = verdicts.iter().map(|verdict| {
        let words = words(&printable::line(verdict), &plain);
        lines("", INDENT, &words, width)
    });
    verdicts.collect()
}

/// What an update without a deployment came to, and why.
fn without_deployment(report: &Report) -> (String, String) {
    let mark = mark(report);
    let errors = report.failures.iter().map(|failure| failure.count).sum();
    let errors = crate::rows::counted_errors(errors);
    match &report.update_failed {
        Some(failed) => (
            in_a_line(
                format!("{mark} {}, before any deployment", report.outcome),
                &report.reservations,
            ),
            format!("{}: {}; {errors}", failed.logical_id, failed.reason),
        ),
        None => (
            format!("{mark} {}", report.verdict),
            format!("no deployment; {errors}"),
        ),
    }
}

fn mark(report: &Report) -> char {
    if report.as_expected { '✓' } else { '✗' }
}

/// What differs in a release itself, and the verdicts of its updates; nothing where it is one update.
fn updates(text: &mut String, release: &Report, width: usize) {
    let plain = Style::new();
    let name = printable::line(&release.name);
    let differences = release.differences_of_release();
    if !differences.is_empty() {
        let _ = writeln!(text, "\n{name} did not go as expected:");
    }
    for difference in differences {
        let words = words(&printable::line(difference), &plain);
        text.push_str(&lines("  ", INDENT, &words, width));
    }
    if release.updates.is_empty() {
        return;
    }
    let _ = writeln!(text, "{name}, {} updates:", release.updates.len());
    for (index, update) in release.updates.iter().enumerate() {
        let not = if update.report.as_expected {
            ""
        } else {
            "not "
        };
        let verdict = format!(
            "{}. {}: {} ({not}as expected)",
            index + 1,
            update.report.name,
            update.report.verdict
        );
        let words = words(&printable::line(&verdict), &plain);
        text.push_str(&lines("  ", INDENT, &words, width));
    }
}

/// The last line of a call with several rehearsals: `31 as expected, 0 not, in 25 s`, and before it which seeds were not, where one
/// rehearsal ran with several.
pub fn last_line(reports: &[Report], left_out: usize, took: Duration, width: usize) -> String {
    let plain = Style::new();
    let mut text = String::new();
    let mut seeds: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for report in reports {
        let (runs, otherwise) = seeds.entry(&report.name).or_default();
        *runs += 1;
        if !report.as_expected {
            otherwise.push(report.seed.to_string());
        }
    }
    for (name, (runs, otherwise)) in &seeds {
        if *runs > 1 && !otherwise.is_empty() {
            let (name, count) = (printable::line(name), otherwise.len());
            let seeds = otherwise.join(", ");
            let line = format!("{name}: {count} of {runs} seeds not as expected: {seeds}");
            text.push_str(&lines("", INDENT, &words(&line, &plain), width));
        }
    }
    let as_expected = reports.iter().filter(|report| report.as_expected).count();
    let more = match left_out {
        0 => String::new(),
        count => format!("; {count} left out by --filter"),
    };
    let line = format!(
        "{as_expected} as expected, {} not, in {}{more}",
        reports.len() - as_expected,
        duration(took.as_secs_f64())
    );
    text.push_str(&lines("", INDENT, &words(&line, &plain), width));
    text
}

/// One deployment of a rehearsal: its name and outcome, and below what decided and who served.
fn row(text: &mut String, name: &str, outcome: &str, below: &str, widest: usize, width: usize) {
    first_row(text, name, outcome, widest, width);
    let indent = " ".repeat(INDENT);
    let below = words(&printable::line(below), &Style::new());
    text.push_str(&lines(&indent, INDENT, &below, width));
}

/// A name, and beside it an outcome.
fn first_row(text: &mut String, name: &str, outcome: &str, widest: usize, width: usize) {
    let plain = Style::new();
    let name = printable::line(name);
    let padding = widest.saturating_sub(name.chars().count());
    let (mark, outcome) = outcome.split_once(' ').unwrap_or(("", outcome));
    let mut all = words(&printable::line(outcome), &plain);
    // The mark and the first word stay together.
    if let Some(first) = all.first_mut() {
        *first = Word::new(format!("{mark} {}", first.text()));
    }
    all.insert(0, Word::new(format!("{name}{}", " ".repeat(padding + 1))));
    text.push_str(&lines("", INDENT, &all, width));
}

/// What differs from what was expected, what went wrong, and the minutes.
fn otherwise(text: &mut String, report: &Report, width: usize) {
    let shown = printable::line;
    let mut heading = vec![Word::new(shown(&report.name))];
    let seed = format!("did not go as expected (seed {}):", report.seed);
    heading.extend(words(&seed, &Style::new()));
    text.push('\n');
    text.push_str(&lines("", INDENT, &heading, width));
    for difference in &report.differences {
        let words = words(&shown(difference), &Style::new());
        text.push_str(&lines("  ", INDENT, &words, width));
    }
    for evidence in evidence(report).lines() {
        let words = words(evidence, &Style::new());
        text.push_str(&lines("  ", INDENT, &words, width));
    }
    for deployment in &report.deployments {
        if verdict_stands_apart(report) {
            let _ = writeln!(text, "  {}", shown(&deployment.function));
        }
        for row in rows(&deployment.minutes, |_| false) {
            text.push_str(&line(deployment, row, &Colours::default(), width));
        }
    }
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

/// The rehearsal's name; where the verdict stands before the deployments, whose this is.
fn name(report: &Report, deployment: &DeploymentReport) -> String {
    if verdict_stands_apart(report) {
        format!("  {}", deployment.function)
    } else {
        report.name.clone()
    }
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
    let outcome = format!("{mark} {}{code}{rollback}", deployment.status);
    // Else the verdict has it all.
    if !verdict_stands_apart(report) {
        return in_a_line(outcome, &report.reservations);
    }
    report.of_deployment(outcome, deployment)
}

/// Whether the verdict stands before the deployments: there are several, or the update failed though its deployment may have succeeded.
fn verdict_stands_apart(report: &Report) -> bool {
    report.deployments.len() + report.not_begun.len() > 1 || report.update_failed.is_some()
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
        return format!("by alarm {}", deployment.stopped_by.join(", "));
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
        return message.trim_end_matches('.').to_owned();
    }
    let checks: usize = deployment.hooks.iter().map(|hook| hook.checks.len()).sum();
    match (deployment.hooks.len(), checks) {
        (0, _) => "no hook".to_owned(),
        // What a hook of one's own looks at is not known: only that it reported.
        (hooks, 0) => counted(hooks, "hook"),
        (hooks, checks) => format!("{}, {}", counted(hooks, "hook"), counted(checks, "check")),
    }
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

/// How many of the last lines of a hook are shown that did not report, or not why it failed.
const LAST_LINES: usize = 10;

fn failures(hook: &HookReport) -> String {
    let shown = printable::line;
    let function = shown(&hook.function);
    let mut text = String::new();
    for check in hook.failed_checks() {
        let detail = shown(check.detail.as_deref().unwrap_or("no detail"));
        let _ = writeln!(text, "  {} {}: {detail}", check.status, shown(&check.name));
    }
    for (error, times) in repeated(&hook.errors) {
        let _ = writeln!(text, "  {function}: {}{times}", shown(error));
    }
    let has_failed = hook.status == LifecycleEventStatus::Failed;
    let has_said_why = !has_failed || hook.failed_checks().next().is_some();
    // What a hook says by its report and its checks is all there is.
    if hook.invocations > 0 && (hook.reported_by.is_none() || !has_said_why) {
        let last = hook.log.len().saturating_sub(LAST_LINES);
        for (line, times) in repeated(&hook.log[last..]) {
            // Runtimes keep a trace in one event of the log: its lines end in a carriage return.
            let lines: Vec<_> = line.split('\r').map(shown).collect();
            let _ = writeln!(text, "  {function} wrote{times}: {}", lines.join("\n    "));
        }
        if hook.log.is_empty() && hook.reported_by.is_none() {
            let _ = writeln!(text, "  {function} did not report, and wrote nothing");
        }
    }
    if let Some(on_failure) = &hook.on_failure {
        let destination = on_failure.function.as_deref().map(shown);
        let condition = on_failure.condition;
        let event = match &destination {
            Some(destination) => format!("its event went to {destination}"),
            None => "it has no on-failure destination".to_owned(),
        };
        let _ = writeln!(text, "  {function}: {condition}; {event}");
        for error in &on_failure.errors {
            let by = destination.as_deref().unwrap_or_default();
            let _ = writeln!(text, "  {by}: {}", shown(error));
        }
    }
    text
}

/// Texts of which several in a row are the same, each once, with how often that was.
fn repeated(texts: &[String]) -> impl Iterator<Item = (&str, String)> {
    let alike = texts.chunk_by(|one, other| one == other);
    alike.map(|alike| {
        let times = match alike.len() {
            1 => String::new(),
            several => format!(" ({several} times)"),
        };
        (alike[0].as_str(), times)
    })
}
