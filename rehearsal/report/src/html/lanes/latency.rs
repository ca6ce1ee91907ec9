//! How long live requests took: median and 95th percentile of each version, minute by minute.

use maud::{Markup, html};

use crate::html::figure::{Lane, Table};
use crate::html::lanes::{Column, Track, columns, versions_of};
use crate::html::part::Part;
use crate::html::scale::{Time, Values, px};
use crate::html::words::grouped;
use crate::{DeploymentReport, LatencyReport};

const HEIGHT: u32 = 60;

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
        .flat_map(|lines| lines.old.iter().chain(&lines.new))
        .flatten();
    let largest = all.map(|latency| latency.p95).max()?;
    let values = Values::with_room_for([float(largest)], HEIGHT - 4);
    let reading: Vec<_> = each.iter().flat_map(Lines::reading).collect();
    Some(Lane {
        name: "Latency".to_owned(),
        notes: vec!["median solid, 95th percentile dashed".to_owned()],
        bad: false,
        height: HEIGHT,
        drawing: html! {
            @for lines in &each {
                (line(&lines.columns, &lines.old, false, time, values))
                (line(&lines.columns, &lines.new, true, time, values))
            }
            line.rule x1="0%" x2="100%" y1=(HEIGHT) y2=(HEIGHT) {}
            text.scale x="100%" dx="6" y="10" { (grouped_ms(values.top())) }
            text.scale x="100%" dx="6" y=(HEIGHT) { "0" }
        },
        reading: reading.join(" "),
        under: Vec::new(),
        tables: each.iter().map(|lines| lines.table(time)).collect(),
    })
}

/// How long requests of a deployment took, of each of its versions, by column.
struct Lines<'r> {
    part: &'r Part<'r>,
    versions: [&'r str; 2],
    columns: Vec<Column<'r>>,
    old: Vec<Option<LatencyReport>>,
    new: Vec<Option<LatencyReport>>,
}

impl<'r> Lines<'r> {
    fn of(part: &'r Part<'r>, deployment: &'r DeploymentReport, columns: Vec<Column<'r>>) -> Self {
        let versions = versions_of(deployment);
        let [old, new] = versions.map(|version| {
            columns
                .iter()
                .map(|column| slowest(column, version))
                .collect()
        });
        Self {
            part,
            versions,
            columns,
            old,
            new,
        }
    }

    fn reading(&self) -> impl Iterator<Item = String> {
        let of_each = self.versions.into_iter().zip([&self.old, &self.new]);
        of_each.filter_map(|(version, latencies)| {
            let last = latencies.iter().flatten().last()?;
            Some(format!(
                "Version {version} in its last minute: median {} ms, 95th percentile {} ms.",
                last.median, last.p95
            ))
        })
    }

    fn table(&self, time: Time) -> Table {
        let mut table =
            Table::new(["minute", "from", "median", "p95", "median", "p95"]).of(self.part.name);
        for (index, what) in [(2, "median"), (3, "p95"), (4, "median"), (5, "p95")] {
            let version = self.versions[usize::from(index >= 4)];
            table.header[index] = format!("{what} of v{version}, ms");
        }
        let cell = |latency: Option<u64>| latency.map_or_else(|| "–".to_owned(), grouped);
        for ((column, old), new) in self.columns.iter().zip(&self.old).zip(&self.new) {
            let mut row = vec![column.name(), time.clock(column.from)];
            for latency in [old, new] {
                row.push(cell(latency.map(|latency| latency.median)));
                row.push(cell(latency.map(|latency| latency.p95)));
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
    values: Values,
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

fn grouped_ms(value: f64) -> String {
    format!("{} ms", crate::html::words::number(value))
}

#[expect(clippy::cast_precision_loss, reason = "a figure is not that exact")]
fn float(value: u64) -> f64 {
    value as f64
}
