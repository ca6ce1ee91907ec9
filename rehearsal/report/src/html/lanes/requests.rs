//! Live requests a minute, and the errors among them, by the version that served them.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::html::figure::{Lane, Table};
use crate::html::lanes::{Column, Track, columns, versions_of};
use crate::html::part::Part;
use crate::html::scale::{Time, Values, px};
use crate::html::words::{grouped, number};
use crate::{DeploymentReport, MinuteReport};

const HEIGHT: u32 = 60;
const ERRORS_HEIGHT: u32 = 46;
/// Above a column its number is written where there are no more than so many.
const MOST_NUMBERS: usize = 30;

/// What is counted of a minute, by version.
type Counts = fn(&MinuteReport) -> &BTreeMap<String, u64>;

/// The requests.
pub fn lane(track: &Track<'_>, most: usize, time: Time) -> Lane {
    let mut notes = vec![track.by_version(|deployment| &deployment.served)];
    if track.deployments().all(|one| sum_of(&one.errors) == 0) {
        notes.push("no caller saw an error".to_owned());
    }
    let size = track.minutes_of_a_column(most);
    let reading = track.deployments().map(|deployment| {
        let of_each = versions_of(deployment).into_iter().map(|version| {
            let served = grouped(count(&deployment.served, version));
            format!("version {version} {served}")
        });
        format!(
            "Requests served in {} minutes: {}.",
            deployment.minutes.len(),
            of_each.collect::<Vec<_>>().join(", ")
        )
    });
    Bars {
        name: "Requests a minute",
        notes,
        reading: reading.collect::<Vec<_>>().join(" "),
        tables: track
            .of
            .iter()
            .map(|(part, one)| requests(part, one, size, time))
            .collect(),
        height: HEIGHT,
        counts: |minute| &minute.requests,
        numbers: false,
    }
    .lane(track, size, time)
}

/// The errors; `None` where there are none.
pub fn errors(track: &Track<'_>, most: usize, time: Time) -> Option<Lane> {
    if track.deployments().all(|one| sum_of(&one.errors) == 0) {
        return None;
    }
    let size = track.minutes_of_a_column(most);
    let all: usize = track
        .deployments()
        .map(|one| one.minutes.len().div_ceil(size))
        .sum();
    let reading = track.deployments().map(|deployment| {
        let of_each = versions_of(deployment).into_iter().map(|version| {
            let errors = grouped(count(&deployment.errors, version));
            format!("{errors} of version {version}")
        });
        let of_each = of_each.collect::<Vec<_>>().join(", ");
        format!("Errors that callers saw: {of_each}.")
    });
    let bars = Bars {
        name: "Errors a minute",
        notes: vec![
            track.by_version(|deployment| &deployment.errors),
            "that callers saw".to_owned(),
        ],
        reading: reading.collect::<Vec<_>>().join(" "),
        // They stand in the table of the requests.
        tables: Vec::new(),
        height: ERRORS_HEIGHT,
        counts: |minute| &minute.errors,
        numbers: all <= MOST_NUMBERS,
    };
    Some(bars.lane(track, size, time))
}

fn count(counts: &BTreeMap<String, u64>, version: &str) -> u64 {
    counts.get(version).copied().unwrap_or_default()
}

fn sum_of(counts: &BTreeMap<String, u64>) -> u64 {
    counts.values().copied().fold(0, u64::saturating_add)
}

/// Requests and errors of a deployment, by minute.
fn requests(part: &Part<'_>, deployment: &DeploymentReport, size: usize, time: Time) -> Table {
    let versions = versions_of(deployment);
    let mut table = Table::new(["minute", "from"]).of(part.name);
    for what in ["requests", "errors"] {
        let of_each = versions
            .iter()
            .map(|version| format!("{what} of v{version}"));
        table.header.extend(of_each);
    }
    for column in columns(part, deployment, size, time) {
        let mut row = vec![column.name(), time.clock(column.from)];
        let both: [Counts; 2] = [|minute| &minute.requests, |minute| &minute.errors];
        for counts in both {
            let of_each = versions.iter();
            row.extend(
                of_each.map(|version| grouped(column.sum(|minute| count(counts(minute), version)))),
            );
        }
        table.rows.push(row);
    }
    table
}

