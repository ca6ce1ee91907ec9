//! The updates of a release: a row a deployment, with its hooks and its way back; or what became of an update that came to none.

use maud::{Markup, html};

use crate::DeploymentReport;
use crate::html::banner;
use crate::html::figure::{Lane, Table};
use crate::html::lanes::lifecycle;
use crate::html::part::Part;
use crate::html::scale::{Percent, Time};

/// What it is called.
pub const NAME: &str = "Updates";
/// How high a row is.
const ROW: u32 = 22;
/// The most rows.
const MOST_ROWS: usize = 60;

/// How many characters of a label fit into a per cent of the width, on the narrowest figure that is no phone's.
const CHARACTERS_OF_A_PERCENT: f64 = 0.95;

/// An update, and its deployment of an alias if it came to one.
struct Row<'r> {
    part: &'r Part<'r>,
    deployment: Option<&'r DeploymentReport>,
    name: String,
}

/// The lane.
pub fn lane(parts: &[Part<'_>], time: Time) -> Lane {
    let all: Vec<Row<'_>> = parts.iter().flat_map(rows).collect();
    let rows = &all[..all.len().min(MOST_ROWS)];
    let mut table = Table::new(["update, lifecycle event", "from", "to", "what"]);
    let mut reading = Vec::new();
    for row in rows {
        reading.push(format!("{}: {}.", row.name, what(row)));
        match row.deployment {
            Some(deployment) => {
                for mut cells in lifecycle::rows(deployment, row.part, time) {
                    cells[0] = format!("{}, {}", row.name, cells[0]);
                    table.rows.push(cells);
                }
            }
            None => table.rows.push(vec![
                row.name.clone(),
                time.clock(row.part.from),
                time.clock(row.part.to),
                what(row),
            ]),
        }
    }
    let mut notes = vec!["one after another".to_owned()];
    if all.len() > rows.len() {
        notes.push(format!("{} more are in the report", all.len() - rows.len()));
    }
    Lane {
        name: NAME.to_owned(),
        notes,
        bad: false,
        height: u32::try_from(rows.len()).unwrap_or_default() * ROW,
        drawing: html! { @for (number, row) in (0..).zip(rows) { (draw(row, number, time)) } },
        reading: reading.join(" "),
        under: Vec::new(),
        tables: vec![table],
    }
}

fn rows<'r>(part: &'r Part<'r>) -> Vec<Row<'r>> {
    let update = part.name.unwrap_or_default();
    let of = |deployment: &DeploymentReport| match part.update.deployments[..] {
        [_] => update.to_owned(),
        _ => format!("{update}, {}", deployment.function),
    };
    if part.update.deployments.is_empty() {
        return vec![Row {
            part,
            deployment: None,
            name: update.to_owned(),
        }];
    }
    let deployments = part.update.deployments.iter();
    deployments
        .map(|deployment| Row {
            part,
            deployment: Some(deployment),
            name: of(deployment),
        })
        .collect()
}

/// What became of it, without the moment: `Failed: HookGuard reported Failed for PostTrafficHook`.
fn what(row: &Row<'_>) -> String {
    match (row.deployment, &row.part.update.update_failed) {
        (Some(deployment), _) => format!("{}{}", deployment.status, banner::cause(deployment)),
        (None, Some(failed)) => format!("{} at {}", row.part.update.outcome, failed.logical_id),
        (None, None) => format!("{}, no deployment started", row.part.update.outcome),
    }
}

fn draw(row: &Row<'_>, number: u32, time: Time) -> Markup {
    let top = number * ROW + 3;
    let Some(deployment) = row.deployment else {
        let bad = row.part.update.update_failed.is_some();
        return label(
            row,
            time.span(row.part.from, row.part.from),
            number,
            if bad { "bad" } else { "muted" },
        );
    };
    let ended = deployment.ended_seconds.unwrap_or(row.part.to);
    let back = deployment.rollback.as_ref();
    let last = back.map_or(ended, |back| back.ended_seconds.unwrap_or(row.part.to));
    let (from, width) = time.span(deployment.created_seconds, ended);
    let bad = back.is_some() || banner::is_bad(deployment);
    html! {
        rect.event.bad[bad] x=(from) y=(top) width=(width) height="16" rx="2" {}
        rect.event.edge.bad[bad] x=(from) y=(top) width="2" height="16" {}
        @if let Some(back) = back {
            @let (x, width) = time.span(back.created_seconds, last);
            rect.event.edge.bad x=(x) y=(top) width=(width) height="16" { title { "rollback to version " (deployment.old_version) } }
        }
        (label(row, time.span(deployment.created_seconds, last), number, if bad { "bad" } else { "" }))
    }
}

/// What a row is about, on the side of its bar that has more room; without what became of it where both do not fit.
fn label(row: &Row<'_>, (from, width): (Percent, Percent), number: u32, class: &str) -> Markup {
    let left = from.0;
    let right = 100.0 - from.0 - width.0;
    let ends = left > right;
    let what = what(row);
    let room = left.max(right) * CHARACTERS_OF_A_PERCENT;
    let fits = |what: &String| {
        #[expect(clippy::cast_precision_loss, reason = "a label is short")]
        let length = (row.name.chars().count() + what.chars().count()) as f64;
        length <= room
    };
    let shorter = || {
        row.deployment
            .map(|deployment| deployment.status.to_string())
    };
    let what = Some(what).filter(fits).or_else(shorter).filter(fits);
    let x = if ends {
        from
    } else {
        Percent(from.0 + width.0)
    };
    html! {
        text class={ "label halo " (class) @if ends { " end" } } x=(x) dx=(if ends { "-6" } else { "6" }) y=(number * ROW + 15) {
            (row.name) @if let Some(what) = &what { tspan.more { " " (what) } }
        }
    }
}
