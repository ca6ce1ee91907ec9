//! What happened in a rehearsal, for people: its minutes as rows, and under each what happened in it. Only what is interesting: an alarm
//! that is OK from the beginning, or a hook that is invoked and reports, is not.

use console::Style;
use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use rehearsal_deployment::plan::NotRehearsed;
use rehearsal_deployment::world::RECURSION_STOPPED_AFTER;
use rehearsal_template::printable;

use crate::rows::{BESIDE, Colours, Row, line, rows};
use crate::time::clock;
use crate::wrap::{Word, lines, words};
use crate::{DeploymentReport, EntryKind, MinuteReport, Report, TimelineEntry};

/// The type of what has no part in a rehearsal and is about a function that has one.
const FUNCTION: &str = "AWS::Lambda::Function";

/// A colour on standard error.
fn style() -> Style {
    Style::new().for_stderr()
}

/// The whole text, which ends in an empty line; `notes` say what it takes from where, and `left_out` what has no part in it and is to be
/// said. Of a release each update has a part.
pub fn text(report: &Report, notes: &[String], left_out: &[NotRehearsed], width: usize) -> String {
    let mut text = String::new();
    for (number, update) in report.each_update().iter().enumerate() {
        text.push_str(&header(update, width));
        if number == 0 {
            for note in notes {
                let note = words(&printable::line(note), &style().dim());
                text.push_str(&lines("  ", 8, &note, width));
            }
            text.push_str(&not_rehearsed(left_out, width));
        }
        text.push_str(&of_update(update, width));
    }
    if report.updates.len() > 1 {
        let what = format!(
            "{}, all {} updates: {}",
            printable::line(&report.name),
            report.updates.len(),
            took(report)
        );
        text.push_str(&lines("", 4, &words(&what, &Style::new()), width));
        text.push('\n');
    }
    text
}

/// `in 0.4 s for 365 virtual s`.
fn took(report: &Report) -> String {
    format!(
        "in {:.1} s for {:.0} virtual s",
        report.wall_seconds, report.virtual_seconds
    )
}

/// One update: its deployments minute by minute, what else happened, and what it came to.
fn of_update(report: &Report, width: usize) -> String {
    let mut text = String::new();
    let mut shown = vec![false; report.timeline.len()];
    for deployment in &report.deployments {
        if report.deployments.len() + report.not_begun.len() > 1 {
            let name = Word::styled(printable::line(&deployment.function), &style().bold());
            text.push_str(&lines("  ", 4, &[name], width));
        }
        text.push_str(&of_deployment(report, deployment, &mut shown, width));
    }
    let rest = report.timeline.iter().zip(&shown);
    for (entry, _) in rest.filter(|(_, shown)| !**shown) {
        if is_interesting(report, entry) {
            text.push_str(&entry_lines(report, entry, None, width));
        }
    }
    text.push_str(&ending(report, width));
    text
}

