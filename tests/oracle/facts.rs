//! What the reader makes of a template, in the words of `translator.py`.

use std::collections::BTreeMap;

use rehearsal_aws::apigateway::route::{Authorization, PayloadFormat};
use rehearsal_aws::apigateway::stage::ApiKind;
use rehearsal_template::stack::{Alias, Condition, DeploymentGroup, Hook, Route};
use rehearsal_template::{Field, Stack};
use serde_json::{Map, Value, json};

/// What stands for a value that only a deployment knows.
const UNKNOWN: &str = "?";

/// The types that are not compared: their logical ids have a hash of all that they hold, or they are read as they are written.
const NOT_COMPARED: [&str; 5] = [
    "AWS::ApiGateway::Deployment",
    "AWS::CloudFormation::Stack",
    "AWS::Lambda::LayerVersion",
    "AWS::Serverless::Application",
    "AWS::Serverless::LayerVersion",
];

/// The facts of a stack.
pub fn of(stack: &Stack) -> Value {
    let aliases = stack.aliases.iter().chain(&stack.aliases_left_out);
    // A function URL has no definition to read routes from.
    let apis = stack
        .apis
        .iter()
        .filter(|api| api.kind != ApiKind::FunctionUrl);
    let routes = apis.flat_map(|api| {
        let route = |found: &Route| route(&api.logical_id, found);
        api.routes.iter().map(route).collect::<Vec<_>>()
    });
    let resources = stack
        .resources
        .iter()
        .map(|resource| (resource.logical_id.clone(), json!(resource.r#type)));
    json!({
        "deployments": aliases.map(|alias| deployment(stack, alias)).collect::<Vec<_>>(),
        "groups": stack.deployment_groups.iter().map(|found| group(stack, found)).collect::<Vec<_>>(),
        "routes": routes.collect::<Vec<_>>(),
        "resources": resources.collect::<Map<_, _>>(),
    })
}

fn deployment(stack: &Stack, alias: &Alias) -> Value {
    let mut facts = json!({
        "alias_logical_id": alias.logical_id,
        "alias": text(&alias.name),
        "function": text(&alias.function),
        "version": alias.version,
        "condition": condition(alias.condition.as_ref()),
        "deployed": alias.deployment.is_some(),
    });
    if let Some(deployment) = &alias.deployment {
        let hook = |hook: &Option<Hook>| match hook {
            None => Value::Null,
            Some(hook) => hook
                .function
                .as_ref()
                .map_or_else(|| text(&hook.name), |id| json!(id)),
        };
        facts["pre_traffic_hook"] = hook(&deployment.before_allow_traffic_hook);
        facts["post_traffic_hook"] = hook(&deployment.after_allow_traffic_hook);
        if alias
            .condition
            .as_ref()
            .is_none_or(|condition| condition.holds != Some(false))
        {
            facts["application"] = application(stack, &deployment.application);
        }
        facts["deployment_group"] = match &deployment.group.value {
            Ok(group) => json!(group.logical_id),
            Err(_) => text(&deployment.group_name),
        };
    }
    facts
}

fn group(stack: &Stack, group: &DeploymentGroup) -> Value {
    let alarms = match &group.alarms.value {
        Ok(alarms) => alarms
            .iter()
            .map(|alarm| {
                let id = alarm.logical_id.as_ref();
                id.map_or_else(|| text(&alarm.name), |id| json!(id))
            })
            .collect(),
        Err(_) => json!(UNKNOWN),
    };
    let role = group.role.as_ref().map(|role| {
        let id = role.logical_id.as_ref();
        id.map_or_else(|| text(&role.arn), |id| json!(id))
    });
    json!({
        "deployment_group": group.logical_id,
        "application": application(stack, &group.application),
        "deployment_config": group.config.as_ref().map_or_else(|| text(&group.config_name), |id| json!(id)),
        "alarms": alarms,
        "role": role,
        "rollback": group.auto_rollback_events.value.as_ref().map_or_else(|_| json!(UNKNOWN), |events| json!(events)),
        "condition": condition(group.condition.as_ref()),
    })
}

/// The application's logical id: its name is the stack's and the logical id.
fn application(stack: &Stack, name: &Field<String>) -> Value {
    let id = name.known_value().and_then(|name| {
        let (_, id) = name.split_once(&format!("{}-", stack.name))?;
        stack.resource(id).map(|found| json!(found.logical_id))
    });
    id.unwrap_or_else(|| text(name))
}

fn route(api: &str, route: &Route) -> Value {
    json!({
        "api": api,
        "method": route.method,
        "path": route.path,
        "function": text(&route.function),
        "qualifier": route.qualifier,
        "authorization": match &route.authorization.value {
            Err(_) => UNKNOWN,
            Ok(Authorization::Iam) => "AWS_IAM",
            Ok(Authorization::None) => "NONE",
            Ok(Authorization::Authorizer { name, .. }) => name,
        },
        "payload": match route.payload_format {
            PayloadFormat::V1 => "1.0",
            PayloadFormat::V2 => "2.0",
        },
    })
}

fn condition(condition: Option<&Condition>) -> Value {
    condition.map_or(
        Value::Null,
        |condition| json!({"name": condition.name, "holds": condition.holds}),
    )
}

fn text(field: &Field<String>) -> Value {
    json!(field.known_value().map_or(UNKNOWN, String::as_str))
}

/// Facts in a form in which order and what cannot be known do not matter.
///
/// The hash in a version's logical id needs the place in S3 that the code gets: where the code is local, `*` stands for it.
pub fn comparable(mut facts: Value, local_code: &[String]) -> Value {
    if let Some(resources) = facts["resources"].as_object_mut() {
        *resources = std::mem::take(resources)
            .into_iter()
            .filter(|(_, kind)| NOT_COMPARED.iter().all(|left_out| kind != left_out))
            .map(|(id, kind)| (without_hash(&id, local_code), kind))
            .collect();
    }
    for list in ["deployments", "groups", "routes"] {
        let Some(items) = facts[list].as_array_mut() else {
            continue;
        };
        for item in items.iter_mut() {
            if let Some(version) = item.get("version").and_then(Value::as_str) {
                item["version"] = json!(without_hash(version, local_code));
            }
        }
        items.sort_by_key(ToString::to_string);
    }
    facts
}

fn without_hash(id: &str, local_code: &[String]) -> String {
    let hashed = local_code
        .iter()
        .map(|function| format!("{function}Version"))
        .find(|prefix| {
            id.strip_prefix(prefix.as_str())
                .is_some_and(|hash| hash.len() == 10)
        });
    hashed.map_or_else(|| id.to_owned(), |prefix| prefix + "*")
}

/// How many resources there are of each type.
pub fn count_types(facts: &Value, counts: &mut BTreeMap<String, usize>) {
    for kind in facts["resources"]
        .as_object()
        .into_iter()
        .flat_map(Map::values)
    {
        *counts
            .entry(kind.as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
}

/// How many values there are to compare.
pub fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.values().map(count).sum(),
        _ => 1,
    }
}

/// Where two values differ: the path, and both sides.
pub fn differences(ours: &Value, theirs: &Value, path: &str, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            let keys: std::collections::BTreeSet<_> = ours.keys().chain(theirs.keys()).collect();
            for key in keys {
                let (mine, other) = (ours.get(key), theirs.get(key));
                let path = format!("{path}/{key}");
                differences(
                    mine.unwrap_or(&json!("(missing)")),
                    other.unwrap_or(&json!("(missing)")),
                    &path,
                    found,
                );
            }
        }
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => {
            for (index, (mine, other)) in ours.iter().zip(theirs).enumerate() {
                differences(mine, other, &format!("{path}/{index}"), found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: the reader {ours}, SAM {theirs}")),
    }
}
