//! Which version has which share of the traffic.

use maud::html;

use crate::DeploymentReport;
use crate::html::figure::{Lane, Table};
use crate::html::lanes::MOST_SHIFTS;
use crate::html::part::Part;
use crate::html::scale::{Time, Values, px};
use crate::html::words::{clock, share};

const HEIGHT: u32 = 76;

/// From one change of the weights to the next.
struct Span {
    from: f64,
    to: f64,
    /// The new version's share.
    new: f64,
}

/// The lane.
pub fn lane(deployment: &DeploymentReport, part: &Part<'_>, time: Time) -> Lane {
    let spans = spans(deployment, part);
    let values = Values::with_room_for([1.0], HEIGHT);
    let (old, new) = (&deployment.old_version, &deployment.new_version);
    let mut table = Table::new(["from", "version", "share", "version", "share"]);
    let mut reading = Vec::new();
    for span in &spans {
        let (of_old, of_new) = (share(1.0 - span.new), share(span.new));
        reading.push(format!(
            "From {} version {old} has {of_old} and version {new} {of_new}.",
            clock(span.from)
        ));
        table.rows.push(vec![
            clock(span.from),
            old.clone(),
            of_old,
            new.clone(),
            of_new,
        ]);
    }
    Lane {
        name: "Traffic".to_owned(),
        notes: vec!["share of each version".to_owned()],
        bad: false,
        height: HEIGHT,
        drawing: html! {
            @for span in &spans {
                @let (x, width) = time.span(span.from, span.to);
                @let top = values.at(span.new);
                rect.old x=(x) y="0" width=(width) height=(px(top)) { title { "version " (old) ": " (share(1.0 - span.new)) } }
                rect.new x=(x) y=(px(top)) width=(width) height=(px(values.height_of(span.new))) { title { "version " (new) ": " (share(span.new)) } }
            }
            @for (number, span) in spans.iter().enumerate() {
                @let (x, width) = time.span(span.from, span.to);
                @if span.new <= 0.0 && (width.0 >= 9.0 || number == 0) {
                    text.label x=(x) dx="6" y="16" { "v" (old) @if width.0 >= 14.0 { " 100 %" } }
                } @else if span.new > 0.0 && width.0 >= 6.0 {
                    @let top = values.at(span.new);
                    @let inside = span.new >= 0.3;
                    text.label.new-text[!inside].on-new[inside] x=(x) dx="6" y=(px(if inside { top + 16.0 } else { top - 5.0 })) {
                        @if width.0 >= 14.0 { "v" (new) " " } (share(span.new))
                    }
                }
            }
        },
        reading: reading.join(" "),
        under: Vec::new(),
        table,
    }
}

fn spans(deployment: &DeploymentReport, part: &Part<'_>) -> Vec<Span> {
    let share = |weights: &std::collections::BTreeMap<String, f64>| {
        weights
            .get(&deployment.new_version)
            .copied()
            .unwrap_or_default()
            .clamp(0.0, 1.0)
    };
    let mut spans = vec![Span {
        from: part.from,
        to: part.to,
        new: 0.0,
    }];
    for shift in deployment.shifts.iter().take(MOST_SHIFTS) {
        if let Some(before) = spans.last_mut() {
            before.to = shift.at_seconds;
        }
        spans.push(Span {
            from: shift.at_seconds,
            to: part.to,
            new: share(&shift.weights),
        });
    }
    spans
}
