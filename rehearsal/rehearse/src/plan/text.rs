//! A plan for people, in CloudFormation's order. It fits 80 columns, and no name is broken.

use std::fmt::Write;

use console::style;
use rehearsal_deployment::change::{Action, Finding, Severity, UpdatePlan};
use rehearsal_template::printable;

use super::contract::severity;
use super::words;

/// The width of a line, in characters.
const WIDTH: usize = 80;
/// A space at which no line ends.
const TOGETHER: char = '\u{a0}';
/// Where the names of resources stand.
const NAMES: usize = 13;
/// Where what is said of them stands.
const DETAILS: usize = 15;

/// The whole text; `from` is what runs, as its reader named it.
pub fn of(template: &str, from: Option<&str>, plan: &UpdatePlan) -> String {
    let mut text = String::new();
    let title = match from {
        Some(from) => format!("{template}, where {from} runs"),
        None => format!("{template}, where nothing runs yet"),
    };
    push(
        &mut text,
        0,
        &style(printable::line(&title)).bold().to_string(),
    );
    if let Some(failure) = words::failure(plan) {
        push(&mut text, 2, &failure);
    }
    push(&mut text, 2, &words::deployments(plan));
    push(&mut text, 2, &words::counts(plan));
    if from.is_none() {
        push(
            &mut text,
            2,
            "For an update of a stack that runs, name its template: --live TEMPLATE, or --live-git REVISION.",
        );
    }
    steps(&mut text, plan);
    not_started(&mut text, plan);
    findings(&mut text, &plan.findings);
    rollback(&mut text, plan);
    text
}

fn heading(text: &mut String, heading: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "\n{}", style(heading).bold());
}

/// Adds a text from a column on, over as many lines as it needs.
fn push(text: &mut String, indent: usize, what: &str) {
    push_with(text, &" ".repeat(indent), indent, what);
}

/// The same with something before its first line.
fn push_with(text: &mut String, first: &str, indent: usize, what: &str) {
    let what = printable::coloured(what);
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in what.split(' ') {
        let width = console::measure_text_width(&line) + 1 + console::measure_text_width(word);
        if !is_empty && width > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end().replace(TOGETHER, " "));
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end().replace(TOGETHER, " "));
}

fn steps(text: &mut String, plan: &UpdatePlan) {
    if plan.order.is_empty() {
        return;
    }
    heading(text, "In CloudFormation's order");
    let mut leaves = false;
    let mut shown: Vec<(&str, Vec<String>)> = Vec::new();
    for (number, step) in plan.order.iter().enumerate() {
        let mut number = format!("{:>2}", number + 1);
        for id in step {
            let Some(change) = change(plan, id, leaves) else {
                continue;
            };
            if change.action == Action::Delete && !leaves {
                leaves = true;
                push(text, 4, "when all else is done:");
            }
            let action = words::action(plan, change);
            let first = format!("{number}  {action:<8} ");
            push_with(text, &first, NAMES, &format!("{id}  {}", change.r#type));
            "  ".clone_into(&mut number);
            for line in words::what(plan, change) {
                push(text, DETAILS, &line);
            }
            let deployment = plan
                .deployments
                .iter()
                .find(|deployment| deployment.alias_logical_id == *id);
            if let Some(deployment) = deployment
                && deployment.starts != Some(false)
            {
                let lines = words::deployment(deployment);
                if let Some((alias, _)) = shown.iter().find(|(_, known)| *known == lines) {
                    push(
                        text,
                        DETAILS,
                        &format!("shift, hooks and alarms as {alias}"),
                    );
                    continue;
                }
                for line in &lines {
                    push(text, DETAILS, line);
                }
                shown.push((id, lines));
            }
        }
    }
}

/// The change of an id in the order: what leaves may have the id of what comes, without its hash.
fn change<'p>(
    plan: &'p UpdatePlan,
    id: &str,
    leaves: bool,
) -> Option<&'p rehearsal_deployment::change::Change> {
    let of = |wanted: bool| {
        plan.changes
            .iter()
            .find(|change| change.logical_id == id && (change.action == Action::Delete) == wanted)
    };
    of(leaves).or_else(|| of(!leaves))
}

/// The aliases that stay or move without a deployment, those of which it is not known, and why.
fn not_started(text: &mut String, plan: &UpdatePlan) {
    for (starts, title) in [(None, "Perhaps deployed"), (Some(false), "Not deployed")] {
        let aliases: Vec<_> = plan
            .deployments
            .iter()
            .filter(|deployment| deployment.starts == starts)
            .collect();
        if !aliases.is_empty() {
            heading(text, title);
        }
        for deployment in aliases {
            let subject = words::subject(deployment);
            push(text, 2, &format!("{subject}: {}", deployment.why));
        }
    }
}

fn findings(text: &mut String, findings: &[Finding]) {
    if findings.is_empty() {
        return;
    }
    heading(text, "What it meets");
    for finding in findings {
        let word = severity(finding.severity);
        let shown = match finding.severity {
            Severity::Error => style(word).red(),
            Severity::Warning => style(word).yellow(),
            Severity::Note => style(word),
        };
        let padding = " ".repeat(9 - word.len());
        let line = if finding.place.line > 0 {
            format!(" (line{TOGETHER}{})", finding.place.line)
        } else {
            String::new()
        };
        push_with(
            text,
            &format!("  {shown}{padding}"),
            11,
            &format!("{}{line}", finding.message),
        );
        if let Some(help) = &finding.help {
            push(text, 11, &format!("→ {help}"));
        }
    }
}

fn rollback(text: &mut String, plan: &UpdatePlan) {
    let rollback = &plan.rollback;
    if plan.order.is_empty() {
        return;
    }
    heading(text, "If it fails");
    let kept: Vec<String> = rollback
        .keeps
        .iter()
        .map(|kept| format!("{} ({})", kept.logical_id, kept.why))
        .collect();
    let lists = [
        ("goes back", &rollback.brings_back),
        ("deleted", &rollback.deletes),
        ("stays", &kept),
        ("untouched", &rollback.untouched),
    ];
    for (what, names) in lists.into_iter().filter(|(_, names)| !names.is_empty()) {
        push_with(text, &format!("  {what:<11}"), NAMES, &names.join(", "));
    }
    if !rollback.retry.is_empty() {
        push(text, 2, "the same code again:");
    }
    for line in words::retries(&rollback.retry) {
        push(text, 4, &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_names_stay_whole() {
        let mut text = String::new();
        let name = "N".repeat(90);
        push(
            &mut text,
            4,
            &format!("{} {name} and more", "word ".repeat(30).trim()),
        );
        for line in text.lines() {
            assert!(line.len() <= WIDTH || line.trim() == name, "{line}");
        }
        assert!(text.contains(&name));
    }
}
