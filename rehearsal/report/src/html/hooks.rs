//! The hooks: who was invoked, who reported, and each check with how long it took.

use maud::{Markup, html};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventStatus;
use rehearsal_deployment::event::InvocationOutcome;
use rehearsal_template::counted;

use crate::html::lanes::time_of;
use crate::html::last_words;
use crate::html::part::parts;
use crate::html::scale::{Percent, Time};
use crate::html::words::{milliseconds, status};
use crate::{AttemptReport, CheckReport, HookReport, Report};

/// The most checks and the most invocations of a hook that are shown.
const MOST: usize = 200;
/// With more hooks than this the checks of one that found nothing are folded.
const MOST_OPEN: usize = 2;

/// The status of a check that had nothing to look at.
const SKIPPED: &str = "Skipped";

/// The section; nothing where there is no hook.
pub fn section(report: &Report) -> Markup {
    let parts = parts(report);
    let several = parts
        .iter()
        .map(|part| part.update.deployments.len())
        .sum::<usize>()
        > 1;
    let hooks = parts.iter().flat_map(|part| {
        part.update.deployments.iter().flat_map(move |deployment| {
            let of = match part.name {
                Some(name) => format!("{} in {name}", deployment.function),
                None => deployment.function.clone(),
            };
            deployment.hooks.iter().map(move |hook| (of.clone(), hook))
        })
    });
    let hooks: Vec<_> = hooks.collect();
    let time = time_of(report);
    html! {
        @if !hooks.is_empty() {
            section.hooks {
                h3 { "What the hooks found" }
                div.columns {
                    @for (of, hook) in hooks.iter().filter(|(_, hook)| hook.invocations > 0) {
                        (one(hook, several.then_some(of.as_str()), hooks.len() > MOST_OPEN, time))
                    }
                }
                @for (of, hook) in hooks.iter().filter(|(_, hook)| hook.invocations == 0) {
                    (one(hook, several.then_some(of.as_str()), false, time))
                }
            }
        }
    }
}

fn one(hook: &HookReport, of: Option<&str>, many: bool, time: Time) -> Markup {
    let bad = hook.status == LifecycleEventStatus::Failed;
    let failed = hook.failed_checks().count();
    html! {
        div.hook.idle[hook.invocations == 0] {
            h4 {
                (hook.function) " "
                span.status.bad[bad].none[hook.status == LifecycleEventStatus::Skipped] { (status(hook.status)) }
            }
            p.muted {
                (hook.lifecycle_event) @if let Some(of) = of { " of " (of) }
                @if !hook.checks.is_empty() {
                    ", " (counted(hook.checks.len(), "check")) @if failed > 0 { ", " (failed) " failed" }
                }
                @if hook.invocations == 0 { ", never invoked" }
            }
            @if many && !bad && failed == 0 && !hook.checks.is_empty() {
                details { summary { "Its checks" } (checks(&hook.checks)) }
            } @else if !hook.checks.is_empty() {
                (checks(&hook.checks))
            }
            @if hook.checks.len() > MOST { p.muted { "and " (hook.checks.len() - MOST) " checks more" } }
            (attempts(hook, time))
            @for error in hook.errors.iter().take(MOST) { p.bad { (error) } }
            @if let Some(on_failure) = &hook.on_failure {
                p.bad {
                    "Lambda gave its event up: " (format!("{:?}", on_failure.condition)) "; "
                    @match on_failure.function.as_deref() { Some(function) => { (function) " got the record" }, None => "no function got the record" }
                }
                @for error in on_failure.errors.iter().take(MOST) { p.bad { (error) } }
            }
            @if bad || hook.reported_by.is_none() { (last_words(&hook.log, "The last lines that it wrote")) }
        }
    }
}

fn checks(all: &[CheckReport]) -> Markup {
    let longest = all
        .iter()
        .map(|check| check.duration_ms)
        .fold(1.0, f64::max);
    let shown = &all[..all.len().min(MOST)];
    html! {
        table.checks {
            caption.quiet { "Its checks, each with how long it took on this machine's clock" }
            colgroup { col.sign-column; col; col.long-column; }
            thead.quiet { tr { th scope="col" { "how it ended" } th scope="col" { "check" } th scope="col" { "how long" } } }
            tbody {
                @for (number, check) in shown.iter().enumerate() {
                    // What several say one after another is written once, under the last of them.
                    @let next = shown.get(number + 1);
                    (row(check, longest, next.is_none_or(|next| next.detail != check.detail)))
                }
            }
        }
    }
}

fn row(check: &CheckReport, longest: f64, with_detail: bool) -> Markup {
    let (sign, bad) = match check.status.as_str() {
        "Passed" => ("✓", false),
        SKIPPED => ("–", false),
        _ => ("✗", true),
    };
    let skipped = check.status == SKIPPED;
    let width = Percent((check.duration_ms / longest * 100.0).clamp(0.5, 100.0));
    html! {
        tr.bad[bad].skipped[skipped] {
            td.how title=(check.status) {
                span aria-hidden="true" { (sign) } span.quiet { (check.status) }
            }
            th scope="row" { (check.name) }
            td.long {
                svg width="100%" height="10" aria-hidden="true" { @if !skipped { rect.took x="0" y="1" height="8" width=(width) rx="1" {} } }
                span { (milliseconds(check.duration_ms)) }
            }
        }
        @if let Some(detail) = check.detail.as_ref().filter(|_| with_detail) {
            tr.detail.bad[bad] { td {} td colspan="2" { @if bad { (check.status) ": " } (detail) } }
        }
    }
}

/// Its invocations, retries and the guard's among them.
fn attempts(hook: &HookReport, time: Time) -> Markup {
    html! {
        @if !hook.attempts.is_empty() {
            ul.attempts {
                @for attempt in hook.attempts.iter().take(MOST) { (invocation(hook, attempt, time)) }
                @if let (Some(by), Some(at)) = (&hook.reported_by, hook.reported_seconds) {
                    li.bad[*by != hook.function] {
                        span.at { (time.clock(at)) } " " (by) " reported"
                        @if *by != hook.function { " for " (hook.function) }
                        @if hook.report_attempts.is_some_and(|attempts| attempts > 1) {
                            ", at attempt " (hook.report_attempts.unwrap_or_default())
                        }
                    }
                } @else {
                    li.bad { "no report took effect" }
                }
            }
        }
    }
}

fn invocation(hook: &HookReport, attempt: &AttemptReport, time: Time) -> Markup {
    let bad = attempt
        .outcome
        .is_some_and(|outcome| outcome != InvocationOutcome::Answered);
    html! {
        li.bad[bad] {
            span.at { (time.clock(attempt.began_seconds)) } " "
            (attempt.function) " invoked"
            @if attempt.attempt > 1 { ", attempt " (attempt.attempt) }
            @if attempt.function != hook.function { ", with the record" }
            @match (attempt.outcome, attempt.ended_seconds) {
                (Some(InvocationOutcome::Answered), Some(ended)) => { ", answered at " (time.clock(ended)) },
                (Some(outcome), Some(ended)) => { ": " (outcome) " at " (time.clock(ended)) },
                _ => ", not over at the end",
            }
        }
    }
}
