//! A plan in the making: what an update does is known before its live requests are, for where some of them go depends on what is deployed.

use std::collections::BTreeMap;

use rehearsal_template::stack::Stack;

use super::apis;
use super::planner::Planner;
use super::update::Update;
use super::{
    Deployment, Draft, KeptVersions, Logs, Plan, PlanError, PlannedAction, Step, Target, Unused,
    functions, infrastructure, kept_versions, order,
};
use crate::change::UpdatePlan;
use crate::gate_inputs::Given;
use crate::rehearsal::Rehearsal;
use crate::release::Action;
use crate::revision::Changing;

impl<'a> Draft<'a> {
    /// What an update does, whatever the traffic is. `old` is the stack that runs, `new` the same as the update leaves it, `given`
    /// what the rehearsal file says of alarms.
    ///
    /// # Errors
    /// What a deployment needs and is unknown, or cannot be rehearsed.
    pub fn new(old: &'a Stack, new: &'a Stack, given: Given<'a>) -> Result<Self, Vec<PlanError>> {
        Self::with(old, new, given, None)
    }

    /// The same between two templates: what changes is what `update` says.
    ///
    /// # Errors
    /// Those, and what of the update no rehearsal acts out.
    pub fn between(
        old: &'a Stack,
        new: &'a Stack,
        given: Given<'a>,
        update: &UpdatePlan,
    ) -> Result<Self, Vec<PlanError>> {
        Self::with(old, new, given, Some(Update::new(update)?))
    }

    fn with(
        old: &'a Stack,
        new: &'a Stack,
        given: Given<'a>,
        update: Option<Update>,
    ) -> Result<Self, Vec<PlanError>> {
        let mut planner = Planner {
            old,
            new,
            given,
            update,
            errors: Vec::new(),
        };
        let mut not_rehearsed = new.not_rehearsed.clone();
        let deployments = planner.deployments();
        let functions = planner.deployed_functions(&deployments, &mut not_rehearsed);
        let alarms = planner.watched(&deployments, &mut not_rehearsed);
        let update = planner.update.as_ref().map(|update| &update.plan);
        let apis = match apis::changing(old, new, update) {
            Ok(apis) => apis,
            Err(errors) => {
                planner.errors.extend(errors);
                Vec::new()
            }
        };
        if !planner.errors.is_empty() {
            return Err(planner.errors);
        }
        Ok(Self {
            aliases: planner.plain_aliases(&mut not_rehearsed),
            planner,
            deployments,
            apis,
            functions,
            kept_versions: KeptVersions::new(),
            alarms,
            not_rehearsed,
        })
    }

    /// The same where earlier updates have left these versions.
    #[must_use]
    pub fn beside(mut self, kept_versions: KeptVersions) -> Self {
        self.kept_versions = kept_versions;
        self
    }

    /// The deployments that the update starts, in the template's order.
    pub fn deployments(&self) -> &[Deployment] {
        &self.deployments
    }

    /// What a person does by hand, by the deployment that it is about.
    ///
    /// # Errors
    /// The first action that is about no deployment, or comes too late: its index, and what is wrong.
    pub fn actions(&self, actions: &[Action]) -> Result<Vec<PlannedAction>, (usize, String)> {
        let planned = actions.iter().enumerate().map(|(index, action)| {
            PlannedAction::new(action, &self.deployments).map_err(|wrong| (index, wrong))
        });
        planned.collect()
    }

    /// What the rehearsal file gives and no gate uses.
    pub fn unused(&self) -> Vec<Unused> {
        self.planner.unused(&self.deployments, &self.alarms)
    }

    /// The plan of a rehearsal; `targets` says where each of its requests goes, so that the functions there are part of it.
    ///
    /// # Errors
    /// What the functions that are requested need and is unknown, or cannot be rehearsed.
    pub fn plan(self, rehearsal: &Rehearsal, targets: &[Target]) -> Result<Plan, Vec<PlanError>> {
        let Self {
            mut planner,
            deployments,
            aliases,
            apis,
            mut functions,
            kept_versions,
            alarms,
            mut not_rehearsed,
        } = self;
        let more = targets
            .iter()
            .map(|target| target.function.as_str())
            .filter(|function| !functions.contains_key(*function))
            .collect();
        let none = Changing::unchanged(BTreeMap::new());
        functions.extend(planner.functions(&more, &none, &mut not_rehearsed));
        if !planner.errors.is_empty() {
            return Err(planner.errors);
        }
        let new = planner.new;
        not_rehearsed.extend(functions::left_out(new, &functions));
        not_rehearsed.extend(functions::unknown_routes(new));
        let logs = Logs::new(new, &functions, &alarms, planner.given);
        let stubs = rehearsal.stubs();
        not_rehearsed.extend(functions::stubbed(new, &functions, &stubs));
        not_rehearsed
            .sort_by(|a, b| (a.place.line, &a.logical_id).cmp(&(b.place.line, &b.logical_id)));
        not_rehearsed.dedup();
        let update = planner.update.as_ref();
        Ok(Plan {
            seed: rehearsal.seed,
            traffic: rehearsal.traffic.clone(),
            apis,
            tables: infrastructure::tables(planner.old, new),
            kept_resources: infrastructure::kept_resources(
                planner.old,
                new,
                update.map(|update| &update.plan),
            ),
            parameters: infrastructure::parameters(planner.old, new),
            given_parameters: infrastructure::given_parameters(
                &rehearsal.ssm_parameters,
                &new.inputs.account(),
            ),
            faults: rehearsal.faults.clone(),
            stubs,
            timing: rehearsal.timing,
            limits: rehearsal.limits,
            event_invoke_configs: functions::event_invoke_configs(planner.old, new),
            keep_kib: rehearsal.logs.keep_kib,
            account: new.inputs.account(),
            functions,
            kept_versions,
            version_ids: kept_versions::version_ids(new),
            aliases,
            alarms,
            given_metrics: rehearsal.metrics.clone(),
            changes_more_than_code: update.is_some_and(Update::changes_more_than_code),
            failures: update
                .map(|update| update.failures.clone())
                .unwrap_or_default(),
            keeps: update
                .into_iter()
                .flat_map(|update| &update.plan.rollback.keeps)
                .map(|kept| kept.logical_id.clone())
                .collect(),
            leaves: update
                .map(|update| update.leaves.clone())
                .unwrap_or_default(),
            logs,
            pace: update
                .map(|update| update.plan.pace.clone())
                .unwrap_or_default(),
            update_levels: update
                .map_or_else(|| new.update_levels.clone(), |update| update.steps.clone()),
            waits_for: order::waits_for(new, &deployments),
            deployments,
            not_rehearsed,
            not_permitted: new.not_permitted().collect(),
            nested_deployments: new.nested_deployments(),
            not_deployed: update.map(Update::not_deployed).unwrap_or_default(),
            step: Step::default(),
        })
    }
}
