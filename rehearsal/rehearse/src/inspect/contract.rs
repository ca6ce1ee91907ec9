//! The JSON of an inspection: a contract, described in `docs/inspect.md` and `docs/inspect.schema.json`.
//!
//! Names are logical ids where the template has one. What the template does not give is null, and so is what only AWS knows;
//! the second kind has a note among the diagnostics.

use rehearsal_aws::codedeploy::traffic_shift::{Step, TrafficShift};
use rehearsal_deployment::gate_inputs::Given;
use rehearsal_deployment::plan::{Gate, Judge};
use rehearsal_template::stack::{
    AlarmReference, Alias, AliasDeployment, Api, DeploymentGroup, Hook, NestedTemplate,
    ParameterWithoutValue, Stack,
};
use rehearsal_template::{Diagnostic, Place, Refusal, Severity, Unknown};
use serde::Serialize;

use super::answer::Answer;

/// The code of the note that a value is not known.
pub const UNKNOWN_VALUE: &str = "unknown-value";

/// The code of the note that a parameter was given no value.
const PARAMETER_WITHOUT_VALUE: &str = "parameter-without-value";

/// The code of a `samconfig.toml` that cannot be used.
const SAMCONFIG: &str = "samconfig::unusable";

/// What was found.
#[derive(Debug, Default, Serialize)]
pub struct Inspection {
    /// The deployments that an update starts, and those that it would start under other parameters.
    pub deployments: Vec<Deployment>,
    /// The routes of all APIs to functions.
    pub routes: Vec<Route>,
    /// The metric alarms.
    pub alarms: Vec<String>,
    /// The DynamoDB tables.
    pub tables: Vec<String>,
    /// What is wrong, what is unsafe, and what is not known.
    pub diagnostics: Vec<Finding>,
    /// What has no part in a rehearsal.
    pub not_rehearsed: Vec<NotRehearsed>,
}

/// One alias that is shifted, or would be.
#[derive(Debug, Serialize)]
pub struct Deployment {
    /// The stack that it is in, as the logical ids that lead there with slashes between; null in the template itself.
    pub stack: Option<String>,
    pub function: Answer<String>,
    /// The alias's name, such as `live`.
    pub alias: Answer<String>,
    pub alias_logical_id: String,
    /// Null where the code is local: the id has a hash of where it is packaged.
    pub version_logical_id: Option<String>,
    #[serde(rename = "deployment_group")]
    pub group: Answer<String>,
    /// `CodeDeployDefault.Lambda…`, or a configuration of the template's own.
    #[serde(rename = "deployment_config")]
    pub config: Answer<String>,
    /// The steps of the shift; null for a configuration that is not known here.
    pub traffic: Option<Vec<Step>>,
    pub pre_traffic_hook: Answer<String>,
    pub post_traffic_hook: Answer<String>,
    pub alarms: Answer<Vec<String>>,
    /// What a rehearsal does about each of them whose file says nothing of it.
    pub gates: Vec<Gate>,
    pub role: Answer<String>,
    /// False only where the template turns the deployment off.
    pub enabled: bool,
    pub condition: Option<Condition>,
}

/// The condition that an alias exists under.
#[derive(Debug, Serialize)]
pub struct Condition {
    pub name: String,
    /// Null where only AWS knows.
    pub holds: Option<bool>,
}

/// A route to a function.
#[derive(Debug, Serialize)]
pub struct Route {
    /// The stack that it is in, as the logical ids that lead there with slashes between; null in the template itself.
    pub stack: Option<String>,
    pub api: String,
    pub method: String,
    pub path: String,
    pub function: Answer<String>,
    /// Null where the route invokes the function itself or a version.
    pub alias: Option<String>,
}

/// A finding, with its place.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The stack that it is in, as the logical ids that lead there with slashes between; null in the template itself.
    pub stack: Option<String>,
    pub code: &'static str,
    /// `error`, `warning`, or `note` for what is not known.
    pub severity: &'static str,
    pub message: String,
    pub logical_id: Option<String>,
    /// From 1; null for what has no place, such as a file that is not there.
    pub line: Option<u32>,
    pub column: Option<u32>,
}

