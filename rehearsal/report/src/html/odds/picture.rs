//! Odds as a picture: of one preference, curves over the traffic, one for each error rate; of several, a map for each traffic.

use maud::{Markup, PreEscaped, html};

use super::{COLOURS, FIGURE_STYLE, counted_requests, each, is, line, percent, sentence, share};
use crate::html::scale::px;
use crate::html::words::grouped;
use crate::odds::{Cell, Odds, of_hundred};
use crate::wrap;

/// How wide it is, in pixels.
const WIDTH: f64 = 900.0;
/// From so many traffics on there are curves.
const CURVES_FROM: usize = 4;
/// How many characters of the sentence fit into a line.
const CHARACTERS: usize = 112;
/// Where a plot begins and ends, in pixels from the left.
const PLOT: (f64, f64) = (64.0, 866.0);
/// How high a plot is.
const PLOT_HEIGHT: f64 = 260.0;
/// The shares that are marked, from 0 to 1.
const SHARES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 1.0];
/// How wide the names of preferences are.
const NAMES: f64 = 216.0;
/// How wide and high a cell of a map is, and the space after it.
const CELL: (f64, f64, f64) = (118.0, 34.0, 3.0);
/// The share at which a curve has its name, if it rises to it.
const NAMED_AT: f64 = 0.5;
/// How wide and high a curve's name is.
const NAME: (f64, f64) = (46.0, 16.0);

/// The picture, an SVG by itself.
pub fn picture(odds: &Odds) -> String {
    let traffics = each(&odds.cells, |cell| cell.requests_per_minute);
    let names = each(&odds.cells, |cell| cell.preference.as_str());
    let curves = names.len() == 1 && traffics.len() >= CURVES_FROM;
    let (title, body, height) = match &names[..] {
        [name] if curves => curves_of(odds, name, &traffics),
        _ => maps_of(odds, &names, &traffics),
    };
    let drawn = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDTH) " " (px(height)) } width=(WIDTH) height=(px(height)) role="img" {
            title { (title) }
            desc { (descriptions(odds).join(" ")) }
            style { (PreEscaped(FIGURE_STYLE)) }
            rect.paper x="0.5" y="0.5" width=(WIDTH - 1.0) height=(px(height - 1.0)) rx="6" {}
            text.heading x="16" y="28" { (title) }
            (body)
        }
    };
    drawn.into_string() + "\n"
}

/// Each case in words.
fn descriptions(odds: &Odds) -> Vec<String> {
    let cells = odds.cells.iter();
    cells
        .map(|cell| {
            format!(
                "{}, {} a minute, {} fail: {} of 100 are stopped.",
                line(&cell.preference),
                counted_requests(cell.requests_per_minute),
                percent(cell.error_rate),
                of_hundred(cell.caught, cell.seeds)
            )
        })
        .collect()
}

/// A place on an axis that is logarithmic, between the smallest and the largest.
fn across(traffic: u32, traffics: &[u32]) -> f64 {
    let of = |traffic: u32| f64::from(traffic.max(1)).ln();
    let (first, last) = (traffics.iter().min(), traffics.iter().max());
    let (Some(first), Some(last)) = (first, last) else {
        return PLOT.0;
    };
    let width = (of(*last) - of(*first)).max(f64::EPSILON);
    PLOT.0 + (of(traffic) - of(*first)) / width * (PLOT.1 - PLOT.0)
}

/// How high a share stands, from the top of the picture.
fn upward(share: f64, top: f64) -> f64 {
    top + PLOT_HEIGHT * (1.0 - share.clamp(0.0, 1.0))
}

