//! What nobody has given of what a rehearsal file says: it was made up when the file was written, and stands there still.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::parameter::ParameterValue;
use crate::rehearsal::Rehearsal;

/// What was made up, by the keys that the file has it under. What stands there otherwise now was given.
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

impl MadeUp {
    /// What of a rehearsal is as it was made up, in words.
    pub fn standing(&self, rehearsal: &Rehearsal) -> Vec<String> {
        let mut found = Vec::new();
        for (name, made_up, now) in [
            ("account", &self.account, &rehearsal.account),
            ("region", &self.region, &rehearsal.region),
        ] {
            if let Some(value) = made_up.as_ref().filter(|_| made_up == now) {
                found.push(format!("{name} {value}"));
            }
        }
        let parameters = alike(&self.parameters, &rehearsal.parameters);
        found.extend(parameters.map(|name| format!("parameter {name}")));
        let imports = alike(&self.imports, &rehearsal.imports);
        found.extend(imports.map(|name| format!("import {name}")));
        found.extend(alike(&self.references, &rehearsal.references).cloned());
        let configs = self.deployment_configs.iter();
        let configs =
            configs.filter(|(name, shift)| rehearsal.deployment_configs.get(*name) == Some(shift));
        found.extend(configs.map(|(name, _)| format!("deployment configuration {name}")));
        for (function, made_up) in &self.environment {
            let Some(now) = rehearsal.environment.get(function) else {
                continue;
            };
            let variables = alike(made_up, now);
            found.extend(variables.map(|name| format!("variable {name} of {function}")));
        }
        if let Some(live) = &rehearsal.live {
            let parameters = alike(&self.live_parameters, &live.parameters);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_up_is_named_until_it_stands_there_otherwise() {
        let file = |key: &str, variable: &str| -> Rehearsal {
            let text = format!(
                "template = 't'\nregion = 'eu-west-1'\n[parameters]\nKey = '{key}'\n[environment.F]\nPOOL = '{variable}'\n\
                 [made_up]\nregion = 'eu-west-1'\n[made_up.parameters]\nKey = 'a'\nGone = 'a'\n[made_up.environment.F]\nPOOL = 'a'\n\
                 [traffic]\nrequests_per_minute = 0\n"
            );
            toml::from_str(&text).unwrap()
        };
        let standing = |key, variable| {
            let file = file(key, variable);
            file.made_up.standing(&file)
        };
        assert_eq!(
            standing("a", "a"),
            ["region eu-west-1", "parameter Key", "variable POOL of F"]
        );
        assert_eq!(standing("b", "b"), ["region eu-west-1"]);
    }
}
