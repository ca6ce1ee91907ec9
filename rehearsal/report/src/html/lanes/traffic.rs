//! Which version has which share of the traffic.

use maud::{Markup, html};

use crate::DeploymentReport;
use crate::html::figure::{Lane, Table};
use crate::html::lanes::{MOST_SHIFTS, Track};
use crate::html::part::Part;
use crate::html::scale::{Time, Values, px};
use crate::html::words::share;

const HEIGHT: u32 = 76;
/// The most changes of the weights that are drawn of each of many deployments.
const LEAST_SHIFTS: usize = 12;
/// From which width on, in per cent, there is room for a version and its share; for one of them; and for one of them on a large screen.
const WIDE: f64 = 14.0;
const NARROW: f64 = 9.0;
const LEAST: f64 = 4.0;

/// From one change of the weights to the next.
struct Span {
    from: f64,
    to: f64,
    /// The new version's share.
    new: f64,
}

/// The lane.
pub fn lane(track: &Track<'_>, time: Time) -> Lane {
    let values = Values::with_room_for([1.0], HEIGHT);
    let most = (MOST_SHIFTS / track.of.len()).max(LEAST_SHIFTS);
    let mut tables = Vec::new();
    let mut reading = Vec::new();
    let mut drawings = Vec::new();
    for (part, deployment) in &track.of {
        let spans = spans(deployment, part, most);
        let (old, new) = (&deployment.old_version, &deployment.new_version);
        let mut table = Table::new(["from", "version", "share", "version", "share"]).of(part.name);
        for span in &spans {
            let (from, of_old, of_new) = (
                time.clock(span.from),
                share(1.0 - span.new),
                share(span.new),
            );
            reading.push(format!(
                "From {from} version {old} has {of_old} and version {new} {of_new}."
            ));
            table
                .rows
                .push(vec![from, old.clone(), of_old, new.clone(), of_new]);
        }
        tables.push(table);
        drawings.push(draw(&spans, old, new, values, time));
    }
    let mut notes = vec!["share of each version".to_owned()];
    if track.of.len() > 1 {
        notes.insert(
            0,
            format!("{}:{}", track.first().function, track.first().alias),
        );
    }
    Lane {
        name: "Traffic".to_owned(),
        notes,
        bad: false,
        height: HEIGHT,
        drawing: html! { @for drawing in &drawings { (drawing) } },
        reading: reading.join(" "),
        under: Vec::new(),
        tables,
    }
}

fn draw(spans: &[Span], old: &str, new: &str, values: Values, time: Time) -> Markup {
    html! {
        @for span in spans {
            @let (x, width) = time.span(span.from, span.to);
            @let top = values.at(span.new);
            rect.old x=(x) y="0" width=(width) height=(px(top)) { title { "version " (old) ": " (share(1.0 - span.new)) } }
            rect.new x=(x) y=(px(top)) width=(width) height=(px(values.height_of(span.new))) { title { "version " (new) ": " (share(span.new)) } }
        }
        @for (number, span) in spans.iter().enumerate() {
            @let (x, width) = time.span(span.from, span.to);
            @if span.new <= 0.0 && (width.0 >= NARROW || number == 0 && width.0 >= LEAST) {
                text.label.narrow[width.0 < NARROW] x=(x) dx="6" y="16" { "v" (old) @if width.0 >= WIDE { " 100 %" } }
            } @else if span.new > 0.0 && width.0 >= LEAST {
                @let top = values.at(span.new);
                @let inside = span.new >= 0.3;
                text.label.narrow[width.0 < NARROW].new-text[!inside].on-new[inside] x=(x) dx="6" y=(px(if inside { top + 16.0 } else { top - 5.0 })) {
                    @if width.0 >= WIDE { "v" (new) " " (share(span.new)) }
                    @else if span.new >= 1.0 { "v" (new) }
                    @else { (share(span.new)) }
                }
            }
        }
    }
}

fn spans(deployment: &DeploymentReport, part: &Part<'_>, most: usize) -> Vec<Span> {
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
    for shift in deployment.shifts.iter().take(most) {
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
