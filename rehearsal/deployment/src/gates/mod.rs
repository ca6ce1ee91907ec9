//! What is decided of each alarm that a deployment group names: it is evaluated, given, not judged, or refused.
//!
//! `inspect`, `plan` and `run` ask the same [`Judge`].
//!
//! - `alarms`: a template's alarms, as they can be evaluated.
//! - `metric_filters`: its metric filters, as they can be evaluated.

mod alarms;
pub(crate) mod metric_filters;

use std::collections::BTreeMap;

use rehearsal_aws::cloudwatch::catalogue::{By, Known, check_unit, known};
use rehearsal_aws::cloudwatch::composite_alarm::{
    AlarmRule, CODEDEPLOY_LOOKS_AT_COMPOSITE_ALARMS, alarm_name, children_first,
};
use rehearsal_aws::cloudwatch::metric::Metric;
use rehearsal_aws::cloudwatch::metric_alarm::{Alarm, MULTI_DAY_EVALUATED_EVERY_MS};
use rehearsal_aws::time::MINUTE_MS;
use rehearsal_template::stack::{AlarmReference, Alias, Stack};
use rehearsal_template::{Place, counted, stack};
use serde::{Deserialize, Serialize};

use crate::gate_inputs::{Given, GivenAlarm};
use alarms::Obstacle;
use metric_filters::source_of;

/// What is done about a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It is computed from what the rehearsal sends, minute by minute.
    Evaluated,
    /// The rehearsal file gives its states, or data points of its metrics.
    Given,
    /// The rehearsal file says that it is not to be judged.
    NotJudged,
    /// It cannot be judged: no run starts.
    Refused,
}

/// An alarm that a deployment group names, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gate {
    /// Its logical id, or its name where the template has none.
    pub alarm: String,
    /// What is done about it.
    pub decision: Decision,
    /// Why, a sentence.
    pub why: String,
    /// The template's line, from 1: where it is refused, the reason's.
    pub line: u32,
    /// The same, with the column.
    #[serde(skip)]
    pub place: Place,
}

/// The ways to go on where a gate is refused.
pub const WAYS_TO_GO_ON: &str = "in the rehearsal file, [[alarm]] gives its state, [[metric]] gives data points of its metric, and [gates] not_judged \
     leaves it out, which the verdict then says";

/// What a gate is called whose name only AWS knows.
pub(crate) const UNNAMED: &str = "an alarm whose name is not known";

/// How an alarm comes to its state.
#[derive(Clone, Debug, PartialEq)]
pub enum Judged {
    /// From data points.
    Metric(Box<Alarm>),
    /// From other alarms, by name.
    Composite(AlarmRule),
    /// As a file gives it.
    Given(GivenAlarm),
}

/// Something that a rehearsal file gives and no gate uses: it would say nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unused {
    /// The `index`th `[[alarm]]`, from 0.
    #[error(
        "no deployment group names an alarm {name}, nor does the rule of one that a group names"
    )]
    Alarm {
        /// Which.
        index: usize,
        /// Its name there.
        name: String,
    },
    /// The `index`th `[[metric]]`, from 0.
    #[error("no gate watches {name} with these dimensions")]
    Metric {
        /// Which.
        index: usize,
        /// Its namespace and name.
        name: String,
    },
    /// The `index`th of `[gates] not_judged`, from 0.
    #[error("no deployment group names an alarm {name}")]
    NotJudged {
        /// Which.
        index: usize,
        /// Its name there.
        name: String,
    },
}

/// Decides about gates.
#[derive(Clone, Copy, Debug)]
pub struct Judge<'a> {
    stack: &'a Stack,
    given: Given<'a>,
}

/// An alarm that can be judged, and how, in words.
#[derive(Clone, Debug)]
struct Verdict {
    judged: Judged,
    why: String,
}

impl<'a> Judge<'a> {
    /// Decides about a stack's gates, with what a rehearsal file gives.
    pub fn new(stack: &'a Stack, given: Given<'a>) -> Self {
        Self { stack, given }
    }