fn curves_of(odds: &Odds, name: &str, traffics: &[u32]) -> (String, Markup, f64) {
    let top = 62.0;
    let bottom = top + PLOT_HEIGHT;
    let rates = each(&odds.cells, |cell| cell.error_rate.to_bits());
    let curves: Vec<Vec<&Cell>> = rates
        .iter()
        .map(|rate| {
            let mut cells: Vec<_> = odds
                .cells
                .iter()
                .filter(|cell| cell.error_rate.to_bits() == *rate)
                .collect();
            cells.sort_by_key(|cell| cell.requests_per_minute);
            cells
        })
        .collect();
    let body = html! {
        text.note x="16" y="46" { (line(name)) ": how many of 100 versions are stopped, by the share of their requests that they fail" }
        @for share in SHARES {
            @let y = px(upward(share, top));
            line.grid x1=(px(PLOT.0)) x2=(px(PLOT.1)) y1=(y) y2=(y) {}
            text.scale.end x=(px(PLOT.0 - 8.0)) y=(px(upward(share, top) + 4.0)) { (share * 100.0) " %" }
        }
        @let aim = upward(odds.wanted.catch, top);
        line.aim x1=(px(PLOT.0)) x2=(px(PLOT.1)) y1=(px(aim)) y2=(px(aim)) {}
        text.aim.end x=(px(PLOT.0 - 8.0)) y=(px(aim + 6.0)) { (percent(odds.wanted.catch)) }
        @for traffic in ticks(traffics) {
            @let x = px(across(traffic, traffics));
            line.grid x1=(x) x2=(x) y1=(px(top)) y2=(px(bottom)) {}
            text.tick x=(x) y=(px(bottom + 16.0)) { (grouped(traffic.into())) }
        }
        text.note x=(px(PLOT.0)) y=(px(bottom + 34.0)) { "requests a minute" }
        @for cells in &curves { polygon.band points=(band(cells, traffics, top)) {} }
        @for cells in &curves { polyline.curve points=(points(cells, traffics, top)) {} }
        (curve_names(&curves, traffics, top))
    };
    let gates = line(&odds.gates.join(", "));
    (format!("Would {gates} stop it?"), body, bottom + 48.0)
}

/// The traffics that are written: as many as there is room for.
fn ticks(traffics: &[u32]) -> Vec<u32> {
    let mut written: Vec<u32> = Vec::new();
    let mut last = f64::NEG_INFINITY;
    for traffic in traffics {
        let x = across(*traffic, traffics);
        if x - last >= 34.0 {
            written.push(*traffic);
            last = x;
        }
    }
    written
}

fn point(traffic: u32, share: f64, traffics: &[u32], top: f64) -> String {
    format!(
        "{},{}",
        px(across(traffic, traffics)),
        px(upward(share, top))
    )
}

fn points(cells: &[&Cell], traffics: &[u32], top: f64) -> String {
    let points = cells.iter().map(|cell| {
        point(
            cell.requests_per_minute,
            share(cell.caught, cell.seeds),
            traffics,
            top,
        )
    });
    points.collect::<Vec<_>>().join(" ")
}

/// The confidence intervals, there and back.
fn band(cells: &[&Cell], traffics: &[u32], top: f64) -> String {
    let low = cells.iter().map(|cell| {
        point(
            cell.requests_per_minute,
            cell.caught_interval.low,
            traffics,
            top,
        )
    });
    let high = cells.iter().rev().map(|cell| {
        point(
            cell.requests_per_minute,
            cell.caught_interval.high,
            traffics,
            top,
        )
    });
    low.chain(high).collect::<Vec<_>>().join(" ")
}

/// Each curve's error rate, beside it: where it first reaches the half, or where that is taken, where it is farthest from the others.
fn curve_names(curves: &[Vec<&Cell>], traffics: &[u32], top: f64) -> Markup {
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let mut names = Vec::new();
    for (number, cells) in curves.iter().enumerate() {
        let crossing = crossing(cells, traffics).map(|x| (x + 6.0, upward(NAMED_AT, top) + 4.0));
        let others = curves
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != number);
        let others: Vec<_> = others.map(|(_, cells)| cells).collect();
        let mut places: Vec<(f64, (f64, f64))> = cells
            .iter()
            .enumerate()
            .map(|(index, cell)| {
                let y = upward(share(cell.caught, cell.seeds), top);
                let apart = others.iter().filter_map(|other| other.get(index));
                let apart =
                    apart.map(|other| (upward(share(other.caught, other.seeds), top) - y).abs());
                (
                    apart.fold(f64::MAX, f64::min),
                    (across(cell.requests_per_minute, traffics) - 14.0, y - 7.0),
                )
            })
            .collect();
        places.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let free = |(x, y): &(f64, f64)| {
            let is_far = |(other, above): &(f64, f64)| {
                (x - other).abs() > NAME.0 || (y - above).abs() > NAME.1
            };
            *x >= PLOT.0 && *x <= PLOT.1 - NAME.0 && taken.iter().all(is_far)
        };
        let place = crossing
            .into_iter()
            .chain(places.into_iter().map(|(_, place)| place))
            .find(free);
        if let (Some((x, y)), Some(cell)) = (place, cells.first()) {
            taken.push((x, y));
            names.push((x, y, percent(cell.error_rate)));
        }
    }
    html! { @for (x, y, name) in &names { text.own.halo x=(px(*x)) y=(px(*y)) { (name) } } }
}

