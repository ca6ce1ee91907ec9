//! What SAM makes of a template: its macro resources become plain CloudFormation, with the translator's logical ids.
//!
//! - `function`, `api`, `state_machine`: SAM's own types of resources. `checks`: what it refuses of a function; `cors`:
//!   of preflights; `policies`: of policies, whose templates are in `policy_table`.
//! - `api_checks`: what it refuses of an API, `authorizer_checks` of its authorizers, `domain` of its domain; `event_source`: of events that are
//!   polled, `event_request` of those of APIs; `websocket` and `other_types`: of what is not expanded here. `refused`: why it refuses, as these say it.
//! - `properties`: which properties they have. `property_kind`: of what kinds. `property_table`: all of them.
//! - `publish`: a function's version and alias. `version`: the hash in a version's logical id. `hash`: how SAM hashes.
//! - `preference`: a deployment preference, which becomes a deployment group. `destination`: what becomes of failed events. `role`: roles.
//! - `event`: the events of functions and state machines. `definition`: the routes that they add to an API. `authorizer`: who may call them,
//!   and `api_key`: with a key.
//! - `generated`: what SAM makes besides, of events and of an API's keys, authorizers and domain. `trigger`: events that it writes into what sends
//!   them.
//! - `connector`: what connectors connect. `transform_time`: what SAM resolves itself.

mod api;
mod api_checks;
mod api_key;
mod authorizer;
mod authorizer_checks;
mod checks;
mod connector;
mod cors;
mod definition;
mod destination;
mod domain;
mod event;
mod event_request;
mod event_source;
mod function;
mod generated;
mod hash;
mod other_types;
mod policies;
mod policy_table;
mod preference;
pub(crate) mod properties;
mod property_kind;
mod property_table;
mod publish;
mod refused;
mod role;
mod state_machine;
mod transform_time;
mod trigger;
mod version;
mod websocket;

use crate::document::{Declared, Document};
use crate::resource::{Resource, Resources, ServerlessFunction};
use crate::stack::NotRehearsed;
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place, globals};

use event::ApiEvent;
use function::Expansion;
use preference::Group;
pub(crate) use transform_time::TransformTime;

/// What expansion makes of a document.
pub(crate) struct Expanded {
    pub(crate) resources: Resources,
    /// Parts of macro resources that have no part in a rehearsal.
    pub(crate) not_rehearsed: Vec<NotRehearsed>,
}

/// Expands a document. Plain CloudFormation passes through.
pub(crate) fn expand(
    document: &mut Document,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Expanded {
    let globals = document.globals.take();
    globals::check(globals.as_ref(), diagnostics);
    let mut expanded = Expanded {
        resources: Resources {
            is_open: !document.left_open.is_empty(),
            has_extensions: document.has_extensions,
            connected: connector::connected(document.resources.values()),
            not_expanded: connector::embedded(document.resources.values()),
            ..Resources::default()
        },
        not_rehearsed: Vec::new(),
    };
    let connectors = connector::named(document.resources.values());
    if document.is_sam {
        let declared = document.resources.values();
        declared.for_each(|declared| connector::check_embedded(declared, diagnostics));
    }
    let declared = with_globals(document, globals.as_ref(), diagnostics);
    refuse_without_transform(document.is_sam, &declared, diagnostics);

    // First, for events make the routes of the APIs.
    let mut events = Vec::new();
    let mut functions = functions(
        &declared,
        transform_time,
        &mut events,
        &mut expanded,
        diagnostics,
    );
    let triggers = functions
        .iter_mut()
        .flat_map(|function| std::mem::take(&mut function.triggers))
        .collect::<Vec<_>>();
    for machine in of_type(&declared, "AWS::Serverless::StateMachine") {
        let (mut of_machine, mut left_out) = event::read(machine, None, diagnostics);
        events.append(&mut of_machine);
        expanded.not_rehearsed.append(&mut left_out);
    }
    let implicit = api::implicit(
        &events,
        &declared,
        globals.as_ref(),
        &mut expanded.resources.conditions,
    );
    event::check_apis(&events, &declared, &implicit, diagnostics);
    event_request::check(&events, &declared, &implicit, diagnostics);

    let resources = &mut expanded.resources;
    let mut functions = functions.into_iter();
    let mut groups = Vec::new();
    for resource in declared.into_iter().chain(implicit) {
        if resource.r#type == "AWS::Serverless::Function" {
            if let Some(expansion) = functions.next() {
                groups.extend(expansion.add_to(resources, diagnostics).map(|group| *group));
            }
        } else {
            other(resource, &events, transform_time, resources, diagnostics);
        }
    }
    for trigger in triggers {
        trigger.add_to(resources, diagnostics);
    }
    for resource in event::permissions(&events, resources) {
        add(resources, resource, diagnostics);
    }
    add_groups(groups, resources, diagnostics);
    connector::check_ends(connectors, resources, diagnostics);
    expanded
}