/// A resource that has no part in a rehearsal.
#[derive(Debug, Serialize)]
pub struct NotRehearsed {
    /// The stack that it is in, as the logical ids that lead there with slashes between; null in the template itself.
    pub stack: Option<String>,
    pub logical_id: String,
    pub r#type: String,
    pub why: String,
    /// Counts from 1.
    pub line: Option<u32>,
}

impl Inspection {
    /// What a template gives.
    ///
    /// Of a stack inside it, deployments, routes, diagnostics and what is not rehearsed are among its own.
    pub fn of(stack: &Stack) -> Self {
        Self::with_nested(stack, false)
    }

    fn with_nested(stack: &Stack, is_inside: bool) -> Self {
        let mut inspection = Self::of_stack(stack, is_inside);
        for nested in &stack.nested {
            let mut inner = match &nested.template {
                Some(NestedTemplate::Read(stack)) => Self::with_nested(stack, true),
                Some(NestedTemplate::Refused(diagnostics)) => Self {
                    diagnostics: diagnostics.iter().map(Finding::of).collect(),
                    ..Self::default()
                },
                Some(NestedTemplate::NotRead(_)) | None => continue,
            };
            inner.is_in(&nested.logical_id);
            inspection.deployments.append(&mut inner.deployments);
            inspection.routes.append(&mut inner.routes);
            inspection.diagnostics.append(&mut inner.diagnostics);
            inspection.not_rehearsed.append(&mut inner.not_rehearsed);
        }
        inspection
    }

    /// Puts everything into a stack inside another.
    fn is_in(&mut self, logical_id: &str) {
        let stacks = self
            .deployments
            .iter_mut()
            .map(|deployment| &mut deployment.stack)
            .chain(self.routes.iter_mut().map(|route| &mut route.stack))
            .chain(
                self.diagnostics
                    .iter_mut()
                    .map(|finding| &mut finding.stack),
            )
            .chain(self.not_rehearsed.iter_mut().map(|item| &mut item.stack));
        for stack in stacks {
            *stack = Some(match stack.take() {
                Some(inner) => format!("{logical_id}/{inner}"),
                None => logical_id.to_owned(),
            });
        }
    }

    fn of_stack(stack: &Stack, is_inside: bool) -> Self {
        let deployments: Vec<Deployment> = stack
            .aliases
            .iter()
            .chain(&stack.aliases_left_out)
            .filter_map(|alias| Deployment::of(stack, alias))
            .collect();
        let routes: Vec<Route> = stack.apis.iter().flat_map(routes).collect();
        let mut diagnostics: Vec<Finding> = stack.diagnostics.iter().map(Finding::of).collect();
        let unset = &stack.parameters_without_value;
        let of_parameter = |one| Finding::of_parameter(one, is_inside);
        diagnostics.extend(unset.iter().map(of_parameter));
        let unknowns = deployments
            .iter()
            .flat_map(Deployment::unknowns)
            .chain(stack.apis.iter().filter_map(unknown_routes))
            .chain(routes.iter().filter_map(Route::unknown));
        // What depends on a parameter without a value is reported once, at the parameter.
        let is_of_parameter = |finding: &Finding| {
            let at = |place: Place| position(place) == (finding.line, finding.column);
            unset.iter().any(|parameter| at(parameter.place))
        };
        diagnostics.extend(unknowns.filter(|finding| !is_of_parameter(finding)));
        Self {
            deployments,
            routes,
            alarms: stack
                .alarms
                .iter()
                .map(|alarm| alarm.logical_id.clone())
                .collect(),
            tables: stack
                .tables
                .iter()
                .map(|table| table.logical_id.clone())
                .collect(),
            diagnostics,
            not_rehearsed: not_rehearsed(stack),
        }
    }

    /// What is left where the template's inputs cannot be used: why, with each cause.
    pub fn unusable(error: &miette::Report) -> Self {
        let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
        Self {
            diagnostics: vec![Finding {
                stack: None,
                code: SAMCONFIG,
                severity: "error",
                message: causes.join(": "),
                logical_id: None,
                line: None,
                column: None,
            }],
            ..Self::default()
        }
    }

    /// What a template that is refused gives: why.
    pub fn refused(refusal: &Refusal) -> Self {
        Self {
            diagnostics: refusal.diagnostics.iter().map(Finding::of).collect(),
            ..Self::default()
        }
    }
}

