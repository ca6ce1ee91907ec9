//! Values of a rehearsal file that `rehearse init` made up, for nobody had given them, and that nobody has changed since.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::parameter::ParameterValue;

/// What was made up, under the keys that it has in the file: `[made_up]`. Where the file has another value by now, somebody gave it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MadeUp {
    /// Whether nobody has said what runs, so that both versions are of the code that is here.
    pub version_that_runs: bool,
    /// The account.
    pub account: Option<String>,
    /// The region.
    pub region: Option<String>,
    /// Parameters of the template.
    pub parameters: BTreeMap<String, String>,
    /// What other stacks export.
    pub imports: BTreeMap<String, String>,
    /// What dynamic references stand for.
    pub references: BTreeMap<String, String>,
    /// How deployment configurations of elsewhere shift.
    pub deployment_configs: BTreeMap<String, String>,
    /// Variables of functions.
    pub environment: BTreeMap<String, BTreeMap<String, String>>,
    /// Parameters of what runs.
    pub live_parameters: BTreeMap<String, String>,
}

/// The values that a rehearsal has now where one may have been made up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'r> {
    pub(crate) account: &'r Option<String>,
    pub(crate) region: &'r Option<String>,
    pub(crate) parameters: &'r BTreeMap<String, ParameterValue>,
    pub(crate) imports: &'r BTreeMap<String, ParameterValue>,
    pub(crate) references: &'r BTreeMap<String, ParameterValue>,
    pub(crate) deployment_configs: &'r BTreeMap<String, String>,
    pub(crate) environment: &'r BTreeMap<String, BTreeMap<String, ParameterValue>>,
    pub(crate) live_parameters: Option<&'r BTreeMap<String, ParameterValue>>,
}

impl MadeUp {
    /// Each value of a rehearsal that still is as it was made up, in words: `parameter Key`.
    pub(crate) fn standing(&self, said: Said<'_>) -> Vec<String> {
        let mut found = Vec::new();
        for (name, made_up, now) in [
            ("account", &self.account, said.account),
            ("region", &self.region, said.region),
        ] {
            if let Some(value) = made_up.as_ref().filter(|_| made_up == now) {
                found.push(format!("{name} {value}"));
            }
        }
        let parameters = alike(&self.parameters, said.parameters);
        found.extend(parameters.map(|name| format!("parameter {name}")));
        let imports = alike(&self.imports, said.imports);
        found.extend(imports.map(|name| format!("import {name}")));
        found.extend(alike(&self.references, said.references).cloned());
        let configs = self.deployment_configs.iter();
        let configs =
            configs.filter(|(name, shift)| said.deployment_configs.get(*name) == Some(shift));
        found.extend(configs.map(|(name, _)| format!("deployment configuration {name}")));
        for (function, made_up) in &self.environment {
            let Some(now) = said.environment.get(function) else {
                continue;
            };
            let variables = alike(made_up, now);
            found.extend(variables.map(|name| format!("variable {name} of {function}")));
        }
        if let Some(live) = said.live_parameters {
            let parameters = alike(&self.live_parameters, live);
            found.extend(parameters.map(|name| format!("parameter {name} of what runs")));
        }
        found
    }
}

/// The names whose values are as they were made up.
fn alike<'m>(
    made_up: &'m BTreeMap<String, String>,
    now: &BTreeMap<String, ParameterValue>,
) -> impl Iterator<Item = &'m String> {
    let alike = made_up.iter().filter(|(name, value)| {
        let now = now.get(*name);
        now.is_some_and(|now| now.to_text() == **value)
    });
    alike.map(|(name, _)| name)
}