/// A lane of bars, a column's versions one on the other.
struct Bars {
    name: &'static str,
    notes: Vec<String>,
    reading: String,
    tables: Vec<Table>,
    height: u32,
    counts: Counts,
    /// Whether each column has its number above it.
    numbers: bool,
}

/// From which width on, in per cent, a gap has room for its label.
const WIDE_GAP: f64 = 12.0;
/// Of more columns than this one begins where the last one ends.
const MOST_APART: usize = 60;

/// A column, and what it has of each version, the old one first.
struct Bar<'r> {
    column: Column<'r>,
    of: Vec<(&'r str, f64)>,
}

impl Bar<'_> {
    fn sum(&self) -> f64 {
        self.of.iter().map(|(_, value)| value).sum()
    }
}

impl Bars {
    fn lane(self, track: &Track<'_>, size: usize, time: Time) -> Lane {
        let bars: Vec<Bar<'_>> = track
            .of
            .iter()
            .flat_map(|(part, deployment)| {
                let columns = columns(part, deployment, size, time).into_iter();
                columns.map(|column| self.bar(column, &versions_of(deployment)))
            })
            .collect();
        let room = if self.numbers { 14 } else { 2 };
        let values = Values::with_room_for(bars.iter().map(Bar::sum), self.height - room);
        Lane {
            bad: false,
            height: self.height,
            drawing: html! {
                @if !self.name.starts_with('E') { (gaps(track, time)) }
                @for bar in &bars { (self.draw(bar, bars.len() <= MOST_APART, values, time)) }
                line.rule x1="0%" x2="100%" y1=(self.height) y2=(self.height) {}
                @if !self.numbers {
                    text.scale x="100%" dx="6" y=(px(values.at(values.top()) + f64::from(room) + 8.0)) { (number(values.top())) }
                    text.scale x="100%" dx="6" y=(self.height) { "0" }
                }
            },
            under: Vec::new(),
            name: self.name.to_owned(),
            notes: self.notes,
            reading: self.reading,
            tables: self.tables,
        }
    }

    fn bar<'r>(&self, column: Column<'r>, versions: &[&'r str]) -> Bar<'r> {
        let of_each = versions.iter().map(|version| {
            let sum = column.sum(|minute| count((self.counts)(minute), version));
            // Numbers are counts, and heights of the rest are rates.
            let value = if self.numbers {
                float(sum)
            } else {
                column.per_minute(sum)
            };
            (*version, value)
        });
        Bar {
            of: of_each.collect(),
            column,
        }
    }

    fn draw(&self, bar: &Bar<'_>, apart: bool, values: Values, time: Time) -> Markup {
        let mut top = f64::from(self.height);
        let (x, width) = time.span(bar.column.from, bar.column.to);
        let stacked: Vec<_> = bar
            .of
            .iter()
            .map(|(version, value)| {
                let height = values.height_of(*value);
                top -= height;
                (*version, *value, top, height)
            })
            .collect();
        let name = bar.column.name();
        html! {
            g.errors[self.name.starts_with('E')] {
                @for (place, (version, value, top, height)) in stacked.iter().enumerate() {
                    @if *height > 0.0 {
                        rect.old[place == 0].new[place > 0].bar[apart] x=(x) width=(width) y=(px(*top)) height=(px(*height)) {
                            title { "minute " (name) ", version " (version) ": " (number(*value)) }
                        }
                    }
                }
                @if self.numbers && bar.sum() > 0.0 {
                    svg x=(x) width=(width) height=(self.height) { text.value x="50%" y=(px(top - 3.0)) { (number(bar.sum())) } }
                }
            }
        }
    }
}

/// Between two deployments, where an update came to none: the report has no minutes of it.
fn gaps(track: &Track<'_>, time: Time) -> Markup {
    let gaps = track.of.windows(2).map(|pair| {
        let [(before, _), (after, _)] = pair else {
            return (0.0, 0.0);
        };
        (before.to, after.from)
    });
    html! {
        @for (from, to) in gaps {
            @let (x, width) = time.span(from, to);
            @if width.0 >= WIDE_GAP { text.label.muted x=(x) dx="6" y=(ERRORS_HEIGHT) { "not counted" } }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure is not that exact")]
fn float(count: u64) -> f64 {
    count as f64
}
