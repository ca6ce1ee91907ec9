//! The shift: `AllowTraffic`, step by step, to the new version's hundred percent.

use rehearsal_aws::codedeploy::deployment::ErrorCode;
use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use rehearsal_aws::time::MINUTE_MS;

use super::World;
use super::clock::Decision;
use crate::event::Happening;

impl World {
    pub(super) fn begin_shift(&mut self, deployment: usize) {
        self.set_lifecycle(
            deployment,
            LifecycleEventName::AllowTraffic,
            LifecycleEventStatus::InProgress,
        );
        let planned = &self.plan.deployments[deployment];
        let is_gradual = planned.shift.is_gradual();
        // Assumed: with the code of an alias that CodeDeploy cannot shift; Lambda refuses the alias's update.
        if let Some(why) = planned.weights_refused.clone().filter(|_| is_gradual) {
            let code = ErrorCode::InvalidLambdaConfiguration;
            return self.end_without_success(deployment, code, why, Vec::new());
        }
        let is_first = self.first_shift().is_none();
        self.codedeploy.updates[deployment].deployment.first_shift = Some(self.now);
        if is_first {
            self.schedule_actions();
        }
        self.shift(deployment, 0);
    }

    /// One step. The last one makes the new version the alias's main one, and `AfterAllowTraffic` follows at once.
    pub(super) fn shift(&mut self, deployment: usize, step: usize) {
        if self.codedeploy.updates[deployment].deployment.is_over() {
            return;
        }
        let planned = &self.plan.deployments[deployment];
        let steps = planned.shift.steps();
        let (current, next) = (steps[step], steps.get(step + 1).copied());
        self.codedeploy.updates[deployment]
            .alias
            .shift_to(&planned.new_version, current.share);
        self.emit(Happening::TrafficShifted {
            deployment,
            shares: self.codedeploy.updates[deployment].alias.shares(),
        });
        if let Some(next) = next {
            let wait = i64::from(next.minute - current.minute) * MINUTE_MS;
            self.schedule(
                self.now + wait,
                Decision::Shift {
                    deployment,
                    step: step + 1,
                },
            );
        } else {
            self.set_lifecycle(
                deployment,
                LifecycleEventName::AllowTraffic,
                LifecycleEventStatus::Succeeded,
            );
            self.go_on_after(deployment, LifecycleEventName::AllowTraffic);
        }
    }
}
