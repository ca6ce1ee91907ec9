//! A function's `Events`: the API events become routes; the others have no part in a rehearsal
//! (SAM translator, `model/eventsources/push.py`).

use super::early::Early;
use super::hash;
use crate::resource::{Resource, Resources};
use crate::stack::NotRehearsed;
use crate::text::{Map, Node};
use crate::{Diagnostic, Place, suggest};

/// SAM's name for the path that an HTTP API sends everything else to.
const DEFAULT_PATH: &str = "$default";
/// The method that stands for all of them in an `OpenAPI` document.
pub(super) const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// An event of type `Api` or `HttpApi`.
#[derive(Clone, Debug)]
pub(super) struct ApiEvent {
    pub(super) function: Resource,
    /// The function's alias, which gets the traffic where there is one.
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) is_http: bool,
    /// The API's logical id, implicit or not.
    pub(super) api: String,
    pub(super) path: String,
    /// In lower case; [`ANY_METHOD`] for any.
    pub(super) method: String,
    pub(super) authorizer: Option<Node>,
    pub(super) payload_format: Option<Node>,
    pub(super) place: Place,
}

/// Reads a function's events.
pub(super) fn read(
    function: &Resource,
    alias: Option<&str>,
    early: &Early<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<ApiEvent>, Vec<NotRehearsed>) {
    let mut events = Vec::new();
    let mut not_rehearsed = Vec::new();
    let Some(node) = function.properties.get("Events") else {
        return (events, not_rehearsed);
    };
    let Some(map) = node.as_map() else {
        diagnostics.push(
            Diagnostic::error("sam::event", "`Events` must be a map", node.place)
                .resource(&function.logical_id),
        );
        return (events, not_rehearsed);
    };
    for (name, entry) in map {
        let place = entry.key_place;
        match entry.value.get("Type").and_then(Node::as_str) {
            Some(r#type @ ("Api" | "HttpApi")) => {
                let event = api_event(
                    function,
                    alias,
                    name,
                    &entry.value,
                    r#type == "HttpApi",
                    place,
                    early,
                );
                match event {
                    Ok(event) => events.push(event),
                    Err(diagnostic) => diagnostics.push(diagnostic.resource(&function.logical_id)),
                }
            }
            Some(r#type) => not_rehearsed.push(NotRehearsed {
                logical_id: format!("{}{name}", function.logical_id),
                r#type: format!("{type} event"),
                why: "a rehearsal's traffic comes through APIs and direct invocations only"
                    .to_owned(),
                place,
            }),
            None => diagnostics.push(
                Diagnostic::error(
                    "sam::event",
                    format!("the event `{name}` has no `Type`"),
                    place,
                )
                .resource(&function.logical_id),
            ),
        }
    }
    (events, not_rehearsed)
}

fn api_event(
    function: &Resource,
    alias: Option<&str>,
    name: &str,
    event: &Node,
    is_http: bool,
    place: Place,
    early: &Early<'_>,
) -> Result<ApiEvent, Diagnostic> {
    let empty = Map::new();
    let properties = event
        .get("Properties")
        .and_then(Node::as_map)
        .unwrap_or(&empty);
    let get = |key: &str| properties.get(key).map(|entry| &entry.value);
    let refuse = |message: String| Diagnostic::error("sam::event", message, place);
    let text = |key: &str| match get(key) {
        None => Ok(None),
        Some(node) => match early.resolve(node).as_str() {
            Some(text) => Ok(Some(text.to_owned())),
            None => Err(refuse(format!(
                "the event `{name}` needs text as its `{key}`"
            ))),
        },
    };
    let (path, method) = match (text("Path")?, text("Method")?) {
        (Some(path), Some(method)) => (path, method.to_lowercase()),
        (None, None) if is_http => (DEFAULT_PATH.to_owned(), ANY_METHOD.to_owned()),
        (None, _) => return Err(refuse(format!("the event `{name}` has no `Path`"))),
        (_, None) => return Err(refuse(format!("the event `{name}` has no `Method`"))),
    };
    let (key, implicit) = if is_http {
        ("ApiId", "ServerlessHttpApi")
    } else {
        ("RestApiId", "ServerlessRestApi")
    };
    let api = match get(key) {
        None => implicit.to_owned(),
        Some(node) => match (node.intrinsic(), node.as_str()) {
            (Some(("Ref", name)), _) => name.as_str().unwrap_or_default().to_owned(),
            (None, Some(id)) => id.to_owned(),
            _ => {
                return Err(refuse(format!(
                    "{key} must be a valid reference to an '{}' resource in same template.",
                    api_type(is_http)
                )));
            }
        },
    };
    Ok(ApiEvent {
        function: function.clone(),
        alias: alias.map(str::to_owned),
        name: name.to_owned(),
        is_http,
        api,
        path,
        method: if method == "any" {
            ANY_METHOD.to_owned()
        } else {
            method
        },
        authorizer: get("Auth").and_then(|auth| auth.get("Authorizer")).cloned(),
        payload_format: get("PayloadFormatVersion").cloned(),
        place,
    })
}

