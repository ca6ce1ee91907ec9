//! An inspection for people: a table for each deployment, one for the routes, and lists of the rest.

use std::fmt::Write;
use std::path::Path;

use comfy_table::presets::UTF8_BORDERS_ONLY;
use console::style;
use rehearsal_deployment::plan::Decision;
use rehearsal_report::table::Table;
use rehearsal_report::wrap;
use rehearsal_template::{Unknown, printable};

use super::answer::Answer;
use super::contract::{
    Condition, Deployment, Finding, Inspection, NotRehearsed, Route, UNKNOWN_VALUE,
};
use crate::output::width;
use crate::plan::words::shift;

/// What stands for something that the template does not give.
const NONE: &str = "none";

/// The whole text.
pub fn of(template: &Path, inspection: &Inspection) -> String {
    let width = width();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}: {}",
        printable::line(&template.display().to_string()),
        started(&inspection.deployments)
    );
    for deployment in &inspection.deployments {
        text.push_str(&heading(&title(deployment)));
        text.push_str(&table(deployment, width));
    }
    if !inspection.routes.is_empty() {
        text.push_str(&heading("Routes"));
        text.push_str(&routes(&inspection.routes, width));
    }
    for (what, names) in [
        ("Alarms", &inspection.alarms),
        ("Tables", &inspection.tables),
    ] {
        if !names.is_empty() {
            text.push_str(&heading(what));
            text.push_str(&paragraph(&names.join(", "), width));
        }
    }
    let notes = inspection
        .diagnostics
        .iter()
        .filter(|finding| finding.severity == "note");
    let (unset, others): (Vec<_>, Vec<_>) =
        notes.partition(|finding| finding.is_of_parameter_without_value());
    let (unknown, facts): (Vec<_>, Vec<_>) = others
        .into_iter()
        .partition(|finding| finding.code == UNKNOWN_VALUE);
    for (what, notes) in [
        ("Parameters without a value", unset),
        ("Not known before the stack is deployed", unknown),
        ("Good to know", facts),
    ] {
        if !notes.is_empty() {
            text.push_str(&heading(what));
            for note in notes {
                text.push_str(&paragraph(&line(note), width));
            }
        }
    }
    if !inspection.not_rehearsed.is_empty() {
        text.push_str(&heading("Not rehearsed"));
        text.push_str(&not_rehearsed(&inspection.not_rehearsed, width));
    }
    text
}

/// A text in lines that fit, those after the first indented more.
fn paragraph(text: &str, width: usize) -> String {
    wrap::paragraph("  ", 4, &printable::line(text), width)
}

fn heading(text: &str) -> String {
    format!("\n{}\n", style(printable::line(text)).bold())
}

fn started(deployments: &[Deployment]) -> String {
    let count = deployments
        .iter()
        .filter(|deployment| deployment.is_started())
        .count();
    match count {
        0 => "an update starts no deployment".to_owned(),
        1 => "an update starts 1 deployment if it publishes a version".to_owned(),
        n => format!("an update starts up to {n} deployments, one for each version it publishes"),
    }
}

fn title(deployment: &Deployment) -> String {
    let state = if !deployment.enabled {
        " (turned off)"
    } else if deployment.is_started() {
        ""
    } else {
        " (not with these parameters)"
    };
    format!(
        "{}{}, alias {}{state}",
        inside(deployment.stack.as_deref()),
        answer(&deployment.function),
        answer(&deployment.alias)
    )
}

/// What stands before a name of a stack inside the template's.
fn inside(stack: Option<&str>) -> String {
    stack.map(|stack| format!("{stack}/")).unwrap_or_default()
}

