//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`, explicit and implicit
//! (SAM translator, `model/api/api_generator.py`, `model/api/http_api_generator.py`, `plugins/api/implicit_api_plugin.py`).

use super::early::Early;
use super::event::{ANY_METHOD, ApiEvent};
use super::{add, hash, sub};
use crate::resource::{Resource, Resources};
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Place, globals};

/// The APIs that events without an API get.
pub(super) fn implicit(
    events: &[ApiEvent],
    declared: &[Resource],
    all_globals: Option<&Node>,
) -> Vec<Resource> {
    let mut implicit = Vec::new();
    for (id, r#type, is_http) in [
        ("ServerlessRestApi", "AWS::Serverless::Api", false),
        ("ServerlessHttpApi", "AWS::Serverless::HttpApi", true),
    ] {
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
            r#type,
            Node::map(properties, first.place),
            None,
        );
        let mut resource = Resource::generated(id, r#type, properties, &first.function);
        resource.place = first.place;
        resource.condition = None;
        implicit.push(resource);
    }
    implicit
}

/// Expands a REST API: the API, its deployment, its stage.
pub(super) fn expand_rest(
    api: Resource,
    events: &[ApiEvent],
    early: &Early<'_>,
    resources: &mut Resources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let id = api.logical_id.clone();
    let place = api.place;
    let Some(stage_name) = api.properties.get("StageName").cloned() else {
        diagnostics.push(
            Diagnostic::error("sam::api", "the API has no `StageName`", place)
                .resource(&id)
                .help("name the stage, such as `StageName: live`"),
        );
        return;
    };
    // SAM leaves a definition that its author wrote alone, unless it is told to merge.
    let own = api.properties.get("DefinitionBody").is_some()
        || api.properties.get("DefinitionUri").is_some();
    let merges = matches!(api.properties.get("MergeDefinitions"), Some(node) if node.kind == NodeKind::Bool(true));
    let events: Vec<_> = events
        .iter()
        .filter(|event| event.api == id && !event.is_http && (!own || merges))
        .collect();
    let mut resource = api;
    "AWS::ApiGateway::RestApi".clone_into(&mut resource.r#type);
    define(&mut resource, &events, early, diagnostics);
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
}

/// Expands an HTTP API: the API and its stage.
pub(super) fn expand_http(
    api: Resource,
    events: &[ApiEvent],
    early: &Early<'_>,
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
    let mut resource = api;
    "AWS::ApiGatewayV2::Api".clone_into(&mut resource.r#type);
    define(&mut resource, &events, early, diagnostics);
    let mut properties = vec![
        ("ApiId", Node::reference(&id, place)),
        ("StageName", stage_name.clone()),
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

/// Gives the API its `OpenAPI` definition: the author's, with the events' routes added.
fn define(
    api: &mut Resource,
    events: &[&ApiEvent],
    early: &Early<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let place = api.place;
    let auth = api.properties.get("Auth").map(|auth| early.resolve(auth));
    let NodeKind::Map(properties) = &mut api.properties.kind else {
        return;
    };
    // The definition carries what `Auth` says; its references to authorizer functions must keep counting.
    if let Some(entry) = properties.shift_remove("DefinitionUri") {
        properties.insert("BodyS3Location".to_owned(), entry);
        return;
    }
    let own = properties.shift_remove("DefinitionBody");
    let mut body = own.map_or_else(
        || {
            let title = Node::map([("title", Node::reference("AWS::StackName", place))], place);
            Node::map(
                [("info", title), ("paths", Node::map::<String>([], place))],
                place,
            )
        },
        |entry| entry.value,
    );
    if !events.is_empty()
        && let NodeKind::Map(definition) = &mut body.kind
    {
        let paths = definition
            .entry("paths".to_owned())
            .or_insert_with(|| Entry {
                key_place: place,
                value: Node::map::<String>([], place),
            });
        if let NodeKind::Map(paths) = &mut paths.value.kind {
            for event in events {
                add_route(paths, event, auth.as_ref(), diagnostics);
            }
        }
    }
    let key_place = body.place;
    properties.insert(
        "Body".to_owned(),
        Entry {
            key_place,
            value: body,
        },
    );
}

fn add_route(
    paths: &mut Map,
    event: &ApiEvent,
    auth: Option<&Node>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let place = event.place;
    let path = paths.entry(event.path.clone()).or_insert_with(|| Entry {
        key_place: place,
        value: Node::map::<String>([], place),
    });
    let NodeKind::Map(methods) = &mut path.value.kind else {
        return;
    };
    if let Some(known) = methods.get(&event.method) {
        let method = if event.method == ANY_METHOD {
            "any"
        } else {
            &event.method
        };
        diagnostics.push(
            Diagnostic::error(
                "sam::event",
                format!(
                    "API method \"{method}\" defined multiple times for path \"{}\".",
                    event.path
                ),
                place,
            )
            .resource(&event.function.logical_id)
            .help(format!("the other is in line {}", known.key_place.line)),
        );
        return;
    }
    let mut value = operation(event, auth);
    if let Some((condition, at)) = &event.function.condition {
        let branches = vec![
            Node::string(condition, *at),
            value,
            Node::reference("AWS::NoValue", place),
        ];
        value = Node::map([("Fn::If", Node::list(branches, place))], place);
    }
    methods.insert(
        event.method.clone(),
        Entry {
            key_place: place,
            value,
        },
    );
}

fn operation(event: &ApiEvent, auth: Option<&Node>) -> Node {
    let place = event.place;
    let text = |text: &str| Node::string(text, place);
    let target = match &event.alias {
        Some(alias) => format!("${{{alias}}}"),
        None => format!("${{{}.Arn}}", event.function.logical_id),
    };
    let uri = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{target}/invocations"
    );
    let mut integration = vec![
        ("type", text("aws_proxy")),
        ("httpMethod", text("POST")),
        ("uri", sub(uri, place)),
    ];
    if event.is_http {
        integration.push((
            "payloadFormatVersion",
            event.payload_format.clone().unwrap_or_else(|| text("2.0")),
        ));
    }
    let mut operation = vec![(
        "x-amazon-apigateway-integration",
        Node::map(integration, place),
    )];
    operation.extend(authorization(event, auth));
    Node::map(operation, place)
}

/// Who may call the route: the event's authorizer, or the API's default.
fn authorization(event: &ApiEvent, auth: Option<&Node>) -> Option<(&'static str, Node)> {
    let authorizer = event.authorizer.clone().or_else(|| {
        let default = auth?.get("DefaultAuthorizer")?;
        let spares_preflight = matches!(
            auth?.get("AddDefaultAuthorizerToCorsPreflight"),
            Some(node) if node.kind == NodeKind::Bool(false)
        );
        (!(spares_preflight && event.method == "options")).then(|| default.clone())
    })?;
    if authorizer.is_no_value() {
        return None;
    }
    let place: Place = authorizer.place;
    match authorizer.as_str() {
        Some(name) if name != "AWS_IAM" && name != "NONE" => {
            let requirement = Node::map([(name, Node::list(Vec::new(), place))], place);
            Some(("security", Node::list(vec![requirement], place)))
        }
        // What SAM could not resolve stays in the definition, for resolution to say what it depends on.
        _ => Some((
            "x-amazon-apigateway-auth",
            Node::map([("type", authorizer)], place),
        )),
    }
}
