//! Functions and aliases whose place an update gives to others: the new one has the logical id too, and both are there until the update
//! is over.

use std::collections::BTreeSet;

use super::Stack;
use crate::Field;

/// What follows a logical id in the name of what it meant before. No logical id has such characters.
const REPLACED: &str = " (replaced)";

/// What a resource is called whose place another takes.
///
/// ```
/// use rehearsal_template::stack::{logical_id_of, replaced};
///
/// assert_eq!(replaced("Orders"), "Orders (replaced)");
/// assert_eq!(logical_id_of("Orders (replaced)"), "Orders");
/// assert_eq!(logical_id_of("Orders"), "Orders");
/// ```
pub fn replaced(logical_id: &str) -> String {
    format!("{logical_id}{REPLACED}")
}

/// The logical id that a resource has in its template, whether another takes its place or not.
pub fn logical_id_of(name: &str) -> &str {
    name.strip_suffix(REPLACED).unwrap_or(name)
}

impl Stack {
    /// Gives the functions and aliases with these logical ids names of their own, wherever the stack has them.
    pub fn set_apart(&mut self, logical_ids: &BTreeSet<String>) {
        let rename = |id: &mut String| {
            if logical_ids.contains(id.as_str()) {
                *id = replaced(id);
            }
        };
        let rename_field = |field: &mut Field<String>| {
            if let Ok(id) = &mut field.value {
                rename(id);
            }
        };
        for function in &mut self.functions {
            rename(&mut function.logical_id);
            for config in &mut function.event_invoke_configs {
                let destinations = [&mut config.on_success, &mut config.on_failure];
                for destination in destinations.into_iter().flatten() {
                    destination.function.as_mut().map(rename);
                }
            }
        }
        for version in &mut self.versions {
            rename_field(&mut version.function);
        }
        for alias in &mut self.aliases {
            rename(&mut alias.logical_id);
            rename_field(&mut alias.function);
            let deployment = alias.deployment.as_mut();
            let hooks = deployment.map(|deployment| {
                let before = deployment.before_allow_traffic_hook.as_mut();
                [before, deployment.after_allow_traffic_hook.as_mut()]
            });
            for hook in hooks.into_iter().flatten().flatten() {
                hook.function.as_mut().map(rename);
            }
        }
        for route in self.apis.iter_mut().flat_map(|api| &mut api.routes) {
            rename_field(&mut route.function);
        }
        for resource in &mut self.resources {
            rename(&mut resource.logical_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Inputs, read_str};

    #[test]
    fn what_is_set_apart_is_found_under_its_own_name_and_what_refers_to_it_follows() {
        let template = "
Transform: AWS::Serverless-2016-10-31
Globals: {Api: {OpenApiVersion: 3.0.1}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: 's3://b/k', AutoPublishAlias: live, Events: {Get: {Type: Api, Properties: {Path: /, Method: get}}}}
  Other:
    Type: AWS::Serverless::Function
    Properties: {Runtime: provided.al2023, Handler: b, CodeUri: 's3://b/k', AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce, Hooks: {PreTraffic: !Ref Orders}}}
";
        let mut stack = read_str("t.yaml", template, &Inputs::new("app")).unwrap();
        stack.set_apart(&["Orders", "OrdersAliaslive"].map(str::to_owned).into());
        let function = stack.function("Orders (replaced)").unwrap();
        assert_eq!(function.name.known_value().unwrap(), "app-Orders");
        let alias = &stack.aliases[0];
        assert_eq!(alias.logical_id, "OrdersAliaslive (replaced)");
        assert_eq!(alias.function.known_value().unwrap(), "Orders (replaced)");
        assert_eq!(
            stack.versions[0].function.known_value().unwrap(),
            "Orders (replaced)"
        );
        let route = &stack.apis[0].routes[0];
        assert_eq!(route.function.known_value().unwrap(), "Orders (replaced)");
        let other = stack.aliases[1].deployment.as_ref().unwrap();
        let hook = other.before_allow_traffic_hook.as_ref().unwrap();
        assert_eq!(hook.function.as_deref(), Some("Orders (replaced)"));
        assert_eq!(stack.aliases[1].logical_id, "OtherAliaslive");
        assert!(stack.resource("Orders").is_none());
        assert!(stack.resource("OrdersAliaslive (replaced)").is_some());
    }
}