    /// The gates of an alias's deployment, in the group's order. `None` where the list itself is not known.
    pub fn gates(&self, alias: &Alias) -> Option<Vec<Gate>> {
        let group = alias.deployment.as_ref()?.group.known_value()?;
        let alarms = group.alarms.known_value()?;
        Some(
            alarms
                .iter()
                .map(|reference| self.gate(reference, alias))
                .collect(),
        )
    }

    /// What is decided of an alarm in the list of an alias's group.
    pub fn gate(&self, reference: &AlarmReference, alias: &Alias) -> Gate {
        let (alarm, place) = (shown(reference), self.place(reference));
        let gate = |decision, why: String, place: Place| Gate {
            alarm: alarm.clone(),
            decision,
            why,
            line: place.line,
            place,
        };
        let name = match (&reference.name.value, &reference.logical_id) {
            (Ok(name), _) => name.clone(),
            (Err(_), Some(id)) => id.clone(),
            (Err(unknown), None) => {
                let why = format!("the name of the alarm is not known: {unknown}");
                return gate(Decision::Refused, why, reference.name.place);
            }
        };
        let names = names(&name, reference.logical_id.as_deref());
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if self.given.is_not_judged(&names) {
            return gate(
                Decision::NotJudged,
                "the rehearsal file says so ([gates] not_judged)".to_owned(),
                place,
            );
        }
        match self.verdict(&name, reference.logical_id.as_deref(), reference.name.place) {
            Ok(Verdict { judged, why }) => {
                if let Some(rarely) = self.rarely(&judged, alias, reference.name.place) {
                    return gate(Decision::NotJudged, rarely, place);
                }
                let decision = if self.is_given(&judged) {
                    Decision::Given
                } else {
                    Decision::Evaluated
                };
                gate(decision, why, place)
            }
            Err(obstacle) => gate(Decision::Refused, obstacle.what, obstacle.place),
        }
    }

    /// Why an alarm may not be evaluated at all while an alias shifts, where that is so.
    fn rarely(&self, judged: &Judged, alias: &Alias, place: Place) -> Option<String> {
        let group = alias.deployment.as_ref()?.group.known_value()?;
        let config = group.config_name.known_value()?;
        let minutes = self.stack.traffic_routing(config)?.ok()?.minutes();
        let is_short = i64::from(minutes) * MINUTE_MS < MULTI_DAY_EVALUATED_EVERY_MS;
        (is_short && self.is_multi_day(judged, place)).then(|| {
            format!(
                "it looks at more than a day, so CloudWatch evaluates it once an hour, and the shift takes {}",
                counted(minutes as usize, "minute")
            )
        })
    }

    /// Whether an alarm looks at more than a day, or its rule names one that does.
    fn is_multi_day(&self, judged: &Judged, place: Place) -> bool {
        match judged {
            Judged::Given(_) => false,
            Judged::Metric(alarm) => alarm.is_multi_day(),
            Judged::Composite(rule) => rule.alarms().into_iter().any(|name| {
                let child = self.child(name);
                let child = self.judged(name, child.as_deref(), place);
                child.is_ok_and(|child| self.is_multi_day(&child, place))
            }),
        }
    }

    /// How an alarm is judged, by its name and its logical id; `place` is where it is named.
    pub(crate) fn judged(
        &self,
        name: &str,
        logical_id: Option<&str>,
        place: Place,
    ) -> Result<Judged, Obstacle> {
        self.verdict(name, logical_id, place)
            .map(|verdict| verdict.judged)
    }

    fn place(&self, reference: &AlarmReference) -> Place {
        let id = reference.logical_id.as_deref();
        let own = id
            .and_then(|id| self.stack.resource(id))
            .map(|resource| resource.place);
        own.unwrap_or(reference.name.place)
    }

    fn is_given(&self, judged: &Judged) -> bool {
        match judged {
            Judged::Given(_) => true,
            Judged::Metric(alarm) => alarm
                .watched
                .metrics()
                .iter()
                .any(|metric| self.given.metric(metric).is_some()),
            Judged::Composite(_) => false,
        }
    }

