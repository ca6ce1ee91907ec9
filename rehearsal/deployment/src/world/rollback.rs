//! What happens when a deployment goes back: a new one of the old version, all at once.

use rehearsal_aws::codedeploy::deployment::{DeploymentStatus, ROLLBACK_TAKES_MS, deployment_id};
use rehearsal_aws::lambda::alias::Alias;

use super::World;
use super::clock::Decision;
use crate::event::Happening;

impl World {
    /// The alias goes back. No hooks run, and no alarm is asked: assumed, for no document says so.
    pub(super) fn begin_rollback(&mut self, deployment: usize) {
        let id = deployment_id(
            self.draws,
            (self.codedeploy.deployments_before + deployment as u64) * 2 + 1,
        );
        self.codedeploy.updates[deployment].deployment.rollback = Some(id.clone());
        self.emit(Happening::RollbackCreated { deployment, id });
        let back = Alias::new(&self.plan.deployments[deployment].old_version);
        if self.codedeploy.updates[deployment].alias != back {
            self.codedeploy.updates[deployment].alias = back;
            self.emit(Happening::TrafficShifted {
                deployment,
                shares: self.codedeploy.updates[deployment].alias.shares(),
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
