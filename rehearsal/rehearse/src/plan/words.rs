//! The words that text and Markdown share.

use std::fmt::Write;

use rehearsal_aws::codedeploy::traffic_shift::Step;
use rehearsal_deployment::change::{
    Action, Change, DeploymentChange, PropertyChange, Retry, UpdatePlan, VersionAction,
};
use rehearsal_deployment::plan::Decision;
use rehearsal_template::counted;

/// The most properties of one resource, parts of one property, and deployments in the first line that are listed.
const MOST: usize = 6;

/// `3 resources created, 2 updated`; what there is none of is left out.
pub fn counts(plan: &UpdatePlan) -> String {
    let parts: Vec<String> = [
        (Action::Create, "created"),
        (Action::Update, "updated"),
        (Action::Replace, "replaced"),
        (Action::Delete, "removed"),
        (Action::Unknown, "unknown"),
        (Action::None, "unchanged"),
    ]
    .into_iter()
    .filter_map(|(action, word)| {
        let count = plan.count(action);
        (count > 0).then(|| format!("{count} {word}"))
    })
    .collect();
    format!("Resources: {}.", parts.join(", "))
}

/// `The update fails at Carts: carts already exists`, where two templates show that it does.
pub fn failure(plan: &UpdatePlan) -> Option<String> {
    let mut failures = plan.failures();
    let first = failures.next()?;
    let more = match failures.count() {
        0 => String::new(),
        more => format!(" (and {more} more)"),
    };
    Some(format!(
        "The update fails at {}{more}: {}",
        first.resource, first.reason
    ))
}

/// `1 deployment starts: Orders (alias live).`
pub fn deployments(plan: &UpdatePlan) -> String {
    let names = |starts: Option<bool>| -> Vec<String> {
        plan.deployments
            .iter()
            .filter(|deployment| deployment.starts == starts)
            .map(subject)
            .collect()
    };
    let (sure, unsure) = (names(Some(true)), names(None));
    let mut text = match sure.as_slice() {
        [] if unsure.is_empty() => "No deployment starts.".to_owned(),
        [] => String::new(),
        [one] => format!("1 deployment starts: {one}."),
        several => format!(
            "{} deployments start: {}.",
            several.len(),
            listed(several.iter().cloned())
        ),
    };
    if !unsure.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        let (what, verb) = match unsure.len() {
            1 => ("a deployment", "starts"),
            _ => ("deployments", "start"),
        };
        let names = listed(unsure);
        // Writing to a String cannot fail.
        let _ = write!(text, "Whether {what} {verb} is not known: {names}.");
    }
    text
}

/// `Orders (alias live)`.
pub fn subject(deployment: &DeploymentChange) -> String {
    let function = deployment
        .function
        .as_deref()
        .unwrap_or(&deployment.alias_logical_id);
    match &deployment.alias {
        Some(alias) => format!("{function} (alias {alias})"),
        None => function.to_owned(),
    }
}

/// What is done to a resource, in one word.
pub fn action(plan: &UpdatePlan, change: &Change) -> &'static str {
    let id = &change.logical_id;
    let version = plan
        .versions
        .iter()
        .find(|version| version.logical_id == *id);
    let alias = plan
        .deployments
        .iter()
        .find(|deployment| deployment.alias_logical_id == *id);
    let fails = plan.failures().any(|failure| failure.resource == *id);
    if fails && change.action != Action::Delete {
        return "fails";
    }
    match (version.map(|version| version.action), alias) {
        (Some(VersionAction::Published), _) => "publish",
        (_, Some(alias)) if alias.starts == Some(true) => "deploy",
        (_, Some(alias)) if alias.at_once && change.action == Action::Update => "move",
        _ => match change.action {
            Action::Delete if change.stays => "let go",
            other => other.name(),
        },
    }
}

/// What of it changes: the properties, with the parts of each, and why.
pub fn what(plan: &UpdatePlan, change: &Change) -> Vec<String> {
    let id = &change.logical_id;
    if let Some(version) = plan
        .versions
        .iter()
        .find(|version| version.logical_id == *id)
    {
        return vec![version.why.clone()];
    }
    let mut lines = Vec::new();
    if change.action != Action::Create {
        let (unknown, known): (Vec<_>, Vec<_>) = change
            .properties
            .iter()
            .partition(|property| property.unknown.is_some());
        if !known.is_empty() {
            lines.push(listed(known.iter().map(|property| name(property))));
        }
        let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
        for property in unknown {
            let reason = property.unknown.as_deref().unwrap_or_default();
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, names)) => names.push(name(property)),
                None => reasons.push((reason, vec![name(property)])),
            }
        }
        lines.extend(
            reasons
                .into_iter()
                .map(|(reason, names)| format!("perhaps {}: {reason}", listed(names))),
        );
        if change.replacement.is_none() && change.action == Action::Update {
            lines.push("whether it is replaced is not known here".to_owned());
        }
    }
    lines.extend(change.why.clone());
    lines
}

