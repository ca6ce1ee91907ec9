//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`, explicit and implicit
//! (SAM translator, `model/api/api_generator.py`, `model/api/http_api_generator.py`, `plugins/api/implicit_api_plugin.py`).

use std::collections::{BTreeMap, HashMap};

use super::definition::define;
use super::event::ApiEvent;
use super::transform_time::TransformTime;
use super::{add, add_shared, api_checks, domain, generated, hash};
use crate::resource::{Resource, Resources};
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place, globals};

/// The APIs that events without an API get.
pub(super) fn implicit(
    events: &[ApiEvent],
    declared: &[Resource],
    all_globals: Option<&Node>,
    conditions: &mut HashMap<String, Node>,
) -> Vec<Resource> {
    let mut implicit = Vec::new();
    #[rustfmt::skip] // A table.
    let kinds = [
        ("ServerlessRestApi", "AWS::Serverless::Api", false, "ServerlessRestApiCondition"),
        ("ServerlessHttpApi", "AWS::Serverless::HttpApi", true, "ServerlessHttpApiCondition"),
    ];
    for (id, r#type, is_http, condition) in kinds {
        let first = events
            .iter()
            .find(|event| event.api == id && event.is_http == is_http);
        let Some(first) = first else { continue };
        if declared.iter().any(|resource| resource.logical_id == id) {
            continue;
        }
        let mut properties = Vec::new();
        if !is_http {
            properties.push(("StageName", Node::string("Prod", first.place)));
        }
        let properties = globals::merged(
            all_globals,
            id,
            r#type,
            Node::map(properties, first.place),
            None,
            &mut Vec::new(),
        );
        let mut resource = Resource::generated(id, r#type, properties, &first.function);
        resource.place = first.place;
        resource.condition = condition_of(events, id, condition, conditions);
        implicit.push(resource);
    }
    implicit
}

/// The condition of an implicit API: it exists where any of its functions does, if all of these are under conditions
/// (`_maybe_add_condition_to_implicit_api`). Several make a condition of their own, of this name.
fn condition_of(
    events: &[ApiEvent],
    api: &str,
    name: &str,
    conditions: &mut HashMap<String, Node>,
) -> Option<(String, Place)> {
    let own: Option<BTreeMap<&String, &(String, Place)>> = events
        .iter()
        .filter(|event| event.api == api)
        .map(|event| {
            let condition = event.function.condition.as_ref()?;
            Some((&condition.0, condition))
        })
        .collect();
    let own = own?;
    let first = *own.values().next()?;
    if own.len() == 1 {
        return Some(first.clone());
    }
    conditions.insert(name.to_owned(), super::any(own.into_values(), first.1));
    Some((name.to_owned(), first.1))
}

/// Expands a REST API: the API, its deployment, its stage.
pub(super) fn expand_rest(
    api: Resource,
    events: &[ApiEvent],
    transform_time: &TransformTime<'_>,
    resources: &mut Resources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let id = api.logical_id.clone();
    let place = api.place;
    let Some(stage_name) = api.properties.get("StageName").cloned() else {
        // The check of its properties has refused it.
        return;
    };
    // SAM leaves a definition that its author wrote alone, unless it is told to merge.
    let own = ["DefinitionBody", "DefinitionUri"]
        .into_iter()
        .any(|key| api.properties.given(key).is_some());
    let merges = matches!(api.properties.get("MergeDefinitions"), Some(node) if node.kind == NodeKind::Bool(true));
    let events: Vec<_> = events
        .iter()
        .filter(|event| event.api == id && !event.is_http && (!own || merges))
        .collect();
    let has_events = !events.is_empty();
    api_checks::check(&api, false, has_events, transform_time, diagnostics);
    domain::check(&api, true, transform_time, diagnostics);
    let more = more_of_api(&api, false, transform_time);
    let mut resource = api;
    "AWS::ApiGateway::RestApi".clone_into(&mut resource.r#type);
    define(&mut resource, false, &events, transform_time, diagnostics);
    keep_endpoint(&mut resource);
    // The deployment's logical id has a hash of the whole definition, as the translator prints it.
    let deployment_id = format!("{id}Deployment*");
    let deployment = Resource::generated(
        &deployment_id,
        "AWS::ApiGateway::Deployment",
        Node::map([("RestApiId", Node::reference(&id, place))], place),
        &resource,
    );
    let mut properties = vec![
        ("RestApiId", Node::reference(&id, place)),
        ("DeploymentId", Node::reference(&deployment_id, place)),
    ];
    move_to_stage(
        &mut resource,
        &mut properties,
        &[
            "StageName",
            "AccessLogSetting",
            "CanarySetting",
            "MethodSettings",
            "TracingEnabled",
            "Variables",
            "CacheClusterEnabled",
            "CacheClusterSize",
        ],
    );
    let mut stage = Resource::generated(
        stage_id(&id, &stage_name),
        "AWS::ApiGateway::Stage",
        Node::map(properties, place),
        &resource,
    );
    stage.place = stage_name.place;
    resources.refer(&id, "Stage", &stage.logical_id);
    resources.refer(&id, "Deployment", &deployment_id);
    for resource in [resource, deployment, stage] {
        add(resources, resource, diagnostics);
    }
    for made in more {
        add_shared(resources, &id, made, diagnostics);
    }
}

/// What an API makes besides: permissions of authorizers, a usage plan, a domain.
fn more_of_api(
    api: &Resource,
    is_http: bool,
    transform_time: &TransformTime<'_>,
) -> Vec<(Resource, Option<&'static str>)> {
    let resolved = |key: &str| {
        let node = api.properties.given(key);
        node.map(|node| transform_time.resolve(node))
    };
    let mut made = generated::of_auth(api, is_http, resolved("Auth").as_ref());
    if let Some(domain) = resolved("Domain") {
        made.extend(generated::of_domain(api, is_http, &domain));
    }
    made
}

/// Expands an HTTP API: the API and its stage.
pub(super) fn expand_http(
    api: Resource,
    events: &[ApiEvent],
    transform_time: &TransformTime<'_>,
    resources: &mut Resources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let id = api.logical_id.clone();
    let place = api.place;
    let stage_name = api
        .properties
        .get("StageName")
        .cloned()
        .unwrap_or_else(|| Node::string("$default", place));
    let events: Vec<_> = events
        .iter()
        .filter(|event| event.api == id && event.is_http)
        .collect();
    let has_events = !events.is_empty();
    api_checks::check(&api, true, has_events, transform_time, diagnostics);
    domain::check(&api, false, transform_time, diagnostics);
    let more = more_of_api(&api, true, transform_time);
    let mut resource = api;
    "AWS::ApiGatewayV2::Api".clone_into(&mut resource.r#type);
    define(&mut resource, true, &events, transform_time, diagnostics);
    let mut properties = vec![
        ("ApiId", Node::reference(&id, place)),
        ("StageName", stage_name.clone()),
        // SAM's HTTP APIs deploy by themselves (SAM translator, `model/api/http_api_generator.py`, `_construct_stage`).
        ("AutoDeploy", Node::string("true".to_owned(), place)),
    ];
    move_to_stage(
        &mut resource,
        &mut properties,
        &[
            "AccessLogSettings",
            "DefaultRouteSettings",
            "RouteSettings",
            "StageVariables",
        ],
    );
    let logical_id = match stage_name.as_str() {
        Some("$default") => format!("{id}ApiGatewayDefaultStage"),
        _ => stage_id(&id, &stage_name),
    };
    let mut stage = Resource::generated(
        logical_id,
        "AWS::ApiGatewayV2::Stage",
        Node::map(properties, place),
        &resource,
    );
    stage.place = stage_name.place;
    resources.refer(&id, "Stage", &stage.logical_id);
    for resource in [resource, stage] {
        add(resources, resource, diagnostics);
    }
    for made in more {
        add_shared(resources, &id, made, diagnostics);
    }
}

/// What belongs to the stage leaves the API: its references are the stage's.
fn move_to_stage(api: &mut Resource, stage: &mut Vec<(&'static str, Node)>, keys: &[&'static str]) {
    if let NodeKind::Map(map) = &mut api.properties.kind {
        for &key in keys {
            if let Some(entry) = map.shift_remove(key)
                && !stage.iter().any(|(known, _)| *known == key)
            {
                stage.push((key, entry.value));
            }
        }
    }
}

/// What SAM takes of `EndpointConfiguration`, the ids in either spelling: it drops the rest, references and all (SAM translator, `_set_endpoint_configuration`).
const ENDPOINT: [&str; 4] = ["Type", "VPCEndpointIds", "VpcEndpointIds", "IpAddressType"];

/// Drops of an API's endpoint what SAM drops.
fn keep_endpoint(api: &mut Resource) {
    let NodeKind::Map(map) = &mut api.properties.kind else {
        return;
    };
    let endpoint = map.get_mut("EndpointConfiguration");
    if let Some(endpoint) = endpoint
        && endpoint.value.get("Type").is_some()
        && let NodeKind::Map(map) = &mut endpoint.value.kind
    {
        map.retain(|key, _| ENDPOINT.contains(&key.as_str()));
    }
}

/// The stage's logical id carries its name where that is plain, and a hash of it, or nothing, where it is not.
fn stage_id(api: &str, name: &Node) -> String {
    match name.as_str() {
        Some(name) if !name.is_empty() && name.chars().all(char::is_alphanumeric) => {
            format!("{api}{name}Stage")
        }
        Some(name) => format!("{api}Stage{}", hash::of_text(name)),
        None => format!("{api}Stage"),
    }
}
