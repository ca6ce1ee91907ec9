//! The reports as Markdown, for pull requests and the summaries of continuous integration: the verdicts, and of each rehearsal its minutes as
//! a chart of text, what went wrong, and what was planned.

use std::fmt::Write;

use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use rehearsal_deployment::plan::Decision;
use rehearsal_template::{counted, printable};

use crate::rows::{Row, bar, by_version, counted_errors, errors, new_share, rows};
use crate::section::titles;
use crate::time::duration;
use crate::{DeploymentReport, Report, Section, summary};

/// How long the text may be, in bytes. A job's summary has 1 MiB at most (GitHub, "Adding a job summary").
const MAX_BYTES: usize = 900_000;
/// How long one rehearsal's part may be, in bytes; it ends at a line.
const MAX_PART_BYTES: usize = 60_000;
/// How wide a share is drawn, in characters.
const BAR: usize = 20;

/// The text of a call.
pub fn text(sections: &[Section<'_>]) -> String {
    let seconds = sections.iter().map(|section| match section {
        Section::Ran(report) => report.wall_seconds,
        _ => 0.0,
    });
    let as_expected = sections.iter().filter(|section| section.is_as_expected());
    let (as_expected, all) = (as_expected.count(), sections.len());
    let mut text = format!(
        "## {} Rehearsed deployments: {as_expected} as expected, {} not, in {}\n\n",
        mark(as_expected == all),
        all - as_expected,
        duration(seconds.sum())
    );
    let titles = titles(sections);
    if all > 1 {
        text.push_str("| | rehearsal | came to | expected |\n|---|---|---|---|\n");
        for (section, title) in sections.iter().zip(&titles) {
            let (came, expected) = match section {
                Section::Ran(report) => {
                    (plain(&report.verdict_in_short()), plain(&report.expected))
                }
                Section::Unusable { .. } => ("could not be run".to_owned(), String::new()),
                Section::NotRun { .. } => ("was not run".to_owned(), String::new()),
            };
            let mark = mark(section.is_as_expected());
            let _ = writeln!(text, "| {mark} | {} | {came} | {expected} |", code(title));
        }
        text.push('\n');
    }
    let mut left_out = 0;
    // Those that went otherwise first, should there not be room for all.
    let (otherwise, others): (Vec<_>, Vec<_>) = sections
        .iter()
        .zip(&titles)
        .partition(|(section, _)| !section.is_as_expected());
    for (section, title) in otherwise.into_iter().chain(others) {
        let part = part(section, title);
        if text.len() + part.len() > MAX_BYTES {
            left_out += 1;
            continue;
        }
        text.push_str(&part);
    }
    if left_out > 0 {
        let _ = writeln!(text, "\n{left_out} more are too long for this page.");
    }
    text
}

fn mark(is_as_expected: bool) -> char {
    if is_as_expected { '✅' } else { '❌' }
}

/// One rehearsal.
fn part(section: &Section<'_>, title: &str) -> String {
    match section {
        Section::Ran(report) => cut(ran(report, title)),
        Section::Unusable { problems, .. } => cut(format!(
            "### ❌ {} could not be run\n\n{}\n",
            code(title),
            block(&problems.join("\n"))
        )),
        Section::NotRun { .. } => format!(
            "### ❌ {} was not run\n\nAnother rehearsal of the call cannot run.\n\n",
            code(title)
        ),
    }
}

/// A part that is too long, up to the last line that has room. Its block of code and its fold are closed again.
fn cut(part: String) -> String {
    if part.len() <= MAX_PART_BYTES {
        return part;
    }
    let mut end = MAX_PART_BYTES;
    while !part.is_char_boundary(end) {
        end -= 1;
    }
    let end = part[..end].rfind('\n').unwrap_or(end);
    let fences = part[..end].lines().filter(|line| line.starts_with("```"));
    let fences: Vec<_> = fences.collect();
    let close = match fences.last() {
        Some(open) if fences.len() % 2 == 1 => format!("\n{}", open.trim_end_matches("text")),
        _ => String::new(),
    };
    let fold = if part[..end].contains("<details>") && !part[..end].contains("</details>") {
        "\n</details>"
    } else {
        ""
    };
    format!(
        "{}{close}{fold}\n\n… (too long for this page)\n\n",
        &part[..end]
    )
}

fn ran(report: &Report, title: &str) -> String {
    let mut text = format!(
        "### {} {}: {}\n\n",
        mark(report.as_expected),
        code(title),
        plain(&report.verdict_in_short())
    );
    if report.as_expected {
        let _ = writeln!(text, "As expected: {}.\n", plain(&report.expected));
    } else {
        for difference in &report.differences {
            let _ = writeln!(text, "- {}", plain(difference));
        }
        text.push('\n');
    }
    for update in report.each_update() {
        if !report.updates.is_empty() {
            let not = if update.as_expected { "" } else { "not " };
            let verdict = plain(&update.verdict);
            let _ = writeln!(
                text,
                "**{}**: {verdict} ({not}as expected)\n",
                plain(&update.name)
            );
        }
        if let Some(failed) = &update.update_failed {
            let when = update.when_it_failed();
            let (id, reason) = (code(&failed.logical_id), plain(&failed.reason));
            let _ = writeln!(text, "Failed{when}: {id} {reason}\n");
        }
        for deployment in &update.deployments {
            if update.deployments.len() > 1 {
                let _ = writeln!(text, "{}\n", code(&deployment.function));
            }
            text.push_str(&block(&chart(deployment)));
            text.push('\n');
        }
    }
    let evidence = summary::evidence(report);
    if !evidence.is_empty() {
        let _ = writeln!(text, "**What went wrong**\n\n{}", block(&evidence));
    }
    text.push_str("<details><summary>What was planned</summary>\n\n");
    text.push_str(&plan(report));
    text.push_str("\n</details>\n\n");
    text
}

/// The minutes of a deployment, the new version's share drawn.
fn chart(deployment: &DeploymentReport) -> String {
    let mut text = format!(
        "minute  v{:<width$} requests\n",
        deployment.new_version,
        width = BAR + 5
    );
    for row in rows(&deployment.minutes, |_| false) {
        let _ = match row {
            Row::Minute(minute) => {
                let share = new_share(deployment, minute);
                let (full, empty) = bar(share, BAR);
                let errors = match errors(minute) {
                    0 => String::new(),
                    errors => format!(", {}", counted_errors(errors)),
                };
                writeln!(
                    text,
                    "{:>6}  {full}{empty} {:>3.0} %  {}{errors}",
                    minute.minute,
                    share * 100.0,
                    by_version(deployment, &minute.requests)
                )
            }
            Row::Alike(count) => writeln!(text, "     …  {count} minutes alike"),
        };
    }
    text
}

/// The deployments as they were planned, with what was left out.
fn plan(report: &Report) -> String {
    let mut text = String::new();
    // Whole, where its heading has not all names.
    if report.verdict_in_short() != report.verdict {
        let _ = writeln!(text, "- {}", plain(&report.verdict));
    }
    for deployment in &report.deployments {
        let _ = writeln!(
            text,
            "- {} {} → {}, {}",
            code(&format!("{}:{}", deployment.function, deployment.alias)),
            plain(&deployment.old_version),
            plain(&deployment.new_version),
            code(&deployment.config)
        );
        for hook in &deployment.hooks {
            let when = match hook.lifecycle_event {
                LifecycleEventName::BeforeAllowTraffic => "before the traffic",
                LifecycleEventName::AfterAllowTraffic => "after the traffic",
                LifecycleEventName::AllowTraffic => "hook",
            };
            let checks = match hook.checks.len() {
                0 => String::new(),
                checks => format!(", {}", counted(checks, "check")),
            };
            let (function, status) = (code(&hook.function), status(hook.status));
            let _ = writeln!(text, "  - {when}: {function} ({status}{checks})");
        }
        for gate in &deployment.gates {
            let decision = match gate.decision {
                Decision::Evaluated => "",
                Decision::Given => " (given)",
                Decision::NotJudged => " (**not judged**)",
                Decision::Refused => " (**refused**)",
            };
            let _ = writeln!(text, "  - gate {}{decision}", code(&gate.alarm));
        }
    }
    for function in &report.not_begun {
        let _ = writeln!(
            text,
            "- {}: not begun, for the update failed before",
            code(function)
        );
    }
    if !report.not_rehearsed.is_empty() {
        let count = report.not_rehearsed.len();
        let _ = writeln!(
            text,
            "- {count} resources and properties have no part in it; the report names them"
        );
    }
    let _ = writeln!(
        text,
        "- seed {}, {:.0} virtual seconds",
        report.seed, report.virtual_seconds
    );
    text
}

fn status(status: LifecycleEventStatus) -> String {
    format!("{status:?}")
}

/// Text of others in a line of Markdown, where it is no markup.
pub fn plain(text: &str) -> String {
    let mut escaped = String::new();
    for character in printable::line(text).chars() {
        if r"\`*_{}[]<>#|~@&".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// A name as code. A bar would end its cell, and a backtick the code.
pub fn code(name: &str) -> String {
    let name = printable::line(name);
    if name.contains(['`', '|']) || name.is_empty() {
        plain(&name)
    } else {
        format!("`{name}`")
    }
}

/// Lines as a block of code, whatever is in them.
fn block(text: &str) -> String {
    let text = printable::lines(text);
    let longest = text.lines().map(|line| {
        let line = line.trim_start();
        line.len() - line.trim_start_matches('`').len()
    });
    let fence = "`".repeat(longest.max().unwrap_or(0).max(2) + 1);
    format!("{fence}text\n{}\n{fence}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_lines_of_others_are_no_markup() {
        assert_eq!(plain("a|b*<c>@d&e"), r"a\|b\*\<c\>\@d\&e");
        assert_eq!(code("Orders*"), "`Orders*`");
        assert_eq!(code("a`b"), r"a\`b");
        assert_eq!(block("a\n  ```\nb"), "````text\na\n  ```\nb\n````\n");
    }

    #[test]
    fn a_part_that_is_too_long_ends_at_a_line_and_leaves_nothing_open() {
        let part = format!(
            "<details>\n```text\n{}```\n</details>\n",
            "a line\n".repeat(20_000)
        );
        let cut = cut(part);
        assert!(cut.len() < MAX_PART_BYTES + 100);
        assert!(cut.ends_with("a line\n```\n</details>\n\n… (too long for this page)\n\n"));
    }
}
