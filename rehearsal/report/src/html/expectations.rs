//! What was expected, what differs from it, and how to run it again.

use maud::{Markup, html};

use crate::Report;
use crate::html::words::{duration, grouped};

/// The most differences that are shown.
const MOST: usize = 100;

/// The section.
pub fn section(report: &Report) -> Markup {
    html! {
        section.expectations {
            h3 { "Expected, and how to run it again" }
            dl {
                dt { "expected" } dd { (report.expected) }
                dt { "met" }
                dd {
                    @if report.as_expected { "✓ all of it" } @else {
                        ul.reds {
                            @for difference in report.differences.iter().take(MOST) { li { (difference) } }
                            @if report.differences.len() > MOST { li { "and " (report.differences.len() - MOST) " more, in report.json" } }
                        }
                    }
                }
                @if !report.faults_acted.is_empty() {
                    dt { "faults" }
                    dd {
                        @for (number, count) in report.faults_acted.iter().take(MOST).enumerate() {
                            @if number > 0 { "; " } "the " (ordinal(number)) " acted on " (grouped(*count)) @if *count == 1 { " call" } @else { " calls" }
                        }
                    }
                }
                @if !report.command.is_empty() { dt { "again" } dd { code { (report.command) } } }
                dt { "seed" } dd { (report.seed) }
                dt { "versions" }
                dd {
                    @for deployment in &report.deployments {
                        (deployment.function) " " (deployment.old_version) " → " (deployment.new_version) ", " (deployment.config) ", " (deployment.id) br;
                    }
                    "rehearse " (report.rehearse_version)
                }
                dt { "took" } dd { (duration(report.wall_seconds)) " for " (duration(report.virtual_seconds)) " of virtual time" }
            }
        }
    }
}

/// `1st`, `2nd`, `3rd`, `4th`, from 0.
fn ordinal(number: usize) -> String {
    let number = number + 1;
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