    fn verdict(
        &self,
        name: &str,
        logical_id: Option<&str>,
        place: Place,
    ) -> Result<Verdict, Obstacle> {
        let names = names(name, logical_id);
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if let Some(given) = self.given.alarm(&names) {
            let why = match given.in_alarm {
                Some(minutes) => {
                    format!("the rehearsal file has it in ALARM {}", minutes.describe())
                }
                None => "the rehearsal file has it OK".to_owned(),
            };
            return Ok(Verdict {
                judged: Judged::Given(given.clone()),
                why,
            });
        }
        let Some(id) = logical_id else {
            return Err(Obstacle::new(self.elsewhere(name), place));
        };
        if let Some(other) = self.of_the_same_name(name, id) {
            let what =
                format!("{other} has its name too, {name}: CloudFormation refuses the second");
            return Err(Obstacle::new(what, place));
        }
        if let Some(alarm) = self.stack.alarm(id) {
            return self.metric_alarm(alarm);
        }
        match self
            .stack
            .composite_alarms
            .iter()
            .find(|alarm| alarm.logical_id == id)
        {
            Some(alarm) => self.composite(alarm),
            None => Err(Obstacle::new(
                format!("{id} is neither a metric alarm nor a composite alarm"),
                place,
            )),
        }
    }

