//! What happens when a deployment of the update has failed: the others are cancelled, and the stack goes back.

use rehearsal_aws::cloudformation::ALIAS_UPDATE_MINUTES;
use rehearsal_aws::codedeploy::deployment::{
    CANCELLED_AFTER_MS, Deployment, DeploymentStatus, ErrorCode,
};
use rehearsal_aws::lambda::alias::Alias;

use super::World;
use super::clock::Decision;
use crate::event::Happening;
use crate::revision::Revision;

impl World {
    pub(super) fn has_failed(&self) -> bool {
        let failed = |deployment: &Deployment| {
            deployment.is_over() && deployment.status != DeploymentStatus::Succeeded
        };
        self.update.failure().is_some() || self.codedeploy.deployments().any(failed)
    }

    /// A deployment failed: CloudFormation cancels the updates of the other aliases.
    pub(super) fn cancel_others_soon(&mut self) {
        if self
            .codedeploy
            .deployments()
            .any(Deployment::is_in_progress)
        {
            self.schedule(self.now + CANCELLED_AFTER_MS, Decision::CancelDeployments);
        }
    }

    /// CloudFormation has waited for an alias as long as it does. Assumed: it stops the deployment then, as when it cancels an update, and
    /// the deployment goes back.
    pub(super) fn alias_times_out(&mut self, deployment: usize) {
        if self.codedeploy.updates[deployment].deployment.is_over() {
            return;
        }
        let message = format!(
            "CloudFormation gives the update of an alias {ALIAS_UPDATE_MINUTES} minutes, and the deployment was not over."
        );
        self.end_without_success(deployment, ErrorCode::ManualStop, message, Vec::new());
    }

    /// Stops what still runs. Assumed: AWS documents that the resources in progress are cancelled, and that CloudFormation needs
    /// the right to stop deployments for an alias (resource provider schema of `AWS::Lambda::Alias`), not when it uses it.
    pub(super) fn cancel_deployments(&mut self) {
        let failed: Vec<&str> = self
            .plan
            .deployments
            .iter()
            .zip(self.codedeploy.deployments())
            .filter(|(_, deployment)| {
                deployment.is_over() && deployment.status != DeploymentStatus::Succeeded
            })
            .map(|(planned, _)| planned.function.as_str())
            .collect();
        let why = match self.update.failure() {
            Some(failure) => failure.to_owned(),
            None => format!("the deployment of {} failed", failed.join(", ")),
        };
        let message = format!("The stack's update was cancelled, because {why}.");
        let running: Vec<usize> = (0..self.codedeploy.updates.len())
            .filter(|index| self.codedeploy.updates[*index].deployment.is_in_progress())
            .collect();
        for index in running {
            self.end_without_success(index, ErrorCode::ManualStop, message.clone(), Vec::new());
        }
    }

    /// Everything that the update reached is as before it, from the last to the first, but for what its policy keeps.
    pub(super) fn stack_goes_back(&mut self) {
        self.take_back_what_succeeded();
        let resources = self.update.go_back(&self.plan.keeps);
        self.alter(&resources, Revision::Before);
        let (kept, resources) = resources
            .into_iter()
            .partition(|id| self.plan.keeps.contains(id));
        self.emit(Happening::UpdateRolledBack { resources, kept });
        self.watch_before_update();
    }

    /// One deployment of several failed, so the stack goes back, and with it the aliases whose own deployments succeeded. Assumed:
    /// at once and without hooks; no document says whether CodeDeploy shifts them back gradually.
    fn take_back_what_succeeded(&mut self) {
        for deployment in 0..self.codedeploy.updates.len() {
            let before = Alias::new(&self.plan.deployments[deployment].old_version);
            if self.codedeploy.updates[deployment].alias != before && self.has_succeeded(deployment)
            {
                self.codedeploy.updates[deployment].alias = before;
                let shares = self.codedeploy.updates[deployment].alias.shares();
                self.emit(Happening::TrafficShifted { deployment, shares });
            }
        }
    }
}
