//! What happens when a person stops a deployment: `StopDeployment`.
//!
//! The deployment ends as Stopped, with the code `MANUAL_STOP`, and no more of its lifecycle events run (CodeDeploy API,
//! `StopDeployment`: "Succeeded: the stop operation was successful"). It goes back if the person says so (`autoRollbackEnabled`), and
//! without a word where its group has `DEPLOYMENT_STOP_ON_REQUEST`. Without a rollback the alias stays on two versions, and later
//! deployments of it fail (CodeDeploy user guide, "Troubleshoot AWS Lambda deployment issues").
//!
//! CloudFormation polls the deployment that it has created, and fails the alias's update when that has not succeeded (resource
//! provider schema of `AWS::Lambda::Alias`: its update handler may call `GetDeployment` and `StopDeployment`). So the stack goes back,
//! as after any other end without success. Assumed: that it does so after a stop by hand too, and leaves the alias's weights alone.
//!
//! CodeDeploy cannot pause a deployment of Lambda, so nothing here does.

use rehearsal_aws::codedeploy::deployment::{AutoRollbackEvent, ErrorCode};
use rehearsal_aws::time::MINUTE_MS;

use super::World;
use super::clock::Decision;
use crate::event::Happening;

impl World {
    /// The update's traffic shifts for the first time: from now its minutes count. An action comes before whatever else is due in its
    /// moment.
    pub(super) fn schedule_actions(&mut self) {
        for action in 0..self.plan.step.actions.len() {
            let minutes = i64::from(self.plan.step.actions[action].at_minute);
            let at = self.now + minutes * MINUTE_MS;
            self.schedule(at, Decision::StopByHand { action });
        }
    }

    /// Stops a deployment. One that waits, or is over, takes no notice.
    pub(super) fn stop_by_hand(&mut self, action: usize) {
        let planned = self.plan.step.actions[action];
        let deployment = planned.deployment;
        if !self.codedeploy.updates[deployment]
            .deployment
            .is_in_progress()
        {
            return;
        }
        let rollback = planned.rollback.unwrap_or_else(|| {
            self.has_rollback_for(deployment, AutoRollbackEvent::DeploymentStopOnRequest)
        });
        self.emit(Happening::StoppedByHand { deployment, action });
        self.end_with_rollback(
            deployment,
            ErrorCode::ManualStop,
            "The deployment was stopped by hand.".to_owned(),
            Vec::new(),
            rollback,
        );
    }

    /// Fails a deployment whose alias is on two versions, since an earlier one or by its `RoutingConfig`: "subsequent attempts to deploy
    /// the Lambda function fail" (CodeDeploy user guide, "Troubleshoot AWS Lambda deployment issues"). Assumed: before its hooks, with
    /// this code, which is that of an alias on another version than the update expects (SAM issue 291), and without a rollback, for
    /// nothing has shifted.
    pub(super) fn fails_on_its_alias(&mut self, deployment: usize) -> bool {
        let shares = self.codedeploy.updates[deployment].alias.shares();
        let planned = &self.plan.deployments[deployment];
        // Two versions of one template may have one number here.
        if shares.len() < 2 && planned.beside_old.is_none() {
            return false;
        }
        let versions: Vec<_> = shares.keys().map(String::as_str).collect();
        let since = match planned.beside_old {
            Some(_) => "by its RoutingConfig",
            None => "since an earlier deployment",
        };
        let message = format!(
            "The alias {} of {} is on two versions, {}, {since}, and CodeDeploy shifts from one.",
            planned.alias,
            planned.function,
            versions.join(" and ")
        );
        self.end_with_rollback(
            deployment,
            ErrorCode::InvalidLambdaConfiguration,
            message,
            Vec::new(),
            false,
        );
        true
    }
}