fn table(deployment: &Deployment, width: usize) -> String {
    let mut table = Table::fitted(UTF8_BORDERS_ONLY, width);
    let mut row = |what: &str, value: String| {
        table.row([what.to_owned(), value]);
    };
    if deployment.enabled {
        row("traffic", traffic(deployment));
        row("configuration", answer(&deployment.config));
        row("PreTraffic hook", answer(&deployment.pre_traffic_hook));
        row("PostTraffic hook", answer(&deployment.post_traffic_hook));
        row(
            "alarms",
            match &deployment.alarms {
                Answer::Known(alarms) if alarms.is_empty() => NONE.to_owned(),
                Answer::Known(alarms) => alarms.join(", "),
                Answer::None => NONE.to_owned(),
                Answer::Unknown(unknown) => not_known(unknown),
            },
        );
        // Gates of which the names are not known are alike.
        let refused = deployment.gates.iter();
        let mut refused: Vec<_> = refused
            .filter(|gate| gate.decision == Decision::Refused)
            .map(|gate| format!("{} is refused by run: {}", gate.alarm, gate.why))
            .collect();
        refused.dedup();
        for gate in refused {
            row("", gate);
        }
        row("role", answer(&deployment.role));
        row("deployment group", answer(&deployment.group));
    }
    row("alias", deployment.alias_logical_id.clone());
    row(
        "version",
        deployment
            .version_logical_id
            .clone()
            .unwrap_or_else(|| "named by where the code is packaged".to_owned()),
    );
    if let Some(condition) = &deployment.condition {
        row("condition", holds(condition));
    }
    table.text()
}

fn answer(answer: &Answer<String>) -> String {
    match answer {
        Answer::Known(text) => text.clone(),
        Answer::None => NONE.to_owned(),
        Answer::Unknown(unknown) => not_known(unknown),
    }
}

/// The reason stands below, in the list of all that is not known.
fn not_known(unknown: &Unknown) -> String {
    format!("unknown (line {})", unknown.place.line)
}

fn holds(condition: &Condition) -> String {
    let holds = match condition.holds {
        Some(true) => "holds",
        Some(false) => "does not hold with these parameters",
        None => "only AWS knows whether it holds",
    };
    format!("{}: {holds}", condition.name)
}

fn traffic(deployment: &Deployment) -> String {
    match (&deployment.traffic, &deployment.config) {
        (Some(steps), _) => shift(steps),
        (None, Answer::Known(name)) => format!("unknown: {name} is defined elsewhere"),
        (None, config) => answer(config),
    }
}

fn routes(routes: &[Route], width: usize) -> String {
    let mut table = Table::fitted(UTF8_BORDERS_ONLY, width);
    table.header(&["API", "method", "path", "function", "alias"]);
    for route in routes {
        table.row([
            format!("{}{}", inside(route.stack.as_deref()), route.api),
            route.method.clone(),
            route.path.clone(),
            answer(&route.function),
            route.alias.clone().unwrap_or_else(|| NONE.to_owned()),
        ]);
    }
    table.text()
}

fn line(note: &Finding) -> String {
    let stack = inside(note.stack.as_deref());
    let whose = match &note.logical_id {
        Some(id) => format!("{stack}{id}: "),
        None if stack.is_empty() => stack,
        None => format!("{stack}: "),
    };
    let place = note
        .line
        .map(|line| format!(" (line {line})"))
        .unwrap_or_default();
    format!("{whose}{}{place}", note.message)
}

/// What is left out, by the reason, in the order in which the reasons first appear.
fn not_rehearsed(items: &[NotRehearsed], width: usize) -> String {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for item in items {
        // A property is named with its line: a resource is found by its name.
        let is_property = item
            .r#type
            .chars()
            .all(|character| character.is_ascii_alphanumeric());
        let name = match item.line.filter(|_| is_property) {
            Some(line) => format!("{} {} (line {line})", item.logical_id, item.r#type),
            None => item.logical_id.clone(),
        };
        match reasons.iter_mut().find(|(why, _)| *why == item.why) {
            Some((_, names)) => names.push(name),
            None => reasons.push((&item.why, vec![name])),
        }
    }
    let mut table = Table::fitted(UTF8_BORDERS_ONLY, width);
    table.header(&["what", "why"]);
    for (why, names) in reasons {
        table.row([names.join(", "), why.to_owned()]);
    }
    table.text()
}
