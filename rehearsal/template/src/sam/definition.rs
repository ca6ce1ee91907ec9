//! The OpenAPI definition of an API: its author's, or one that SAM makes, with the routes of events added
//! (SAM translator, `model/api/api_generator.py`, `model/api/http_api_generator.py`, `swagger/swagger.py`, `open_api/open_api.py`).

use super::api_key;
use super::authorizer::{self, Auth};
use super::checks;
use super::cors;
use super::event::ApiEvent;
use super::sub;
use super::transform_time::TransformTime;
use crate::document::NOT_READ;
use crate::resource::Resource;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Inputs, Place, files};

/// Gives the API its OpenAPI definition: the author's, with the events' routes added.
pub(super) fn define(
    api: &mut Resource,
    is_http: bool,
    events: &[&ApiEvent],
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let place = api.place;
    let auth = Auth::read(api, is_http, transform_time, diagnostics);
    refuse_definitions(api, is_http, diagnostics);
    cors::check(api, is_http, transform_time, diagnostics);
    let empty_origin = cors::empty_origin(api, is_http);
    let NodeKind::Map(properties) = &mut api.properties.kind else {
        return;
    };
    // The definition carries what `Auth` says; its references to authorizer functions must keep counting.
    if let Some(entry) = properties.shift_remove("DefinitionUri") {
        let read = definition_in_file(&entry.value, transform_time.inputs);
        let key = if read.is_ok() {
            "Body"
        } else {
            "BodyS3Location"
        };
        let value = match read {
            Ok(body) => body,
            Err(None) => entry.value,
            // Why it is not read is reported where the routes are.
            Err(Some(why)) => {
                let place = entry.value.place;
                Node::map([(NOT_READ, Node::string(why, place))], place)
            }
        };
        properties.insert(key.to_owned(), Entry { value, ..entry });
        return;
    }
    let own = properties
        .shift_remove("DefinitionBody")
        .map(|entry| entry.value)
        .filter(|body| !body.is_empty());
    let is_own = own.is_some();
    let mut body = own.unwrap_or_else(|| {
        let title = Node::map([("title", Node::reference("AWS::StackName", place))], place);
        Node::map(
            [("info", title), ("paths", Node::map::<String>([], place))],
            place,
        )
    });
    if let NodeKind::Map(definition) = &mut body.kind {
        if !events.is_empty() {
            definition
                .get_or_insert_with("paths".to_owned(), || Node::map::<String>([], place).into());
        }
        if let Some(Entry {
            value:
                Node {
                    kind: NodeKind::Map(paths),
                    ..
                },
            ..
        }) = definition.get_mut("paths")
        {
            for event in events {
                if let Err(reason) = add_route(paths, is_own, event, &auth) {
                    diagnostics.push(reason);
                }
            }
            auth.add_default(paths);
            if !is_http {
                api_key::add_default(auth.node(), paths);
            }
            let refused = empty_origin.and_then(|place| cors::refuse_empty_origin(place, paths));
            diagnostics.extend(refused.map(|refused| refused.resource(&api.logical_id)));
        }
    }
    properties.insert("Body".to_owned(), body.into());
}

/// The definition in a file of this machine. Nobody resolves the functions of one, for it goes to API Gateway as it is.
///
/// # Errors
/// Why a local file is not read; nothing, where the definition is elsewhere.
fn definition_in_file(uri: &Node, inputs: &Inputs) -> Result<Node, Option<String>> {
    let location = uri.as_str().filter(|location| files::is_local(location));
    let location = location.ok_or(None)?;
    let name = |why: String| {
        Some(format!(
            "the routes are in {location}, which is not read: {why}"
        ))
    };
    let body = files::content(inputs, location, uri.place).map_err(name)?;
    if files::has_intrinsics(&body) {
        let why = "it has intrinsic functions, which only `AWS::Include` resolves".to_owned();
        return Err(name(why));
    }
    Ok(body)
}

