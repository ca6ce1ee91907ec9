//! The tables of docs/alarms.md that are computed.

use serde_json::Value;

use super::model::{Alarm, BadMinute, ErrorRate, binomial_tail, fires};
use super::{BRACKETING, alarm, canary};

/// The most requests a minute that a table looks at.
pub const MOST_REQUESTS: u64 = 6_000;

/// How likely "fires" is to be, in a table's two columns.
const TARGETS: [f64; 2] = [0.5, 0.95];

/// Minutes of the clock that end during the canary: as many as it has.
const MINUTES: usize = 5;

/// How likely an alarm fires during the canary of five minutes, by error rate and traffic.
pub fn by_error_rate(logical_id: &str, new: &[f64], old: &[f64]) -> String {
    const TRAFFIC: [u64; 6] = [10, 30, 60, 100, 300, 1_000];
    let alarm = alarm(logical_id);
    let mut table = format!(
        "{:<20}{:>32}{:>42}\n{:<20}{:>16}{:>16}",
        "",
        "lowest requests a minute",
        "how likely, at requests a minute",
        "",
        "for 50 %",
        "for 95 %"
    );
    table += &row(TRAFFIC.map(thousands));
    let new = new
        .iter()
        .map(|rate| ("new", ErrorRate::OfNewVersion(*rate), rate));
    let old = old
        .iter()
        .map(|rate| ("old", ErrorRate::OfOldVersion(*rate), rate));
    for (version, errors, rate) in new.chain(old) {
        let odds = |requests| fires(alarm, canary(requests, MINUTES), errors);
        let traffic = Traffic::of(alarm, odds);
        let of = format!("{} of the {version}'s", percent(*rate));
        table += format!("{of:<20}").as_str();
        for target in TARGETS {
            let from = match traffic.lowest(odds, target) {
                Some(lowest) => format!("{} ({})", thousands(lowest), tenths(odds(lowest))),
                None => "never".to_owned(),
            };
            table += format!("{from:>16}").as_str();
        }
        table += &row(TRAFFIC.map(|requests| rounded(odds(requests))));
    }
    table
}

/// A case of `rehearse odds`.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub requests: u64,
    pub rate: f64,
    pub seeds: u64,
    pub caught: u64,
}

/// The cases of an answer's JSON, in its order.
pub fn cells(found: &Value) -> Vec<Cell> {
    let cells = found["cells"].as_array().expect("they are a list");
    let count = |cell: &Value, key: &str| cell[key].as_u64().expect("it is a count");
    cells
        .iter()
        .map(|cell| Cell {
            requests: count(cell, "requests_per_minute"),
            rate: cell["error_rate"].as_f64().expect("it is a number"),
            seeds: count(cell, "seeds"),
            caught: count(cell, "caught"),
        })
        .collect()
}

/// Of how many of a hundred rollouts an alarm stops, by error rate and traffic.
pub fn of_cells(cells: &[Cell]) -> String {
    let mut traffics: Vec<u64> = cells.iter().map(|cell| cell.requests).collect();
    traffics.dedup();
    traffics.sort_unstable();
    traffics.dedup();
    let mut table = format!("{:<8}", "a minute");
    table += &of_traffic(traffics.iter().map(|traffic| thousands(*traffic)));
    let mut rates: Vec<f64> = cells.iter().map(|cell| cell.rate).collect();
    rates.sort_by(|a, b| b.total_cmp(a));
    rates.dedup();
    for rate in rates {
        let of_rate = |requests: &u64| {
            cells
                .iter()
                .find(|cell| cell.requests == *requests && cell.rate.total_cmp(&rate).is_eq())
        };
        let row = traffics.iter().filter_map(of_rate);
        table += format!("{:<8}", percent(rate)).as_str();
        table += &of_traffic(row.map(|cell| of_hundred(cell.caught, cell.seeds)));
    }
    table
}

/// A count of a hundred, `<1` and `>99` where it would be 0 or 100 and is not.
#[expect(clippy::cast_precision_loss, reason = "counts are small")]
pub fn of_hundred(count: u64, of: u64) -> String {
    match (count as f64 / of as f64 * 100.0).round() {
        ..1.0 if count > 0 => "<1".to_owned(),
        100.0.. if count < of => ">99".to_owned(),
        hundredths => hundredths.to_string(),
    }
}

fn of_traffic(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| format!("{cell:>6}")).collect();
    cells.concat() + "\n"
}

/// Of how many of a hundred rollouts an alarm stops, by the canary's length and the error rate.
pub fn of_lengths(lengths: &[(&[Cell], usize)]) -> String {
    let mut table = format!("{:<12}", "canary of");
    let first = lengths.iter().take(1).flat_map(|(cells, _)| *cells);
    table += &of_traffic(first.map(|cell| percent(cell.rate)));
    for (cells, minutes) in lengths {
        table += format!("{:<12}", format!("{minutes} min")).as_str();
        table += &of_traffic(cells.iter().map(|cell| of_hundred(cell.caught, cell.seeds)));
    }
    table
}

