//! What a template means for a rehearsal.

use std::collections::BTreeMap;

use rehearsal_template::stack::{self, Stack};
use rehearsal_template::{Field, Place, Unknown};

use crate::alarm::{Alarm, Comparison, Judgement, MissingData};
use crate::code_deploy::AutoRollbackEvent;
use crate::fault::Fault;
use crate::hook::AsyncRetries;
use crate::metric::{Metric, Statistic};
use crate::rehearsal::{Rehearsal, Request, Timing, Traffic};
use crate::service_metrics::{API_GATEWAY, DYNAMODB, LAMBDA};
use crate::time::MINUTE_MS;
use crate::traffic_shift::TrafficShift;

/// Everything that a [`World`](crate::World) needs to know.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where all draws come from.
    pub seed: u64,
    /// The live requests.
    pub traffic: Traffic,
    /// Where each kind of live request goes, in the rehearsal's order.
    pub targets: Vec<Target>,
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// Modelled durations.
    pub timing: Timing,
    /// Functions by logical id.
    pub functions: BTreeMap<String, Function>,
    /// The deployments that the update starts, in the template's order.
    pub deployments: Vec<Deployment>,
    /// The alarms that are evaluated.
    pub alarms: Vec<WatchedAlarm>,
    /// The update's resources, level by level; each waits for those before it.
    pub update_levels: Vec<Vec<String>>,
    /// What has no part in the rehearsal.
    pub not_rehearsed: Vec<NotRehearsed>,
}

/// Where a live request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The function's logical id.
    pub function: String,
    /// The alias or version; `None` is the function itself.
    pub qualifier: Option<String>,
    /// The API's name and stage, as its metrics have them, when it goes through one.
    pub api: Option<(String, String)>,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its time-out in milliseconds.
    pub timeout_ms: i64,
    /// What Lambda does with its failed asynchronous events.
    pub retries: AsyncRetries,
}

/// A deployment that the update starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// The logical id of its function.
    pub function: String,
    /// The alias's name.
    pub alias: String,
    /// The alias's logical id.
    pub alias_logical_id: String,
    /// The deployment configuration's name.
    pub config: String,
    /// Its steps.
    pub shift: TrafficShift,
    /// The version that runs.
    pub old_version: String,
    /// The version that the update brings.
    pub new_version: String,
    /// The logical id of the hook before the shift.
    pub before_allow_traffic: Option<String>,
    /// The logical id of the hook after it.
    pub after_allow_traffic: Option<String>,
    /// The logical ids of the alarms that stop it.
    pub alarms: Vec<String>,
    /// What starts a rollback.
    pub auto_rollback: Vec<AutoRollbackEvent>,
}

/// An alarm, before and after the update has come to it.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedAlarm {
    /// As it watches before the update: the version that runs, where it watches a version.
    pub before: Option<Alarm>,
    /// As it watches afterwards.
    pub after: Alarm,
}

/// Something in the template that has no part in the rehearsal.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NotRehearsed {
    /// Its logical id.
    pub logical_id: String,
    /// Its type.
    pub r#type: String,
    /// Why.
    pub why: String,
    /// The template's line.
    pub line: u32,
}

/// Something unknown, or missing, on a deployment's path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{logical_id}: {what}")]
pub struct PlanError {
    /// The resource.
    pub logical_id: String,
    /// What is wrong, and where an unknown begins.
    pub what: String,
    /// Where in the template.
    pub place: Place,
}

/// A builder's scratch pad: all errors are collected, not only the first.
struct Planner<'a> {
    old: &'a Stack,
    new: &'a Stack,
    errors: Vec<PlanError>,
}

