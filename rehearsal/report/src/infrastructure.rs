//! On which infrastructure code ran: what of the update had come, minute by minute.

use rehearsal_aws::time::VirtualTime;
use serde::{Deserialize, Serialize};

/// How far the stack's update had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Infrastructure {
    /// Everything was as before the update.
    Live,
    /// Everything was as the update leaves it.
    New,
    /// These resources were, by logical id in the order in which the update came to them.
    Changed(Vec<String>),
}

/// A step of the stack's update.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// When, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// What it is.
    pub kind: StepKind,
    /// Logical ids: of those that it came to, or of those that went back.
    pub resources: Vec<String>,
}

/// What a step of a stack's update is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The update came to resources.
    Reached,
    /// It is complete.
    Completed,
    /// Resources went back.
    WentBack,
}

/// The update as it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct InfrastructureFold {
    /// From each moment on.
    since: Vec<(VirtualTime, Infrastructure)>,
    steps: Vec<StepReport>,
}

impl InfrastructureFold {
    /// The update came to resources.
    pub(super) fn reached(&mut self, at: VirtualTime, resources: &[String]) {
        let mut changed = match self.since.last() {
            Some((_, Infrastructure::Changed(changed))) => changed.clone(),
            _ => Vec::new(),
        };
        changed.extend(resources.iter().cloned());
        self.step(at, StepKind::Reached, resources);
        self.since.push((at, Infrastructure::Changed(changed)));
    }

    /// It is complete.
    pub(super) fn completed(&mut self, at: VirtualTime) {
        self.step(at, StepKind::Completed, &[]);
        self.since.push((at, Infrastructure::New));
    }

    /// It went back.
    pub(super) fn went_back(&mut self, at: VirtualTime, resources: &[String]) {
        self.step(at, StepKind::WentBack, resources);
        self.since.push((at, Infrastructure::Live));
    }

    fn step(&mut self, at: VirtualTime, kind: StepKind, resources: &[String]) {
        let at_seconds = at.as_seconds();
        match self.steps.last_mut() {
            Some(last)
                if kind == StepKind::Reached
                    && last.kind == kind
                    && last.at_seconds.total_cmp(&at_seconds).is_eq() =>
            {
                last.resources.extend(resources.iter().cloned());
            }
            _ => self.steps.push(StepReport {
                at_seconds,
                kind,
                resources: resources.to_vec(),
            }),
        }
    }

    /// Its steps, in order.
    pub(super) fn steps(&self) -> &[StepReport] {
        &self.steps
    }

    /// How it was at a moment.
    pub(super) fn at(&self, moment: VirtualTime) -> Infrastructure {
        let mut before = self.since.iter().rev().filter(|(at, _)| *at <= moment);
        before
            .next()
            .map_or(Infrastructure::Live, |(_, now)| now.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_come_stays_until_the_update_is_over() {
        let at = |ms: i64| VirtualTime::ZERO + ms;
        let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(ToString::to_string).collect() };
        let mut fold = InfrastructureFold::default();
        fold.reached(at(10), &ids(&["Table"]));
        fold.reached(at(10), &ids(&["Orders"]));
        fold.reached(at(20), &ids(&["Api"]));
        assert_eq!(fold.at(at(9)), Infrastructure::Live);
        assert_eq!(
            fold.at(at(15)),
            Infrastructure::Changed(ids(&["Table", "Orders"]))
        );
        assert_eq!(
            fold.at(at(20)),
            Infrastructure::Changed(ids(&["Table", "Orders", "Api"]))
        );
        let mut complete = fold.clone();
        complete.completed(at(30));
        assert_eq!(complete.at(at(40)), Infrastructure::New);
        fold.went_back(at(30), &ids(&["Api", "Orders", "Table"]));
        assert_eq!(fold.at(at(40)), Infrastructure::Live);
        let json = |now: &Infrastructure| serde_json::to_value(now).unwrap();
        assert_eq!(json(&Infrastructure::Live), "live");
        assert_eq!(
            json(&fold.at(at(10))),
            serde_json::json!({"changed": ["Table", "Orders"]})
        );
    }
}
