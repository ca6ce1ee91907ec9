//! Live requests a minute, and the errors among them, by the version that served them.

use maud::html;

use crate::html::figure::{Lane, Table};
use crate::html::lanes::{Column, columns, versions};
use crate::html::scale::{Time, Values, px};
use crate::html::words::{grouped, number};
use crate::{DeploymentReport, MinuteReport};

const HEIGHT: u32 = 60;
const ERRORS_HEIGHT: u32 = 46;
/// Above a column its number is written where there are no more than so many.
const MOST_NUMBERS: usize = 30;

/// The requests.
pub fn lane(deployment: &DeploymentReport, time: Time) -> Lane {
    let served = |version: &str| deployment.served.get(version).copied().unwrap_or_default();
    let [old, new] = versions(deployment);
    let failed = deployment
        .errors
        .values()
        .copied()
        .fold(0, u64::saturating_add);
    let mut notes = vec![format!(
        "v{old} {} · v{new} {}",
        grouped(served(old)),
        grouped(served(new))
    )];
    if failed == 0 {
        notes.push("no caller saw an error".to_owned());
    }
    let counts = |minute: &MinuteReport, version: &str| {
        minute.requests.get(version).copied().unwrap_or_default()
    };
    let mut table = Table::new(["minute", "from", "requests", "requests", "errors", "errors"]);
    for (index, what) in [
        (2, "requests"),
        (3, "requests"),
        (4, "errors"),
        (5, "errors"),
    ] {
        let version = if index % 2 == 0 { old } else { new };
        table.header[index] = format!("{what} of v{version}");
    }
    let columns = columns(deployment, time);
    for column in &columns {
        let of = |count: &dyn Fn(&MinuteReport, &str) -> u64, version: &str| {
            grouped(column.sum(|minute| count(minute, version)))
        };
        let errors = |minute: &MinuteReport, version: &str| {
            minute.errors.get(version).copied().unwrap_or_default()
        };
        table.rows.push(vec![
            column.name(),
            column.clock(),
            of(&counts, old),
            of(&counts, new),
            of(&errors, old),
            of(&errors, new),
        ]);
    }
    let reading = format!(
        "Version {old} served {} requests and version {new} {}, in {} minutes.",
        grouped(served(old)),
        grouped(served(new)),
        deployment.minutes.len()
    );
    bars(
        Bars {
            name: "Requests a minute",
            notes,
            reading,
            table,
            height: HEIGHT,
            numbers: false,
        },
        deployment,
        &columns,
        time,
        &counts,
    )
}

/// The errors; `None` where there are none.
pub fn errors(deployment: &DeploymentReport, time: Time) -> Option<Lane> {
    let failed = |version: &str| deployment.errors.get(version).copied().unwrap_or_default();
    let [old, new] = versions(deployment);
    if failed(old) == 0 && failed(new) == 0 {
        return None;
    }
    let columns = columns(deployment, time);
    let counts = |minute: &MinuteReport, version: &str| {
        minute.errors.get(version).copied().unwrap_or_default()
    };
    let bars_of = Bars {
        name: "Errors a minute",
        notes: vec![
            format!(
                "v{old} {} · v{new} {}",
                grouped(failed(old)),
                grouped(failed(new))
            ),
            "that callers saw".to_owned(),
        ],
        reading: format!(
            "Callers saw {} errors of version {old} and {} of version {new}.",
            grouped(failed(old)),
            grouped(failed(new))
        ),
        // Its numbers are in the table of the requests.
        table: Table::new(["minute"]),
        height: ERRORS_HEIGHT,
        numbers: columns.len() <= MOST_NUMBERS,
    };
    Some(bars(bars_of, deployment, &columns, time, &counts))
}

struct Bars {
    name: &'static str,
    notes: Vec<String>,
    reading: String,
    table: Table,
    height: u32,
    numbers: bool,
}

fn bars(
    bars: Bars,
    deployment: &DeploymentReport,
    columns: &[Column<'_>],
    time: Time,
    count: &dyn Fn(&MinuteReport, &str) -> u64,
) -> Lane {
    let [old, new] = versions(deployment);
    let both: Vec<(f64, f64)> = columns
        .iter()
        .map(|column| {
            let of = |version: &str| {
                let sum = column.sum(|minute| count(minute, version));
                // A few errors are what they are, also in a part of a minute.
                if bars.numbers {
                    float(sum)
                } else {
                    column.per_minute(sum)
                }
            };
            (of(old), of(new))
        })
        .collect();
    let room = if bars.numbers { 14 } else { 2 };
    let values = Values::with_room_for(both.iter().map(|(old, new)| old + new), bars.height - room);
    let bottom = f64::from(bars.height);
    Lane {
        name: bars.name.to_owned(),
        notes: bars.notes,
        bad: false,
        height: bars.height,
        drawing: html! {
            @for (column, (of_old, of_new)) in columns.iter().zip(&both) {
                @let (x, width) = time.span(column.from, column.to);
                @let (old_height, new_height) = (values.height_of(*of_old), values.height_of(*of_new));
                g.errors[bars.name.starts_with('E')] {
                    @if old_height > 0.0 {
                        rect.old.bar x=(x) width=(width) y=(px(bottom - old_height)) height=(px(old_height)) { title { "minute " (column.name()) ", version " (old) ": " (number(*of_old)) } }
                    }
                    @if new_height > 0.0 {
                        rect.new.bar x=(x) width=(width) y=(px(bottom - old_height - new_height)) height=(px(new_height)) { title { "minute " (column.name()) ", version " (new) ": " (number(*of_new)) } }
                    }
                    @if bars.numbers && of_old + of_new > 0.0 {
                        svg x=(x) width=(width) height=(bars.height) { text.value x="50%" y=(px(bottom - old_height - new_height - 3.0)) { (number(of_old + of_new)) } }
                    }
                }
            }
            line.rule x1="0%" x2="100%" y1=(bars.height) y2=(bars.height) {}
            @if !bars.numbers {
                text.scale x="100%" dx="6" y=(px(values.at(values.top()) + f64::from(room) + 8.0)) { (number(values.top())) }
                text.scale x="100%" dx="6" y=(bars.height) { "0" }
            }
        },
        reading: bars.reading,
        under: Vec::new(),
        table: bars.table,
    }
}

#[expect(clippy::cast_precision_loss, reason = "a figure is not that exact")]
fn float(count: u64) -> f64 {
    count as f64
}
