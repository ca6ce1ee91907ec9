//! What happened, in order and in words.

use maud::{Markup, html};

use crate::html::lanes::time_of;
use crate::html::words::grouped;
use crate::{EntryKind, Report};

/// The most entries that are shown.
const MOST: usize = 400;

/// The section.
pub fn section(report: &Report) -> Markup {
    let time = time_of(report);
    html! {
        section.history {
            details {
                summary { "What happened, " (grouped(report.timeline.len() as u64)) " entries" }
                ol {
                    @for entry in report.timeline.iter().take(MOST) {
                        li.bad[matches!(entry.kind, EntryKind::Refused | EntryKind::Rollback | EntryKind::Recursion)] {
                            span.at { (time.clock(entry.at_seconds)) } " "
                            @if let Some(function) = entry.function.as_deref().filter(|function| !entry.text.contains(*function)) { (function) ": " }
                            (entry.text)
                        }
                    }
                }
                @if report.timeline.len() > MOST { p.muted { "and " (report.timeline.len() - MOST) " more, in report.json" } }
            }
        }
    }
}
