//! Which gates can be judged where every function is a stub: those on what Lambda and API Gateway say of a request.

use rehearsal_aws::cloudwatch::catalogue::{By, Known, known};
use rehearsal_aws::cloudwatch::metric::Metric;

use crate::plan::{Decision, Gate, Judged, Plan, WatchedAlarm};

/// A gate that has no part in the odds, which are therefore those of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Its logical id, or its name where the template has none.
    pub alarm: String,
    /// Why, a sentence.
    pub why: String,
    /// The template's line, from 1.
    pub line: u32,
}

/// The gates of a deployment: those that are judged, indices into the plan's alarms, and those that are left out.
pub(super) fn judged(plan: &Plan, deployment: usize) -> (Vec<usize>, Vec<LeftOut>) {
    let mut judged = Vec::new();
    let mut left_out = Vec::new();
    for gate in &plan.deployments[deployment].gates {
        match place(plan, gate) {
            Ok(alarm) => judged.push(alarm),
            Err(why) => left_out.push(LeftOut {
                alarm: gate.alarm.clone(),
                why,
                line: gate.line,
            }),
        }
    }
    (judged, left_out)
}

/// Where a gate stands among the plan's alarms, or why it is left out.
fn place(plan: &Plan, gate: &Gate) -> Result<usize, String> {
    match gate.decision {
        Decision::Evaluated => {}
        // The planner reports both, in the words of the file.
        Decision::Given | Decision::NotJudged | Decision::Refused => return Err(gate.why.clone()),
    }
    let place = plan.alarms.iter().position(|alarm| alarm.id == gate.alarm);
    let place = place.ok_or("it is no alarm of the template")?;
    check(plan, &plan.alarms[place])?;
    Ok(place)
}

/// Why an alarm cannot be judged.
fn check(plan: &Plan, alarm: &WatchedAlarm) -> Result<(), String> {
    match &alarm.after {
        Judged::Given(_) => Err("the rehearsal file gives its state".to_owned()),
        Judged::Metric(metric_alarm) => {
            for metric in metric_alarm.watched.metrics() {
                check_metric(plan, metric)?;
            }
            Ok(())
        }
        Judged::Composite(rule) => {
            for name in rule.alarms() {
                let child = plan.alarms.iter().find(|alarm| alarm.name == name);
                let child =
                    child.ok_or_else(|| format!("its rule names {name}, which is not here"))?;
                check(plan, child).map_err(|why| format!("its rule names {name}: {why}"))?;
            }
            Ok(())
        }
    }
}

fn check_metric(plan: &Plan, metric: &Metric) -> Result<(), String> {
    let Metric {
        namespace, name, ..
    } = metric;
    if plan
        .given_metrics
        .iter()
        .any(|given| given.metric() == *metric)
    {
        return Err(format!("the rehearsal file gives {namespace} {name}"));
    }
    match known(metric) {
        Known::Sent(By::Invocation | By::Url | By::Stage | By::Method) | Known::Never(_) => Ok(()),
        Known::Sent(_) | Known::NotModelled(_) | Known::Custom => {
            Err(format!("live requests to stubs send no {namespace} {name}"))
        }
    }
}

/// The alarms that the gates need, in the plan's order, in which each comes after those that its rule names.
pub(super) fn needed(plan: &Plan, gates: &[usize]) -> Vec<usize> {
    let mut needed = vec![false; plan.alarms.len()];
    for gate in gates {
        needed[*gate] = true;
    }
    for parent in (0..plan.alarms.len()).rev() {
        if !needed[parent] {
            continue;
        }
        if let Judged::Composite(rule) = &plan.alarms[parent].after {
            let names = rule.alarms();
            for (child, alarm) in plan.alarms.iter().enumerate() {
                needed[child] |= names.contains(&alarm.name.as_str());
            }
        }
    }
    let all = needed.iter().enumerate();
    all.filter(|(_, needed)| **needed)
        .map(|(alarm, _)| alarm)
        .collect()
}
