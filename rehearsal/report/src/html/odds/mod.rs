//! The page of odds: what to take away in a sentence, a heat map of each traffic, healthy versions, and what would do better.
//!
//! - Its maps are tables: every number can be read, with or without the colour behind it.
//! - [`picture`]: the same as a picture, curves or maps.

mod picture;

pub use picture::picture;

use maud::{DOCTYPE, Markup, html};
use rehearsal_template::{counted, printable};

use super::{FIGURE_STYLE, head};
use crate::html::words::grouped;
use crate::odds::{Cell, FalseAlarm, Interval, Kind, Odds, of_hundred};

/// The styles of its maps.
const MAP_STYLE: &str = include_str!("odds.css");
/// From which share on a cell has which colour, the first that fits.
const COLOURS: [(f64, &str); 5] = [
    (0.95, "h4"),
    (0.8, "h3"),
    (0.5, "h2"),
    (0.2, "h1"),
    (0.0, "h0"),
];

/// The page, whole.
pub fn page(odds: &Odds) -> String {
    let functions: Vec<&str> = odds.each().map(|one| one.function.as_str()).collect();
    let title = format!("{}: the odds of {}", odds.name, functions.join(", "));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&line(&title), "", MAP_STYLE))
            body {
                header { h1 { (line(&title)) } }
                main {
                    @for one in &odds.without_odds {
                        p.left-out { "No odds of " (line(&one.function)) ": " (line(&one.why)) }
                    }
                    @for one in odds.each() {
                        @if !odds.others.is_empty() { h2 { (line(&one.function)) } }
                        (deployment(one))
                    }
                }
            }
        }
    };
    page.into_string() + "\n"
}

/// One deployment.
fn deployment(odds: &Odds) -> Markup {
    html! {
        p.sentence { (line(&sentence(&odds.sentence))) }
        (gates(odds))
        (how_to_read(odds))
        div.maps { (maps(odds)) (healthy(odds)) }
        (recommendations(odds))
        (what_is_counted(odds))
    }
}

fn line(text: &str) -> String {
    printable::line(text).into_owned()
}

/// A sentence as it stands alone.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn gates(odds: &Odds) -> Markup {
    html! {
        @for gate in &odds.left_out {
            p.left-out { "Not judged: " (line(&gate.alarm)) " (line " (gate.line) "): " (line(&gate.why)) }
        }
        p.muted {
            (line(&odds.function)) ":" (line(&odds.alias)) ", " (line(&odds.preference)) ". Judged: "
            @if odds.gates.is_empty() { "no gate" } @else { (line(&odds.gates.join(", "))) }
            "."
        }
    }
}

fn number(minutes: u32) -> usize {
    usize::try_from(minutes).unwrap_or(usize::MAX)
}

fn how_to_read(odds: &Odds) -> Markup {
    let what = match odds.delay_ms {
        Some(ms) => format!("of its answers are {ms} ms late"),
        None => "of its requests fail".to_owned(),
    };
    html! {
        p.key {
            "Down: the deployment preference. Across: how many " (what) ". In a cell: how many of 100 such versions an alarm stops, and how many callers are hurt, in the median. "
            span.scale aria-hidden="true" { @for (_, colour) in COLOURS.iter().rev() { span class=(colour) {} } }
            " few are stopped … nearly all are"
        }
    }
}

fn colour(share: f64) -> &'static str {
    let found = COLOURS.iter().find(|(from, _)| share >= *from);
    found.map_or("h0", |(_, colour)| *colour)
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn share(count: u64, of: u64) -> f64 {
    count as f64 / of.max(1) as f64
}

/// A share in per cent, without more digits than it has.
fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 1e2)
}

fn between(interval: Interval) -> String {
    format!(
        "between {} and {}",
        percent(interval.low),
        percent(interval.high)
    )
}

/// The values of a field, each once, in their order.
fn each<'a, T, V: PartialEq>(all: &'a [T], value: impl Fn(&'a T) -> V) -> Vec<V> {
    let mut each = Vec::new();
    for one in all {
        let value = value(one);
        if !each.contains(&value) {
            each.push(value);
        }
    }
    each
}