fn api_type(is_http: bool) -> &'static str {
    if is_http {
        "AWS::Serverless::HttpApi"
    } else {
        "AWS::Serverless::Api"
    }
}

/// Refuses events whose API is not there, or of the wrong kind.
pub(super) fn check_apis(
    events: &[ApiEvent],
    declared: &[Resource],
    implicit: &[Resource],
    diagnostics: &mut Vec<Diagnostic>,
) {
    let find = |id: &str| {
        declared
            .iter()
            .chain(implicit)
            .find(|resource| resource.logical_id == id)
    };
    for event in events {
        let fits = find(&event.api).is_some_and(|api| match api.r#type.as_str() {
            "AWS::Serverless::HttpApi" => event.is_http,
            "AWS::Serverless::Api" | "AWS::ApiGateway::RestApi" => !event.is_http,
            _ => false,
        });
        if fits {
            continue;
        }
        let wanted = api_type(event.is_http);
        let key = if event.is_http { "ApiId" } else { "RestApiId" };
        let mut diagnostic = Diagnostic::error(
            "sam::event",
            format!("{key} must be a valid reference to an '{wanted}' resource in same template: `{}` is none", event.api),
            event.place,
        )
        .resource(&event.function.logical_id);
        let apis = declared.iter().filter(|resource| resource.r#type == wanted);
        diagnostic.help = suggest::closest(&event.api, apis.map(|api| api.logical_id.as_str()))
            .map(|near| format!("did you mean `{near}`?"));
        diagnostics.push(diagnostic);
    }
}

/// The permissions that let APIs invoke the functions.
pub(super) fn permissions(events: &[ApiEvent], resources: &Resources) -> Vec<Resource> {
    events
        .iter()
        .map(|event| {
            let place = event.place;
            let prefix = format!("{}{}Permission", event.function.logical_id, event.name);
            let target = event.alias.as_deref().unwrap_or(&event.function.logical_id);
            let method = if event.method == ANY_METHOD {
                "*".to_owned()
            } else {
                event.method.to_uppercase()
            };
            let path = event.path.trim_end_matches('/').replace(DEFAULT_PATH, "");
            let source = Node::list(
                vec![
                    Node::string(
                        format!(
                            "arn:${{AWS::Partition}}:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{__ApiId__}}/*/{method}{path}"
                        ),
                        place,
                    ),
                    Node::map([("__ApiId__", Node::reference(&event.api, place))], place),
                ],
                place,
            );
            let properties = Node::map(
                [
                    ("Action", Node::string("lambda:InvokeFunction", place)),
                    ("FunctionName", Node::reference(target, place)),
                    ("Principal", Node::string("apigateway.amazonaws.com", place)),
                    ("SourceArn", Node::map([("Fn::Sub", source)], place)),
                ],
                place,
            );
            let logical_id = format!("{prefix}{}", permission_suffix(event, resources));
            let mut resource = Resource::generated(logical_id, "AWS::Lambda::Permission", properties, &event.function);
            resource.place = place;
            resource
        })
        .collect()
}

/// A REST API's permission is named after its stage; "Stage" where the stage's name is a function.
fn permission_suffix(event: &ApiEvent, resources: &Resources) -> String {
    if event.is_http {
        return String::new();
    }
    let stage = resources
        .referable
        .get(&(event.api.clone(), "Stage".to_owned()))
        .and_then(|stage| resources.by_id.get(stage)?.properties.get("StageName"));
    match stage.and_then(Node::as_str) {
        Some(name) if name.chars().all(char::is_alphanumeric) => name.to_owned(),
        Some(name) => hash::of_text(name),
        None => "Stage".to_owned(),
    }
}
