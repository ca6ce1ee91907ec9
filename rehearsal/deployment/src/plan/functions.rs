//! The functions that a rehearsal runs.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::lambda::asynchronous::AsyncRetries;
use rehearsal_aws::lambda::variables::{is_reserved, steers_calls};
use rehearsal_template::{Place, Stack, Unknown, stack};

use super::planner::Planner;
use super::{Deployment, Function, NotRehearsed, NotRehearsedKind, Reserved};
use crate::revision::{Changing, Revision};
use crate::stub::Stubs;

impl Planner<'_> {
    /// The functions that are deployed, their hooks, and those that get the records of the hooks' failures.
    pub(super) fn deployed_functions(
        &mut self,
        deployments: &[Deployment],
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> BTreeMap<String, Changing<Function>> {
        let hooks: BTreeSet<&str> = deployments
            .iter()
            .flat_map(|deployment| {
                let after = &deployment.after_allow_traffic;
                [&deployment.before_allow_traffic, after]
            })
            .flatten()
            .map(String::as_str)
            .collect();
        let destinations = Changing {
            // What the stack that runs passes over is not what the update does.
            before: Some(destinations(self.old, &hooks, &mut Vec::new())),
            after: Some(destinations(self.new, &hooks, not_rehearsed)),
        };
        let mut ids = hooks;
        ids.extend(
            deployments
                .iter()
                .map(|deployment| deployment.function.as_str()),
        );
        let each = destinations.before.iter().chain(&destinations.after);
        ids.extend(each.flat_map(|all| all.values().map(String::as_str)));
        self.functions(&ids, &destinations, not_rehearsed)
    }

    /// These functions, with their on-failure destinations by the functions that have them.
    pub(super) fn functions(
        &mut self,
        ids: &BTreeSet<&str>,
        destinations: &Changing<BTreeMap<String, String>>,
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> BTreeMap<String, Changing<Function>> {
        let (old, new) = (self.old, self.new);
        // One whose place another takes is there until the update is over, and is met under its name.
        let replaced: Vec<String> = ids.iter().map(|id| stack::replaced(id)).collect();
        let gone = replaced.iter().map(String::as_str);
        let ids = ids
            .iter()
            .copied()
            .chain(gone.filter(|id| old.function(id).is_some()));
        let destination = |revision, id: &str| destinations.of(revision)?.get(id).cloned();
        let mut functions = BTreeMap::new();
        for id in ids {
            if new.function(id).or(old.function(id)).is_none() {
                self.error(
                    id,
                    "there is no such function in the template",
                    Place::default(),
                );
                continue;
            }
            let after = new.function(id).and_then(|function| {
                not_rehearsed.extend(unknown_variables(function));
                not_rehearsed.extend(steering_variables(function));
                self.function(function, destination(Revision::After, id))
            });
            // What is wrong with it is reported of what the update brings.
            let known_errors = self.errors.len();
            let before = old
                .function(id)
                .and_then(|function| self.function(function, destination(Revision::Before, id)));
            self.errors.truncate(known_errors);
            functions.insert(id.to_owned(), Changing { before, after });
        }
        functions
    }

    pub(super) fn function(
        &mut self,
        function: &stack::Function,
        on_failure: Option<String>,
    ) -> Option<Function> {
        let id = &function.logical_id;
        for (name, place) in variables(function).filter(|(name, _)| is_reserved(name)) {
            let what =
                format!("Lambda sets the variable `{name}` itself, and refuses the function");
            self.error(id, what, place);
        }
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
        let recursion = match &function.recursive_loop {
            None => Some(false),
            Some(setting) => {
                let setting = self.known(id, "RecursiveLoop", setting);
                setting.map(|setting| setting == "Allow")
            }
        };
        Some(Function {
            name: name?,
            timeout_ms: i64::from(timeout?) * 1_000,
            retries: retries?,
            on_failure,
            may_recur: recursion?,
            unset_variables: unset_variables(function),
            reserved_concurrency: function.reserved_concurrency.as_ref().and_then(|reserved| {
                Some(Reserved {
                    at_most: *reserved.known_value()?,
                    place: reserved.place,
                })
            }),
        })
    }
}

/// The settings for asynchronous events of each function, by logical ids: of the new stack, or of the one that runs where that has none.
pub(super) fn event_invoke_configs(old: &Stack, new: &Stack) -> BTreeMap<String, String> {
    let functions = old.functions.iter().chain(&new.functions);
    let config = |function: &stack::Function| {
        let config = function.event_invoke_config("$LATEST")?;
        Some((function.logical_id.clone(), config.logical_id.clone()))
    };
    functions.filter_map(config).collect()
}

/// On-failure destinations that are functions a rehearsal runs, by the function that has them: those of the hooks, which are
/// invoked asynchronously, and those of the destinations themselves. The others are named, and get nothing.
fn destinations(
    stack: &Stack,
    hooks: &BTreeSet<&str>,
    not_rehearsed: &mut Vec<NotRehearsed>,
) -> BTreeMap<String, String> {
    let mut destinations = BTreeMap::new();
    let mut invoked: Vec<String> = hooks.iter().map(ToString::to_string).collect();
    while let Some(id) = invoked.pop() {
        let config = stack
            .function(&id)
            .and_then(|function| function.event_invoke_config("$LATEST"));
        let Some(destination) = config.and_then(|config| config.on_failure.as_ref()) else {
            continue;
        };
        let left_out = |why: String| {
            NotRehearsed::new(&id, "on-failure destination", why, destination.arn.place)
        };
        let function = destination
            .function
            .as_deref()
            .and_then(|function| stack.function(function));
        match (function, &destination.arn.value) {
            (Some(function), _) => {
                if !destinations.contains_key(&function.logical_id) {
                    invoked.push(function.logical_id.clone());
                }
                destinations.insert(id, function.logical_id.clone());
            }
            (None, Ok(arn)) => not_rehearsed.push(left_out(format!(
                "records go to functions of this template alone, not to {arn}"
            ))),
            (None, Err(unknown)) => not_rehearsed.push(left_out(unknown.to_string())),
        }
    }
    destinations
}

/// The routes that lead no one knows where: no request of a rehearsal is of them.
pub(super) fn unknown_routes(stack: &Stack) -> impl Iterator<Item = NotRehearsed> {
    stack.apis.iter().flat_map(|api| {
        let r#type = stack
            .resource(&api.logical_id)
            .map_or("", |api| &api.r#type);
        api.unknown_routes()
            .map(move |(why, place)| NotRehearsed::new(&api.logical_id, r#type, why, place))
    })
}

/// What of a function's environment only AWS knows, with its place; no name for the whole of it. It is not set in a rehearsal.
fn unset(function: &stack::Function) -> Vec<(Option<&str>, &Unknown, Place)> {
    let environment = &function.environment;
    match &environment.value {
        Err(unknown) => vec![(None, unknown, environment.place)],
        Ok(variables) => variables
            .iter()
            .filter_map(|(name, value)| {
                let unknown = value.value.as_ref().err()?;
                Some((Some(name.as_str()), unknown, value.place))
            })
            .collect(),
    }
}

/// The same as what has no part.
fn unknown_variables(function: &stack::Function) -> impl Iterator<Item = NotRehearsed> {
    unset(function).into_iter().map(|(name, unknown, place)| {
        let what = name.map_or("environment".to_owned(), |name| format!("variable {name}"));
        let why = format!("its {what} is not set: {unknown}");
        NotRehearsed::new(&function.logical_id, "AWS::Lambda::Function", why, place)
    })
}

/// The same in words.
fn unset_variables(function: &stack::Function) -> Vec<String> {
    let of = |(name, ..): (Option<&str>, &Unknown, Place)| {
        format!(
            "{} of {}",
            name.unwrap_or("the environment"),
            function.logical_id
        )
    };
    unset(function).into_iter().map(of).collect()
}

/// A function's variables, with their places.
fn variables(function: &stack::Function) -> impl Iterator<Item = (&str, Place)> {
    let variables = function.environment.known_value().into_iter().flatten();
    variables.map(|(name, value)| (name.as_str(), value.place))
}

/// The variables that would steer a function's calls: they are not passed on, for the calls of a rehearsal stay on its machine.
fn steering_variables(function: &stack::Function) -> Option<NotRehearsed> {
    let steering: Vec<_> = variables(function)
        .filter(|(name, _)| steers_calls(name))
        .collect();
    let (_, place) = steering.first()?;
    let names: Vec<_> = steering.iter().map(|(name, _)| *name).collect();
    let what = match names.as_slice() {
        [name] => format!("its variable {name} is"),
        names => format!("its variables {} are", names.join(", ")),
    };
    let why = format!("{what} not passed on, so that its calls stay on this machine");
    let id = &function.logical_id;
    Some(NotRehearsed::new(id, "AWS::Lambda::Function", why, *place))
}

/// The functions of the template that a rehearsal does not run.
pub(super) fn left_out<'a>(
    stack: &'a Stack,
    planned: &'a BTreeMap<String, Changing<Function>>,
) -> impl Iterator<Item = NotRehearsed> + 'a {
    let others = stack
        .functions
        .iter()
        .filter(|function| !planned.contains_key(&function.logical_id));
    others.map(|function| {
        let why = "no deployment, hook or request of the rehearsal leads to it";
        let (id, place) = (&function.logical_id, function.place);
        let left_out = NotRehearsed::new(id, "AWS::Lambda::Function", why, place);
        left_out.of_kind(NotRehearsedKind::NotReached)
    })
}

/// The functions for which stubs stand: their code has no part.
pub(super) fn stubbed<'a>(
    stack: &'a Stack,
    planned: &'a BTreeMap<String, Changing<Function>>,
    stubs: &'a Stubs,
) -> impl Iterator<Item = NotRehearsed> + 'a {
    let functions = stack.functions.iter();
    functions.filter_map(|function| {
        let id = planned.get_key_value(&function.logical_id)?.0;
        let why = match (
            stubs.of(id, Revision::Before),
            stubs.of(id, Revision::After),
        ) {
            (None, None) => return None,
            (Some(_), Some(_)) => "a stub stands for its code",
            (Some(_), None) => "a stub stands for the code of its old version",
            (None, Some(_)) => "a stub stands for the code of its new version",
        };
        Some(NotRehearsed::new(
            id,
            "AWS::Lambda::Function",
            why,
            function.place,
        ))
    })
}