/// Of how many of a hundred healthy rollouts each alarm stops, by the traffic: how many of how many.
pub fn of_accidents<const N: usize>(
    traffics: [u64; N],
    alarms: &[(&str, Vec<(u64, u64)>)],
) -> String {
    let mut table = format!("{:<20}", "requests a minute");
    table += &of_traffic(traffics.into_iter().map(thousands));
    for (logical_id, stopped) in alarms {
        table += format!("{logical_id:<20}").as_str();
        table += &of_traffic(stopped.iter().map(|(count, of)| of_hundred(*count, *of)));
    }
    table
}

/// From which traffic on `VersionErrors` fires with 95 %, by the canary's length.
pub fn by_canary_length() -> String {
    const LENGTHS: [usize; 4] = [5, 10, 15, 30];
    let alarm = alarm("VersionErrors");
    let mut table = format!("{:<20}", "canary of");
    table += &row(LENGTHS.map(|minutes| format!("{minutes} min")));
    for rate in [0.5, 0.2, 0.1, 0.05, 0.02, 0.01] {
        table += format!("{:<20}", format!("{} of the new's", percent(rate))).as_str();
        table += &row(LENGTHS.map(|minutes| {
            let errors = ErrorRate::OfNewVersion(rate);
            let odds = |requests| fires(alarm, canary(requests, minutes), errors);
            Traffic::of(alarm, odds)
                .lowest(odds, TARGETS[1])
                .map_or_else(|| "never".to_owned(), thousands)
        }));
    }
    table
}

/// Which error rate of all requests, before the deployment and during it, stops a healthy version in one deployment of a hundred.
pub fn by_accident() -> String {
    const TRAFFIC: [u64; 5] = [10, 60, 300, 1_000, 6_000];
    let mut table = format!("{:<20}", "requests a minute");
    table += &row(TRAFFIC.map(thousands));
    for (logical_id, _) in super::BRACKETS {
        let alarm = alarm(logical_id);
        table += format!("{logical_id:<20}").as_str();
        table += &row(TRAFFIC.map(|requests| {
            let odds = |rate| fires(alarm, canary(requests, MINUTES), ErrorRate::Always(rate));
            significant(where_it_reaches(odds, 0.01))
        }));
    }
    table
}

/// Which error rate PostTraffic finds with 95 %, by what it samples.
pub fn by_samples() -> String {
    let mut table = format!(
        "{:>16}{:>16}{:>12}{:>32}\n",
        "SampleRequests", "BakeSeconds", "requests", "one fails, with 95 %, from"
    );
    for (samples, bake) in [(20, 0), (100, 0), (1_000, 0), (20, 300), (20, 780)] {
        let requests = samples + bake;
        let from = where_it_reaches(|rate| binomial_tail(requests, 1, rate), TARGETS[1]);
        table += format!(
            "{:>16}{bake:>16}{:>12}{:>32}\n",
            thousands(samples),
            thousands(requests),
            significant(from)
        )
        .as_str();
    }
    table
}

/// What the rehearsals that bracket the alarms come to: by the theory, at worst, and by the engine.
pub fn of_rehearsals(seeds: u64, fired: &[u64]) -> String {
    let mut table = format!(
        "{:<32}{:>9}{:>22}{:>9}{:>15}{:>14}\n",
        "",
        "a minute",
        "fail",
        "fires",
        "a minute less",
        format!("of {seeds} seeds")
    );
    for (rehearsed, fired) in BRACKETING.iter().zip(fired) {
        let fault = &rehearsed.rehearsal.faults[0];
        let rate = percent(fault.rate.unwrap_or(1.0));
        let version = format!("{:?}", fault.version).to_lowercase();
        table += format!(
            "{:<32}{:>9}{:>22}{:>9}{:>15}{:>14}\n",
            rehearsed.name,
            rehearsed.rehearsal.traffic.requests_per_minute,
            format!("{rate} of the {version}'s"),
            tenths(rehearsed.odds()),
            tenths(rehearsed.odds_in_a_minute_less()),
            fired
        )
        .as_str();
    }
    table
}

/// How likely an alarm fires, at the first traffic of each band. Within a band more requests make it likelier; from one band to
/// the next a share of them needs one error more.
struct Traffic {
    bands: Vec<(u64, f64)>,
}

impl Traffic {
    fn of(alarm: Alarm, odds: impl Fn(u64) -> f64) -> Self {
        let width = match alarm.bad {
            BadMinute::ErrorsOfNewVersion(_) => MOST_REQUESTS,
            BadMinute::PercentOfAll(percent) => 100 / percent,
        };
        let starts = (0..MOST_REQUESTS / width).map(|band| band * width + 1);
        Self {
            bands: starts.map(|start| (start, odds(start))).collect(),
        }
    }