/// Where a curve first reaches the half from below.
fn crossing(cells: &[&Cell], traffics: &[u32]) -> Option<f64> {
    let of = |cell: &Cell| {
        (
            across(cell.requests_per_minute, traffics),
            share(cell.caught, cell.seeds),
        )
    };
    cells.windows(2).find_map(|pair| {
        let ((x, before), (next, after)) = (of(pair[0]), of(pair[1]));
        let crosses = before < NAMED_AT && after >= NAMED_AT;
        crosses.then(|| x + (next - x) * (NAMED_AT - before) / (after - before))
    })
}

fn maps_of(odds: &Odds, names: &[&str], traffics: &[u32]) -> (String, Markup, f64) {
    let rates = each(&odds.cells, |cell| cell.error_rate.to_bits());
    let sentences = wrap::paragraph("", 0, &line(&sentence(&odds.sentence)), CHARACTERS);
    let sentences: Vec<_> = sentences.lines().collect();
    let mut y = 40.0 + 20.0 * f64::from(u32::try_from(sentences.len()).unwrap_or_default());
    let mut maps = Vec::new();
    for traffic in traffics {
        maps.push(map_of(odds, names, *traffic, &rates, y));
        let rows = f64::from(u32::try_from(names.len()).unwrap_or_default());
        y += 44.0 + rows * (CELL.1 + CELL.2);
    }
    let body = html! {
        @for (number, text) in (0..).zip(&sentences) { text.sentence x="16" y=(49 + 20 * number) { (text) } }
        @for map in &maps { (map) }
        text.note x="16" y=(px(y + 10.0)) { "In a cell: how many of 100 such versions an alarm stops, and how many callers are hurt, in the median. * is the template's preference." }
    };
    (
        format!("{}: the odds of {}", line(&odds.name), line(&odds.function)),
        body,
        y + 26.0,
    )
}

fn map_of(odds: &Odds, names: &[&str], traffic: u32, rates: &[u64], top: f64) -> Markup {
    let width = CELL.0.min(
        (WIDTH - NAMES - 32.0) / f64::from(u32::try_from(rates.len().max(1)).unwrap_or(1)) - CELL.2,
    );
    let x = |column: u32| 16.0 + NAMES + f64::from(column) * (width + CELL.2);
    let y = |row: u32| top + 34.0 + f64::from(row) * (CELL.1 + CELL.2);
    html! {
        text.name x="16" y=(px(top + 24.0)) { (counted_requests(traffic)) " a minute" }
        @for (column, rate) in (0..).zip(rates) {
            text.tick x=(px(x(column) + width / 2.0)) y=(px(top + 24.0)) { (percent(f64::from_bits(*rate))) @if column == 0 { " fail" } }
        }
        @for (row, name) in (0..).zip(names) {
            text.own[*name == odds.preference] x="16" y=(px(y(row) + 21.0)) { (line(name)) @if *name == odds.preference { " *" } }
            @for (column, rate) in (0..).zip(rates) {
                @if let Some(cell) = odds.cells.iter().find(|cell| is(cell, name, traffic, *rate)) {
                    rect class={ "cell-" (colour(cell)) } x=(px(x(column))) y=(px(y(row))) width=(px(width)) height=(CELL.1) rx="2" {}
                    text.cell x=(px(x(column) + width / 2.0)) y=(px(y(row) + 15.0)) { (of_hundred(cell.caught, cell.seeds)) " %" }
                    text.cell.small x=(px(x(column) + width / 2.0)) y=(px(y(row) + 28.0)) { (grouped(cell.hurt.median)) " hurt" }
                }
            }
        }
    }
}

/// Which colour a cell has, from 0 for those that stop the fewest.
fn colour(cell: &Cell) -> usize {
    let caught = share(cell.caught, cell.seeds);
    let place = COLOURS.iter().position(|(from, _)| caught >= *from);
    COLOURS.len() - 1 - place.unwrap_or(COLOURS.len() - 1)
}
