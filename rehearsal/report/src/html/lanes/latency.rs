//! How long live requests took: median and 95th percentile of each version, minute by minute.

use maud::{Markup, html};

use crate::html::figure::{Lane, Table};
use crate::html::lanes::{Column, Track, columns, versions_of};
use crate::html::part::Part;
use crate::html::scale::{Factors, Time, px};
use crate::html::words::grouped;
use crate::{DeploymentReport, LatencyReport};

const HEIGHT: u32 = 60;
/// How high a number beside the lane is, in pixels.
const LABEL: f64 = 10.5;

/// The lane; `None` where no request took any time.
pub fn lane(track: &Track<'_>, most: usize, time: Time) -> Option<Lane> {
    let size = track.minutes_of_a_column(most);
    let each: Vec<_> = track
        .of
        .iter()
        .map(|(part, deployment)| {
            Lines::of(part, deployment, columns(part, deployment, size, time))
        })
        .collect();
    let all = each
        .iter()
        .flat_map(|lines| &lines.of)
        .flat_map(|(_, latencies)| latencies)
        .flatten();
    let all: Vec<_> = all
        .flat_map(|latency| [float(latency.median), float(latency.p95)])
        .collect();
    if all.iter().all(|value| *value <= 0.0) {
        return None;
    }
    // A cold start takes ten times as long as the requests after it, and they are what is looked for.
    let values = Factors::with_room_for(all, HEIGHT - 4);
    let reading: Vec<_> = each.iter().flat_map(Lines::reading).collect();
    Some(Lane {
        name: "Latency".to_owned(),
        notes: vec![
            "median, dashed p95".to_owned(),
            "logarithmic axis".to_owned(),
        ],
        bad: false,
        height: HEIGHT,
        drawing: html! {
            @for lines in &each {
                @for (place, (_, latencies)) in lines.of.iter().enumerate() { (line(&lines.columns, latencies, place > 0, time, values)) }
            }
            line.rule x1="0%" x2="100%" y1=(HEIGHT) y2=(HEIGHT) {}
            (scale(values))
        },
        reading: reading.join(" "),
        under: Vec::new(),
        tables: each.iter().map(|lines| lines.table(time)).collect(),
    })
}

/// How long requests of a deployment took, of each of its versions, by column.
struct Lines<'r> {
    part: &'r Part<'r>,
    columns: Vec<Column<'r>>,
    /// Of each version, the old one first.
    of: Vec<(&'r str, Vec<Option<LatencyReport>>)>,
}

impl<'r> Lines<'r> {
    fn of(part: &'r Part<'r>, deployment: &'r DeploymentReport, columns: Vec<Column<'r>>) -> Self {
        let versions = versions_of(deployment).into_iter();
        let of_each = versions.map(|version| {
            let latencies = columns.iter().map(|column| slowest(column, version));
            (version, latencies.collect())
        });
        Self {
            part,
            of: of_each.collect(),
            columns,
        }
    }

    fn reading(&self) -> impl Iterator<Item = String> {
        self.of.iter().filter_map(|(version, latencies)| {
            let last = latencies.iter().flatten().last()?;
            Some(format!(
                "Version {version} in its last minute: median {} ms, 95th percentile {} ms.",
                last.median, last.p95
            ))
        })
    }

    fn table(&self, time: Time) -> Table {
        let mut table = Table::new(["minute", "from"]).of(self.part.name);
        for (version, _) in &self.of {
            let both = ["median", "p95"].map(|what| format!("{what} of v{version}, ms"));
            table.header.extend(both);
        }
        let cell = |latency: Option<u64>| latency.map_or_else(|| "–".to_owned(), grouped);
        for (number, column) in self.columns.iter().enumerate() {
            let mut row = vec![column.name(), time.clock(column.from)];
            for (_, latencies) in &self.of {
                row.push(cell(latencies[number].map(|latency| latency.median)));
                row.push(cell(latencies[number].map(|latency| latency.p95)));
            }
            table.rows.push(row);
        }
        table
    }
}

/// Both lines of a version, a step a column.
fn line(
    columns: &[Column<'_>],
    latencies: &[Option<LatencyReport>],
    new: bool,
    time: Time,
    values: Factors,
) -> Markup {
    let steps: Vec<_> = columns.iter().zip(latencies).collect();
    let of: [fn(&LatencyReport) -> u64; 2] = [|latency| latency.median, |latency| latency.p95];
    html! {
        @for (place, of) in of.into_iter().enumerate() {
            g.median[place == 0].p95[place == 1].of-old[!new].of-new[new] {
                @for (column, latency) in &steps {
                    @if let Some(latency) = latency {
                        @let y = px(values.at(float(of(latency))) + 4.0);
                        line x1=(time.at(column.from)) x2=(time.at(column.to)) y1=(y) y2=(y) { title { (grouped(of(latency))) " ms" } }
                    }
                }
                @for pair in steps.windows(2) {
                    @if let [(_, Some(before)), (column, Some(after))] = pair {
                        @let x = time.at(column.from);
                        line x1=(x) x2=(x) y1=(px(values.at(float(of(before))) + 4.0)) y2=(px(values.at(float(of(after))) + 4.0)) {}
                    }
                }
            }
        }
    }
}

/// Of several minutes the slowest.
fn slowest(column: &Column<'_>, version: &str) -> Option<LatencyReport> {
    let of_version = column
        .minutes
        .iter()
        .filter_map(|minute| minute.latency_ms.get(version));
    of_version.copied().reduce(|a, b| LatencyReport {
        median: a.median.max(b.median),
        p95: a.p95.max(b.p95),
    })
}

/// Its largest value and its smallest, and what of the powers of ten between them has room.
fn scale(values: Factors) -> Markup {
    let marks = values.marks();
    let apart = |mark: f64| {
        let y = values.at(mark) + 4.0;
        (10.0 + LABEL..=f64::from(HEIGHT) - LABEL).contains(&(y + 4.0))
    };
    html! {
        @for mark in &marks {
            @let y = px(values.at(*mark) + 4.0);
            line.grid x1="0%" x2="100%" y1=(y) y2=(y) {}
            @if apart(*mark) { text.scale x="100%" dx="6" y=(px(values.at(*mark) + 8.0)) { (grouped_ms(*mark)) } }
        }
        text.scale x="100%" dx="6" y="10" { (grouped_ms(values.top())) }
        text.scale x="100%" dx="6" y=(HEIGHT) { (grouped_ms(values.bottom())) }
    }
}

fn grouped_ms(value: f64) -> String {
    format!("{} ms", crate::html::words::number(value))
}

#[expect(clippy::cast_precision_loss, reason = "a figure is not that exact")]
fn float(value: u64) -> f64 {
    value as f64
}