fn of_type<'r>(declared: &'r [Resource], r#type: &str) -> impl Iterator<Item = &'r Resource> {
    let declared = declared.iter();
    declared.filter(move |resource| resource.r#type == r#type)
}

/// The functions, each expanded by itself, in their order. Their events are added to the others.
fn functions(
    declared: &[Resource],
    transform_time: &TransformTime<'_>,
    events: &mut Vec<ApiEvent>,
    expanded: &mut Expanded,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Expansion> {
    let functions = of_type(declared, "AWS::Serverless::Function").map(|resource| {
        let preference = resource.properties.get("DeploymentPreference");
        let before = ServerlessFunction {
            properties: resource.properties.clone(),
            preference: preference.map(|node| transform_time.resolve(node)),
        };
        let functions_before = &mut expanded.resources.serverless_functions;
        functions_before.insert(resource.logical_id.clone(), before);
        let mut expansion = function::expand(resource, transform_time, diagnostics);
        events.append(&mut expansion.api_events);
        expanded.not_rehearsed.append(&mut expansion.not_rehearsed);
        expansion
    });
    functions.collect()
}

/// Expands a resource that is no function of SAM's, and adds what comes of it.
fn other(
    resource: Resource,
    events: &[ApiEvent],
    transform_time: &TransformTime<'_>,
    resources: &mut Resources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    match resource.r#type.as_str() {
        "AWS::Serverless::Api" => {
            api::expand_rest(resource, events, transform_time, resources, diagnostics);
        }
        "AWS::Serverless::HttpApi" => {
            api::expand_http(resource, events, transform_time, resources, diagnostics);
        }
        "AWS::Serverless::StateMachine" => {
            state_machine::expand(resource, transform_time, resources, diagnostics);
        }
        "AWS::Serverless::SimpleTable" => {
            diagnostics.extend(wrong_key(&resource));
            add(resources, simple_table(resource), diagnostics);
        }
        r#type if r#type.starts_with("AWS::Serverless::") => {
            if r#type == "AWS::Serverless::WebSocketApi" {
                websocket::check(&resource, transform_time, diagnostics);
            }
            other_types::check(&resource, transform_time, diagnostics);
            add_unexpanded(resources, resource, diagnostics);
        }
        _ => add(resources, resource, diagnostics),
    }
}

/// Adds the functions' deployment groups, and before them what they share.
fn add_groups(groups: Vec<Group>, resources: &mut Resources, diagnostics: &mut Vec<Diagnostic>) {
    let (shared, condition) = preference::shared(&groups);
    let condition = condition.map(|(name, node)| (name.to_owned(), node));
    resources.conditions.extend(condition);
    let groups = groups.into_iter().map(|group| group.resource);
    for resource in shared.into_iter().chain(groups) {
        add(resources, resource, diagnostics);
    }
}

