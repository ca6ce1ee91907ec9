//! The typed result: what a template's deployments are made of.
//!
//! - `build` puts it together of resolved resources, each through a `reader`.
//! - `function`, `alias`, `group`: functions, the aliases that lead to their versions, the deployment groups that shift those. `layer`: layers.
//! - `alarm`, `composite_alarm`, `metric_filter`: what watches them.
//! - `api`: APIs and their routes, from a `definition` or from a `method` each, with `stage_variables` and `integration`, what stands beside the URI. `data`: tables and parameters. `nested`: stacks inside it.
//! - `not_rehearsed`: what has no part in a rehearsal: types by `support`, properties by `passed_over`.
//! - `other_stacks`: hooks and deployment configurations that other stacks have. `replacement`: functions and aliases whose place an update gives to others. `line`: a place as JSON has it.

mod alarm;
mod alias;
mod api;
mod build;
mod composite_alarm;
mod data;
mod definition;
mod function;
mod group;
mod integration;
mod layer;
mod line;
mod method;
mod metric_filter;
mod nested;
mod not_rehearsed;
mod other_stacks;
mod passed_over;
mod reader;
mod replacement;
mod stage_variables;
mod support;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use build::build;
pub(crate) use definition::method_of;
pub(crate) use nested::MAX_NESTING;
pub(crate) use support::is_custom;

pub use alarm::{Alarm, AlarmReference};
pub use alias::{AdditionalVersion, Alias, AliasDeployment, Hook};
pub use api::{Api, DetailedMetrics, Route, Stage};
pub use composite_alarm::CompositeAlarm;
pub use data::{SsmParameter, Table};
pub use function::{Destination, EventInvokeConfig, Function, Logging, Version};
pub use group::{DeploymentConfig, DeploymentGroup, ServiceRole};
pub use layer::Layer;
pub use metric_filter::{MetricFilter, MetricTransformation};
pub use nested::{NestedStack, NestedTemplate};
pub use not_rehearsed::{NotPermitted, NotRehearsed, NotRehearsedKind, OtherVersion};
pub use replacement::{logical_id_of, replaced};
pub use stage_variables::StageVariables;

pub use crate::resolve::AskedFor;
pub use crate::version_hash::{Hashed, VersionHash};

use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;

use crate::{Diagnostic, Field, Inputs, Ordered, Place, Value, order};

/// What a template means once it is read: expanded, resolved, ordered.
///
/// The lists hold what exists with the given parameters. A resource whose condition does not hold is in none of them
/// but [`aliases_left_out`](Stack::aliases_left_out); one whose condition is not known is in its list, and says so.
#[derive(Clone, Debug)]
pub struct Stack {
    /// `AWS::StackName`.
    pub name: String,
    /// What the template was read with: account, region, parameters, versions.
    pub inputs: Inputs,
    /// The template's functions, in its order.
    pub functions: Vec<Function>,
    /// The versions that the update publishes.
    pub versions: Vec<Version>,
    /// The functions' aliases. One with a [`deployment`](Alias::deployment) shifts when its version changes.
    pub aliases: Vec<Alias>,
    /// Aliases that the template would have under other parameters.
    pub aliases_left_out: Vec<Alias>,
    /// The deployment groups of CodeDeploy.
    pub deployment_groups: Vec<DeploymentGroup>,
    /// Custom deployment configurations that the template defines.
    pub deployment_configs: Vec<DeploymentConfig>,
    /// The metric alarms, those in a deployment preference and the others.
    pub alarms: Vec<Alarm>,
    /// The composite alarms.
    pub composite_alarms: Vec<CompositeAlarm>,
    /// The metric filters of log groups.
    pub metric_filters: Vec<MetricFilter>,
    /// REST and HTTP APIs with their routes.
    pub apis: Vec<Api>,
    /// DynamoDB tables.
    pub tables: Vec<Table>,
    /// SSM parameters that the stack writes.
    pub ssm_parameters: Vec<SsmParameter>,
    /// The stack's outputs.
    pub outputs: Vec<Output>,
    /// The stacks inside this one, in the template's order.
    pub nested: Vec<NestedStack>,
    /// Every resource after expansion, generated ones included, in the template's order.
    pub resources: Vec<Resource>,
    /// The order of an update: the logical ids of each level wait for all levels before it, and for no other reason.
    ///
    /// It follows the references and `DependsOn` that each expanded resource makes. An update skips what did not change.
    pub update_levels: Vec<Vec<String>>,
    /// Parameters that have no default and were given no value: what depends on them is unknown.
    pub parameters_without_value: Vec<ParameterWithoutValue>,
    /// Values that are not to be shown: of `NoEcho` parameters, and what stands for references to Secrets Manager and to secure strings.
    pub secrets: BTreeSet<String>,
    /// The `NoEcho` parameters, each with a value that its declaration takes, where one could be made up.
    pub secret_parameters: BTreeMap<String, Option<String>>,
    /// What the template asks of elsewhere, given or not.
    pub asked_for: AskedFor,
    /// What is in the template and has no part in a rehearsal, by name and line.
    pub not_rehearsed: Vec<NotRehearsed>,
    /// Warnings. With an error there is no stack.
    pub diagnostics: Vec<Diagnostic>,
}

