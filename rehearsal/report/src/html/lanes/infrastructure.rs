//! Which resources were the live ones, and which the update's.

use maud::html;
use rehearsal_template::counted;

use crate::html::figure::{Lane, Table};
use crate::html::part::Part;
use crate::html::scale::Time;
use crate::infrastructure::{StepKind, StepReport};

const HEIGHT: u32 = 26;
/// The most steps that are drawn.
const MOST_STEPS: usize = 120;
/// The most resources that are named in a row.
const MOST_NAMES: usize = 40;

/// The lane; `None` where the update came to nothing.
pub fn lane(parts: &[Part<'_>], time: Time) -> Option<Lane> {
    let all = parts.iter().flat_map(|part| &part.update.infrastructure);
    let steps: Vec<_> = all.take(MOST_STEPS).collect();
    let first = steps.first()?;
    let spans = spans(first.at_seconds, &steps, time);
    let mut table = Table::new(["at", "what", "resources"]);
    for step in &steps {
        table.rows.push(vec![
            time.clock(step.at_seconds),
            what(step),
            names(&step.resources),
        ]);
    }
    let reading = spans
        .iter()
        .map(|span| format!("From {}: {}.", time.clock(span.from), span.text));
    Some(Lane {
        name: "Infrastructure".to_owned(),
        notes: vec!["what the functions met".to_owned()],
        bad: false,
        height: HEIGHT,
        drawing: html! {
            @for span in &spans {
                @let (x, width) = time.span(span.from, span.to);
                rect.old[span.class == "old"].mixed[span.class == "mixed"].new[span.class == "new"] x=(x) width=(width) y="4" height="18" { title { (time.clock(span.from)) " " (span.text) } }
                @if width.0 >= 12.0 {
                    text.label.on-area.on-new[span.class == "new"] x=(x) dx="6" y="17" { (span.short) tspan.more { @if width.0 >= 30.0 { (span.rest) } } }
                }
            }
        },
        reading: reading.collect::<Vec<_>>().join(" "),
        under: Vec::new(),
        tables: vec![table],
    })
}

struct Span {
    from: f64,
    to: f64,
    class: &'static str,
    short: &'static str,
    rest: String,
    text: String,
}

fn spans(first: f64, steps: &[&StepReport], time: Time) -> Vec<Span> {
    let span = |from: f64, class, short: &'static str, rest: String| Span {
        from,
        to: time.end(),
        class,
        short,
        text: format!("{short}{rest}"),
        rest,
    };
    let mut spans = Vec::new();
    if first > 0.0 {
        spans.push(span(0.0, "old", "live", String::new()));
    }
    let mut come = 0_usize;
    for step in steps {
        // Each update begins anew.
        come = match spans.last() {
            Some(Span { class: "mixed", .. }) => come.saturating_add(step.resources.len()),
            _ => step.resources.len(),
        };
        let next = match step.kind {
            StepKind::Reached => span(
                step.at_seconds,
                "mixed",
                "changing",
                format!(": {} of the update", counted(come, "resource")),
            ),
            StepKind::Completed => span(
                step.at_seconds,
                "new",
                "new",
                ": the update is complete".to_owned(),
            ),
            StepKind::WentBack => span(
                step.at_seconds,
                "old",
                "live",
                format!(": {} went back", counted(step.resources.len(), "resource")),
            ),
        };
        if let Some(before) = spans.last_mut() {
            before.to = step.at_seconds;
        }
        spans.push(next);
    }
    spans
}

fn what(step: &StepReport) -> String {
    let count = counted(step.resources.len(), "resource");
    match step.kind {
        StepKind::Reached => format!("the update came to {count}"),
        StepKind::Completed => "the update was complete".to_owned(),
        StepKind::WentBack => format!("{count} went back"),
    }
}

fn names(resources: &[String]) -> String {
    let shown: Vec<_> = resources
        .iter()
        .take(MOST_NAMES)
        .map(String::as_str)
        .collect();
    let more = resources.len() - shown.len();
    match more {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
