//! The functions that a rehearsal runs.

use std::collections::BTreeMap;

use rehearsal_template::{Place, Stack, stack};

use super::{Deployment, Function, NotRehearsed, Planner, Target};
use crate::asynchronous::AsyncRetries;

impl Planner<'_> {
    /// The functions that a rehearsal runs: those that are deployed, their hooks, those that requests go to, and those that get
    /// the records of the hooks' failures.
    pub(super) fn functions(
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
        let hooks = deployments.iter().flat_map(|deployment| {
            let after = &deployment.after_allow_traffic;
            [&deployment.before_allow_traffic, after]
        });
        let destinations = self.destinations(hooks.flatten(), not_rehearsed);
        ids.extend(destinations.values().map(String::as_str));
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
            if let Some(planned) = self.function(function, destinations.get(id).cloned()) {
                functions.insert(id.to_owned(), planned);
            }
        }
        functions
    }

    /// On-failure destinations that are functions a rehearsal runs, by the function that has them: those of the hooks, which are
    /// invoked asynchronously, and those of the destinations themselves. The others are named, and get nothing.
    fn destinations<'a>(
        &self,
        hooks: impl Iterator<Item = &'a String>,
        not_rehearsed: &mut Vec<NotRehearsed>,
    ) -> BTreeMap<String, String> {
        let mut destinations = BTreeMap::new();
        let mut invoked: Vec<_> = hooks.cloned().collect();
        invoked.sort_unstable();
        invoked.dedup();
        while let Some(id) = invoked.pop() {
            let config = self
                .new
                .function(&id)
                .and_then(|function| function.event_invoke_config("$LATEST"));
            let Some(destination) = config.and_then(|config| config.on_failure.as_ref()) else {
                continue;
            };
            let left_out = |why: String| NotRehearsed {
                logical_id: id.clone(),
                r#type: "on-failure destination".to_owned(),
                why,
                line: destination.arn.place.line,
            };
            let function = destination
                .function
                .as_deref()
                .and_then(|function| self.new.function(function));
            match (function, &destination.arn.value) {
                (Some(function), _) if function.why_not_run().is_none() => {
                    if !destinations.contains_key(&function.logical_id) {
                        invoked.push(function.logical_id.clone());
                    }
                    destinations.insert(id, function.logical_id.clone());
                }
                (Some(function), _) => not_rehearsed.push(left_out(format!(
                    "it gets no record: {} is of a runtime that is not rehearsed",
                    function.logical_id
                ))),
                (None, Ok(arn)) => not_rehearsed.push(left_out(format!(
                    "records go to functions of this template alone, not to {arn}"
                ))),
                (None, Err(unknown)) => not_rehearsed.push(left_out(unknown.to_string())),
            }
        }
        destinations
    }

    fn function(
        &mut self,
        function: &stack::Function,
        on_failure: Option<String>,
    ) -> Option<Function> {
        let id = &function.logical_id;
        if let Some(why) = function.why_not_run() {
            self.error(id, why, function.place);
            return None;
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
        Some(Function {
            name: name?,
            timeout_ms: i64::from(timeout?) * 1_000,
            retries: retries?,
            on_failure,
        })
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

/// The functions of the template that a rehearsal does not run.
pub(super) fn left_out<'a>(
    stack: &'a Stack,
    planned: &'a BTreeMap<String, Function>,
) -> impl Iterator<Item = NotRehearsed> + 'a {
    let others = stack
        .functions
        .iter()
        .filter(|function| !planned.contains_key(&function.logical_id));
    others.map(|function| NotRehearsed {
        logical_id: function.logical_id.clone(),
        r#type: "AWS::Lambda::Function".to_owned(),
        why: function.why_not_run().unwrap_or_else(|| {
            "no deployment, hook or request of the rehearsal leads to it".to_owned()
        }),
        line: function.place.line,
    })
}
