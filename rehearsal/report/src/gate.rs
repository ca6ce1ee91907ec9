//! What came of a gate: an alarm that a deployment group names.

use rehearsal_aws::cloudwatch::metric_alarm::{AlarmState, Comparison};
use rehearsal_deployment::event::{Event, Happening};
use rehearsal_deployment::plan::{Decision, Gate, Judged, Plan};
use serde::{Deserialize, Serialize};

/// What was decided of a gate, and what it saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateReport {
    /// Its logical id, or its name where the template has none.
    pub alarm: String,
    /// What was done about it.
    pub decision: Decision,
    /// Why, a sentence.
    pub why: String,
    /// The template's line.
    pub line: u32,
    /// What its data points are held against; null for an alarm that has none.
    pub threshold: Option<f64>,
    /// How: `ComparisonOperator`; null for an alarm that has none.
    pub comparison: Option<Comparison>,
    /// Its data points, one an evaluation.
    pub points: Vec<Point>,
    /// Its evaluations, those that say the same as the one before left out.
    pub evaluations: Vec<EvaluationReport>,
}

/// A data point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The end of its period, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// Null where it is missing.
    pub value: Option<f64>,
}

/// An evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationReport {
    /// When, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// The state from then on.
    pub state: AlarmState,
    /// Why, in words.
    pub reason: String,
}

impl GateReport {
    /// A gate before anything happened.
    pub(crate) fn new(gate: &Gate, plan: &Plan) -> Self {
        let planned = plan.alarms.iter().find(|alarm| alarm.id == gate.alarm);
        let (threshold, comparison) = match planned.map(|alarm| &alarm.after) {
            Some(Judged::Metric(alarm)) => (Some(alarm.threshold), Some(alarm.comparison)),
            _ => (None, None),
        };
        Self {
            alarm: gate.alarm.clone(),
            decision: gate.decision,
            why: gate.why.clone(),
            line: gate.line,
            threshold,
            comparison,
            points: Vec::new(),
            evaluations: Vec::new(),
        }
    }

    /// An alarm was evaluated.
    pub(crate) fn observe(&mut self, event: &Event) {
        let Happening::AlarmEvaluated {
            alarm,
            point,
            state,
            reason,
        } = &event.happening
        else {
            return;
        };
        if *alarm != self.alarm || self.decision == Decision::NotJudged {
            return;
        }
        let at_seconds = event.at.as_seconds();
        if self.threshold.is_some() {
            self.points.push(Point {
                at_seconds,
                value: *point,
            });
        }
        let last = self.evaluations.last();
        if last.is_none_or(|last| (last.state, &last.reason) != (*state, reason)) {
            self.evaluations.push(EvaluationReport {
                at_seconds,
                state: *state,
                reason: reason.clone(),
            });
        }
    }
}

/// The gates that were left out, in words: `1 of 2 alarms was not judged (TrafficAnomaly)`. `None` where all were judged.
pub(crate) fn left_out<'g>(gates: impl IntoIterator<Item = &'g GateReport>) -> Option<String> {
    let gates: Vec<_> = gates.into_iter().collect();
    let left_out: Vec<&str> = gates
        .iter()
        .filter(|gate| gate.decision == Decision::NotJudged)
        .map(|gate| gate.alarm.as_str())
        .collect();
    if left_out.is_empty() {
        return None;
    }
    let alarms = if gates.len() == 1 { "alarm" } else { "alarms" };
    let were = if left_out.len() == 1 { "was" } else { "were" };
    let (count, all, names) = (left_out.len(), gates.len(), left_out.join(", "));
    Some(format!(
        "{count} of {all} {alarms} {were} not judged ({names})"
    ))
}
