//! How long live requests took: median and 95th percentile of each version, minute by minute.

use maud::{Markup, html};

use crate::html::figure::{Lane, Table};
use crate::html::lanes::{Column, columns, versions};
use crate::html::scale::{Time, Values, px};
use crate::html::words::grouped;
use crate::{DeploymentReport, LatencyReport};

const HEIGHT: u32 = 60;

/// The lane; `None` where no request took any time.
pub fn lane(deployment: &DeploymentReport, time: Time) -> Option<Lane> {
    let columns = columns(deployment, time);
    let [old, new] = versions(deployment);
    let of_old: Vec<_> = columns.iter().map(|column| slowest(column, old)).collect();
    let of_new: Vec<_> = columns.iter().map(|column| slowest(column, new)).collect();
    let all = || of_old.iter().chain(&of_new).flatten();
    let largest = all().map(|latency| latency.p95).max()?;
    let values = Values::with_room_for([float(largest)], HEIGHT - 4);
    let mut table = Table::new(["minute", "from", "median", "p95", "median", "p95"]);
    for (index, what) in [(2, "median"), (3, "p95"), (4, "median"), (5, "p95")] {
        let version = if index < 4 { old } else { new };
        table.header[index] = format!("{what} of v{version}, ms");
    }
    for ((column, of_old), of_new) in columns.iter().zip(&of_old).zip(&of_new) {
        let cell = |latency: &Option<LatencyReport>, of: fn(&LatencyReport) -> u64| {
            latency
                .as_ref()
                .map_or_else(|| "–".to_owned(), |latency| grouped(of(latency)))
        };
        let row = [of_old, of_new].into_iter().flat_map(|latency| {
            [
                cell(latency, |latency| latency.median),
                cell(latency, |latency| latency.p95),
            ]
        });
        table.rows.push(
            [column.name(), column.clock()]
                .into_iter()
                .chain(row)
                .collect(),
        );
    }
    let last = |latencies: &[Option<LatencyReport>]| latencies.iter().flatten().last().copied();
    let in_words = |version: &str, latencies: &[Option<LatencyReport>]| {
        last(latencies).map(|last| {
            format!(
                "Version {version} in its last minute: median {} ms, 95th percentile {} ms.",
                last.median, last.p95
            )
        })
    };
    let reading = [in_words(old, &of_old), in_words(new, &of_new)];
    Some(Lane {
        name: "Latency".to_owned(),
        notes: vec!["median solid, 95th percentile dashed".to_owned()],
        bad: false,
        height: HEIGHT,
        drawing: html! {
            (line(&columns, &of_old, false, time, values))
            (line(&columns, &of_new, true, time, values))
            line.rule x1="0%" x2="100%" y1=(HEIGHT) y2=(HEIGHT) {}
            text.scale x="100%" dx="6" y="10" { (grouped_ms(values.top())) }
            text.scale x="100%" dx="6" y=(HEIGHT) { "0" }
        },
        reading: reading.into_iter().flatten().collect::<Vec<_>>().join(" "),
        under: Vec::new(),
        table,
    })
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