/// Of each traffic a map: preferences down, error rates across.
fn maps(odds: &Odds) -> Markup {
    let traffics = each(&odds.cells, |cell| cell.requests_per_minute);
    let rates = each(&odds.cells, |cell| cell.error_rate.to_bits());
    let names = each(&odds.cells, |cell| cell.preference.as_str());
    html! {
        @for traffic in traffics {
            @let title = format!("{} a minute", counted_requests(traffic));
            section {
                h2 { (title) }
                div.scroll tabindex="0" role="region" aria-label={ "Odds of " (line(&odds.function)) " at " (title) } {
                    table.heat {
                        caption.quiet { "How many of 100 versions are stopped, at " (title) }
                        thead {
                            tr {
                                th scope="col" { "Preference" }
                                @for rate in &rates { th scope="col" { (percent(f64::from_bits(*rate))) } }
                            }
                        }
                        tbody {
                            @for name in &names {
                                tr.own[*name == odds.preference] {
                                    (row_name(name, odds))
                                    @for rate in &rates {
                                        @if let Some(cell) = odds.cells.iter().find(|cell| is(cell, name, traffic, *rate)) {
                                            (of_cell(cell))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn counted_requests(traffic: u32) -> String {
    let plural = if traffic == 1 { "" } else { "s" };
    format!("{} request{plural}", grouped(traffic.into()))
}

/// A preference, which may be broken before its last part, and whether it is the template's.
fn row_name(name: &str, odds: &Odds) -> Markup {
    let shown = line(name);
    let (first, last) = shown.split_at(shown.find("Percent").map_or(0, |at| at + "Percent".len()));
    html! {
        th scope="row" {
            (first) wbr; (last)
            @if name == odds.preference { small { "the template's" } }
        }
    }
}

fn is(cell: &Cell, name: &str, traffic: u32, rate: u64) -> bool {
    cell.preference == name
        && cell.requests_per_minute == traffic
        && cell.error_rate.to_bits() == rate
}

fn of_cell(cell: &Cell) -> Markup {
    let caught = share(cell.caught, cell.seeds);
    let by: Vec<String> = cell
        .caught_by
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(alarm, count)| format!("{} {count}", line(alarm)))
        .collect();
    let back = cell.minutes_to_rollback.map_or(String::new(), |minutes| {
        format!(
            "; back after {} min in the median, {} at most",
            minutes.median, minutes.max
        )
    });
    let by = if by.is_empty() {
        String::new()
    } else {
        format!("; by {}", by.join(", "))
    };
    let title = format!(
        "{} of {}, {}{by}{back}; hurt {} in 95 of 100, {} at most",
        cell.caught,
        cell.seeds,
        between(cell.caught_interval),
        cell.hurt.p95,
        cell.hurt.max
    );
    html! {
        td class=(colour(caught)) title=(title) {
            (of_hundred(cell.caught, cell.seeds)) " %"
            small { (grouped(cell.hurt.median)) span.unit { " hurt" } }
        }
    }
}

fn healthy(odds: &Odds) -> Markup {
    let Some(first) = odds.false_alarms.first() else {
        return html! {};
    };
    let traffics = each(&odds.false_alarms, |one| one.requests_per_minute);
    let names = each(&odds.false_alarms, |one| one.preference.as_str());
    let of = |name: &str, traffic: u32| {
        let is = |one: &&FalseAlarm| one.preference == name && one.requests_per_minute == traffic;
        odds.false_alarms.iter().find(is)
    };
    html! {
        section {
            h2 { "A healthy version, of which " (percent(first.background_error_rate)) " fails anyway" }
            p.muted { "How many of 100 are stopped. Here few is good." }
            div.scroll tabindex="0" role="region" aria-label={ "Healthy versions of " (line(&odds.function)) " that are stopped" } {
                table.heat {
                    caption.quiet { "How many of 100 healthy versions are stopped" }
                    thead {
                        tr {
                            th scope="col" { "Preference" }
                            @for traffic in &traffics { th scope="col" { (grouped((*traffic).into())) " a minute" } }
                        }
                    }
                    tbody {
                        @for name in &names {
                            tr.own[*name == odds.preference] {
                                (row_name(name, odds))
                                @for traffic in &traffics {
                                    @if let Some(one) = of(name, *traffic) {
                                        td class=(colour(1.0 - share(one.stopped, one.seeds))) title=(between(one.stopped_interval)) {
                                            (of_hundred(one.stopped, one.seeds)) " %"
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn recommendations(odds: &Odds) -> Markup {
    html! {
        section {
            h2 { "To stop " (percent(odds.wanted.catch)) " of versions that fail " (percent(odds.wanted.at)) " of their requests" }
            ul.advice {
                @for one in &odds.recommendations {
                    li.good {
                        strong { (match one.kind { Kind::Preference => "The preference. ", Kind::Alarm => "An alarm. " }) }
                        (line(&sentence(&one.text)))
                    }
                }
                @for one in &odds.not_reached { li { (line(&sentence(one))) } }
            }
        }
    }
}

fn what_is_counted(odds: &Odds) -> Markup {
    html! {
        section {
            h2 { "What is counted" }
            ul.counted {
                li { (grouped(odds.seeds)) " rollouts of each case, with " (counted(number(odds.minutes_before), "minute")) " of traffic before it. Of a version that gets through, callers are counted until " (counted(number(odds.minutes_after), "minute")) " after its deployment."  }
                @for note in &odds.notes { li { (line(&sentence(note))) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::odds::{Hurt, MinutesToRollback, Wanted};

    fn odds() -> Odds {
        let interval = Interval {
            low: 0.7,
            high: 0.8,
        };
        Odds {
            name: "a <b>".to_owned(),
            function: "Orders".to_owned(),
            alias: "live".to_owned(),
            preference: "Canary10Percent5Minutes".to_owned(),
            fault: "error",
            delay_ms: None,
            seeds: 1_000,
            gates: vec!["VersionErrors".to_owned()],
            left_out: Vec::new(),
            notes: vec!["hooks are stubs that succeed".to_owned()],
            minutes_before: 7,
            minutes_after: 1,
            share_of_traffic: 1.0,
            sentence: "at 20 requests a minute it gets through".to_owned(),
            cells: vec![Cell {
                preference: "Canary10Percent5Minutes".to_owned(),
                requests_per_minute: 20,
                error_rate: 0.5,
                fault: "error",
                seeds: 1_000,
                caught: 741,
                caught_interval: interval,
                caught_by: BTreeMap::from([("VersionErrors".to_owned(), 741)]),
                hurt: Hurt {
                    median: 3,
                    p95: 9,
                    max: 15,
                },
                minutes_to_rollback: Some(MinutesToRollback {
                    median: 2.931,
                    max: 4.931,
                }),
            }],
            false_alarms: Vec::new(),
            wanted: Wanted {
                catch: 0.95,
                at: 0.05,
            },
            recommendations: Vec::new(),
            not_reached: Vec::new(),
            others: Vec::new(),
            without_odds: Vec::new(),
        }
    }

    #[test]
    fn each_cell_has_its_numbers_as_text_and_nothing_comes_from_elsewhere() {
        let page = page(&odds());
        assert!(
            page.contains("74 %<small>3<span class=\"unit\"> hurt</span></small>"),
            "{page}"
        );
        assert!(page.contains("by VersionErrors 741; back after 2.931 min"));
        assert!(page.contains("At 20 requests a minute it gets through."));
        assert!(page.contains("a &lt;b&gt;") && !page.contains("<b>"));
        assert!(!page.contains("<script") && !page.contains("http:") && !page.contains("https:"));
    }

    #[test]
    fn of_several_deployments_each_has_its_name_over_its_map_and_one_without_odds_is_named() {
        let mut several = odds();
        let mut other = odds();
        other.function = "Payments".to_owned();
        several.others.push(other);
        several.without_odds.push(crate::odds::WithoutOdds {
            function: "Mailer".to_owned(),
            why: "no live request reaches it".to_owned(),
        });
        let page = page(&several);
        for text in [
            "<h2>Orders</h2>",
            "<h2>Payments</h2>",
            "No odds of Mailer: no live request reaches it",
            "Odds of Payments at 20 requests a minute",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(!super::page(&odds()).contains("<h2>Orders</h2>"));
    }

    #[test]
    fn a_gate_that_is_not_judged_comes_first_and_red() {
        let mut odds = odds();
        odds.left_out.push(crate::odds::LeftOut {
            alarm: "Queue".to_owned(),
            why: "live requests to stubs send no AWS/Lambda AsyncEventsDropped".to_owned(),
            line: 12,
        });
        let page = page(&odds);
        let at = |what: &str| page.find(what).expect(what);
        assert!(at("Not judged: Queue (line 12)") < at("class=\"heat\""));
    }
}
