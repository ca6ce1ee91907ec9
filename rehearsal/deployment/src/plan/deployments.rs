//! The deployments that an update starts, each with everything on its path.

use rehearsal_aws::codedeploy::deployment::AutoRollbackEvent;
use rehearsal_aws::codedeploy::traffic_shift::TrafficShift;
use rehearsal_template::{Place, stack};

use super::aliases::additional_of;
use super::planner::Planner;
use super::{Deployment, PlanError};
use crate::change::{Action, KEPT, TOO_LATE, is_too_late, kept_alarms};
use crate::gates::{Decision, Gate, Judge, UNNAMED, WAYS_TO_GO_ON, shown};

impl Planner<'_> {
    pub(super) fn deployments(&mut self) -> Vec<Deployment> {
        let aliases: Vec<_> = self
            .new
            .aliases
            .iter()
            .filter(|alias| alias.deployment.is_some() && self.shifts(&alias.logical_id))
            .collect();
        if aliases.is_empty() && self.update.is_none() {
            let place = self
                .new
                .aliases
                .first()
                .map_or_else(Place::default, |alias| alias.place);
            self.error(
                "the template",
                "no update of it starts a deployment; a function needs AutoPublishAlias and DeploymentPreference, \
                 or an alias CodeDeployLambdaAliasUpdate",
                place,
            );
        }
        if !aliases.is_empty() {
            self.refused_by_aws();
        }
        aliases
            .into_iter()
            .filter_map(|alias| self.deployment(alias))
            .collect()
    }

    /// What AWS refuses ends the update before any deployment, so that a rehearsal of one would show what can never be. An update does not
    /// come to a resource that it leaves as it is.
    fn refused_by_aws(&mut self) {
        let update = self.update.as_ref();
        let changes = |id: &String| {
            let change = update.and_then(|update| update.plan.change(id));
            change.is_none_or(|change| change.action != Action::None)
        };
        let refused = self
            .new
            .diagnostics
            .iter()
            .filter(|found| found.is_refused && found.fails(changes));
        let errors = refused.map(|found| PlanError {
            logical_id: found.logical_id.clone().unwrap_or_default(),
            what: found.message.clone(),
            place: found.place,
            missing: None,
            help: found.help.clone(),
        });
        self.errors.extend(errors);
    }

    /// Whether the update moves an alias's version. Between two templates that follows from what changes.
    pub(super) fn shifts(&self, alias: &str) -> bool {
        self.update
            .as_ref()
            .is_none_or(|update| update.deploys(alias))
    }

    fn deployment(&mut self, alias: &stack::Alias) -> Option<Deployment> {
        let id = &alias.logical_id;
        let deployment = alias.deployment.as_ref()?;
        if let Some(condition) = alias
            .condition
            .as_ref()
            .filter(|condition| condition.holds.is_none())
        {
            self.error(
                id,
                format!(
                    "whether its condition {} holds is not known",
                    condition.name
                ),
                condition.place,
            );
            return None;
        }
        let function = self.known(id, "function", &alias.function);
        let name = self.known(id, "name", &alias.name);
        let new_version = self.known(id, "version", &alias.version_number);
        let group = self.known(id, "deployment group", &deployment.group);
        let before_allow_traffic = self.hook(id, deployment.before_allow_traffic_hook.as_ref());
        let after_allow_traffic = self.hook(id, deployment.after_allow_traffic_hook.as_ref());
        let group = group?;
        let config = self.known(id, "deployment configuration", &group.config_name);
        self.known(id, "list of alarms", &group.alarms)?;
        let gates = self.gates(alias)?;
        let alarms = group.alarms.known_value().into_iter().flatten();
        for alarm in alarms.filter(|alarm| alarm.logical_id.is_none()) {
            if let Err(unknown) = &alarm.name.value {
                let place = alarm.name.place;
                self.unknown(id, "one of its alarms is not known", unknown, place);
            }
        }
        // What AWS refuses of an alarm is told with the template.
        let new = self.new;
        let is_told = |gate: &Gate| {
            let mut found = new.diagnostics.iter();
            found.any(|found| found.is_refused && found.logical_id.as_ref() == Some(&gate.alarm))
        };
        let refused = gates.iter().filter(|gate| {
            gate.decision == Decision::Refused && gate.alarm != UNNAMED && !is_told(gate)
        });
        for gate in refused {
            self.refuse(id, gate);
        }
        let rollback = self.known(id, "rollback configuration", &group.auto_rollback_events);
        let config = config?;
        let shift = self.shift(id, &config, group.config_name.place);
        let (old, place) = (self.old, alias.place);
        let Some(before) = old.aliases.iter().find(|before| before.logical_id == *id) else {
            self.error(
                id,
                "it is not in the stack that runs, so nothing shifts",
                place,
            );
            return None;
        };
        let old_version = self.known(id, "version before the update", &before.version_number);
        let beside_old = additional_of(before).unwrap_or_else(|unknown| {
            let what = "which version it gives a share besides, before the update, is not known";
            self.unknown(id, what, unknown, before.place);
            None
        });
        if let (Some(old), Some(new)) = (&old_version, &new_version)
            && old == new
        {
            self.error(
                id,
                format!(
                    "it names version {new} before the update and after it, so nothing shifts; an alias on an \
                     AWS::Lambda::Version of the template does"
                ),
                alias.version_number.place,
            );
        }
        Some(Deployment {
            function: function?,
            alias: name?,
            alias_logical_id: id.clone(),
            config,
            shift: shift?,
            old_version: old_version?,
            beside_old,
            new_version: new_version?,
            before_allow_traffic: before_allow_traffic?,
            after_allow_traffic: after_allow_traffic?,
            alarms: gates
                .iter()
                .filter(|gate| gate.decision != Decision::NotJudged)
                .map(|gate| gate.alarm.clone())
                .collect(),
            gates,
            weights_refused: self.weights_refused(alias),
            auto_rollback: rollback?
                .iter()
                .filter_map(|event| AutoRollbackEvent::parse(event))
                .collect(),
        })
    }

    /// The gates of an alias's deployment. Those that the update brings when it is over, and those that its group keeps, are not judged.
    fn gates(&self, alias: &stack::Alias) -> Option<Vec<Gate>> {
        let mut gates = Judge::new(self.new, self.given).gates(alias)?;
        let Some(update) = &self.update else {
            return Some(gates);
        };
        for gate in &mut gates {
            let change = update.plan.change(&gate.alarm);
            if is_too_late(self.new, gate.decision, change, &alias.logical_id) {
                gate.decision = Decision::NotJudged;
                TOO_LATE.clone_into(&mut gate.why);
            }
        }
        let kept = kept_alarms(Some(self.old), self.new, alias);
        gates.extend(kept.into_iter().map(not_judged));
        Some(gates)
    }

    /// Why no alias may name both versions, where that is so.
    fn weights_refused(&self, alias: &stack::Alias) -> Option<String> {
        let update = self.update.as_ref()?;
        let function = alias.function.known_value()?;
        let apart = update.plan.keeps_versions_apart(function);
        (!apart.is_empty()).then(|| {
            format!(
                "No alias may name two versions that differ in {}.",
                apart.join(" and ")
            )
        })
    }

    /// `None` is an error; `Some(None)` is no hook.
    #[expect(
        clippy::option_option,
        reason = "the outer one is whether it could be read"
    )]
    fn hook(&mut self, alias: &str, hook: Option<&stack::Hook>) -> Option<Option<String>> {
        let Some(hook) = hook else { return Some(None) };
        let name = self.known(alias, "hook", &hook.name)?;
        if hook.function.is_none() {
            self.errors.push(PlanError {
                logical_id: alias.to_owned(),
                what: format!("its hook {name} is no function of this template"),
                place: hook.name.place,
                missing: None,
                help: Some(match self.new.meant_hook(&name) {
                    Some(meant) => format!("did you mean `!Ref {meant}`?"),
                    None => format!(
                        "if another stack has it, say in a rehearsal file what it reports: [[stub]] function = \"{name}\", report = \"Succeeded\""
                    ),
                }),
            });
        }
        hook.function.clone().map(Some)
    }

    fn shift(&mut self, alias: &str, config: &str, place: Place) -> Option<TrafficShift> {
        match self.new.traffic_routing(config) {
            Some(Ok(routing)) => Some(TrafficShift::of(routing)),
            Some(Err(own)) => self
                .known(&own.logical_id, "traffic routing", &own.traffic)
                .map(TrafficShift::of),
            None => {
                // A lint has said what may be meant.
                let mut diagnostics = self.new.diagnostics.iter();
                let unknown = diagnostics
                    .find(|found| found.code == "unknown-preference" && found.place == place);
                self.errors.push(PlanError {
                    logical_id: alias.to_owned(),
                    what: format!(
                        "the deployment configuration {config} is neither AWS's nor this template's"
                    ),
                    place,
                    missing: None,
                    help: unknown.and_then(|found| found.help.clone()).or_else(|| {
                        Some(format!(
                            "if another stack has it, say in a rehearsal file how it shifts: [deployment_configs] \"{config}\" = \"Canary10Percent5Minutes\""
                        ))
                    }),
                });
                None
            }
        }
    }

    /// A gate that cannot be judged stops the run, once however many deployments name it.
    fn refuse(&mut self, alias: &str, gate: &Gate) {
        let is_unnamed = gate.alarm == UNNAMED;
        let named = if is_unnamed { alias } else { &gate.alarm };
        let error = PlanError {
            logical_id: named.to_owned(),
            what: gate.why.clone(),
            place: gate.place,
            missing: None,
            help: Some(WAYS_TO_GO_ON.to_owned()),
        };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }
}

/// The gate of an alarm that a group keeps though the update's template does not name it.
fn not_judged(alarm: &stack::AlarmReference) -> Gate {
    Gate {
        alarm: shown(alarm),
        decision: Decision::NotJudged,
        why: KEPT.to_owned(),
        line: 0,
        place: Place::default(),
    }
}
