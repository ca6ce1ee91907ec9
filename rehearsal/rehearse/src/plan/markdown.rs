//! A plan for a pull request, in Markdown as GitHub shows it.

use std::fmt::Write;

use rehearsal_deployment::change::{Action, UpdatePlan};
use rehearsal_report::markdown::{code, plain};
use rehearsal_template::counted;

use super::contract::severity;
use super::words;

/// The most resources of which the table is open to the eye.
const MOST_ROWS: usize = 25;

/// The whole text; `from` is what runs, as its reader named it.
pub fn of(template: &str, from: Option<&str>, plan: &UpdatePlan) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = match from {
        Some(from) => writeln!(
            text,
            "### Update of {} from {}\n",
            code(template),
            code(from)
        ),
        None => writeln!(text, "### First creation of {}\n", code(template)),
    };
    if let Some(failure) = words::failure(plan) {
        let _ = writeln!(text, "**{}**\n", plain(&failure));
    }
    let _ = writeln!(
        text,
        "**{}** {}",
        plain(&words::deployments(plan)),
        plain(&words::counts(plan))
    );
    findings(&mut text, plan);
    steps(&mut text, plan);
    deployments(&mut text, plan);
    rollback(&mut text, plan);
    text
}

fn findings(text: &mut String, plan: &UpdatePlan) {
    if plan.findings.is_empty() {
        return;
    }
    text.push('\n');
    for finding in &plan.findings {
        let line = if finding.place.line > 0 {
            format!(" (line {})", finding.place.line)
        } else {
            String::new()
        };
        let help = finding
            .help
            .as_ref()
            .map(|help| format!(" → {}", plain(help)))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "- **{}** {}{line}{help}",
            severity(finding.severity),
            plain(&finding.message)
        );
    }
}

fn steps(text: &mut String, plan: &UpdatePlan) {
    if plan.order.is_empty() {
        return;
    }
    let count: usize = plan.order.iter().map(Vec::len).sum();
    let is_long = count > MOST_ROWS;
    if is_long {
        let _ = writeln!(
            text,
            "\n<details><summary>In CloudFormation's order: {}</summary>",
            counted(count, "resource")
        );
    }
    text.push_str("\n| step | | resource | what |\n|---:|---|---|---|\n");
    let leaving = |id: &str| {
        plan.changes
            .iter()
            .find(|change| change.logical_id == id && change.action == Action::Delete)
    };
    let first_clean_up = plan
        .order
        .iter()
        .position(|step| step.iter().all(|id| leaving(id).is_some()));
    for (index, step) in plan.order.iter().enumerate() {
        let leaves = first_clean_up.is_some_and(|first| index >= first);
        for id in step {
            let change = if leaves { leaving(id) } else { plan.change(id) };
            let Some(change) = change else { continue };
            let what: Vec<_> = words::what(plan, change)
                .iter()
                .map(|line| plain(line))
                .collect();
            let _ = writeln!(
                text,
                "| {} | {} | {} {} | {} |",
                index + 1,
                words::action(plan, change),
                code(id),
                plain(&change.r#type),
                what.join("<br>")
            );
        }
    }
    if is_long {
        text.push_str("\n</details>\n");
    }
}

/// Each deployment once with all that go alike, and why others do not start.
fn deployments(text: &mut String, plan: &UpdatePlan) {
    let each = plan.deployments.iter().map(|deployment| {
        let lines = match deployment.starts {
            Some(false) => Vec::new(),
            _ => words::deployment(deployment),
        };
        let subject = format!("**{}**", plain(&words::subject(deployment)));
        ((deployment.starts, deployment.why.as_str(), lines), subject)
    });
    for ((starts, why, lines), subjects) in words::alike(each) {
        let verb = if subjects.len() == 1 {
            "is"
        } else {
            "are each"
        };
        let (how, end) = match starts {
            Some(true) => ("deployed, as", ":"),
            None => ("perhaps deployed:", ":"),
            Some(false) => ("not deployed:", "."),
        };
        let _ = writeln!(
            text,
            "\n{} {verb} {how} {}{end}",
            subjects.join(", "),
            plain(why)
        );
        if !lines.is_empty() {
            text.push('\n');
        }
        for line in lines {
            let _ = writeln!(text, "- {}", plain(&line));
        }
    }
}

fn rollback(text: &mut String, plan: &UpdatePlan) {
    if plan.order.is_empty() {
        return;
    }
    let rollback = &plan.rollback;
    text.push_str("\n<details><summary>If it fails</summary>\n\n");
    let names = |names: &[String]| -> String {
        let names: Vec<_> = names.iter().map(|name| code(name)).collect();
        names.join(", ")
    };
    let kept: Vec<String> = rollback
        .keeps
        .iter()
        .map(|kept| format!("{} ({})", code(&kept.logical_id), plain(&kept.why)))
        .collect();
    for (what, listed) in [
        ("goes back", names(&rollback.brings_back)),
        ("is deleted again", names(&rollback.deletes)),
        ("stays", kept.join(", ")),
        ("has not been touched", names(&rollback.untouched)),
    ] {
        if !listed.is_empty() {
            let _ = writeln!(text, "- {what}: {listed}");
        }
    }
    for line in words::retries(&rollback.retry) {
        let _ = writeln!(text, "- the same code again: {}", plain(&line));
    }
    text.push_str("\n</details>\n");
}