/// What has no part in a rehearsal, in the template's order: resources, and functions that cannot run in one.
fn not_rehearsed(stack: &Stack) -> Vec<NotRehearsed> {
    let resources = stack.not_rehearsed.iter().map(|item| {
        let left_out = NotRehearsed {
            stack: None,
            logical_id: item.logical_id.clone(),
            r#type: item.r#type.clone(),
            why: item.why.clone(),
            line: position(item.place).0,
        };
        (item.place.line, left_out)
    });
    let functions = stack.functions.iter().filter_map(|function| {
        let left_out = NotRehearsed {
            stack: None,
            logical_id: function.logical_id.clone(),
            r#type: "AWS::Lambda::Function".to_owned(),
            why: function.why_not_run()?,
            line: position(function.place).0,
        };
        Some((function.place.line, left_out))
    });
    let mut all: Vec<_> = resources.chain(functions).collect();
    all.sort_by_key(|(line, _)| *line);
    all.into_iter().map(|(_, item)| item).collect()
}

impl Deployment {
    /// The deployment of an alias, when it has one or has it turned off.
    fn of(stack: &Stack, alias: &Alias) -> Option<Self> {
        let deployment = alias.deployment.as_ref();
        if deployment.is_none() && alias.deployment_disabled.is_none() {
            return None;
        }
        let group = deployment.and_then(|deployment| deployment.group.known_value());
        let hook = |hook: fn(&AliasDeployment) -> &Option<Hook>| {
            deployment
                .and_then(|deployment| hook(deployment).as_ref())
                .map_or(Answer::None, hook_name)
        };
        Some(Self {
            stack: None,
            function: (&alias.function).into(),
            alias: (&alias.name).into(),
            alias_logical_id: alias.logical_id.clone(),
            version_logical_id: alias.version_logical_id.clone(),
            group: deployment.map_or(Answer::None, |deployment| match group {
                Some(group) => Answer::Known(group.logical_id.clone()),
                None => (&deployment.group_name).into(),
            }),
            config: of_group(deployment, |group| match &group.config {
                Some(logical_id) => Answer::Known(logical_id.clone()),
                None => (&group.config_name).into(),
            }),
            traffic: group.and_then(|group| traffic(stack, group)),
            pre_traffic_hook: hook(|deployment| &deployment.before_allow_traffic_hook),
            post_traffic_hook: hook(|deployment| &deployment.after_allow_traffic_hook),
            alarms: of_group(deployment, |group| match &group.alarms.value {
                Ok(alarms) => alarm_names(alarms),
                Err(unknown) => Answer::Unknown(unknown.clone()),
            }),
            gates: Judge::new(stack, Given::default())
                .gates(alias)
                .unwrap_or_default(),
            role: of_group(deployment, |group| match &group.role {
                None => Answer::None,
                Some(role) => match &role.logical_id {
                    Some(logical_id) => Answer::Known(logical_id.clone()),
                    None => (&role.arn).into(),
                },
            }),
            enabled: alias.deployment_disabled.is_none(),
            condition: alias.condition.as_ref().map(|condition| Condition {
                name: condition.name.clone(),
                holds: condition.holds,
            }),
        })
    }

    /// Whether an update with the given parameters starts it, as far as the template can tell.
    pub fn is_started(&self) -> bool {
        self.enabled
            && self
                .condition
                .as_ref()
                .is_none_or(|condition| condition.holds != Some(false))
    }

    /// A note for each part that only AWS knows. What does not exist with the given parameters needs none.
    fn unknowns(&self) -> impl Iterator<Item = Finding> + '_ {
        [
            ("function", self.function.unknown()),
            ("alias's name", self.alias.unknown()),
            ("deployment group", self.group.unknown()),
            ("deployment configuration", self.config.unknown()),
            ("PreTraffic hook", self.pre_traffic_hook.unknown()),
            ("PostTraffic hook", self.post_traffic_hook.unknown()),
            ("list of alarms", self.alarms.unknown()),
            ("role", self.role.unknown()),
        ]
        .into_iter()
        .filter(|_| self.is_started())
        .filter_map(|(what, unknown)| {
            let unknown = unknown?;
            let message = format!("the {what} is not known: {}", unknown.reason);
            Some(Finding::note(message, &self.alias_logical_id, unknown))
        })
    }
}

