//! What callers saw go wrong, each kind once, with a sample.

use maud::{Markup, html};

use crate::html::last_words;
use crate::html::part::parts;
use crate::html::words::grouped;
use crate::{FailureReport, Report};

/// The most kinds that are shown, the most frequent first.
const MOST_KINDS: usize = 30;
/// Of so many the sample is open at once.
const OPEN: usize = 1;

/// The section; nothing where no caller saw an error.
pub fn section(report: &Report) -> Markup {
    let parts = parts(report);
    let mut failures: Vec<&FailureReport> = parts
        .iter()
        .flat_map(|part| &part.update.failures)
        .collect();
    failures.sort_by_key(|failure| std::cmp::Reverse(failure.count));
    html! {
        @if !failures.is_empty() {
            section.failures {
                h3 { "What callers saw go wrong" }
                ol {
                    @for (number, failure) in failures.iter().take(MOST_KINDS).enumerate() { (kind(failure, number < OPEN)) }
                }
                @if failures.len() > MOST_KINDS { p.muted { "and " (failures.len() - MOST_KINDS) " kinds more, in report.json" } }
            }
        }
    }
}

fn kind(failure: &FailureReport, open: bool) -> Markup {
    html! {
        li {
            p {
                strong.bad { (grouped(failure.count)) " ×" } " "
                code { (failure.route.as_deref().unwrap_or(&failure.function)) }
                @if let Some(status) = failure.status { " " strong { (status) } }
                @if let Some(error) = &failure.error_type { " " (error) }
                span.muted {
                    " by " (failure.function) " version " (failure.version)
                    @if let Some(minute) = failure.first_minute { ", first in minute " (minute) }
                }
            }
            @if !failure.message.is_empty() { p.message { (failure.message) } }
            details open[open] {
                summary { "The first of them" }
                p.muted { "It asked" }
                pre tabindex="0" { (failure.sample.request) }
                @if failure.sample.log.is_empty() {
                    p.muted { "The function wrote nothing that is known." }
                } @else {
                    (last_words(&failure.sample.log, "The last lines that the function wrote"))
                }
            }
        }
    }
}
