//! The stack's update around its deployments.
//!
//! CloudFormation comes to a resource after everything it refers to, and to resources that do not wait for each other in
//! parallel (CloudFormation user guide, "`DependsOn` attribute"). So the tables, the hooks, the new version and the alarms are
//! renewed before the alias shifts; the API, which refers to the alias, only after the whole shift; and a function that refers to
//! another one's alias begins its own deployment after that one's. A resource that takes its time
//! (`rehearsal_aws::cloudformation`) is begun, and what refers to it waits until it has changed.

use std::collections::BTreeSet;

use rehearsal_aws::cloudformation::ALIAS_UPDATE_MINUTES;
use rehearsal_aws::codedeploy::deployment::{Deployment, DeploymentStatus, deployment_id};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::dynamodb::ONE_INDEX_AT_ONCE;
use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::World;
use super::clock::Decision;
use super::command::Command;
use super::draw_keys::LATEST;
use crate::event::Happening;
use crate::plan::Failing;
use crate::revision::Revision;

/// How far an update has come.
#[derive(Clone, Debug, Default)]
pub(super) struct Update {
    /// The resources that are as after the update, in the order in which it came to them.
    reached: Vec<String>,
    /// The same, to be asked about one.
    is_reached: BTreeSet<String>,
    /// The resources that it is about, and that are not as after it yet.
    begun: BTreeSet<String>,
    /// The logical ids of what it created and its rollback has left.
    left: BTreeSet<String>,
    /// Why it failed, where it did at a resource.
    failure: Option<String>,
    /// Whether it is complete, or has gone back.
    has_ended: bool,
}

impl Update {
    /// Whether it has come to a resource, and has not gone back since.
    pub(super) fn has_reached(&self, logical_id: &str) -> bool {
        self.is_reached.contains(logical_id)
    }

    /// Whether it has come to a resource, or is about it.
    fn has_begun(&self, logical_id: &str) -> bool {
        self.begun.contains(logical_id) || self.has_reached(logical_id)
    }

    /// Whether it is complete, or has gone back.
    pub(super) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// Why it failed, where it did at a resource and no deployment did.
    pub(super) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Whether its rollback has left something that it created.
    pub(super) fn has_left(&self, logical_id: &str) -> bool {
        self.left.contains(logical_id)
    }

    /// Gives up what it has reached, but for what of it is kept; says what that was, the last first.
    pub(super) fn go_back(&mut self, keeps: &BTreeSet<String>) -> Vec<String> {
        self.is_reached.clear();
        let mut reached = std::mem::take(&mut self.reached);
        reached.reverse();
        let left = reached.iter().filter(|id| keeps.contains(*id));
        self.left = left.cloned().collect();
        reached
    }
}

impl World {
    /// Renews what waits for no deployment, and creates the deployments that wait for no other. They run side by side.
    pub(super) fn begin_update(&mut self) {
        self.go_on_with_update();
        self.end_update_if_all_is_over();
    }

    /// Comes to whatever has nothing more to wait for. After a failure nothing new is begun.
    pub(super) fn go_on_with_update(&mut self) {
        if self.has_failed() {
            return;
        }
        for level in 0..self.plan.update_levels.len() {
            let resources: Vec<String> = self.plan.update_levels[level]
                .iter()
                .filter(|id| !self.update.has_begun(id) && self.is_ready(id))
                .cloned()
                .collect();
            let (failing, resources): (Vec<String>, Vec<String>) = resources
                .into_iter()
                .partition(|id| self.failing(id).is_some());
            let (at_once, slow): (Vec<String>, Vec<String>) = resources
                .into_iter()
                .partition(|id| self.plan.pace.takes_ms(id) == 0);
            if !at_once.is_empty() {
                self.reach(at_once);
            }
            for logical_id in slow {
                self.begin_change(logical_id);
            }
            if let Some(failing) = failing.first().and_then(|id| self.failing(id)) {
                return self.fail_at(failing);
            }
        }
        self.watch_after_update();
        for index in 0..self.codedeploy.updates.len() {
            let alias = &self.plan.deployments[index].alias_logical_id;
            if self.codedeploy.updates[index].deployment.waits && self.nothing_is_before(alias) {
                self.create_deployment(index);
            }
        }
    }

    /// Why a resource cannot be had, if it cannot: two templates show it, or the release that the update is part of.
    fn failing(&self, logical_id: &str) -> Option<Failing> {
        let of_release = self.plan.step.fails.as_ref();
        if let Some(failing) = of_release.filter(|failing| failing.logical_id == logical_id) {
            return Some(failing.clone());
        }
        let of_templates = self.plan.failures.get(logical_id).cloned();
        let of_table = || {
            let index = self.index_in_the_way(logical_id)?;
            Some(format!("{ONE_INDEX_AT_ONCE} ({index} is being filled)"))
        };
        Some(Failing {
            logical_id: logical_id.to_owned(),
            reason: of_templates.or_else(of_table)?,
        })
    }

    /// The update has come to a resource that cannot be had. Nothing new is begun, and what runs is cancelled.
    fn fail_at(&mut self, failing: Failing) {
        let Failing { logical_id, reason } = failing;
        self.update.failure = Some(format!("{logical_id} failed: {reason}"));
        self.emit(Happening::UpdateFailed { logical_id, reason });
        self.cancel_others_soon();
    }

