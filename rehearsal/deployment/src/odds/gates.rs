//! Which gates can be judged where every function is a stub: those on what Lambda and API Gateway say of a request.

use rehearsal_aws::cloudwatch::catalogue::{By, Known, known};
use rehearsal_aws::cloudwatch::metric::Metric;

use crate::plan::{Decision, Gate, Judged, Plan, WatchedAlarm};

/// What gates a deployment. It is apart from the plan, so that a change of it is tried without a copy of all else.
#[derive(Clone, Debug)]
pub struct Gates {
    /// Its gates.
    pub gates: Vec<Gate>,
    /// The alarms that these are, and those that their rules name, each after those.
    pub alarms: Vec<WatchedAlarm>,
    /// The logical ids of alarms that the plan does not have. The update comes to them before all else.
    pub added: Vec<String>,
}

impl Gates {
    /// Those of one of a plan's deployments.
    pub fn of(plan: &Plan, deployment: usize) -> Self {
        let gates = plan.deployments[deployment].gates.clone();
        let place = |gate: &Gate| plan.alarms.iter().position(|alarm| alarm.id == gate.alarm);
        let places: Vec<usize> = gates.iter().filter_map(place).collect();
        let alarms = needed(&plan.alarms, &places).into_iter();
        Self {
            alarms: alarms.map(|alarm| plan.alarms[alarm].clone()).collect(),
            gates,
            added: Vec::new(),
        }
    }
}

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

/// The gates of a deployment: those that are judged, indices into the alarms, and those that are left out.
pub(super) fn judged(plan: &Plan, gates: &Gates) -> (Vec<usize>, Vec<LeftOut>) {
    let mut judged = Vec::new();
    let mut left_out = Vec::new();
    for gate in &gates.gates {
        match place(plan, &gates.alarms, gate) {
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

/// Where a gate stands among the alarms, or why it is left out.
fn place(plan: &Plan, alarms: &[WatchedAlarm], gate: &Gate) -> Result<usize, String> {
    match gate.decision {
        Decision::Evaluated => {}
        // The planner reports both, in the words of the file.
        Decision::Given | Decision::NotJudged | Decision::Refused => return Err(gate.why.clone()),
    }
    let place = alarms.iter().position(|alarm| alarm.id == gate.alarm);
    let place = place.ok_or("it is no alarm of the template")?;
    check(plan, alarms, &alarms[place])?;
    Ok(place)
}

/// Why an alarm cannot be judged.
fn check(plan: &Plan, alarms: &[WatchedAlarm], alarm: &WatchedAlarm) -> Result<(), String> {
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
                let child = alarms.iter().find(|alarm| alarm.name == name);
                let child =
                    child.ok_or_else(|| format!("its rule names {name}, which is not here"))?;
                check(plan, alarms, child)
                    .map_err(|why| format!("its rule names {name}: {why}"))?;
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

/// The alarms that the gates need, in their order, in which each comes after those that its rule names.
pub(super) fn needed(alarms: &[WatchedAlarm], gates: &[usize]) -> Vec<usize> {
    let mut needed = vec![false; alarms.len()];
    for gate in gates {
        needed[*gate] = true;
    }
    for parent in (0..alarms.len()).rev() {
        if !needed[parent] {
            continue;
        }
        if let Judged::Composite(rule) = &alarms[parent].after {
            let names = rule.alarms();
            for (child, alarm) in alarms.iter().enumerate() {
                needed[child] |= names.contains(&alarm.name.as_str());
            }
        }
    }
    let all = needed.iter().enumerate();
    all.filter(|(_, needed)| **needed)
        .map(|(alarm, _)| alarm)
        .collect()
}