/// What a person should know of what has no part in it: each that is about a function, and of the others the number.
fn not_rehearsed(left_out: &[NotRehearsed], width: usize) -> String {
    let dim = style().dim();
    let (functions, others): (Vec<_>, Vec<_>) =
        left_out.iter().partition(|item| item.r#type == FUNCTION);
    let mut text = String::new();
    for item in functions {
        let what = format!(
            "{} (line {}): {}",
            printable::line(&item.logical_id),
            item.place.line,
            printable::line(&item.why)
        );
        text.push_str(&lines("  not rehearsed: ", 4, &words(&what, &dim), width));
    }
    if !others.is_empty() {
        let what = match others.len() {
            1 => "1 resource or property; the report names it".to_owned(),
            count => format!("{count} resources and properties; the report names them"),
        };
        text.push_str(&lines("  not rehearsed: ", 4, &words(&what, &dim), width));
    }
    text
}

/// `errors-under-traffic  Contacts:live 1 → 2, Canary10Percent5Minutes`.
fn header(report: &Report, width: usize) -> String {
    let mut all = vec![
        Word::styled(printable::line(&report.name), &style().bold()),
        Word::new(""),
    ];
    let count = report.deployments.len();
    for (number, deployment) in report.deployments.iter().enumerate() {
        let config = deployment
            .config
            .trim_start_matches("CodeDeployDefault.Lambda");
        let end = if number + 1 < count { ";" } else { "" };
        let shown = printable::line;
        all.extend([
            Word::new(format!(
                "{}:{}",
                shown(&deployment.function),
                shown(&deployment.alias)
            )),
            Word::new(format!(
                "{} → {},",
                shown(&deployment.old_version),
                shown(&deployment.new_version)
            )),
            Word::new(format!("{}{end}", shown(config))),
        ]);
    }
    lines("", 4, &all, width)
}

/// The minutes of a deployment with what happened in each.
fn of_deployment(
    report: &Report,
    deployment: &DeploymentReport,
    shown: &mut [bool],
    width: usize,
) -> String {
    let is_alone = report.deployments.len() == 1;
    let is_own = |entry: &TimelineEntry| match (&entry.function, entry.kind) {
        _ if is_alone => true,
        (_, EntryKind::Alarm) => gate_of(deployment, entry).is_some(),
        _ if entry.deployment.is_some() => entry.deployment.as_ref() == Some(&deployment.function),
        (Some(function), _) => {
            *function == deployment.function
                || deployment
                    .hooks
                    .iter()
                    .any(|hook| hook.function == *function)
        }
        (None, _) => false,
    };
    let mut own = Vec::new();
    for (entry, shown) in report.timeline.iter().zip(shown.iter_mut()) {
        if is_own(entry) {
            *shown = true;
            if is_interesting(report, entry) {
                own.push(entry);
            }
        }
    }
    let minute_of = |entry: &TimelineEntry| {
        let minutes = deployment.minutes.iter().rev();
        let mut begun = minutes.filter(|minute| minute.at_seconds <= entry.at_seconds);
        begun
            .next()
            .or(deployment.minutes.first())
            .map(|minute| minute.minute)
    };
    let colours = Colours {
        share: style().cyan(),
        rest: style().dim(),
        errors: style().red(),
    };
    let mut text = String::new();
    let is_eventful = |minute: i64| own.iter().any(|entry| minute_of(entry) == Some(minute));
    for row in rows(&deployment.minutes, is_eventful) {
        text.push_str(&line(deployment, row, &colours, width));
        if let Row::Minute(minute) = row {
            let of_minute = own
                .iter()
                .filter(|entry| minute_of(entry) == Some(minute.minute));
            for entry in of_minute {
                text.push_str(&entry_lines(
                    report,
                    entry,
                    Some((deployment, minute)),
                    width,
                ));
            }
        }
    }
    text
}

/// Whether an entry is worth a line.
fn is_interesting(report: &Report, entry: &TimelineEntry) -> bool {
    match entry.kind {
        EntryKind::Alarm => !is_first_ok(report, entry),
        // The row of its minute shows the first shift, and every one that falls on a minute.
        EntryKind::Traffic => !report.deployments.iter().any(|deployment| {
            let mut minutes = deployment.minutes.iter();
            entry.function.as_ref() == Some(&deployment.function)
                && minutes.any(|minute| (minute.at_seconds - entry.at_seconds).abs() < 0.001)
        }),
        // Its report shows what it comes to, unless it never reports or is tried again.
        EntryKind::Hook => {
            let hooks = report
                .deployments
                .iter()
                .flat_map(|deployment| &deployment.hooks);
            let mut own =
                hooks.filter(|hook| entry.text.contains(&format!("{} invoked", hook.function)));
            let has_reported = own.any(|hook| hook.reported_by.is_some() && hook.invocations < 2);
            !has_reported && !entry.text.ends_with(": Answered")
        }
        EntryKind::Stack => !entry.text.contains("complete"),
        _ => true,
    }
}

/// Whether an alarm has data for the first time, and is OK.
fn is_first_ok(report: &Report, entry: &TimelineEntry) -> bool {
    report.alarms.iter().any(|alarm| {
        let Some(first) = alarm.transitions.first() else {
            return false;
        };
        first.state == AlarmState::Ok
            && (first.at_seconds - entry.at_seconds).abs() < 0.001
            && entry.text == format!("{}: OK", alarm.name)
    })
}

/// The gate that an alarm's entry is about.
fn gate_of<'d>(
    deployment: &'d DeploymentReport,
    entry: &TimelineEntry,
) -> Option<&'d crate::GateReport> {
    let (alarm, _) = entry.text.rsplit_once(": ")?;
    deployment.gates.iter().find(|gate| gate.alarm == alarm)
}

