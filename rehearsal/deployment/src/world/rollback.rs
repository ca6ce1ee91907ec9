//! The way back: a new deployment of the old version, all at once.

use super::{Decision, World};
use crate::alias::Alias;
use crate::code_deploy::{
    AutoRollbackEvent, DeploymentStatus, ErrorCode, ROLLBACK_BEGINS_AFTER_MS, ROLLBACK_TAKES_MS,
    deployment_id,
};
use crate::event::Happening;
use crate::lifecycle::LifecycleEventName;

impl World {
    /// Ends a deployment as failed or stopped, and starts its rollback where the group has one for this end.
    pub(super) fn end_without_success(
        &mut self,
        deployment: usize,
        code: ErrorCode,
        message: String,
        alarms: Vec<String>,
    ) {
        let before = self.deployments[deployment].lifecycle;
        self.deployments[deployment].end_with(code);
        let after = self.deployments[deployment].lifecycle;
        for (event, (was, is)) in LifecycleEventName::ALL
            .into_iter()
            .zip(before.into_iter().zip(after))
        {
            if was != is {
                self.emit(Happening::LifecycleEvent {
                    deployment,
                    event,
                    status: is,
                });
            }
        }
        let status = self.deployments[deployment].status;
        let (error_code, message) = (Some(code), Some(message));
        self.emit(Happening::DeploymentEnded {
            deployment,
            status,
            error_code,
            message,
            alarms,
        });
        self.cancel_others_soon();
        // Whoever stops a deployment says whether it goes back (CodeDeploy API, `StopDeployment`); assumed: CloudFormation does.
        let goes_back = code == ErrorCode::ManualStop
            || self.plan.deployments[deployment]
                .auto_rollback
                .contains(&AutoRollbackEvent::of(code));
        if goes_back {
            self.schedule(
                self.now + ROLLBACK_BEGINS_AFTER_MS,
                Decision::BeginRollback { deployment },
            );
        } else {
            self.end_update_if_all_is_over();
        }
    }

    /// The alias goes back. No hooks run, and no alarm is asked: assumed, for no document says so.
    pub(super) fn begin_rollback(&mut self, deployment: usize) {
        let id = deployment_id(self.draws, deployment as u64 * 2 + 1);
        self.deployments[deployment].rollback = Some(id.clone());
        self.emit(Happening::RollbackCreated { deployment, id });
        let back = Alias::new(&self.plan.deployments[deployment].old_version);
        if self.aliases[deployment] != back {
            self.aliases[deployment] = back;
            self.emit(Happening::TrafficShifted {
                deployment,
                shares: self.aliases[deployment].shares(),
            });
        }
        self.schedule(
            self.now + ROLLBACK_TAKES_MS,
            Decision::EndRollback { deployment },
        );
    }

    pub(super) fn end_rollback(&mut self, deployment: usize) {
        self.emit(Happening::RollbackEnded {
            deployment,
            status: DeploymentStatus::Succeeded,
        });
        self.end_update_if_all_is_over();
    }
}
