//! What happens when an alarm fires: the deployments that name it are stopped.

use rehearsal_aws::cloudwatch::metric_alarm::{AlarmState, EVALUATED_EVERY_MS, Evaluation};
use rehearsal_aws::codedeploy::deployment::{ALARMS_POLLED_EVERY_MS, ErrorCode, alarm_message};

use super::World;
use super::clock::Decision;
use crate::event::Happening;
use crate::gate_inputs::GivenAlarm;
use crate::plan::{Judged, WatchedAlarm};

/// An alarm at a moment of the update.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// How it comes to its state; `None` while the stack does not have it.
    judged: Option<Judged>,
    state: AlarmState,
}

impl Watch {
    /// As it is before the update, without data.
    pub(super) fn before_update(planned: &WatchedAlarm) -> Self {
        Self {
            judged: planned.before.clone(),
            state: AlarmState::InsufficientData,
        }
    }

    /// How it comes to its state; `None` while the stack does not have it.
    pub(super) fn judged(&self) -> Option<&Judged> {
        self.judged.as_ref()
    }

    /// Its state.
    pub(super) fn state(&self) -> AlarmState {
        self.state
    }

    /// As it is before the next update, which the stack has come to with it.
    pub(super) fn before_next_update(&self, planned: &WatchedAlarm) -> Self {
        let is_kept = self.judged.is_some() && planned.before.is_some();
        Self {
            judged: planned.before.clone(),
            state: if is_kept {
                self.state
            } else {
                AlarmState::InsufficientData
            },
        }
    }
}

impl World {
    /// CloudWatch's part, every minute.
    pub(super) fn evaluate_alarms(&mut self) {
        self.give_due_data_points();
        self.record_default_values();
        self.record_concurrency();
        self.cloudwatch.metrics.see_until(self.now);
        for index in 0..self.cloudwatch.alarms.len() {
            if let Some(evaluation) = self.evaluation(index) {
                let alarm = self.plan.alarms[index].id.clone();
                self.emit(Happening::AlarmEvaluated {
                    alarm,
                    point: evaluation.point,
                    state: evaluation.state,
                    reason: evaluation.reason,
                });
                self.set_state(index, evaluation.state);
            }
        }
        self.cloudwatch.next_evaluation = self.now + EVALUATED_EVERY_MS;
        self.schedule(self.cloudwatch.next_evaluation, Decision::EvaluateAlarms);
    }

    /// What an alarm finds now; `None` while the stack does not have it.
    fn evaluation(&self, index: usize) -> Option<Evaluation> {
        let watch = &self.cloudwatch.alarms[index];
        Some(match watch.judged.as_ref()? {
            Judged::Metric(alarm) => {
                alarm.evaluate(&self.cloudwatch.metrics, self.now, watch.state)
            }
            Judged::Composite(rule) => {
                let state = rule.state(&|name| self.state_of(name));
                let children = rule.alarms();
                let reasons = children
                    .iter()
                    .map(|name| format!("{name} is {}", self.state_of(name)));
                Evaluation {
                    state,
                    point: None,
                    reason: reasons.collect::<Vec<_>>().join(", "),
                }
            }
            Judged::Given(given) => {
                let state = self.given_state(given);
                Evaluation {
                    state,
                    point: None,
                    reason: "the rehearsal file gives its state".to_owned(),
                }
            }
        })
    }

    fn set_state(&mut self, index: usize, state: AlarmState) {
        if self.cloudwatch.alarms[index].state != state {
            self.cloudwatch.alarms[index].state = state;
            let alarm = self.plan.alarms[index].id.clone();
            self.emit(Happening::AlarmChanged { alarm, state });
        }
    }

    /// The state of an alarm by its name. One that the stack does not have yet has no data.
    fn state_of(&self, name: &str) -> AlarmState {
        let index = self.plan.alarms.iter().position(|alarm| alarm.name == name);
        index.map_or(AlarmState::InsufficientData, |index| {
            self.cloudwatch.alarms[index].state
        })
    }

    fn given_state(&self, given: &GivenAlarm) -> AlarmState {
        let minute = self.first_shift().map(|shift| self.now.minute_since(shift));
        match given.in_alarm {
            Some(minutes) if minutes.holds(minute) => AlarmState::Alarm,
            _ => AlarmState::Ok,
        }
    }

    /// A state that a file gives is there at its minute, not at an evaluation, and so are those of composite alarms over it.
    fn follow_given_states(&mut self) {
        for index in 0..self.cloudwatch.alarms.len() {
            let follows = matches!(
                self.cloudwatch.alarms[index].judged,
                Some(Judged::Given(_) | Judged::Composite(_))
            );
            if let Some(evaluation) = follows.then(|| self.evaluation(index)).flatten() {
                self.set_state(index, evaluation.state);
            }
        }
    }

    /// CodeDeploy's part, from a deployment's creation to its end. An alarm that was in ALARM before stops it at its start, also
    /// when it is the fix, and however it shifts (SAM's `safe_lambda_deployments.rst`, "Production errors preventing deployments").
    pub(super) fn poll_alarms(&mut self, deployment: usize) {
        if self.codedeploy.updates[deployment].deployment.is_over() {
            return;
        }
        self.follow_given_states();
        self.meet_given(deployment);
        let watched = &self.plan.deployments[deployment].alarms;
        let active: Vec<_> = self
            .plan
            .alarms
            .iter()
            .zip(&self.cloudwatch.alarms)
            .filter(|(planned, watch)| {
                watch.state == AlarmState::Alarm && watched.contains(&planned.id)
            })
            .map(|(planned, _)| (planned.name.clone(), planned.id.clone()))
            .collect();
        if active.is_empty() {
            self.schedule(
                self.now + ALARMS_POLLED_EVERY_MS,
                Decision::PollAlarms { deployment },
            );
            return;
        }
        let (names, ids): (Vec<_>, Vec<_>) = active.into_iter().unzip();
        self.end_without_success(
            deployment,
            ErrorCode::AlarmActive,
            alarm_message(&names),
            ids,
        );
    }

    /// The update has come to some of the alarms. A changed alarm keeps its state until its next evaluation (CloudWatch API,
    /// `PutMetricAlarm`); a new one begins without data.
    pub(super) fn watch_after_update(&mut self) {
        for (watch, planned) in self.cloudwatch.alarms.iter_mut().zip(&self.plan.alarms) {
            if self.update.has_reached(&planned.id) {
                watch.judged = Some(planned.after.clone());
            }
        }
    }

    /// The stack went back, and so did its alarms.
    pub(super) fn watch_before_update(&mut self) {
        for (watch, planned) in self.cloudwatch.alarms.iter_mut().zip(&self.plan.alarms) {
            watch.judged.clone_from(&planned.before);
        }
    }
}
