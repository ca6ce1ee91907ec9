//! What happens when an alarm fires: the deployments that name it are stopped.

use rehearsal_aws::cloudwatch::metric_alarm::{Alarm, AlarmState, EVALUATED_EVERY_MS};
use rehearsal_aws::codedeploy::deployment::{ALARMS_POLLED_EVERY_MS, ErrorCode, alarm_message};

use super::World;
use super::clock::Decision;
use crate::event::Happening;
use crate::plan::WatchedAlarm;

/// An alarm at a moment of the update.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// What it watches; `None` while the stack does not have it.
    alarm: Option<Alarm>,
    state: AlarmState,
}

impl Watch {
    /// As it is before the update, without data.
    pub(super) fn before_update(planned: &WatchedAlarm) -> Self {
        Self {
            alarm: planned.before.clone(),
            state: AlarmState::InsufficientData,
        }
    }
}

impl World {
    /// `CloudWatch`'s part, every minute.
    pub(super) fn evaluate_alarms(&mut self) {
        for index in 0..self.alarms.len() {
            let watch = &mut self.alarms[index];
            let Some(alarm) = &watch.alarm else { continue };
            let state = alarm.evaluate(&self.metrics, self.now, watch.state);
            if state != watch.state {
                let alarm = alarm.logical_id.clone();
                watch.state = state;
                self.emit(Happening::AlarmChanged { alarm, state });
            }
        }
        self.schedule(self.now + EVALUATED_EVERY_MS, Decision::EvaluateAlarms);
    }

    /// `CodeDeploy`'s part, from a deployment's creation to its end. An alarm that was in ALARM before stops it at its start, also
    /// when it is the fix.
    pub(super) fn poll_alarms(&mut self, deployment: usize) {
        if self.deployments[deployment].is_over() {
            return;
        }
        let watched = &self.plan.deployments[deployment].alarms;
        let active: Vec<_> = self
            .plan
            .alarms
            .iter()
            .zip(&self.alarms)
            .filter(|(planned, watch)| {
                watch.state == AlarmState::Alarm && watched.contains(&planned.after.logical_id)
            })
            .map(|(planned, _)| (planned.after.name.clone(), planned.after.logical_id.clone()))
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

    /// The update has come to some of the alarms. A changed alarm keeps its state until its next evaluation (`CloudWatch` API,
    /// `PutMetricAlarm`); a new one begins without data.
    pub(super) fn watch_after_update(&mut self) {
        for (watch, planned) in self.alarms.iter_mut().zip(&self.plan.alarms) {
            if self.update.has_reached(&planned.after.logical_id) {
                watch.alarm = Some(planned.after.clone());
            }
        }
    }

    /// The stack went back, and so did its alarms.
    pub(super) fn watch_before_update(&mut self) {
        for (watch, planned) in self.alarms.iter_mut().zip(&self.plan.alarms) {
            watch.alarm.clone_from(&planned.before);
        }
    }
}
