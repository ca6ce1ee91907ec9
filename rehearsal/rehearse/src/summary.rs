//! The table at the end: what was expected, what happened, who served what, and what decided.

use std::fmt::Write;

use comfy_table::{ContentArrangement, Table, presets::UTF8_HORIZONTAL_ONLY};
use console::Term;
use rehearsal_deployment::Report;
use rehearsal_deployment::report::{DeploymentReport, HookReport, MinuteReport};

/// How wide the table is where there is no terminal to fit it to, in characters.
const WIDTH: u16 = 132;

/// The reports as text: one table, and under it the minutes of those that did not go as expected.
pub fn text(reports: &[Report]) -> String {
    let mut table = Table::new();
    table
        .load_preset(UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(
            Term::stdout()
                .size_checked()
                .map_or(WIDTH, |(_, columns)| columns),
        );
    table.set_header([
        "rehearsal",
        "expected",
        "happened",
        "served",
        "errors seen",
        "decided by",
    ]);
    for report in reports {
        for deployment in &report.deployments {
            table.add_row([
                report.name.clone(),
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
        let _ = writeln!(text, "\n{} did not go as expected:", report.name);
        for difference in &report.differences {
            let _ = writeln!(text, "  {difference}");
        }
        for deployment in &report.deployments {
            text.push_str(&minutes(deployment));
            for hook in &deployment.hooks {
                text.push_str(&failures(hook));
            }
        }
    }
    text
}

fn outcome(report: &Report, deployment: &DeploymentReport) -> String {
    let mark = if report.as_expected { '✓' } else { '✗' };
    let rollback = match &deployment.rollback {
        Some(_) => ", rolled back",
        None => "",
    };
    match deployment.error_code {
        Some(code) => {
            let code = serde_json::to_value(code).ok();
            let code = code
                .as_ref()
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default();
            format!("{mark} {:?} {code}{rollback}", deployment.status)
        }
        None => format!("{mark} {:?}{rollback}", deployment.status),
    }
}

fn by_version(
    deployment: &DeploymentReport,
    counts: &std::collections::BTreeMap<String, u64>,
) -> String {
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

fn minutes(deployment: &DeploymentReport) -> String {
    let mut table = Table::new();
    table.load_preset(UTF8_HORIZONTAL_ONLY);
    table.set_header(["minute", "weights", "requests", "errors"]);
    let counts = |counts: &std::collections::BTreeMap<String, u64>| by_version(deployment, counts);
    for minute in &deployment.minutes {
        table.add_row([
            minute.minute.to_string(),
            weights(minute),
            counts(&minute.requests),
            counts(&minute.errors),
        ]);
    }
    format!("{table}\n")
}

fn weights(minute: &MinuteReport) -> String {
    let shares = minute
        .weights
        .iter()
        .map(|(version, share)| format!("v{version} {:.0} %", share * 100.0));
    shares.collect::<Vec<_>>().join(", ")
}

fn failures(hook: &HookReport) -> String {
    let mut text = String::new();
    for check in hook.failed_checks() {
        let detail = check.detail.as_deref().unwrap_or("no detail");
        let _ = writeln!(text, "  {} {}: {detail}", check.status, check.name);
    }
    for error in &hook.errors {
        let _ = writeln!(text, "  {}: {error}", hook.function);
    }
    text
}