impl Plan {
    /// The plan of a rehearsal. `old` is the stack that runs, `new` the same as the update leaves it; `targets` says where each
    /// of the rehearsal's requests goes.
    ///
    /// # Errors
    /// Everything on a deployment's path that is unknown, or that a rehearsal cannot do.
    pub fn new(
        old: &Stack,
        new: &Stack,
        rehearsal: &Rehearsal,
        targets: Vec<Target>,
    ) -> Result<Self, Vec<PlanError>> {
        let mut planner = Planner {
            old,
            new,
            errors: Vec::new(),
        };
        let mut not_rehearsed: Vec<_> = new
            .not_rehearsed
            .iter()
            .map(|left_out| NotRehearsed {
                logical_id: left_out.logical_id.clone(),
                r#type: left_out.r#type.clone(),
                why: left_out.why.clone(),
                line: left_out.place.line,
            })
            .collect();
        let deployments = planner.deployments();
        let functions = planner.functions(&deployments, &targets, &mut not_rehearsed);
        let alarms = planner.alarms(&deployments, &mut not_rehearsed);
        if !planner.errors.is_empty() {
            return Err(planner.errors);
        }
        not_rehearsed.sort_by_key(|left_out| left_out.line);
        Ok(Self {
            seed: rehearsal.seed,
            traffic: rehearsal.traffic.clone(),
            targets,
            faults: rehearsal.faults.clone(),
            timing: rehearsal.timing,
            functions,
            deployments,
            alarms,
            update_levels: new.update_levels.clone(),
            not_rehearsed,
        })
    }

    /// The kind of live request with this number.
    pub fn request(&self, kind: usize) -> &Request {
        &self.traffic.requests[kind]
    }

    /// The deployment that shifts this alias of a function.
    pub fn deployment_of(&self, function: &str, alias: &str) -> Option<usize> {
        self.deployments
            .iter()
            .position(|deployment| deployment.function == function && deployment.alias == alias)
    }
}

