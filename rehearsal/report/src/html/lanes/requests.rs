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
        let [old, new] = versions_of(deployment);
        format!(
            "Version {old} served {} requests and version {new} {}, in {} minutes.",
            grouped(count(&deployment.served, old)),
            grouped(count(&deployment.served, new)),
            deployment.minutes.len()
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
        let [old, new] = versions_of(deployment);
        format!(
            "Callers saw {} errors of version {old} and {} of version {new}.",
            grouped(count(&deployment.errors, old)),
            grouped(count(&deployment.errors, new))
        )
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
    let [old, new] = versions_of(deployment);
    let mut table =
        Table::new(["minute", "from", "requests", "requests", "errors", "errors"]).of(part.name);
    for (index, what) in [
        (2, "requests"),
        (3, "requests"),
        (4, "errors"),
        (5, "errors"),
    ] {
        let version = if index % 2 == 0 { old } else { new };
        table.header[index] = format!("{what} of v{version}");
    }
    for column in columns(part, deployment, size, time) {
        let of = |counts: Counts, version: &str| {
            grouped(column.sum(|minute| count(counts(minute), version)))
        };
        table.rows.push(vec![
            column.name(),
            time.clock(column.from),
            of(|minute| &minute.requests, old),
            of(|minute| &minute.requests, new),
            of(|minute| &minute.errors, old),
            of(|minute| &minute.errors, new),
        ]);
    }
    table
}

/// A lane of bars, a column's both versions one on the other.
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

/// A column, and what it has of the old version and of the new one.
struct Bar<'r> {
    column: Column<'r>,
    versions: [&'r str; 2],
    of: [f64; 2],
}

impl Bars {
    fn lane(self, track: &Track<'_>, size: usize, time: Time) -> Lane {
        let bars: Vec<Bar<'_>> = track
            .of
            .iter()
            .flat_map(|(part, deployment)| {
                let columns = columns(part, deployment, size, time).into_iter();
                columns.map(|column| self.bar(column, versions_of(deployment)))
            })
            .collect();
        let room = if self.numbers { 14 } else { 2 };
        let values = Values::with_room_for(
            bars.iter().map(|bar| bar.of[0] + bar.of[1]),
            self.height - room,
        );
        Lane {
            bad: false,
            height: self.height,
            drawing: html! {
                @for bar in &bars { (self.draw(bar, values, time)) }
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

    fn bar<'r>(&self, column: Column<'r>, versions: [&'r str; 2]) -> Bar<'r> {
        let of = versions.map(|version| {
            let sum = column.sum(|minute| count((self.counts)(minute), version));
            // Numbers are counts, and heights of the rest are rates.
            if self.numbers {
                float(sum)
            } else {
                column.per_minute(sum)
            }
        });
        Bar {
            column,
            versions,
            of,
        }
    }

    fn draw(&self, bar: &Bar<'_>, values: Values, time: Time) -> Markup {
        let bottom = f64::from(self.height);
        let (x, width) = time.span(bar.column.from, bar.column.to);
        let [old, new] = bar.of.map(|value| values.height_of(value));
        let title = |number_of: usize| {
            format!(
                "minute {}, version {}: {}",
                bar.column.name(),
                bar.versions[number_of],
                number(bar.of[number_of])
            )
        };
        html! {
            g.errors[self.name.starts_with('E')] {
                @if old > 0.0 {
                    rect.old.bar x=(x) width=(width) y=(px(bottom - old)) height=(px(old)) { title { (title(0)) } }
                }
                @if new > 0.0 {
                    rect.new.bar x=(x) width=(width) y=(px(bottom - old - new)) height=(px(new)) { title { (title(1)) } }
                }
                @if self.numbers && old + new > 0.0 {
                    svg x=(x) width=(width) height=(self.height) { text.value x="50%" y=(px(bottom - old - new - 3.0)) { (number(bar.of[0] + bar.of[1])) } }
                }
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure is not that exact")]
fn float(count: u64) -> f64 {
    count as f64
}