/// `         2:55  alarm VersionErrors: ALARM (1 of the last 1 points …)`, from the deployment's first shift.
fn entry_lines(
    report: &Report,
    entry: &TimelineEntry,
    within: Option<(&DeploymentReport, &MinuteReport)>,
    width: usize,
) -> String {
    let at = match within {
        Some((_, minute)) => from_first_shift(minute, entry.at_seconds),
        None => entry
            .minute
            .map(|minute| format!("minute {minute}"))
            .unwrap_or_default(),
    };
    let first = format!("{at:>12}  ");
    let deployments = within
        .map(|(deployment, _)| deployment)
        .into_iter()
        .chain(&report.deployments);
    let mut all = Vec::new();
    let names_function = matches!(entry.kind, EntryKind::Refused | EntryKind::Recursion);
    if within.is_none()
        && !names_function
        && let Some(function) = &entry.function
    {
        all.push(Word::new(format!("{}:", printable::line(function))));
    }
    let shown = printable::line(&entry.text);
    match entry.kind {
        EntryKind::Alarm => {
            let (name, state) = shown.rsplit_once(": ").unwrap_or((&shown, ""));
            let colour = match state {
                "ALARM" => style().red(),
                "OK" => style().green(),
                _ => style().yellow(),
            };
            all.extend([
                Word::new("alarm"),
                Word::new(format!("{name}:")),
                Word::styled(state, &colour),
            ]);
            if let Some(reason) = reason(deployments, entry) {
                all.extend(words(
                    &format!("({})", printable::line(&reason)),
                    &style().dim(),
                ));
            }
        }
        EntryKind::Traffic => all.extend(words(&format!("traffic: {shown}"), &style().cyan())),
        EntryKind::Deployment => {
            let stopped_by = deployments
                .filter(|deployment| entry.function.as_ref() == Some(&deployment.function))
                .find(|deployment| !deployment.stopped_by.is_empty());
            match stopped_by {
                // CodeDeploy's own words are long, and say no more.
                Some(deployment) if entry.text.starts_with("deployment Stopped: ") => {
                    let alarms = deployment.stopped_by.join(", ");
                    let text = format!("deployment Stopped by alarm {}", printable::line(&alarms));
                    all.extend(words(&text, &style().red()));
                }
                _ => all.extend(words(&shown, &ended(&entry.text))),
            }
        }
        EntryKind::Recursion => {
            let function = entry.function.as_deref().unwrap_or("a function");
            let text = format!(
                "recursive loop: {} was invoked {RECURSION_STOPPED_AFTER} times in one chain, and Lambda stops it there",
                printable::line(function)
            );
            all.extend(words(&text, &style().red()));
        }
        EntryKind::Refused => {
            let caller = entry.function.as_deref().unwrap_or("a function");
            let text = format!("{}: {shown}", printable::line(caller));
            all.extend(words(&text, &style().red()));
        }
        EntryKind::Stack => all.extend(words(&format!("stack: {shown}"), &Style::new())),
        EntryKind::Report | EntryKind::Hook | EntryKind::Rollback | EntryKind::Table => {
            all.extend(words(&shown, &ended(&entry.text)));
        }
    }
    lines(&first, BESIDE.min(width / 3), &all, width)
}

/// Red for what went wrong, green for what went well.
fn ended(text: &str) -> Style {
    if text.contains("Failed") || text.contains("Stopped") || text.contains("gives up") {
        style().red()
    } else if text.ends_with("Succeeded") {
        style().green()
    } else {
        Style::new()
    }
}

/// A moment from the first shift, or before it: `2:55`, `-0:05`.
fn from_first_shift(minute: &MinuteReport, at_seconds: f64) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a rehearsal has some days, in minutes"
    )]
    let minutes = minute.minute as f64;
    clock(minutes * 60.0 + at_seconds - minute.at_seconds)
}

/// Why an alarm's state changed, by the gate that watches it.
fn reason<'d>(
    deployments: impl Iterator<Item = &'d DeploymentReport>,
    entry: &TimelineEntry,
) -> Option<String> {
    let mut gates = deployments.filter_map(|deployment| gate_of(deployment, entry));
    let evaluations = &gates.next()?.evaluations;
    let evaluation = evaluations
        .iter()
        .find(|evaluation| (evaluation.at_seconds - entry.at_seconds).abs() < 0.001)?;
    Some(evaluation.reason.clone())
}

/// Whether it went as expected, and what differs.
fn ending(report: &Report, width: usize) -> String {
    let verdict = if report.as_expected {
        Word::styled("as expected", &style().green())
    } else {
        Word::styled("not as expected", &style().red())
    };
    let mut all = vec![verdict];
    all.extend(words(
        &format!("({}),", printable::line(&report.verdict)),
        &Style::new(),
    ));
    all.extend(words(&took(report), &Style::new()));
    let mut text = lines("  ", 4, &all, width);
    for function in &report.not_begun {
        let what = format!(
            "the deployment of {} was not begun, for the update failed before",
            printable::line(function)
        );
        text.push_str(&lines("  ", 4, &words(&what, &style().yellow()), width));
    }
    for difference in &report.differences {
        let mut all = vec![Word::styled("✗", &style().red())];
        all.extend(words(&printable::line(difference), &Style::new()));
        text.push_str(&lines("  ", 4, &all, width));
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::infrastructure::Infrastructure;

    #[test]
    fn time_counts_from_the_first_shift() {
        let minute = |minute, at_seconds| MinuteReport {
            minute,
            at_seconds,
            weights: BTreeMap::new(),
            requests: BTreeMap::new(),
            errors: BTreeMap::new(),
            infrastructure: Infrastructure::Live,
            latency_ms: BTreeMap::new(),
        };
        assert_eq!(from_first_shift(&minute(0, 65.0), 65.0), "0:00");
        assert_eq!(from_first_shift(&minute(2, 185.0), 239.85), "2:55");
        assert_eq!(from_first_shift(&minute(-1, 5.0), 60.0), "-0:05");
        assert_eq!(from_first_shift(&minute(-2, -55.0), 0.0), "-1:05");
    }
}
