//! Which version has which share of the traffic.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::DeploymentReport;
use crate::html::figure::{Lane, Table};
use crate::html::lanes::{MOST_SHIFTS, Track};
use crate::html::part::Part;
use crate::html::scale::{Time, Values, px};
use crate::html::words::share as percent;

const HEIGHT: u32 = 76;
/// How high it is where nothing else is drawn of a deployment.
const LOW: u32 = 34;
/// What it is called.
pub const NAME: &str = "Traffic";
/// The most changes of the weights that are drawn of each of many deployments.
const LEAST_SHIFTS: usize = 12;
/// How high an area is, in pixels, that has room for text.
const ROOM: f64 = 20.0;
/// From which width on, in per cent, there is room for a version and its share on a small screen too; for both; for one of them; and for one of them on a large screen.
const VERY_WIDE: f64 = 24.0;
const WIDE: f64 = 14.0;
const NARROW: f64 = 9.0;
const LEAST: f64 = 4.0;
/// Of fewer seconds between two updates nothing is drawn.
const LEAST_SECONDS: f64 = 0.5;

/// A version's share.
#[derive(Clone, Debug, PartialEq)]
struct Share {
    version: String,
    part: f64,
    /// Whether it ran when the update came.
    old: bool,
}

/// From one change of the weights to the next.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    from: f64,
    to: f64,
    /// The old version first; none where the report has not kept who served.
    shares: Vec<Share>,
}

/// The lane, low where it is all that is drawn of deployments without a failure: then it is named by their function.
pub fn lane(track: &Track<'_>, parts: &[Part<'_>], is_low: bool, time: Time) -> Lane {
    let height = if is_low { LOW } else { HEIGHT };
    let values = Values::with_room_for([1.0], height);
    let spans = spans(track, parts);
    let reading: Vec<_> = spans.iter().map(|span| sentence(span, time)).collect();
    let mut notes = vec!["share of each version".to_owned()];
    if is_low {
        notes = vec![track.by_version(|deployment| &deployment.served)];
    } else if track.of.len() > 1 {
        notes.insert(
            0,
            format!("{}:{}", track.first().function, track.first().alias),
        );
    }
    let mut table = Table::new(["from", "shares"]);
    table.rows = spans
        .iter()
        .map(|span| vec![time.clock(span.from), in_words(span)])
        .collect();
    Lane {
        name: if is_low {
            track.first().function.clone()
        } else {
            NAME.to_owned()
        },
        notes,
        bad: false,
        height,
        drawing: draw(&joined(spans), values, time),
        reading: reading.join(" "),
        under: Vec::new(),
        tables: vec![table],
    }
}

/// `version 1 90 %, version 2 10 %`.
fn in_words(span: &Span) -> String {
    let of_each = span
        .shares
        .iter()
        .map(|one| format!("version {} {}", one.version, percent(one.part)));
    if span.shares.is_empty() {
        NOT_KEPT.to_owned()
    } else {
        of_each.collect::<Vec<_>>().join(", ")
    }
}

/// Of an update without a deployment that may have moved the alias.
const NOT_KEPT: &str = "no deployment, and no record of who served";

fn sentence(span: &Span, time: Time) -> String {
    let from = time.clock(span.from);
    let shares: Vec<_> = span
        .shares
        .iter()
        .map(|one| format!("version {} has {}", one.version, percent(one.part)))
        .collect();
    match &shares[..] {
        [] => format!("From {from} there was {NOT_KEPT}."),
        shares => format!("From {from} {}.", shares.join(" and ")),
    }
}

/// From the first of the updates to the last, whether or not each came to a deployment of this alias.
fn spans(track: &Track<'_>, parts: &[Part<'_>]) -> Vec<Span> {
    let most = (MOST_SHIFTS / track.of.len()).max(LEAST_SHIFTS);
    let mut all: Vec<Span> = Vec::new();
    let mut at = parts.first().map_or(0.0, |part| part.from);
    for (part, deployment) in &track.of {
        let of_deployment = of_deployment(deployment, part, most);
        let first = of_deployment.first().map_or(&[][..], |span| &span.shares);
        // Where the next deployment begins on what the last one left nothing has moved the alias between them.
        let kept = all.last().filter(|last| same_shares(&last.shares, first));
        let between = kept.map_or_else(Vec::new, |last| last.shares.clone());
        all.extend(until(at, part.from, between));
        at = part.to;
        all.extend(of_deployment);
    }
    let end = parts.last().map_or(at, |part| part.to);
    let mut after = parts.iter().filter(|part| part.from >= at - LEAST_SECONDS);
    // What failed before any deployment went back.
    let kept = after.all(|part| part.update.update_failed.is_some());
    let left = all.last().filter(|_| kept);
    let left = left.map_or_else(Vec::new, |last| last.shares.clone());
    all.extend(until(at, end, left));
    all
}