impl Planner<'_> {
    fn error(&mut self, logical_id: &str, what: impl Into<String>, place: Place) {
        self.errors.push(PlanError {
            logical_id: logical_id.to_owned(),
            what: what.into(),
            place,
        });
    }

    /// A field's value, or an error that says what it is needed for.
    fn known<T: Clone>(&mut self, logical_id: &str, what: &str, field: &Field<T>) -> Option<T> {
        match &field.value {
            Ok(value) => Some(value.clone()),
            Err(unknown) => {
                self.error(
                    logical_id,
                    format!("its {what} is not known: {unknown}"),
                    field.place,
                );
                None
            }
        }
    }

    fn deployments(&mut self) -> Vec<Deployment> {
        let aliases: Vec<_> = self
            .new
            .aliases
            .iter()
            .filter(|alias| alias.deployment.is_some())
            .collect();
        if aliases.is_empty() {
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
        aliases
            .into_iter()
            .filter_map(|alias| self.deployment(alias))
            .collect()
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
        let config = self.known(id, "deployment configuration", &deployment.config_name);
        let alarms = self.known(id, "list of alarms", &deployment.alarms);
        let rollback = self.known(
            id,
            "rollback configuration",
            &deployment.auto_rollback_events,
        );
        let before_allow_traffic = self.hook(id, deployment.before_allow_traffic_hook.as_ref());
        let after_allow_traffic = self.hook(id, deployment.after_allow_traffic_hook.as_ref());
        let config = config?;
        let shift = self.shift(id, &config, deployment.config_name.place);
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
        Some(Deployment {
            function: function?,
            alias: name?,
            alias_logical_id: id.clone(),
            config,
            shift: shift?,
            old_version: old_version?,
            new_version: new_version?,
            before_allow_traffic: before_allow_traffic?,
            after_allow_traffic: after_allow_traffic?,
            alarms: self.alarm_ids(id, &alarms?)?,
            auto_rollback: rollback?
                .iter()
                .filter_map(|event| AutoRollbackEvent::parse(event))
                .collect(),
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
            self.error(
                alias,
                format!("its hook {name} is no function of this template"),
                hook.name.place,
            );
        }
        hook.function.clone().map(Some)
    }

    fn shift(&mut self, alias: &str, config: &str, place: Place) -> Option<TrafficShift> {
        if let Some(shift) = TrafficShift::predefined(config) {
            return Some(shift);
        }
        let new = self.new;
        let custom = new
            .deployment_configs
            .iter()
            .find(|custom| custom.name.known_value().is_some_and(|name| name == config));
        let Some(custom) = custom else {
            self.error(
                alias,
                format!(
                    "the deployment configuration {config} is neither AWS's nor this template's"
                ),
                place,
            );
            return None;
        };
        self.known(&custom.logical_id, "traffic routing", &custom.traffic)
            .map(TrafficShift::of)
    }

    fn alarm_ids(&mut self, alias: &str, alarms: &[stack::AlarmReference]) -> Option<Vec<String>> {
        let mut ids = Vec::new();
        for alarm in alarms {
            match (&alarm.logical_id, &alarm.name.value) {
                (Some(id), _) => ids.push(id.clone()),
                (None, Ok(name)) => self.error(
                    alias,
                    format!("its alarm {name} is none of this template's"),
                    alarm.name.place,
                ),
                (None, Err(unknown)) => {
                    self.error(
                        alias,
                        format!("one of its alarms is not known: {unknown}"),
                        alarm.name.place,
                    );
                }
            }
        }
        (ids.len() == alarms.len()).then_some(ids)
    }

    /// The functions that a rehearsal runs: those that are deployed, their hooks, and those that requests go to.
    fn functions(
        &mut self,
        deployments: &[Deployment],
        targets: &[Target],
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> BTreeMap<String, Function> {
        let mut ids: Vec<&str> = targets
            .iter()
            .map(|target| target.function.as_str())
            .collect();
        for deployment in deployments {
            ids.push(&deployment.function);
            ids.extend(deployment.before_allow_traffic.as_deref());
            ids.extend(deployment.after_allow_traffic.as_deref());
        }
        ids.sort_unstable();
        ids.dedup();
        let new = self.new;
        let mut functions = BTreeMap::new();
        for id in ids {
            let Some(function) = new.function(id) else {
                self.error(
                    id,
                    "there is no such function in the template",
                    Place::default(),
                );
                continue;
            };
            not_rehearsed.extend(unknown_variables(function));
            if let Some(planned) = self.function(function) {
                functions.insert(id.to_owned(), planned);
            }
        }
        functions
    }

    fn function(&mut self, function: &stack::Function) -> Option<Function> {
        let id = &function.logical_id;
        let name = self.known(id, "name", &function.name);
        let timeout = self.known(id, "time-out", &function.timeout_seconds);
        let retries = match function.event_invoke_config("$LATEST") {
            None => Some(AsyncRetries::default()),
            Some(config) => {
                let attempts = self.known(id, "number of retries", &config.maximum_retry_attempts);
                let age = self.known(id, "maximum event age", &config.maximum_event_age_seconds);
                attempts
                    .zip(age)
                    .map(|(maximum_retry_attempts, age)| AsyncRetries {
                        maximum_retry_attempts,
                        maximum_event_age_ms: i64::from(age) * 1_000,
                    })
            }
        };
        Some(Function {
            name: name?,
            timeout_ms: i64::from(timeout?) * 1_000,
            retries: retries?,
        })
    }

    fn alarms(
        &mut self,
        deployments: &[Deployment],
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> Vec<WatchedAlarm> {
        let (old, new) = (self.old, self.new);
        let mut watched = Vec::new();
        for alarm in &new.alarms {
            let id = &alarm.logical_id;
            match watch(alarm) {
                Ok(after) if [LAMBDA, API_GATEWAY].contains(&after.metric.namespace.as_str()) => {
                    let before = old.alarm(id).and_then(|alarm| watch(alarm).ok());
                    watched.push(WatchedAlarm { before, after });
                }
                Ok(after) => not_rehearsed.push(NotRehearsed {
                    logical_id: id.clone(),
                    r#type: "AWS::CloudWatch::Alarm".to_owned(),
                    why: format!("a rehearsal emits no metrics of {}", after.metric.namespace),
                    line: alarm.place.line,
                }),
                Err((what, place))
                    if deployments
                        .iter()
                        .any(|deployment| deployment.alarms.contains(id)) =>
                {
                    self.error(id, what, place);
                }
                Err((what, _)) => not_rehearsed.push(NotRehearsed {
                    logical_id: id.clone(),
                    r#type: "AWS::CloudWatch::Alarm".to_owned(),
                    why: what,
                    line: alarm.place.line,
                }),
            }
        }
        watched
    }
}

/// A function's environment variables that only AWS can know; they are not set in a rehearsal.
fn unknown_variables(function: &stack::Function) -> Vec<NotRehearsed> {
    let left_out = |why: String, line| NotRehearsed {
        logical_id: function.logical_id.clone(),
        r#type: "AWS::Lambda::Function".to_owned(),
        why,
        line,
    };
    match &function.environment.value {
        Err(unknown) => vec![left_out(
            format!("its environment is not set: {unknown}"),
            function.environment.place.line,
        )],
        Ok(variables) => variables
            .iter()
            .filter_map(|(name, value)| {
                let unknown = value.value.as_ref().err()?;
                let why = format!("its variable {name} is not set: {unknown}");
                Some(left_out(why, value.place.line))
            })
            .collect(),
    }
}

/// An alarm as it can be evaluated, or why it cannot and where.
fn watch(alarm: &stack::Alarm) -> Result<Alarm, (String, Place)> {
    fn known<'a, T>(what: &str, field: &'a Field<T>) -> Result<&'a T, (String, Place)> {
        field.value.as_ref().map_err(|unknown: &Unknown| {
            (format!("its {what} is not known: {unknown}"), field.place)
        })
    }
    fn parsed<T>(
        what: &str,
        field: &Field<String>,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<T, (String, Place)> {
        let text = known(what, field)?;
        parse(text).ok_or_else(|| (format!("its {what} {text} is not rehearsed"), field.place))
    }
    let missing = |what: &str| (format!("it has no {what}"), alarm.place);

    if alarm.metrics.is_some() {
        return Err((
            "its metric is an expression, and metric math is not rehearsed".to_owned(),
            alarm.place,
        ));
    }
    let namespace = known(
        "namespace",
        alarm
            .namespace
            .as_ref()
            .ok_or_else(|| missing("Namespace"))?,
    )?;
    let name = known(
        "metric",
        alarm
            .metric_name
            .as_ref()
            .ok_or_else(|| missing("MetricName"))?,
    )?;
    let mut dimensions = BTreeMap::new();
    for (dimension, value) in known("dimensions", &alarm.dimensions)? {
        dimensions.insert(
            dimension.clone(),
            known(&format!("dimension {dimension}"), value)?.clone(),
        );
    }
    let statistic = alarm
        .statistic
        .as_ref()
        .or(alarm.extended_statistic.as_ref())
        .ok_or_else(|| missing("Statistic"))?;
    let period = alarm
        .period_seconds
        .as_ref()
        .ok_or_else(|| missing("Period"))?;
    let period_ms = i64::from(*known("period", period)?) * 1_000;
    if period_ms == 0 || period_ms % MINUTE_MS != 0 {
        return Err((
            "its period is not of whole minutes, and the metrics of AWS services are".to_owned(),
            period.place,
        ));
    }
    let evaluation_periods = *known("number of evaluation periods", &alarm.evaluation_periods)?;
    let datapoints_to_alarm = match &alarm.datapoints_to_alarm {
        Some(field) => *known("number of data points to alarm", field)?,
        None => evaluation_periods,
    };
    if datapoints_to_alarm == 0 || datapoints_to_alarm > evaluation_periods {
        return Err((
            "DatapointsToAlarm is from 1 to EvaluationPeriods".to_owned(),
            alarm.place,
        ));
    }
    let mut missing_data = parsed(
        "treatment of missing data",
        &alarm.treat_missing_data,
        MissingData::parse,
    )?;
    if namespace == DYNAMODB {
        missing_data = MissingData::Ignore;
    }
    Ok(Alarm {
        name: known("name", &alarm.name)?.clone(),
        logical_id: alarm.logical_id.clone(),
        metric: Metric {
            namespace: namespace.clone(),
            name: name.clone(),
            dimensions,
        },
        statistic: parsed("statistic", statistic, Statistic::parse)?,
        period_ms,
        threshold: *known(
            "threshold",
            alarm
                .threshold
                .as_ref()
                .ok_or_else(|| missing("Threshold"))?,
        )?,
        comparison: parsed("comparison", &alarm.comparison, Comparison::parse)?,
        judgement: Judgement {
            evaluation_periods: evaluation_periods as usize,
            datapoints_to_alarm: datapoints_to_alarm as usize,
            missing_data,
        },
    })
}
