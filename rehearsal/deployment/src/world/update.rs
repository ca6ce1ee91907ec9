//! The stack's update around its deployments.
//!
//! `CloudFormation` comes to a resource after everything it refers to. So the tables, the hooks, the new version and the alarms
//! are renewed before the alias shifts; the API, which refers to the alias, only after the whole shift.

use super::{Decision, World};
use crate::alias::Alias;
use crate::code_deploy::{Deployment, DeploymentStatus, deployment_id};
use crate::event::Happening;
use crate::time::{MINUTE_MS, VirtualTime};

impl World {
    /// Renews what comes before the aliases, and creates the deployments. Those of different functions run side by side.
    pub(super) fn begin_update(&mut self) {
        let level = self.alias_level();
        let levels = self.plan.update_levels[..level].to_vec();
        for resources in levels {
            self.emit(Happening::UpdateReached { resources });
        }
        self.watch_after_update();
        self.updated = true;
        for index in 0..self.plan.deployments.len() {
            let id = deployment_id(self.draws, index as u64 * 2);
            self.deployments.push(Deployment::new(id.clone(), self.now));
            self.emit(Happening::DeploymentCreated {
                deployment: index,
                id,
            });
            self.schedule(self.now, Decision::PollAlarms { deployment: index });
            self.begin_lifecycle(index);
        }
    }

    /// The first level with an alias that shifts.
    fn alias_level(&self) -> usize {
        let shifts = |id: &String| {
            self.plan
                .deployments
                .iter()
                .any(|deployment| deployment.alias_logical_id == *id)
        };
        let levels = &self.plan.update_levels;
        levels
            .iter()
            .position(|level| level.iter().any(shifts))
            .unwrap_or(levels.len())
    }

    /// Completes the update, or rolls it back, once every deployment and every rollback is over.
    pub(super) fn end_update_if_all_is_over(&mut self) {
        let going_back = self.decisions.values().any(|decision| {
            matches!(
                decision,
                Decision::BeginRollback { .. } | Decision::EndRollback { .. }
            )
        });
        if going_back || !self.deployments.iter().all(Deployment::is_over) {
            return;
        }
        let level = self.alias_level();
        if self
            .deployments
            .iter()
            .all(|deployment| deployment.status == DeploymentStatus::Succeeded)
        {
            let levels = self.plan.update_levels[level..].to_vec();
            for resources in levels {
                self.emit(Happening::UpdateReached { resources });
            }
            self.emit(Happening::UpdateCompleted);
        } else {
            let resources = self.plan.update_levels[..level]
                .iter()
                .rev()
                .flatten()
                .cloned()
                .collect();
            self.take_back_what_succeeded();
            self.emit(Happening::UpdateRolledBack { resources });
            self.watch_before_update();
            self.updated = false;
        }
        self.schedule(self.end(), Decision::Finish);
    }

    /// One deployment of several failed, so the stack goes back, and with it the aliases whose own deployments succeeded. Assumed:
    /// at once and without hooks; no document says whether `CodeDeploy` shifts them back gradually.
    fn take_back_what_succeeded(&mut self) {
        for deployment in 0..self.deployments.len() {
            let before = Alias::new(&self.plan.deployments[deployment].old_version);
            if self.aliases[deployment] != before
                && self.deployments[deployment].status == DeploymentStatus::Succeeded
            {
                self.aliases[deployment] = before;
                let shares = self.aliases[deployment].shares();
                self.emit(Happening::TrafficShifted { deployment, shares });
            }
        }
    }

    /// Traffic goes on for the minutes asked for, and until the report's last minute is a whole one.
    fn end(&self) -> VirtualTime {
        let after = self.now + i64::from(self.plan.traffic.minutes_after) * MINUTE_MS;
        let origin = self
            .deployments
            .iter()
            .map(|d| d.first_shift.unwrap_or(d.created))
            .min()
            .unwrap_or(VirtualTime::ZERO);
        let minutes = (after - origin + MINUTE_MS - 1).div_euclid(MINUTE_MS);
        origin + minutes * MINUTE_MS
    }
}