    /// The update has come to resources.
    fn reach(&mut self, resources: Vec<String>) {
        let update = &mut self.update;
        update.reached.extend(resources.iter().cloned());
        update.is_reached.extend(resources.iter().cloned());
        self.alter(&resources, Revision::After);
        self.emit(Happening::UpdateReached { resources });
    }

    /// The update is about a resource that takes its time.
    fn begin_change(&mut self, logical_id: String) {
        let takes = self.plan.pace.takes_ms(&logical_id);
        self.update.begun.insert(logical_id.clone());
        self.schedule(self.now + takes, Decision::FinishChange { logical_id });
    }

    /// A resource that takes its time has changed, also where something else has failed meanwhile: the stack goes back after that.
    pub(super) fn finish_change(&mut self, logical_id: String) {
        self.update.begun.remove(&logical_id);
        self.reach(vec![logical_id]);
        self.go_on_with_update();
        self.end_update_if_all_is_over();
    }

    /// Resources are now as in this revision. Whoever executes commands brings about what functions meet of them.
    pub(super) fn alter(&mut self, resources: &[String], to: Revision) {
        self.traffic.ways.clear();
        let mut ended = Vec::new();
        for id in resources {
            // A published version stays as it is; what runs of the function itself is another now.
            if self.plan.functions.contains_key(id) {
                ended.extend(self.running.sandboxes.forget_all(id, LATEST));
            }
            self.alter_table(id, to);
        }
        if !ended.is_empty() {
            self.commands.push(Command::EndSandboxes(ended));
        }
        let concerned = resources.iter().filter(|id| self.plan.is_met(id));
        let resources: Vec<String> = concerned.cloned().collect();
        if !resources.is_empty() {
            self.commands.push(Command::Alter { resources, to });
        }
    }

    fn create_deployment(&mut self, index: usize) {
        let id = deployment_id(
            self.draws,
            (self.codedeploy.deployments_before + index as u64) * 2,
        );
        self.codedeploy.updates[index].deployment = Deployment::new(id.clone(), self.now);
        self.emit(Happening::DeploymentCreated {
            deployment: index,
            id,
        });
        // Alarms are asked before anything else: one in ALARM stops it, whether it has hooks, and however it shifts. An evaluation
        // of this very moment comes before both: CloudFormation takes longer than that from an alarm to the deployment.
        self.schedule(self.now, Decision::PollAlarms { deployment: index });
        self.schedule(self.now, Decision::BeginDeployment { deployment: index });
        self.schedule(
            self.now + i64::from(ALIAS_UPDATE_MINUTES) * MINUTE_MS,
            Decision::AliasTimesOut { deployment: index },
        );
    }

    /// The first lifecycle event, unless an alarm has stopped the deployment at once.
    pub(super) fn begin_deployment(&mut self, deployment: usize) {
        if !self.codedeploy.updates[deployment].deployment.is_over()
            && !self.fails_on_its_alias(deployment)
        {
            self.begin_hook_event(deployment, LifecycleEventName::BeforeAllowTraffic);
        }
    }

    /// Whether a resource has nothing to wait for. An alias is done when all its traffic has shifted.
    fn is_ready(&self, logical_id: &str) -> bool {
        let own = self
            .plan
            .deployments
            .iter()
            .position(|planned| planned.alias_logical_id == logical_id);
        own.is_none_or(|own| self.has_succeeded(own)) && self.nothing_is_before(logical_id)
    }

    /// Whether all deployments that a resource waits for have succeeded, and all resources that take their time have changed.
    fn nothing_is_before(&self, logical_id: &str) -> bool {
        let mut deployments = self.plan.waits_for.get(logical_id).into_iter().flatten();
        let mut resources = self.plan.pace.before(logical_id);
        deployments.all(|deployment| self.has_succeeded(*deployment))
            && resources.all(|resource| self.update.has_reached(resource))
    }

    pub(super) fn has_succeeded(&self, deployment: usize) -> bool {
        self.codedeploy.updates[deployment].deployment.status == DeploymentStatus::Succeeded
    }

    /// Completes the update, or rolls it back, once nothing runs any more.
    pub(super) fn end_update_if_all_is_over(&mut self) {
        let going_back = self.decisions.items().any(|decision| {
            matches!(
                decision,
                Decision::BeginRollback { .. } | Decision::EndRollback { .. }
            )
        });
        let running = self
            .codedeploy
            .deployments()
            .any(Deployment::is_in_progress);
        if going_back || running || !self.update.begun.is_empty() || self.update.has_ended {
            return;
        }
        self.update.has_ended = true;
        if self.has_failed() {
            self.stack_goes_back();
        } else {
            let leaves = self.plan.leaves.clone();
            if !leaves.is_empty() {
                self.reach(leaves);
            }
            self.discard_replaced_tables();
            self.emit(Happening::UpdateCompleted);
        }
        self.schedule(self.end(), Decision::Finish);
    }

    /// Traffic goes on for the minutes asked for, and until the report's last minute is a whole one.
    fn end(&self) -> VirtualTime {
        let after = self.now + i64::from(self.plan.traffic.minutes_after) * MINUTE_MS;
        let origin = self
            .codedeploy
            .deployments()
            .filter(|deployment| !deployment.waits)
            .map(|d| d.first_shift.unwrap_or(d.created))
            .min()
            .unwrap_or(self.traffic.began);
        let minutes = (after - origin + MINUTE_MS - 1).div_euclid(MINUTE_MS);
        origin + minutes * MINUTE_MS
    }
}
