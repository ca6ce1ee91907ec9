//! What goes on when another update follows in a release: virtual time, metrics, the states of alarms, what aliases serve, and every
//! number that is never given twice. The traffic begins anew, with whatever the next update has.
//!
//! Assumed: what Lambda would still try again of the hooks' events, once the update and the minutes after it are over, is not tried.
//! Sandboxes begin cold, for their processes have ended.

use rehearsal_aws::lambda::alias::Alias;

use super::World;
use super::clock::Decision;
use super::requests::Completion;
use crate::event::Happening;
use crate::plan::{PlainAlias, Plan};
use crate::revision::Revision;

/// A function's logical id and its alias's name.
pub(super) type AliasName = (String, String);

impl World {
    /// The world in which the next update of a release happens, once this one has finished.
    ///
    /// Its plan's old versions are those that the aliases name now; where a deployment has left an alias on two versions, it is still
    /// on both.
    #[must_use]
    pub fn go_on_with(mut self, plan: Plan) -> Self {
        let deployed = self.plan.deployments.iter().zip(&self.codedeploy.updates);
        let mut aliases: Vec<(AliasName, Alias)> = deployed
            .map(|(planned, update)| {
                let name = (planned.function.clone(), planned.alias.clone());
                (name, update.alias.clone())
            })
            .collect();
        for (name, alias) in std::mem::take(&mut self.codedeploy.other_aliases) {
            if !aliases.iter().any(|(known, _)| *known == name) {
                aliases.push((name, alias));
            }
        }
        let mut next = Self::new(plan);
        let watched = self.plan.alarms.iter().zip(&self.cloudwatch.alarms);
        let watched: Vec<_> = watched
            .map(|(planned, watch)| (&planned.name, watch))
            .collect();
        for (watch, planned) in next.cloudwatch.alarms.iter_mut().zip(&next.plan.alarms) {
            let before = watched.iter().find(|(name, _)| **name == planned.name);
            if let Some((_, before)) = before {
                *watch = before.before_next_update(planned);
            }
        }
        for (index, planned) in next.plan.deployments.iter().enumerate() {
            let is_it = |(name, _): &mut (AliasName, Alias)| {
                name.0 == planned.function && name.1 == planned.alias
            };
            if let Some((_, alias)) = aliases.extract_if(.., is_it).next() {
                next.codedeploy.updates[index].alias = alias;
            }
        }
        for alias in &mut next.plan.aliases {
            stay_on_two_versions(alias, &aliases);
        }
        next.codedeploy.other_aliases = aliases;
        for (end, decision) in self.decisions.take_all() {
            match decision {
                Decision::DeliveryEnds { delivered, .. } => {
                    let of_metrics = Completion::of_metrics(delivered.open, delivered.outcome);
                    self.traffic.completions.push(end, of_metrics);
                }
                // DynamoDB goes on filling it, whatever CloudFormation does meanwhile.
                Decision::FillIndex { table, index } if self.has_index_now(&table, &index) => {
                    next.schedule(end, Decision::FillIndex { table, index });
                }
                _ => {}
            }
        }
        next.now = self.now;
        next.traffic.began = self.now;
        next.traffic.first_request = self.traffic.next_request;
        next.traffic.next_request = self.traffic.next_request;
        next.cloudwatch.next_evaluation = self.cloudwatch.next_evaluation;
        next.traffic.completions = self.traffic.completions;
        next.running.given_out = self.running.given_out;
        next.running.recorded = self.running.recorded;
        next.running.hook_calls = self.running.hook_calls;
        next.asynchronous.events = self.asynchronous.events;
        next.cloudwatch.metrics = self.cloudwatch.metrics;
        let watched = next.plan.watched_metrics();
        next.cloudwatch.metrics.watch(watched);
        next.cloudwatch.ended_runs = self.cloudwatch.ended_runs;
        if next.plan.logs.filters == self.plan.logs.filters {
            next.cloudwatch.counted = self.cloudwatch.counted;
        }
        next.codedeploy.deployments_before =
            self.codedeploy.deployments_before + self.codedeploy.updates.len() as u64;
        #[cfg(debug_assertions)]
        next.seen.go_on(&self.seen);
        next
    }

    /// An alias that the update deploys, and that an earlier one has left on two versions, is on both from the beginning.
    pub(super) fn tell_of_two_versions(&mut self) {
        for deployment in 0..self.codedeploy.updates.len() {
            let shares = self.codedeploy.updates[deployment].alias.shares();
            if shares.len() > 1 {
                self.emit(Happening::TrafficShifted { deployment, shares });
            }
        }
    }
}

/// An alias that an earlier deployment has left on two versions stays on them: an update that does not move it changes nothing of it.
fn stay_on_two_versions(alias: &mut PlainAlias, left: &[(AliasName, Alias)]) {
    let own = left
        .iter()
        .find(|((function, name), _)| *function == alias.function && *name == alias.name);
    let Some((_, left)) = own else { return };
    let additional = left
        .shares()
        .into_iter()
        .find(|(version, _)| version != left.main());
    let (before, after) = (
        alias.version(Revision::Before),
        alias.version(Revision::After),
    );
    if additional.is_some() && before == after {
        for names in alias.names.each_mut() {
            names.additional.clone_from(&additional);
        }
    }
}
