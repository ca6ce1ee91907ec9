//! The functions that a rehearsal runs.

use std::collections::BTreeMap;

use rehearsal_template::{Place, stack};

use super::{Deployment, Function, NotRehearsed, Planner, Target};
use crate::hook::AsyncRetries;

impl Planner<'_> {
    /// The functions that a rehearsal runs: those that are deployed, their hooks, and those that requests go to.
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
