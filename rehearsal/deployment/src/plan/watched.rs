//! The alarms whose state a rehearsal follows: the gates, those that composite gates name, and whatever else can be evaluated.

use std::collections::BTreeSet;

use rehearsal_aws::cloudwatch::composite_alarm::alarm_name;
use rehearsal_template::{Field, Place};

use super::planner::Planner;
use super::{Deployment, NotRehearsed, WatchedAlarm};
use crate::gate_inputs::{GivenAlarm, is_one_of};
use crate::gates::{Judge, Judged, Unused};

impl Planner<'_> {
    /// The alarms in an order in which each comes after those that its rule names.
    pub(super) fn watched(
        &mut self,
        deployments: &[Deployment],
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> Vec<WatchedAlarm> {
        let stack = self.new;
        let mut watched = self.elsewhere();
        let gates: BTreeSet<&str> = deployments
            .iter()
            .flat_map(|deployment| &deployment.gates)
            .map(|gate| gate.alarm.as_str())
            .collect();
        let mut watch = |id: &str, name: &Field<String>, place: Place, r#type: &str| {
            match self.watch(id, name, place) {
                Ok(alarm) => watched.push(alarm),
                // Why a gate is refused is in its decision.
                Err(_) if gates.contains(id) => {}
                Err(why) => not_rehearsed.push(NotRehearsed::new(id, r#type, why, place)),
            }
        };
        // What is held against a band that CloudWatch learns is left out: the template's reader names it.
        for alarm in stack
            .alarms
            .iter()
            .filter(|alarm| alarm.threshold_metric_id.is_none())
        {
            watch(
                &alarm.logical_id,
                &alarm.name,
                alarm.place,
                "AWS::CloudWatch::Alarm",
            );
        }
        let judge = Judge::new(stack, self.given);
        let mut order: Vec<String> = Vec::new();
        for alarm in &stack.composite_alarms {
            // One in a circle cannot be judged, wherever it stands.
            let id = &alarm.logical_id;
            for id in judge
                .composites_up_to(id)
                .unwrap_or_else(|_| vec![id.clone()])
            {
                if !order.contains(&id) {
                    order.push(id);
                }
            }
        }
        for alarm in order.iter().filter_map(|id| {
            stack
                .composite_alarms
                .iter()
                .find(|alarm| alarm.logical_id == *id)
        }) {
            watch(
                &alarm.logical_id,
                &alarm.name,
                alarm.place,
                "AWS::CloudWatch::CompositeAlarm",
            );
        }
        watched
    }

    /// An alarm of the template, or why it cannot be judged.
    fn watch(&self, id: &str, name: &Field<String>, place: Place) -> Result<WatchedAlarm, String> {
        let name = name
            .value
            .as_ref()
            .map_err(|unknown| format!("its name is not known: {unknown}"))?;
        let after = Judge::new(self.new, self.given)
            .judged(name, Some(id), place)
            .map_err(|obstacle| obstacle.what)?;
        let was_there = self.old.resource(id).is_some();
        let before = was_there
            .then(|| {
                Judge::new(self.old, self.given)
                    .judged(name, Some(id), place)
                    .ok()
            })
            .flatten();
        Ok(WatchedAlarm {
            id: id.to_owned(),
            name: name.clone(),
            before,
            after,
        })
    }

    /// The given alarms that the template does not have.
    fn elsewhere(&self) -> Vec<WatchedAlarm> {
        let own = self.names_of_own();
        let is_elsewhere =
            |given: &&GivenAlarm| !own.iter().any(|name| is_one_of(&given.name, &[name]));
        let alarm = |given: &GivenAlarm| {
            let name = alarm_name(&given.name).to_owned();
            let judged = Judged::Given(given.clone());
            WatchedAlarm {
                id: name.clone(),
                name,
                before: Some(judged.clone()),
                after: judged,
            }
        };
        self.given
            .alarms
            .iter()
            .filter(is_elsewhere)
            .map(alarm)
            .collect()
    }

    /// The logical id and the name of a gate.
    fn names_of<'g>(&'g self, gate: &'g str) -> Vec<&'g str> {
        let mut alarms = self.new.alarm_names();
        let found = alarms.find(|(id, _)| *id == gate);
        let name = found.and_then(|(_, name)| name.known_value());
        [Some(gate), name.map(String::as_str)]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The logical ids and names of the template's alarms.
    fn names_of_own(&self) -> Vec<&str> {
        let names = self.new.alarm_names();
        names
            .flat_map(|(id, name)| [Some(id), name.known_value().map(String::as_str)])
            .flatten()
            .collect()
    }

    /// What the file gives and no gate uses, in the order of the file.
    pub(super) fn unused(
        &self,
        deployments: &[Deployment],
        watched: &[WatchedAlarm],
    ) -> Vec<Unused> {
        // Where no deployment starts nothing is judged, and the verdict says so.
        if deployments.is_empty() {
            return Vec::new();
        }
        let gates: Vec<&str> = deployments
            .iter()
            .flat_map(|deployment| &deployment.gates)
            .map(|gate| gate.alarm.as_str())
            .collect();
        // The gates, and what their rules name.
        let mut used: Vec<&WatchedAlarm> = Vec::new();
        for alarm in watched.iter().rev() {
            let is_named = |parent: &&WatchedAlarm| matches!(&parent.after, Judged::Composite(rule) if rule.alarms().contains(&alarm.name.as_str()));
            if gates.contains(&alarm.id.as_str()) || used.iter().any(is_named) {
                used.push(alarm);
            }
        }
        let mut unused = Vec::new();
        for (index, given) in self.given.alarms.iter().enumerate() {
            if !used
                .iter()
                .any(|alarm| is_one_of(&given.name, &[&alarm.id, &alarm.name]))
            {
                unused.push(Unused::Alarm {
                    index,
                    name: given.name.clone(),
                });
            }
        }
        for (index, given) in self.given.metrics.iter().enumerate() {
            let metric = given.metric();
            let has_metric = |alarm: &&WatchedAlarm| matches!(&alarm.after, Judged::Metric(alarm) if alarm.watched.metrics().contains(&&metric));
            if !used.iter().any(has_metric) {
                unused.push(Unused::Metric {
                    index,
                    name: format!("{} {}", given.namespace, given.name),
                });
            }
        }
        for (index, name) in self.given.not_judged.iter().enumerate() {
            if !gates
                .iter()
                .any(|gate| is_one_of(name, &self.names_of(gate)))
            {
                unused.push(Unused::NotJudged {
                    index,
                    name: name.clone(),
                });
            }
        }
        unused
    }
}