    /// The lowest traffic from which on the odds are at least these, up to the most that is looked at.
    fn lowest(&self, odds: impl Fn(u64) -> f64, target: f64) -> Option<u64> {
        let Some(last_below) = self.bands.iter().rposition(|(_, odds)| *odds < target) else {
            return Some(1);
        };
        let next = self.bands.get(last_below + 1).map(|(start, _)| *start);
        let (mut below, mut reached) =
            (self.bands[last_below].0, next.unwrap_or(MOST_REQUESTS + 1));
        while below + 1 < reached {
            let middle = below.midpoint(reached);
            if odds(middle) < target {
                below = middle;
            } else {
                reached = middle;
            }
        }
        // At the very end it is the last band's upswing alone.
        let in_last_band = next.is_none() && self.bands.len() > 1;
        (reached <= MOST_REQUESTS && !in_last_band).then_some(reached)
    }
}

/// The rate at which odds that rise with it reach a target.
fn where_it_reaches(odds: impl Fn(f64) -> f64, target: f64) -> f64 {
    let (mut below, mut reached) = (0.0, 1.0);
    for _ in 0..50 {
        let middle = f64::midpoint(below, reached);
        if odds(middle) < target {
            below = middle;
        } else {
            reached = middle;
        }
    }
    reached
}

fn row<const N: usize>(cells: [String; N]) -> String {
    let cells = cells.map(|cell| format!("{cell:>10}"));
    format!("{}\n", cells.concat().trim_end())
}

fn thousands(number: u64) -> String {
    match number {
        0..1_000 => number.to_string(),
        _ => format!("{},{:03}", number / 1_000, number % 1_000),
    }
}

/// A share that a person chose, in per cent.
fn percent(share: f64) -> String {
    format!("{} %", (share * 1e4).round() / 100.0)
}

/// A probability to the tenth of a per cent.
pub fn tenths(probability: f64) -> String {
    match probability {
        0.999_5.. => ">99.9 %".to_owned(),
        ..0.000_5 => "<0.1 %".to_owned(),
        _ => format!("{:.1} %", probability * 100.0),
    }
}

/// A probability in whole per cent.
fn rounded(probability: f64) -> String {
    match probability {
        0.995.. => ">99 %".to_owned(),
        ..0.005 => "<1 %".to_owned(),
        _ => format!("{:.0} %", probability * 100.0),
    }
}

/// A share in per cent with two significant digits.
fn significant(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        10.0.. => format!("{percent:.0} %"),
        1.0.. => format!("{percent:.1} %"),
        0.1.. => format!("{percent:.2} %"),
        0.01.. => format!("{percent:.3} %"),
        _ => format!("{percent:.4} %"),
    }
}

#[test]
fn the_lowest_traffic_is_the_one_from_which_on_every_one_is_enough() {
    for (logical_id, rate, target) in [
        ("VersionErrors", 0.5, 0.95),
        ("AliasErrors", 1.0, 0.95),
        ("AliasErrors", 0.6, 0.5),
        ("ApiServerErrors", 0.5, 0.95),
    ] {
        let alarm = alarm(logical_id);
        let odds = |requests| {
            let errors = ErrorRate::OfNewVersion(rate);
            fires(alarm, canary(requests, MINUTES), errors)
        };
        let lowest = Traffic::of(alarm, odds).lowest(odds, target).unwrap_or(0);
        assert!(odds(lowest - 1) < target, "{logical_id} {lowest}");
        let enough = (lowest..lowest + 200).all(|requests| odds(requests) >= target);
        assert!(enough, "{logical_id} {lowest}");
    }
}

#[test]
fn what_is_never_likely_has_no_lowest_traffic() {
    let alarm = alarm("AliasErrors");
    let odds = |requests| {
        let errors = ErrorRate::OfNewVersion(0.4);
        fires(alarm, canary(requests, MINUTES), errors)
    };
    let traffic = Traffic::of(alarm, odds);
    assert_eq!(traffic.lowest(odds, 0.5), None);
    assert!(odds(20) > 0.5, "below, one error among twenty is enough");
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!(
        [1, 999, 1_000, 1_982].map(thousands).join(" "),
        "1 999 1,000 1,982"
    );
    assert_eq!([1.0, 0.06, 0.005].map(percent).join(" "), "100 % 6 % 0.5 %");
    assert_eq!(
        [0.9512, 0.9999, 0.0001].map(tenths).join(" "),
        "95.1 % >99.9 % <0.1 %"
    );
    assert_eq!(
        [0.951, 0.996, 0.004].map(rounded).join(" "),
        "95 % >99 % <1 %"
    );
    assert_eq!(
        [0.1392, 0.0295, 0.00932, 0.00054, 0.000_054]
            .map(significant)
            .join(" "),
        "14 % 2.9 % 0.93 % 0.054 % 0.0054 %"
    );
}