    /// The logical id of another alarm of this template with the same name.
    fn of_the_same_name(&self, name: &str, id: &str) -> Option<&'a str> {
        let others = self.stack.alarm_names();
        let mut others = others.filter(|(other, _)| *other != id);
        others.find_map(|(other, known)| known.is(name).then_some(other))
    }

    /// Why an alarm that the template does not have cannot be judged.
    fn elsewhere(&self, name: &str) -> String {
        let is_id = self.stack.alarm(name).is_some()
            || self
                .stack
                .composite_alarms
                .iter()
                .any(|alarm| alarm.logical_id == name);
        if is_id {
            return format!(
                "{name} is the logical id of an alarm of this template and no alarm's name: write !Ref {name}"
            );
        }
        if name.starts_with("arn:") {
            return format!(
                "{name} is an ARN, and a deployment group names its alarms by their names"
            );
        }
        format!("no alarm of this template is called {name}, so nothing here knows its state")
    }

    fn metric_alarm(&self, written: &stack::Alarm) -> Result<Verdict, Obstacle> {
        let alarm = alarms::read(written, &self.stack.inputs.account_id)?;
        let mut why = Vec::new();
        for watched in alarms::metrics_of(written, &alarm) {
            let words = self
                .metric(watched.metric)
                .map_err(|what| Obstacle::new(what, watched.place))?;
            if !why.contains(&words) {
                why.push(words);
            }
        }
        for (metric, unit, place) in alarms::units(written, &alarm)? {
            // What a file gives, it gives for this alarm.
            if self.given.metric(metric).is_none() {
                check_unit(metric, &unit).map_err(|what| Obstacle::new(what, place))?;
            }
        }
        Ok(Verdict {
            judged: Judged::Metric(Box::new(alarm)),
            why: why.join("; "),
        })
    }

    /// Where a metric's data points come from.
    fn metric(&self, metric: &Metric) -> Result<String, String> {
        let Metric {
            namespace, name, ..
        } = metric;
        if self.given.metric(metric).is_some() {
            return Ok(format!("the rehearsal file gives {namespace} {name}"));
        }
        let without_data = |why: String| format!("{why}: it never has data, here as in AWS");
        match known(metric) {
            Known::Sent(By::Method) if !self.has_detailed_metrics(metric)? => {
                Ok(without_data(format!(
                    "API Gateway sends {name} by method and resource only where detailed metrics are on"
                )))
            }
            Known::Sent(By::Account) => Ok(format!(
                "computed from {namespace} {name}, of the calls of this stack alone"
            )),
            Known::Sent(_) => Ok(format!("computed from {namespace} {name}")),
            Known::Never(why) => Ok(without_data(why)),
            Known::NotModelled(why) => Err(why),
            Known::Custom => source_of(self.stack, metric),
        }
    }

    /// Whether the stage that a metric names has detailed metrics on. One that this template does not have sends nothing here.
    fn has_detailed_metrics(&self, metric: &Metric) -> Result<bool, String> {
        let dimension = |name: &str| {
            metric
                .dimensions
                .get(name)
                .map(String::as_str)
                .unwrap_or_default()
        };
        for api in &self.stack.apis {
            let is_named = api.name.is(dimension("ApiName")) || api.id == dimension("ApiId");
            if !is_named {
                continue;
            }
            for stage in &api.stages {
                if stage.name.is(dimension("Stage")) {
                    let on = stage.has_detailed_metrics(dimension("Method"), dimension("Resource"));
                    return on.map_err(|unknown| {
                        format!("whether detailed metrics are on is not known: {unknown}")
                    });
                }
            }
        }
        Ok(true)
    }

    fn composite(&self, written: &stack::CompositeAlarm) -> Result<Verdict, Obstacle> {
        self.check_circle(written)?;
        let rule = rule_of(written)?;
        for name in rule.alarms() {
            let child = self.child(name);
            self.verdict(name, child.as_deref(), written.rule.place)
                .map_err(|obstacle| {
                    Obstacle::new(
                        format!("its rule names {name}: {}", obstacle.what),
                        obstacle.place,
                    )
                })?;
        }
        let mut why = format!(
            "its rule holds: {}",
            written
                .rule
                .known_value()
                .map(String::as_str)
                .unwrap_or_default()
        );
        if let Some(suppressor) = &written.actions_suppressor {
            let by = suppressor
                .known_value()
                .map_or("another alarm", String::as_str);
            why = format!("{why}; {by} suppresses its actions, not its state");
        }
        if CODEDEPLOY_LOOKS_AT_COMPOSITE_ALARMS {
            why.push_str(
                "; assumed that CodeDeploy looks at composite alarms, which no document says",
            );
        }
        Ok(Verdict {
            judged: Judged::Composite(rule),
            why,
        })
    }

    /// The logical id of the alarm of this template with a name.
    pub(crate) fn child(&self, name: &str) -> Option<String> {
        let mut alarms = self.stack.alarm_names();
        let (id, _) = alarms.find(|(_, known)| known.is(name))?;
        Some(id.to_owned())
    }

    fn check_circle(&self, written: &stack::CompositeAlarm) -> Result<(), Obstacle> {
        let order = self.composites_up_to(&written.logical_id);
        order.map(drop).map_err(|circle| {
            let circle = circle.join(", then ");
            let what = format!("composite alarms name each other in a circle: {circle}");
            Obstacle::new(what, written.rule.place)
        })
    }

    /// A composite alarm after those that its rule names, and theirs; or the circle that is among them.
    pub(crate) fn composites_up_to(&self, id: &str) -> Result<Vec<String>, Vec<String>> {
        let all = self.composite_children();
        let mut reached: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut open = vec![id.to_owned()];
        while let Some(id) = open.pop() {
            if let Some(children) = all.get(&id).filter(|_| !reached.contains_key(&id)) {
                open.extend(children.iter().cloned());
                reached.insert(id, children.clone());
            }
        }
        children_first(&reached)
    }

    /// The composite alarms that each composite alarm names, by logical id.
    fn composite_children(&self) -> BTreeMap<String, Vec<String>> {
        let children = self.stack.composite_alarms.iter().map(|alarm| {
            let named = rule_of(alarm).map(|rule| {
                rule.alarms()
                    .into_iter()
                    .filter_map(|name| self.child(name))
                    .collect()
            });
            (alarm.logical_id.clone(), named.unwrap_or_default())
        });
        children.collect()
    }
}

fn rule_of(written: &stack::CompositeAlarm) -> Result<AlarmRule, Obstacle> {
    let place = written.rule.place;
    match &written.rule.value {
        Ok(text) => AlarmRule::parse(text)
            .map_err(|error| Obstacle::new(format!("its rule: {error}"), place)),
        Err(unknown) => Err(Obstacle::new(
            format!("its rule is not known: {unknown}"),
            place,
        )),
    }
}

/// What a reference is called.
pub(crate) fn shown(reference: &AlarmReference) -> String {
    match (&reference.logical_id, &reference.name.value) {
        (Some(id), _) => id.clone(),
        (None, Ok(name)) => name.clone(),
        (None, Err(_)) => UNNAMED.to_owned(),
    }
}

/// The names that a file may write for an alarm.
fn names(name: &str, logical_id: Option<&str>) -> Vec<String> {
    [Some(name), logical_id]
        .into_iter()
        .flatten()
        .map(|name| alarm_name(name).to_owned())
        .collect()
}
