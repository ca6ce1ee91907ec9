//! What was expected, what differs from it, and how to run it again.

use maud::{Markup, html};

use crate::html::part::{Part, parts};
use crate::html::words::{duration, grouped};
use crate::{ExpectationReport, Report};

/// The most differences that are shown.
const MOST: usize = 100;

/// The section.
pub fn section(report: &Report) -> Markup {
    let parts = parts(report);
    html! {
        section.expectations {
            h3 { "Expected, and how to run it again" }
            dl {
                @for part in &parts {
                    dt { @match part.name { Some(name) => (name), None => "expected" } }
                    dd {
                        p { (part.update.expected) ": " @if part.update.as_expected { "✓ met" } @else { span.bad { "✗ not met" } } }
                        ul.met {
                            @for one in part.update.expectations.iter().take(MOST) { (expectation(one)) }
                            // Those that are no expectation of the file's: a fault that acted on nothing.
                            @for difference in part.update.differences.iter().filter(|difference| is_new(difference, part)).take(MOST) {
                                li.bad { "✗ " (difference) }
                            }
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
                    @for deployment in parts.iter().flat_map(|part| &part.update.deployments) {
                        (deployment.function) " " (deployment.old_version) " → " (deployment.new_version) ", " (deployment.config) ", " (deployment.id) br;
                    }
                    "rehearse " (report.rehearse_version)
                }
                dt { "took" } dd { (duration(report.wall_seconds)) " for " (duration(report.virtual_seconds)) " of virtual time" }
            }
        }
    }
}

fn expectation(one: &ExpectationReport) -> Markup {
    html! {
        li.bad[!one.is_met()] {
            (if one.is_met() { "✓ " } else { "✗ " })
            @if let Some(function) = &one.function { (function) ": " }
            (one.key.replace('_', " ")) " " (one.expected)
            @if !one.is_met() { ", got " (one.got) }
        }
    }
}

/// Whether a difference is none of the expectations' own.
fn is_new(difference: &String, part: &Part<'_>) -> bool {
    !part
        .update
        .expectations
        .iter()
        .any(|one| one.difference.as_ref() == Some(difference))
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