/// (`_validate_properties`, `_construct_http_api`.)
fn refuse_definitions(api: &Resource, is_http: bool, diagnostics: &mut Vec<Diagnostic>) {
    let given = |key: &str| api.properties.given(key);
    let mut refuse = |message: &str, place: Place| {
        diagnostics.push(Diagnostic::error("sam::api", message, place).resource(&api.logical_id));
    };
    if let Some(uri) = given("DefinitionUri") {
        if given("DefinitionBody").is_some() {
            refuse(
                "Specify either 'DefinitionUri' or 'DefinitionBody' property and not both.",
                uri.place,
            );
        }
        if given("MergeDefinitions").is_some() {
            refuse(
                "Cannot set 'MergeDefinitions' to True when using `DefinitionUri`.",
                uri.place,
            );
        }
        if let Some(message) = checks::not_in_s3("DefinitionUri", uri) {
            refuse(&message, uri.place);
        }
    }
    if let Some(version) = given("OpenApiVersion").filter(|_| !is_http)
        && version.as_map().is_none()
        && !version
            .to_text()
            .is_some_and(|version| is_openapi_version(&version))
    {
        refuse(
            "The OpenApiVersion value must be of the format '3.0.0'.",
            version.place,
        );
    }
}

/// `\A[2-3](\.\d)(\.\d)?$` (`swagger/swagger.py`, `get_openapi_versions_supported_regex`).
fn is_openapi_version(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let is_digit =
        |part: &&str| part.len() == 1 && part.chars().all(|digit| digit.is_ascii_digit());
    matches!(parts.as_slice(), ["2" | "3", rest @ ..] if (1..=2).contains(&rest.len()) && rest.iter().all(is_digit))
}

/// Adds the route of an event to the paths of a definition, which the author wrote (`is_own`) or SAM makes.
fn add_route(
    paths: &mut Map,
    is_own: bool,
    event: &ApiEvent,
    auth: &Auth,
) -> Result<(), Diagnostic> {
    let place = event.place;
    let path =
        paths.get_or_insert_with(event.path.clone(), || Node::map::<String>([], place).into());
    let NodeKind::Map(methods) = &mut path.value.kind else {
        return Ok(());
    };
    let known = methods.get(&event.method).filter(|known| {
        // SAM asks for an integration in every branch of a condition; what `AWS::NoValue` removes has none.
        known.value.get("x-amazon-apigateway-integration").is_some()
            || known.value.intrinsic().is_some()
    });
    if let Some(known) = known {
        if !is_own {
            let quote = if event.is_http { '\'' } else { '"' };
            let reason = format!(
                "API method {quote}{}{quote} defined multiple times for path {quote}{}{quote}.",
                event.written_method, event.path
            );
            return Err(event
                .refusal(&reason)
                .help(format!("the other is in line {}", known.key_place.line)));
        }
        if event.is_http {
            // What the author wrote stays.
            return Ok(());
        }
    }
    let authorizer = auth
        .of_event(event)
        .map_err(|reason| event.refusal(&reason))?;
    let key = api_key::of_event(event, auth.node()).map_err(|reason| event.refusal(&reason))?;
    let mut value = operation(event, authorizer, key);
    if let Some((condition, _)) = &event.function.condition {
        value = Node::choice(condition, value, Node::no_value(place));
    }
    // Into a definition of the author's, SAM merges a REST API's route under the method as it is written.
    let method = if is_own && !event.is_http {
        event.written_method.clone()
    } else {
        event.method.clone()
    };
    methods.insert(method, value.into());
    Ok(())
}

fn operation(event: &ApiEvent, authorizer: Option<Node>, key: Option<Node>) -> Node {
    let place = event.place;
    let text = |text: &str| Node::string(text, place);
    let target = match &event.alias {
        Some(alias) => format!("${{{alias}}}"),
        None => format!("${{{}.Arn}}", event.function.logical_id),
    };
    let uri = format!(
        "arn:${{AWS::Partition}}:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/{target}/invocations"
    );
    // A state machine is started by the service itself, without a function.
    let r#type = if event.function.r#type == "AWS::Serverless::Function" {
        "aws_proxy"
    } else {
        "aws"
    };
    let mut integration = vec![
        ("type", text(r#type)),
        ("httpMethod", text("POST")),
        ("uri", sub(uri, place)),
    ];
    if event.is_http {
        integration.push((
            "payloadFormatVersion",
            event
                .payload_format
                .clone()
                .filter(|version| !version.is_empty())
                .unwrap_or_else(|| text("2.0")),
        ));
    }
    let mut operation = vec![(
        "x-amazon-apigateway-integration",
        Node::map(integration, place),
    )];
    let authorizer = authorizer.map(authorizer::requirement);
    let mut security = Vec::new();
    match authorizer {
        Some(("security", node)) => security.extend(node.as_list().unwrap_or_default().to_vec()),
        other => operation.extend(other),
    }
    security.extend(key);
    if !security.is_empty() {
        operation.push(("security", Node::list(security, place)));
    }
    Node::map(operation, place)
}
