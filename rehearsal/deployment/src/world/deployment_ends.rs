//! What happens when a deployment ends: with success, or failed or stopped.

use rehearsal_aws::codedeploy::deployment::{
    AutoRollbackEvent, DeploymentStatus, ErrorCode, ROLLBACK_BEGINS_AFTER_MS,
};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;

use super::World;
use super::clock::Decision;
use crate::event::Happening;

impl World {
    /// The update goes on with whatever waited for this deployment.
    pub(super) fn succeed(&mut self, deployment: usize) {
        self.codedeploy.updates[deployment].deployment.status = DeploymentStatus::Succeeded;
        self.emit(Happening::DeploymentEnded {
            deployment,
            status: DeploymentStatus::Succeeded,
            error_code: None,
            message: None,
            alarms: Vec::new(),
        });
        self.go_on_with_update();
        self.end_update_if_all_is_over();
    }

    /// Ends a deployment as failed or stopped, and starts its rollback where the group has one for this end. `alarms` are the
    /// logical ids of those that stopped it.
    pub(super) fn end_without_success(
        &mut self,
        deployment: usize,
        code: ErrorCode,
        message: String,
        alarms: Vec<String>,
    ) {
        // Whoever stops a deployment says whether it goes back (CodeDeploy API, `StopDeployment`); assumed: CloudFormation does.
        let goes_back = code == ErrorCode::ManualStop
            || self.has_rollback_for(deployment, AutoRollbackEvent::of(code));
        self.end_with_rollback(deployment, code, message, alarms, goes_back);
    }

    /// Whether the deployment's group has a rollback for this end.
    pub(super) fn has_rollback_for(&self, deployment: usize, event: AutoRollbackEvent) -> bool {
        self.plan.deployments[deployment]
            .auto_rollback
            .contains(&event)
    }

    /// The same, where it is known whether it goes back.
    pub(super) fn end_with_rollback(
        &mut self,
        deployment: usize,
        code: ErrorCode,
        message: String,
        alarms: Vec<String>,
        goes_back: bool,
    ) {
        let before = self.codedeploy.updates[deployment].deployment.lifecycle;
        self.codedeploy.updates[deployment]
            .deployment
            .end_with(code);
        let after = self.codedeploy.updates[deployment].deployment.lifecycle;
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
        self.emit(Happening::DeploymentEnded {
            deployment,
            status: self.codedeploy.updates[deployment].deployment.status,
            error_code: Some(code),
            message: Some(message),
            alarms,
        });
        self.cancel_others_soon();
        if goes_back {
            self.schedule(
                self.now + ROLLBACK_BEGINS_AFTER_MS,
                Decision::BeginRollback { deployment },
            );
        } else {
            self.end_update_if_all_is_over();
        }
    }
}