fn until(from: f64, to: f64, shares: Vec<Share>) -> Option<Span> {
    (to - from >= LEAST_SECONDS).then_some(Span { from, to, shares })
}

/// Whether the same versions have the same shares, whatever they are to an update.
fn same_shares(a: &[Share], b: &[Share]) -> bool {
    let of = |shares: &[Share]| -> BTreeMap<String, u64> {
        let shares = shares.iter();
        shares
            .map(|one| (one.version.clone(), one.part.to_bits()))
            .collect()
    };
    of(a) == of(b)
}

/// From the beginning of its update on.
fn of_deployment(deployment: &DeploymentReport, part: &Part<'_>, most: usize) -> Vec<Span> {
    let old = &deployment.old_version;
    let shares = |weights: &BTreeMap<String, f64>| {
        let mut shares: Vec<_> = weights
            .iter()
            .filter(|(_, share)| **share > 0.0)
            .map(|(version, share)| Share {
                version: version.clone(),
                part: share.clamp(0.0, 1.0),
                old: version == old,
            })
            .collect();
        shares.sort_by_key(|one| !one.old);
        shares
    };
    // Two versions where an earlier deployment left two.
    let before = deployment.minutes.first();
    let before = before
        .map(|minute| shares(&minute.weights))
        .filter(|shares| !shares.is_empty());
    let before = before.unwrap_or_else(|| shares(&BTreeMap::from([(old.clone(), 1.0)])));
    let mut spans = vec![Span {
        from: part.from,
        to: part.to,
        shares: before,
    }];
    for shift in deployment.shifts.iter().take(most) {
        if let Some(before) = spans.last_mut() {
            before.to = shift.at_seconds;
        }
        spans.push(Span {
            from: shift.at_seconds,
            to: part.to,
            shares: shares(&shift.weights),
        });
    }
    spans.retain(|span| span.to > span.from);
    spans
}

/// One instead of two where nothing changes between them.
fn joined(spans: Vec<Span>) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for span in spans {
        match joined.last_mut() {
            Some(before) if before.shares == span.shares => before.to = span.to,
            _ => joined.push(span),
        }
    }
    joined
}

fn draw(spans: &[Span], values: Values, time: Time) -> Markup {
    html! {
        @for span in spans { (areas(span, values, time)) }
        @for (number, span) in spans.iter().enumerate() { (label(span, number == 0, values, time)) }
    }
}

/// Old versions above, new ones under them.
fn areas(span: &Span, values: Values, time: Time) -> Markup {
    let (x, width) = time.span(span.from, span.to);
    let mut from_top = 0.0;
    let stacked: Vec<_> = span
        .shares
        .iter()
        .map(|one| {
            let top = from_top;
            from_top += values.height_of(one.part);
            (one, top)
        })
        .collect();
    html! {
        @for (one, top) in stacked {
            rect.old[one.old].new[!one.old] x=(x) y=(px(top)) width=(width) height=(px(values.height_of(one.part))) {
                title { "version " (one.version) ": " (percent(one.part)) }
            }
        }
        @if span.shares.is_empty() && width.0 >= WIDE {
            text.label.muted x=(x) dx="6" y="16" { "no deployment" }
        }
    }
}

/// The share of the version that is new, or who has all of it.
fn label(span: &Span, first: bool, values: Values, time: Time) -> Markup {
    let (_, width) = time.span(span.from, span.to);
    let x = time.at(span.from);
    let width = width.0;
    let new: f64 = span
        .shares
        .iter()
        .filter(|one| !one.old)
        .map(|one| one.part)
        .sum();
    let newest = span.shares.iter().rfind(|one| !one.old);
    let top = values.at(new);
    html! {
        @if let Some(newest) = newest.filter(|_| width >= LEAST) {
            @let inside = values.height_of(new) >= ROOM;
            text.label.narrow[width < NARROW].new-text[!inside].on-new[inside] x=(x) dx="6" y=(px(if inside { top + 16.0 } else { top - 5.0 })) {
                @if width >= WIDE {
                    "v" (newest.version)
                    @if width < VERY_WIDE { tspan.more { " " (percent(newest.part)) } } @else { " " (percent(newest.part)) }
                }
                @else if newest.part >= 1.0 { "v" (newest.version) }
                @else { (percent(newest.part)) }
            }
        } @else if let [only] = &span.shares[..] {
            @if only.old && (width >= NARROW || first && width >= LEAST) {
                text.label.on-area.narrow[width < NARROW] x=(x) dx="6" y="16" { "v" (only.version) @if width >= VERY_WIDE { " 100 %" } @else if width >= WIDE { tspan.more { " 100 %" } } }
            }
        }
    }
}
