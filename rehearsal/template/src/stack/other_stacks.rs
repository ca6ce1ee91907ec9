//! What a deployment names and another stack has, given by a person: a hook's function, a deployment configuration.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;

use super::{AliasDeployment, DeploymentConfig, Function, Hook, Logging, Stack};
use crate::suggest::closest;
use crate::{Field, Place};

/// The lint that finds a deployment configuration which seems to be misspelt.
const UNKNOWN_PREFERENCE: &str = "unknown-preference";

impl Stack {
    /// The hooks that deployments name and that are no functions of this template, by the names that it gives them.
    pub fn hooks_elsewhere(&self) -> BTreeSet<&str> {
        let hooks = self.deployments().flat_map(AliasDeployment::hooks);
        let elsewhere = hooks.filter(|hook| hook.function.is_none());
        let names = elsewhere.filter_map(|hook| hook.name.known_value());
        names.map(String::as_str).collect()
    }

    /// What such a name may be meant for: a function of this template that is called much the same.
    pub fn meant_hook(&self, name: &str) -> Option<&str> {
        let functions = self.functions.iter();
        let names = functions.flat_map(|function| {
            let own = function.name.known_value().map(String::as_str);
            [Some(function.logical_id.as_str()), own]
                .into_iter()
                .flatten()
        });
        closest(name, names)
    }

    /// Puts a hook of another stack among the functions, with what Lambda sets where nothing is said, under the name that the template
    /// gives it. Of what no deployment names for a hook, nothing comes.
    pub fn add_hook(&mut self, name: &str) {
        let deployments = self.aliases.iter_mut();
        let deployments = deployments.filter_map(|alias| alias.deployment.as_mut());
        let hooks = deployments.flat_map(|deployment| {
            let before = deployment.before_allow_traffic_hook.iter_mut();
            before.chain(deployment.after_allow_traffic_hook.iter_mut())
        });
        let mut place = None;
        for hook in hooks.filter(|hook| hook.function.is_none() && hook.name.is(name)) {
            hook.function = Some(name.to_owned());
            place = Some(hook.name.place);
        }
        if let Some(place) = place {
            let (account, region) = (&self.inputs.account_id, &self.inputs.region);
            self.functions.push(elsewhere(name, account, region, place));
        }
    }

    /// The deployment configurations that deployments name and that are neither CodeDeploy's own nor this template's, without those that
    /// seem to be misspelt.
    pub fn configurations_elsewhere(&self) -> BTreeSet<&str> {
        let is_misspelt = |place: Place| {
            let mut found = self.diagnostics.iter();
            found.any(|found| found.code == UNKNOWN_PREFERENCE && found.place == place)
        };
        let all = self.places_of_configurations_elsewhere().into_iter();
        all.filter(|(_, place)| !is_misspelt(*place))
            .map(|(name, _)| name)
            .collect()
    }

    /// Gives a deployment configuration of elsewhere. Of one that no deployment names, or that is known, nothing comes.
    pub fn add_configuration(&mut self, name: &str, traffic: TrafficRouting) {
        let place = self.places_of_configurations_elsewhere().get(name).copied();
        self.deployment_configs
            .extend(place.map(|place| DeploymentConfig {
                logical_id: name.to_owned(),
                name: Field::known(name.to_owned(), place),
                traffic: Field::known(traffic, place),
                place,
            }));
    }

    fn places_of_configurations_elsewhere(&self) -> BTreeMap<&str, Place> {
        let configurations = self.deployments().filter_map(|deployment| {
            let name = &deployment.group.known_value()?.config_name;
            Some((name.known_value()?.as_str(), name.place))
        });
        configurations
            .filter(|(name, _)| self.traffic_routing(name).is_none())
            .collect()
    }

    fn deployments(&self) -> impl Iterator<Item = &AliasDeployment> {
        let aliases = self.aliases.iter();
        aliases.filter_map(|alias| alias.deployment.as_ref())
    }
}

impl AliasDeployment {
    fn hooks(&self) -> impl Iterator<Item = &Hook> {
        let before = self.before_allow_traffic_hook.iter();
        before.chain(&self.after_allow_traffic_hook)
    }
}

/// A function of which nothing is known but its name, or its ARN.
fn elsewhere(name: &str, account: &str, region: &str, place: Place) -> Function {
    let own = name.rsplit_once(":function:").map_or(name, |(_, own)| own);
    let arn = if own.len() < name.len() {
        name.to_owned()
    } else {
        format!("arn:aws:lambda:{region}:{account}:function:{name}")
    };
    Function {
        logical_id: name.to_owned(),
        name: Field::known(own.to_owned(), place),
        arn: Field::known(arn, place),
        runtime: None,
        handler: None,
        code_uri: None,
        object_key: None,
        is_asset: false,
        inline_code: None,
        layers: Vec::new(),
        build_method: None,
        binary: None,
        build_properties: None,
        architecture: Field::known("x86_64".to_owned(), place),
        timeout_seconds: Field::known(3, place),
        memory_mb: Field::known(128, place),
        environment: Field::known(BTreeMap::new(), place),
        logging: Logging::default(),
        reserved_concurrency: None,
        recursive_loop: None,
        event_invoke_configs: Vec::new(),
        condition: None,
        place,
    }
}