/// `Environment (Variables.STAGE)`.
fn name(property: &PropertyChange) -> String {
    match property.paths.as_slice() {
        [] => property.name.clone(),
        paths => format!("{} ({})", property.name, listed(paths.iter().cloned())),
    }
}

fn listed(names: impl IntoIterator<Item = String>) -> String {
    let mut names: Vec<String> = names.into_iter().collect();
    let more = names.len().saturating_sub(MOST);
    names.truncate(MOST);
    let listed = names.join(", ");
    match more {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

/// How it shifts: `10 % at once, all after 5 minutes`.
pub fn shift(steps: &[Step]) -> String {
    let percent = |share: f64| format!("{:.0} %", share * 100.0);
    let minutes = |minutes: u32| counted(minutes as usize, "minute");
    match steps {
        [] | [_] => "all at once".to_owned(),
        [first, last] => format!(
            "{} at once, all after {}",
            percent(first.share),
            minutes(last.minute)
        ),
        [first, second, .., last] => format!(
            "{} at once and as much again every {}, all after {}",
            percent(first.share),
            minutes(second.minute),
            minutes(last.minute)
        ),
    }
}

/// What a deployment goes through, a line each: shift and configuration, hooks, gates.
pub fn deployment(deployment: &DeploymentChange) -> Vec<String> {
    let config = deployment.config.as_deref().unwrap_or("not known");
    let mut lines = vec![match &deployment.shift {
        Some(traffic) => format!("{} ({config})", shift(traffic.steps())),
        None => format!("how it shifts is not known here (configuration {config})"),
    }];
    if deployment.hooks.is_empty() {
        lines.push("no hook".to_owned());
    }
    lines.extend(deployment.hooks.iter().map(|hook| {
        let function = hook.function.as_deref().unwrap_or("not known");
        let elsewhere = if hook.is_here {
            ""
        } else {
            " (in no template)"
        };
        format!("{}: {function}{elsewhere}", hook.event)
    }));
    match &deployment.gates_unknown {
        Some(why) => lines.push(format!("which alarms stop it is not known: {why}")),
        None if deployment.gates.is_empty() => lines.push("no alarm stops it".to_owned()),
        None => {}
    }
    lines.extend(deployment.gates.iter().map(|gate| {
        let alarm = gate.alarm.as_deref().unwrap_or("not known");
        match gate.decision {
            Decision::Refused => format!(
                "stopped by {alarm}, which no rehearsal evaluates: {}",
                gate.why
            ),
            Decision::NotJudged => {
                format!("its group names {alarm}, which is not judged: {}", gate.why)
            }
            Decision::Evaluated | Decision::Given => format!("stopped by {alarm}"),
        }
    }));
    lines
}

/// What is the same of several, once, with all of which it is so, in the order of the first.
pub fn alike<K: PartialEq, T>(each: impl IntoIterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut alike: Vec<(K, Vec<T>)> = Vec::new();
    for (what, one) in each {
        match alike.iter_mut().find(|(known, _)| *known == what) {
            Some((_, all)) => all.push(one),
            None => alike.push((what, vec![one])),
        }
    }
    alike
}

/// What the same code meets after a rollback, a line for all functions of which that is the same.
pub fn retries(retries: &[Retry]) -> Vec<String> {
    let each = retries.iter().map(|retry| {
        let what = (retry.refused, retry.why.as_str());
        (what, retry.function.as_str())
    });
    let lines = alike(each).into_iter().map(|((refused, why), functions)| {
        let what = match refused {
            Some(true) => "refused",
            Some(false) => "published again",
            None => "refused, if this update publishes a version",
        };
        format!("{}: {what}, as {why}", functions.join(", "))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(steps: &[(u32, f64)]) -> Vec<Step> {
        steps
            .iter()
            .map(|(minute, share)| Step {
                minute: *minute,
                share: *share,
            })
            .collect()
    }

    #[test]
    fn a_shift_is_told_in_words() {
        let linear: Vec<_> = (1..=10)
            .map(|step| (step - 1, f64::from(step) / 10.0))
            .collect();
        for (given, expected) in [
            (&[(0, 1.0)][..], "all at once"),
            (&[(0, 0.1), (5, 1.0)], "10 % at once, all after 5 minutes"),
            (
                &linear,
                "10 % at once and as much again every 1 minute, all after 9 minutes",
            ),
        ] {
            assert_eq!(shift(&steps(given)), expected);
        }
    }
}