/// The declared resources with the globals of their types, each property checked.
fn with_globals(
    document: &mut Document,
    globals: Option<&Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resource> {
    let merge = |declared: Declared| {
        let mut resource = declared.resource;
        resource.properties = globals::merged(
            globals,
            &resource.logical_id,
            &resource.r#type,
            resource.properties,
            declared.ignore_globals.as_ref(),
            diagnostics,
        );
        if resource.r#type.starts_with("AWS::Serverless::") {
            check_properties(&mut resource, diagnostics);
            diagnostics.extend(reserved_tag(&resource));
        }
        resource
    };
    std::mem::take(&mut document.resources)
        .into_values()
        .map(merge)
        .collect()
}

/// Refuses properties that the type does not have. To SAM, a property that is null is not there.
fn check_properties(resource: &mut Resource, diagnostics: &mut Vec<Diagnostic>) {
    if let NodeKind::Map(map) = &mut resource.properties.kind {
        map.retain(|_, entry| entry.value.kind != NodeKind::Null);
        properties::check(
            &resource.r#type,
            map,
            &resource.logical_id,
            resource.place,
            diagnostics,
        );
    }
}

/// A tag that SAM keeps for itself (`model/__init__.py`, `_construct_tag_list`).
fn reserved_tag(resource: &Resource) -> Option<Diagnostic> {
    const RESERVED: [&str; 3] = [
        "lambda:createdBy",
        "serverlessrepo:applicationId",
        "serverlessrepo:semanticVersion",
    ];
    const OF: [&str; 2] = ["AWS::Serverless::Function", "AWS::Serverless::Application"];
    let tags = resource.properties.get("Tags")?.as_map()?;
    let tag = RESERVED.into_iter().find(|tag| tags.contains_key(tag));
    let tag = tag.filter(|_| OF.contains(&resource.r#type.as_str()))?;
    let message = format!(
        "{tag} is a reserved Tag key name and cannot be set on your resource. Please change the tag key in the input."
    );
    let refused = Diagnostic::error("sam::property", message, tags.get(tag)?.key_place);
    Some(refused.resource(&resource.logical_id))
}

/// Adds a resource of SAM's own of which it makes more than is expanded here.
fn add_unexpanded(
    resources: &mut Resources,
    resource: Resource,
    diagnostics: &mut Vec<Diagnostic>,
) {
    resources.not_expanded.push(resource.logical_id.clone());
    if resource.r#type == "AWS::Serverless::GraphQLApi" {
        for resource in generated::graphql_api(resource) {
            add(resources, resource, diagnostics);
        }
    } else {
        add(resources, resource, diagnostics);
    }
}

/// Adds a resource that several others may generate, once, and lets templates refer to it by a name of its owner's.
fn add_shared(
    resources: &mut Resources,
    owner: &str,
    (resource, name): (Resource, Option<&'static str>),
    diagnostics: &mut Vec<Diagnostic>,
) {
    if let Some(name) = name {
        resources.refer(owner, name, &resource.logical_id);
    }
    let is_there = resources.by_id.get(&resource.logical_id);
    if is_there.is_none_or(|there| there.generated_for.is_none()) {
        add(resources, resource, diagnostics);
    }
}

/// Adds a resource, unless its id is taken.
fn add(resources: &mut Resources, resource: Resource, diagnostics: &mut Vec<Diagnostic>) {
    let Some(known) = resources.by_id.get(&resource.logical_id) else {
        resources
            .by_id
            .insert(resource.logical_id.clone(), resource);
        return;
    };
    // One of the two is generated: a map has each key once.
    let (generated, declared) = if resource.generated_for.is_some() {
        (&resource, known)
    } else {
        (known, &resource)
    };
    let message = format!(
        "Transforming resource with id [{}] attempts to create a new resource with id [{}] and type \"{}\". A resource \
         with that id already exists within this template. Please use a different id for that resource.",
        generated.generated_for.as_deref().unwrap_or_default(),
        generated.logical_id,
        generated.r#type
    );
    let line = generated.place.line;
    diagnostics.push(
        Diagnostic::error("sam::duplicate-id", message, declared.place)
            .resource(&declared.logical_id)
            .help(format!(
                "rename it: what stands in line {line} makes the other"
            )),
    );
}

fn refuse_without_transform(
    is_sam: bool,
    declared: &[Resource],
    diagnostics: &mut Vec<Diagnostic>,
) {
    if is_sam {
        return;
    }
    if let Some(first) = declared
        .iter()
        .find(|resource| resource.r#type.starts_with("AWS::Serverless::"))
    {
        diagnostics.push(
            Diagnostic::error(
                "sam::no-transform",
                format!(
                    "`{}` needs SAM's transform, which the template does not name",
                    first.r#type
                ),
                first.place,
            )
            .resource(&first.logical_id)
            .help("add `Transform: AWS::Serverless-2016-10-31`"),
        );
    }
}

/// What SAM refuses of a table's key.
fn wrong_key(table: &Resource) -> Option<Diagnostic> {
    let key = table.properties.get("PrimaryKey")?;
    if key.is_empty() || key.as_map().is_none() || key.intrinsic().is_some() {
        return None;
    }
    let missing = ["Name", "Type"]
        .into_iter()
        .find(|name| key.non_null(name).is_none());
    let message = if let Some(name) = missing {
        format!("Property 'PrimaryKey.{name}' is required.")
    } else {
        let text = key.get("Type")?.as_str()?;
        if ["String", "Number", "Binary"].contains(&text) {
            return None;
        }
        format!("Invalid 'Type' \"{text}\".")
    };
    let refused = Diagnostic::error("sam::table", message, key.place);
    Some(refused.resource(&table.logical_id))
}

/// `AWS::Serverless::SimpleTable` (SAM translator, `model/sam_resources.py`, `SamSimpleTable`).
fn simple_table(mut resource: Resource) -> Resource {
    let place = resource.place;
    let text = |text: &str| Node::string(text, place);
    let key = resource.properties.get("PrimaryKey");
    let name = key
        .and_then(|key| key.get("Name"))
        .cloned()
        .unwrap_or_else(|| text("id"));
    let r#type = match key.and_then(|key| key.get("Type")).and_then(Node::as_str) {
        Some("Number") => "N",
        Some("Binary") => "B",
        _ => "S",
    };
    let definition = Node::map(
        [
            ("AttributeName", name.clone()),
            ("AttributeType", text(r#type)),
        ],
        place,
    );
    let schema = Node::map([("AttributeName", name), ("KeyType", text("HASH"))], place);
    let mut properties = vec![
        ("AttributeDefinitions", Node::list(vec![definition], place)),
        ("KeySchema", Node::list(vec![schema], place)),
    ];
    if resource.properties.get("ProvisionedThroughput").is_none() {
        properties.push(("BillingMode", text("PAY_PER_REQUEST")));
    }
    for key in ["TableName", "ProvisionedThroughput", "SSESpecification"] {
        if let Some(value) = resource.properties.get(key) {
            properties.push((key, value.clone()));
        }
    }
    resource.properties = Node::map(properties, place);
    "AWS::DynamoDB::Table".clone_into(&mut resource.r#type);
    resource
}

/// A condition that holds where any of these does (SAM translator, `model/intrinsics.py`, `make_combined_condition`).
fn any<'c>(conditions: impl Iterator<Item = &'c (String, Place)>, place: Place) -> Node {
    let operands = conditions
        .map(|(name, place)| Node::map([("Condition", Node::string(name, *place))], *place))
        .collect();
    Node::map([("Fn::Or", Node::list(operands, place))], place)
}

/// `Fn::Sub` of a text.
fn sub(text: impl Into<String>, place: Place) -> Node {
    Node::map([("Fn::Sub", Node::string(text, place))], place)
}