/// What the deployment group says; unknown where the group is not in the template.
fn of_group<T>(
    deployment: Option<&AliasDeployment>,
    part: impl FnOnce(&DeploymentGroup) -> Answer<T>,
) -> Answer<T> {
    match deployment.map(|deployment| &deployment.group.value) {
        None => Answer::None,
        Some(Ok(group)) => part(group),
        Some(Err(unknown)) => Answer::Unknown(unknown.clone()),
    }
}

fn traffic(stack: &Stack, group: &DeploymentGroup) -> Option<Vec<Step>> {
    let config = group.config_name.known_value()?;
    let shift = TrafficShift::of(stack.traffic_routing(config)?.ok()?);
    Some(shift.steps().to_vec())
}

fn hook_name(hook: &Hook) -> Answer<String> {
    match &hook.function {
        Some(logical_id) => Answer::Known(logical_id.clone()),
        None => (&hook.name).into(),
    }
}

/// The alarms by logical id or name, or the first that has neither.
fn alarm_names(alarms: &[AlarmReference]) -> Answer<Vec<String>> {
    let names: Result<Vec<String>, Unknown> = alarms
        .iter()
        .map(|alarm| match &alarm.logical_id {
            Some(logical_id) => Ok(logical_id.clone()),
            None => alarm.name.value.clone(),
        })
        .collect();
    names.map_or_else(Answer::Unknown, Answer::Known)
}

fn routes(api: &Api) -> impl Iterator<Item = Route> + '_ {
    api.routes.iter().map(|route| Route {
        stack: None,
        api: api.logical_id.clone(),
        method: route.method.clone(),
        path: route.path.clone(),
        function: (&route.function).into(),
        // A number is a version, `$LATEST` the function itself (Lambda API, `Alias` and `Version`).
        alias: route
            .qualifier
            .clone()
            .filter(|qualifier| !qualifier.chars().all(|c| c.is_ascii_digit()))
            .filter(|qualifier| qualifier != "$LATEST"),
    })
}

fn unknown_routes(api: &Api) -> Option<Finding> {
    let unknown = api.routes_unknown.as_ref()?;
    let message = format!("the API's routes are not known: {}", unknown.reason);
    Some(Finding::note(message, &api.logical_id, unknown))
}

impl Route {
    fn unknown(&self) -> Option<Finding> {
        let unknown = self.function.unknown()?;
        let message = format!(
            "the function behind {} {} is not known: {}",
            self.method, self.path, unknown.reason
        );
        Some(Finding::note(message, &self.api, unknown))
    }
}

impl Finding {
    fn of(diagnostic: &Diagnostic) -> Self {
        let (line, column) = position(diagnostic.place);
        Self {
            stack: None,
            code: diagnostic.code,
            severity: match diagnostic.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            },
            message: diagnostic.message.clone(),
            logical_id: diagnostic.logical_id.clone(),
            line,
            column,
        }
    }

    fn of_parameter(parameter: &ParameterWithoutValue, is_inside: bool) -> Self {
        let name = &parameter.name;
        // Another template gives it that of a stack inside it.
        let how = if is_inside {
            ", and what the stack around it gives is not known".to_owned()
        } else {
            format!("; --parameter {name}=VALUE gives it a value")
        };
        let (line, column) = position(parameter.place);
        Self {
            stack: None,
            code: PARAMETER_WITHOUT_VALUE,
            severity: "note",
            message: format!("the parameter `{name}` has no default{how}"),
            logical_id: None,
            line,
            column,
        }
    }

    /// Whether it names a parameter without a value.
    pub fn is_of_parameter_without_value(&self) -> bool {
        self.code == PARAMETER_WITHOUT_VALUE
    }

    fn note(message: String, logical_id: &str, unknown: &Unknown) -> Self {
        let (line, column) = position(unknown.place);
        Self {
            stack: None,
            code: UNKNOWN_VALUE,
            severity: "note",
            message,
            logical_id: Some(logical_id.to_owned()),
            line,
            column,
        }
    }
}

/// Line and column, where there are any: both count from 1.
fn position(place: Place) -> (Option<u32>, Option<u32>) {
    if place.line == 0 {
        (None, None)
    } else {
        (Some(place.line), Some(place.column))
    }
}
