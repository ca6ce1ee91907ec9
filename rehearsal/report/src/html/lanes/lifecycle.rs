//! A deployment's lifecycle events, the hooks in them, and the rollback: a row each.

use maud::{Markup, html};
use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use rehearsal_deployment::event::InvocationOutcome;

use crate::html::figure::{Beside, Lane, Table};
use crate::html::part::Part;
use crate::html::scale::{Percent, Time};
use crate::html::words::{duration, status};
use crate::{DeploymentReport, HookReport, LifecycleEventReport};

/// What it is called.
pub const NAME: &str = "Deployment";
/// How high a row is.
const ROW: u32 = 22;
/// The most invocations of a hook that are marked.
const MOST_ATTEMPTS: usize = 20;

struct Row<'r> {
    name: String,
    more: String,
    span: Option<(f64, f64)>,
    bad: bool,
    hook: Option<&'r HookReport>,
}

/// The lane.
pub fn lane(deployment: &DeploymentReport, part: &Part<'_>, time: Time) -> Lane {
    let end = deployment.ended_seconds.unwrap_or(part.to);
    let rows = all(deployment, part);
    let mut table = Table::new(["lifecycle event", "from", "to", "what"]);
    table.rows = cells(&rows, time);
    let reading = table.rows.iter().map(|cells| match &cells[..] {
        [name, from, to, more] if !from.is_empty() => {
            format!("{name} from {from} to {to}: {more}.")
        }
        [name, .., more] => format!("{name}: {more}."),
        _ => String::new(),
    });
    let reading = reading.collect::<Vec<_>>().join(" ");
    let count = u32::try_from(rows.len()).unwrap_or_default();
    Lane {
        name: NAME.to_owned(),
        notes: vec![
            format!("{}:{}", deployment.function, deployment.alias),
            format!(
                "version {} → {}",
                deployment.old_version, deployment.new_version
            ),
            deployment
                .config
                .trim_start_matches("CodeDeployDefault.Lambda")
                .to_owned(),
        ],
        bad: false,
        height: count * ROW,
        drawing: html! { @for (number, row) in (0..).zip(&rows) { (draw(row, number, end, time)) } },
        reading,
        under: Vec::new(),
        tables: vec![table],
    }
}

/// Its rows as a table's: event, from, to, what.
pub fn rows(deployment: &DeploymentReport, part: &Part<'_>, time: Time) -> Vec<Vec<String>> {
    cells(&all(deployment, part), time)
}

fn cells(rows: &[Row<'_>], time: Time) -> Vec<Vec<String>> {
    let rows = rows.iter().map(|row| {
        let (from, to) = row.span.map_or_else(Default::default, |(from, to)| {
            (time.clock(from), time.clock(to))
        });
        vec![row.name.clone(), from, to, row.more.clone()]
    });
    rows.collect()
}

fn all<'r>(deployment: &'r DeploymentReport, part: &Part<'_>) -> Vec<Row<'r>> {
    let end = deployment.ended_seconds.unwrap_or(part.to);
    let mut rows: Vec<_> = deployment
        .lifecycle_events
        .iter()
        .take(LifecycleEventName::ALL.len())
        .map(|event| row(deployment, event, end))
        .collect();
    if let Some(rollback) = &deployment.rollback {
        let ended = rollback.ended_seconds.unwrap_or(part.to);
        rows.push(Row {
            name: "Rollback".to_owned(),
            more: format!("to version {}, {}", deployment.old_version, rollback.status),
            span: Some((rollback.created_seconds, ended)),
            bad: true,
            hook: None,
        });
    }
    rows
}

fn row<'r>(deployment: &'r DeploymentReport, event: &LifecycleEventReport, end: f64) -> Row<'r> {
    let hook = deployment
        .hooks
        .iter()
        .find(|hook| hook.lifecycle_event == event.name);
    let bad = event.status == LifecycleEventStatus::Failed;
    let ended = event.ended_seconds.unwrap_or(end);
    let span = event.began_seconds.map(|began| (began, ended.max(began)));
    let state = status(event.status);
    let more = match (hook, event.name) {
        (Some(hook), _) => format!("{} {state}", hook.function),
        (None, LifecycleEventName::AllowTraffic) if bad && !deployment.stopped_by.is_empty() => {
            format!("stopped by {}", deployment.stopped_by.join(", "))
        }
        (None, LifecycleEventName::AllowTraffic) => state.to_owned(),
        (None, _) if event.status == LifecycleEventStatus::Succeeded => "no hook".to_owned(),
        (None, _) => format!("no hook, {state}"),
    };
    // Where nothing is done, it takes no time.
    let took = span.filter(|(from, to)| event.ended_seconds.is_some() && to > from);
    let took = took.map(|(from, to)| format!(" in {}", duration(to - from)));
    let more = format!("{more}{}", took.unwrap_or_default());
    Row {
        name: event.name.to_string(),
        more,
        span,
        bad,
        hook,
    }
}

fn draw(row: &Row<'_>, number: u32, end: f64, time: Time) -> Markup {
    let top = number * ROW + 3;
    let text = number * ROW + 15;
    let attempts = row.hook.map(|hook| &hook.attempts[..]).unwrap_or_default();
    let (from, width) = match row.span {
        Some((from, to)) => time.span(from, to),
        None => (time.at(end), Percent(0.0)),
    };
    let beside = Beside::bar(from, width);
    html! {
        @if row.span.is_some() {
            rect.event.bad[row.bad] x=(from) y=(top) width=(width) height="16" rx="2" {}
            rect.event.edge.bad[row.bad] x=(from) y=(top) width="2" height="16" {}
        }
        @for attempt in attempts.iter().take(MOST_ATTEMPTS) {
            @let (from, width) = time.span(attempt.began_seconds, attempt.ended_seconds.unwrap_or(end));
            @let failed = attempt.outcome.is_some_and(|outcome| outcome != InvocationOutcome::Answered);
            rect.attempt.bad[failed] x=(from) y=(top + 12) width=(width) height="4" {
                title { (attempt.function) ", attempt " (attempt.attempt) ": " (time.clock(attempt.began_seconds)) }
            }
        }
        text.label.halo[width.0 <= 30.0].end[beside.ends].muted[row.span.is_none()].bad[row.bad] x=(beside.x) dx=(beside.dx) y=(text) {
            (row.name)
            tspan.more { " " (row.more) }
        }
    }
}