impl Stack {
    /// What its deployments need and AWS does not permit, as far as the template tells, in the template's order.
    pub fn not_permitted(&self) -> impl Iterator<Item = NotPermitted> {
        self.diagnostics
            .iter()
            .filter(|found| found.is_not_permitted)
            .map(|found| NotPermitted {
                code: found.code.to_owned(),
                logical_id: found.logical_id.clone().unwrap_or_default(),
                message: found.message.clone(),
                place: found.place,
            })
    }

    /// The function with this logical id.
    pub fn function(&self, logical_id: &str) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.logical_id == logical_id)
    }

    /// The logical ids of the functions whose traffic a deployment shifts.
    pub fn deployed_functions(&self) -> Vec<&str> {
        let aliases = self.aliases.iter();
        let mut functions: Vec<&str> = aliases
            .filter(|alias| alias.deployment.is_some())
            .filter_map(|alias| Some(alias.function.known_value()?.as_str()))
            .collect();
        functions.dedup();
        functions
    }

    /// The function with this physical name.
    pub fn function_named(&self, name: &str) -> Option<&Function> {
        self.functions
            .iter()
            .find(|function| function.name.is(name))
    }

    /// The alarm with this logical id.
    pub fn alarm(&self, logical_id: &str) -> Option<&Alarm> {
        self.alarms
            .iter()
            .find(|alarm| alarm.logical_id == logical_id)
    }

    /// The logical ids and the names of all alarms, the composite ones last.
    pub fn alarm_names(&self) -> impl Iterator<Item = (&str, &Field<String>)> {
        let metric = self.alarms.iter();
        let metric = metric.map(|alarm| (alarm.logical_id.as_str(), &alarm.name));
        let composite = self.composite_alarms.iter();
        metric.chain(composite.map(|alarm| (alarm.logical_id.as_str(), &alarm.name)))
    }

    /// How a deployment configuration shifts: one of the template's own, or one that CodeDeploy defines. `None` when it is
    /// neither.
    ///
    /// # Errors
    /// The template's own configuration, when how it shifts is not known.
    pub fn traffic_routing(
        &self,
        config_name: &str,
    ) -> Option<Result<TrafficRouting, &DeploymentConfig>> {
        let own = self
            .deployment_configs
            .iter()
            .find(|config| config.name.is(config_name));
        match own {
            Some(config) => Some(config.traffic.known_value().copied().ok_or(config)),
            None => TrafficRouting::predefined(config_name).map(Ok),
        }
    }

    /// Gives a function variables, whatever the template says of them. Where its whole environment is not known, these are all
    /// that it has. Of what is no function, nothing comes.
    pub fn set_variables(
        &mut self,
        logical_id: &str,
        variables: impl IntoIterator<Item = (String, String)>,
    ) {
        let mut functions = self.functions.iter_mut();
        let Some(function) = functions.find(|function| function.logical_id == logical_id) else {
            return;
        };
        let place = function.environment.place;
        let mut environment = function
            .environment
            .known_value()
            .cloned()
            .unwrap_or_default();
        for (name, value) in variables {
            environment.insert(name, Field::known(value, place));
        }
        function.environment = Field::known(environment, place);
    }

    /// The resource with this logical id.
    pub fn resource(&self, logical_id: &str) -> Option<&Resource> {
        self.resources
            .iter()
            .find(|resource| resource.logical_id == logical_id)
    }
}

