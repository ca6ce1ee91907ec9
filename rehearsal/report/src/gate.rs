//! What came of a gate: an alarm that a deployment group names.

use std::fmt::Display;

use rehearsal_aws::cloudwatch::metric_alarm::{AlarmState, Comparison};
use rehearsal_deployment::event::{Event, Happening};
use rehearsal_deployment::plan::{Decision, Gate, Judged, Plan};
use rehearsal_template::counted;
use serde::{Deserialize, Serialize};

use crate::reservation::{Reservation, ReservationKind};

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

/// The gates that were not judged: `1 of 2 alarms was not judged (TrafficAnomaly)`. `None` where all were.
pub(crate) fn not_judged<'g>(
    gates: impl IntoIterator<Item = &'g GateReport>,
) -> Option<Reservation> {
    let gates: Vec<_> = gates.into_iter().collect();
    let left_out = gates
        .iter()
        .filter(|gate| gate.decision == Decision::NotJudged)
        .map(|gate| gate.alarm.clone());
    let left_out: Vec<_> = left_out.collect();
    let (count, alarms) = (left_out.len(), counted(gates.len(), "alarm"));
    (count > 0).then(|| {
        let numbers: [(&str, &dyn Display); 2] = [("count", &count), ("alarms", &alarms)];
        Reservation::with(ReservationKind::GatesNotJudged, left_out, &numbers)
    })
}