/// A parameter that has no default and was given no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterWithoutValue {
    /// Its name.
    pub name: String,
    /// Values that its declaration takes, made up, the likeliest first; none where none was found.
    pub examples: Vec<String>,
    /// Where it is declared.
    pub place: Place,
}

/// A condition that decides whether a resource exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// Its name in `Conditions`.
    pub name: String,
    /// Whether it holds for the given parameters; `None` when only AWS knows.
    pub holds: Option<bool>,
    /// Where the resource names it.
    pub place: Place,
}

impl Condition {
    /// Whether what is under it, or under none, is there for certain.
    pub fn is_met(condition: Option<&Self>) -> bool {
        condition.is_none_or(|condition| condition.holds == Some(true))
    }
}

/// A resource after expansion.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its logical id. A generated id whose hash needs the packaged code ends in `*` instead of the hash.
    pub logical_id: String,
    /// Its type, such as `AWS::Lambda::Alias`.
    pub r#type: String,
    /// Where it stands; for a generated one, where what generated it stands.
    pub place: Place,
    /// Whether SAM generated it.
    pub generated: bool,
    /// The resources it refers to or depends on, each with the place of the first reference.
    pub references: BTreeMap<String, Place>,
    /// The condition it exists under.
    pub condition: Option<Condition>,
    /// Its properties by name, in the template's order. One that `AWS::NoValue` removes is not there.
    pub properties: Properties,
    /// `DeletionPolicy`: what becomes of it when it leaves the stack. CloudFormation deletes it where there is none.
    pub deletion_policy: Option<Field<String>>,
    /// `UpdateReplacePolicy`: what becomes of the old one when another takes its place.
    pub update_replace_policy: Option<Field<String>>,
}

/// A resource's properties by their names, in the template's order.
pub type Properties = Ordered<Property>;

/// A property of a resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// What it is, with its place.
    pub value: Value,
    /// As it is written, as JSON with sorted keys, where the value is not wholly known: two unknowns that are written alike come
    /// from the same.
    pub written: Option<String>,
    /// The resources that it refers to.
    pub references: BTreeSet<String>,
}

impl Resource {
    /// What a property is, also where a function makes all of them together.
    pub(crate) fn property(&self, name: &str) -> Option<&Value> {
        let one = self.properties.get(name).map(|property| &property.value);
        one.or_else(|| self.properties.get(build::WHOLE)?.value.get(name))
    }

    /// What its place in an update goes by.
    fn dependent(&self) -> order::Dependent<'_> {
        order::Dependent {
            id: &self.logical_id,
            r#type: &self.r#type,
            references: &self.references,
        }
    }

    /// The logical ids it waits for in an update.
    pub fn waits_for(&self) -> BTreeSet<&str> {
        self.references.keys().map(String::as_str).collect()
    }
}

/// One of the stack's outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its name in `Outputs`.
    pub name: String,
    /// Its value.
    pub value: Field<String>,
    /// The name that other stacks import it by (`Export`).
    pub export: Option<Field<String>>,
    /// A resource that the name of its export depends on, which CloudFormation takes of none.
    pub export_refers_to: Option<String>,
    /// Whether the name of its export has the stack's in it.
    pub export_is_of_stack: bool,
    /// What the template says about it.
    pub description: Option<String>,
    /// The resources that its value refers to, each with the place of the first reference.
    pub references: BTreeMap<String, Place>,
    /// Whether it is there for certain: under a condition that holds, or under none.
    pub is_there: bool,
    /// Where it stands.
    pub place: Place,
}
