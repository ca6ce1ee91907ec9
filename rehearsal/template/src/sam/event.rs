//! A function's `Events`: the API events become routes; the others have no part in a rehearsal
//! (SAM translator, `model/eventsources/push.py`).

use super::{event_source, generated, hash, properties};
use crate::resource::{Resource, Resources};
use crate::stack::NotRehearsed;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Place, suggest};

/// SAM's name for the path that an HTTP API sends everything else to.
const DEFAULT_PATH: &str = "$default";
/// The method that stands for all of them in an OpenAPI document.
const ANY_METHOD: &str = "x-amazon-apigateway-any-method";

/// A method's name in an OpenAPI document (SAM translator, `_normalize_method_name` of `open_api/base_editor.py`).
pub(super) fn method_name(method: &str) -> String {
    match method.to_lowercase() {
        any if any == "any" => ANY_METHOD.to_owned(),
        method => method,
    }
}

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
    /// As it is written, in lower case.
    pub(super) written_method: String,
    pub(super) auth: Option<Node>,
    pub(super) payload_format: Option<Node>,
    pub(super) request_model: Option<Node>,
    pub(super) request_parameters: Option<Node>,
    pub(super) place: Place,
}

impl ApiEvent {
    /// Which route it is of, as SAM's reasons say it.
    pub(super) fn on_route(&self) -> String {
        format!(
            "on API method [{}] for path [{}]",
            self.written_method, self.path
        )
    }

    /// A refusal of the event, in SAM's words.
    pub(super) fn refusal(&self, reason: &str) -> Diagnostic {
        refusal(&self.name, reason, self.place).resource(&self.function.logical_id)
    }
}

/// A refusal of an event, in SAM's words.
pub(super) fn refusal(event: &str, reason: &str, place: Place) -> Diagnostic {
    let message = format!("Event with id [{event}] is invalid. {reason}");
    Diagnostic::error("sam::event", message, place)
}

/// Reads a function's events.
pub(super) fn read(
    function: &Resource,
    alias: Option<&str>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<ApiEvent>, Vec<NotRehearsed>) {
    let mut events = Vec::new();
    let mut not_rehearsed = Vec::new();
    let map = function.properties.get("Events").and_then(Node::as_map);
    let is_api = |r#type: &str| matches!(r#type, "Api" | "HttpApi");
    let is_known =
        |r#type: &str| properties::event_types(&function.r#type).any(|known| known == r#type);
    for (name, entry) in map.into_iter().flatten() {
        let place = entry.key_place;
        let event = &entry.value;
        match event.get("Type").map(Node::to_text) {
            Some(Some(r#type)) if is_api(&r#type) && is_known(&r#type) => {
                let event = api_event(function, alias, name, event, &r#type, place, diagnostics);
                match event {
                    Ok(event) => events.push(event),
                    Err(diagnostic) => diagnostics.push(diagnostic.resource(&function.logical_id)),
                }
            }
            Some(Some(r#type)) if is_known(&r#type) => {
                properties::check_event(
                    &function.r#type,
                    &r#type,
                    event,
                    &function.logical_id,
                    place,
                    diagnostics,
                );
                check_other(function, &r#type, name, entry, diagnostics);
                not_rehearsed.push(NotRehearsed::new(
                    &format!("{}{name}", function.logical_id),
                    &format!("{type} event"),
                    "a rehearsal's traffic comes through APIs and direct invocations only",
                    place,
                ));
            }
            r#type => {
                let r#type = r#type.flatten();
                let mut diagnostic = refusal(
                    name,
                    &format!(
                        "Resource dict has missing or invalid value for key Type. Event Type is: {}.",
                        r#type.as_deref().unwrap_or("None")
                    ),
                    place,
                );
                let known = properties::event_types(&function.r#type);
                diagnostic.help = suggest::did_you_mean(&r#type.unwrap_or_default(), known);
                diagnostics.push(diagnostic.resource(&function.logical_id));
            }
        }
    }
    (events, not_rehearsed)
}

/// Refuses what SAM refuses of an event that is no API's.
fn check_other(
    function: &Resource,
    r#type: &str,
    name: &str,
    entry: &Entry,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let event = &entry.value;
    let mut refuse = |name: &str, reason: &str, place: Option<Place>| {
        let place = place.unwrap_or(entry.key_place);
        diagnostics.push(refusal(name, reason, place).resource(&function.logical_id));
    };
    // By the logical id of what SAM makes of it, where SAM says that.
    let made = format!("{}{name}", function.logical_id);
    if is_enabled_twice(function, r#type, event) {
        let reason = "State and Enabled Properties cannot both be specified.";
        refuse(name, reason, None);
    }
    let given = |key: &str| event.get("Properties")?.given(key);
    if r#type == "ScheduleV2" && given("OmitName").is_some() && given("Name").is_some() {
        // (`model/eventsources/scheduler.py`.)
        refuse(&made, "Name cannot be set when OmitName is True", None);
    }
    if let Some(reason) = dead_letters(r#type, event) {
        refuse(&made, reason, None);
    }
    if let Err(refused) = event_source::check(r#type, event) {
        let name = if refused.by_logical_id { &made } else { name };
        refuse(name, &refused.reason, refused.place);
    }
}

/// Whether a rule says in two ways whether it is on. Of a state machine's SAM asks that of schedules alone (SAM translator,
/// `model/stepfunctions/events.py`).
fn is_enabled_twice(owner: &Resource, r#type: &str, event: &Node) -> bool {
    let is_function = owner.r#type == "AWS::Serverless::Function";
    let is_asked = r#type == "Schedule"
        || is_function && matches!(r#type, "CloudWatchEvent" | "EventBridgeRule");
    let property = |key: &str| event.at(&["Properties", key]);
    let has_state = property("State").is_some_and(|state| !state.is_empty());
    is_asked && has_state && property("Enabled").is_some_and(|on| on.kind != NodeKind::Null)
}

/// What SAM refuses of where a rule's or a schedule's events go that nobody takes (SAM translator, `model/eventbridge_utils.py`,
/// `validate_dlq_config`).
fn dead_letters(r#type: &str, event: &Node) -> Option<&'static str> {
    const OF: [&str; 4] = [
        "CloudWatchEvent",
        "EventBridgeRule",
        "Schedule",
        "ScheduleV2",
    ];
    let config = event.at(&["Properties", "DeadLetterConfig"])?.as_map()?;
    if !OF.contains(&r#type) {
        return None;
    }
    let r#type = config.get("Type").map(|entry| &entry.value);
    match (config.contains_key("Arn"), r#type) {
        (true, Some(_)) => {
            Some("You can either define 'Arn' or 'Type' property of DeadLetterConfig.")
        }
        (false, Some(r#type)) if r#type.as_str() != Some("SQS") => {
            Some("The only valid value for 'Type' property of DeadLetterConfig is 'SQS'.")
        }
        (false, None) => Some("No 'Arn' or 'Type' property provided for DeadLetterConfig."),
        (false, Some(_)) => {
            let queue = config.get("QueueLogicalId").map(|entry| &entry.value);
            let queue = queue.filter(|node| node.kind != NodeKind::Null && node.as_str().is_none());
            queue.map(|_| "QueueLogicalId must be a string")
        }
        (true, None) => None,
    }
}

fn api_event(
    function: &Resource,
    alias: Option<&str>,
    name: &str,
    event: &Node,
    r#type: &str,
    place: Place,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<ApiEvent, Diagnostic> {
    let is_http = r#type == "HttpApi";
    let empty = Map::new();
    let properties = match event.get("Properties") {
        None => &empty,
        Some(node) => node.as_map().ok_or_else(|| {
            let message = "Properties of a resource must be an object.";
            Diagnostic::error("sam::event", message, node.place)
        })?,
    };
    if properties.is_empty() && !is_http {
        let message = "Missing required property 'Path'.";
        return Err(Diagnostic::error("sam::event", message, place));
    }
    let get = |key: &str| {
        properties
            .get(key)
            .map(|entry| &entry.value)
            .filter(|node| node.kind != NodeKind::Null)
    };
    // SAM looks at these before it resolves parameters.
    let text = |key: &str| {
        let Some(node) = get(key) else {
            let reason = format!("Property '{key}' is required.");
            return Err(refusal(name, &reason, place));
        };
        node.as_str().map(str::to_owned).ok_or_else(|| {
            let reason = format!("Property '{key}' should be a string.");
            refusal(name, &reason, node.place)
        })
    };
    let is_default = is_http
        && ["Path", "Method"]
            .into_iter()
            .all(|key| get(key).is_none_or(Node::is_empty));
    let (path, written_method) = if is_default {
        (DEFAULT_PATH.to_owned(), ANY_METHOD.to_owned())
    } else {
        (text("Path")?, text("Method")?.to_lowercase())
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
                let reason = format!("Property '{key}' should be a string.");
                return Err(refusal(name, &reason, node.place));
            }
        },
    };
    properties::check_event(
        &function.r#type,
        r#type,
        event,
        &function.logical_id,
        place,
        diagnostics,
    );
    Ok(ApiEvent {
        function: function.clone(),
        alias: alias.map(str::to_owned),
        name: name.to_owned(),
        is_http,
        api,
        path,
        method: method_name(&written_method),
        written_method,
        auth: get("Auth").cloned(),
        payload_format: get("PayloadFormatVersion").cloned(),
        request_model: get("RequestModel").cloned(),
        request_parameters: get("RequestParameters").cloned(),
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
        let api = find(&event.api).map(|api| &api.properties);
        let has_body = api.is_none_or(|api| api.get("DefinitionUri").is_none());
        if has_body && overrides_nothing(event) {
            let reason = "Must define one of: Authorizer, ApiKeyRequired or ResourcePolicy when using the OverrideApiAuth property.";
            diagnostics.push(event.refusal(reason));
        }
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
        let mut diagnostic = event.refusal(&format!(
            "{key} must be a valid reference to an '{wanted}' resource in same template."
        ));
        let apis = declared.iter().filter(|resource| resource.r#type == wanted);
        let apis = apis.map(|api| api.logical_id.as_str());
        diagnostic.help = suggest::did_you_mean(&event.api, apis);
        diagnostics.push(diagnostic);
    }
}

/// Whether an event says that it overrides its API's `Auth`, and not by what (SAM translator, `model/eventsources/push.py`, `Api`).
fn overrides_nothing(event: &ApiEvent) -> bool {
    let given = |key: &str| {
        let auth = event.auth.as_ref();
        auth.is_some_and(|auth| auth.given(key).is_some())
    };
    let what = ["Authorizer", "ApiKeyRequired", "ResourcePolicy"];
    // A state machine's events have no such check (`model/stepfunctions/events.py`).
    let is_of_function = event.function.r#type == "AWS::Serverless::Function";
    let overrides = is_of_function && !event.is_http && given("OverrideApiAuth");
    overrides && !what.into_iter().any(given)
}

/// The permissions that let APIs invoke the functions.
pub(super) fn permissions(events: &[ApiEvent], resources: &Resources) -> Vec<Resource> {
    events
        .iter()
        .filter(|event| event.function.r#type == "AWS::Serverless::Function")
        .map(|event| {
            let place = event.place;
            let prefix = format!("{}{}Permission", event.function.logical_id, event.name);
            let target = event.alias.as_deref().unwrap_or(&event.function.logical_id);
            let method = if event.method == ANY_METHOD {
                "*".to_owned()
            } else {
                event.method.to_uppercase()
            };
            let path = without_trailing_slash(&event.path);
            let path = any_parameters(path, event.is_http).replace(DEFAULT_PATH, "");
            let api = ("__ApiId__", Node::reference(&event.api, place));
            let resource = format!("${{__ApiId__}}/*/{method}{path}");
            let source = generated::arn("execute-api", &resource, api);
            let properties = Node::map(
                [
                    ("Action", Node::string("lambda:InvokeFunction", place)),
                    ("FunctionName", Node::reference(target, place)),
                    ("Principal", Node::string("apigateway.amazonaws.com", place)),
                    ("SourceArn", source),
                ],
                place,
            );
            let logical_id = format!("{prefix}{}", permission_suffix(event, resources));
            let mut resource = Resource::generated(
                logical_id,
                "AWS::Lambda::Permission",
                properties,
                &event.function,
            );
            resource.place = place;
            resource
        })
        .collect()
}

/// A path as it stands in a permission (SAM translator, `_get_permission` of `model/eventsources/push.py`).
fn without_trailing_slash(path: &str) -> &str {
    let rest = path.strip_suffix('/').filter(|rest| !rest.is_empty());
    rest.unwrap_or(path)
}

/// A path with `*` in the place of each of its parameters. One that takes the rest of the path stays in an HTTP API's, unless it is called `proxy`
/// (SAM translator, `get_path_without_trailing_slash` of `swagger/swagger.py` and `open_api/open_api.py`).
fn any_parameters(path: &str, is_http: bool) -> String {
    let is_parameter = |name: &str| {
        let of_one = match name.strip_suffix('+') {
            Some(rest) if is_http && rest != "proxy" => return false,
            Some(rest) => rest,
            None => name,
        };
        let may_be = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !of_one.is_empty() && of_one.bytes().all(may_be)
    };
    let mut parts = path.split('{');
    let mut any = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, rest)) if is_parameter(name) => {
                any.push('*');
                any.push_str(rest);
            }
            _ => {
                any.push('{');
                any.push_str(part);
            }
        }
    }
    any
}

/// A REST API's permission is named after its stage; "Stage" where the stage's name is a function.
fn permission_suffix(event: &ApiEvent, resources: &Resources) -> String {
    if event.is_http {
        return String::new();
    }
    let stage = resources
        .generated(&event.api, "Stage")
        .and_then(|stage| resources.by_id.get(stage)?.properties.get("StageName"));
    match stage.and_then(Node::as_str) {
        Some(name) if name.chars().all(char::is_alphanumeric) => name.to_owned(),
        Some(name) => hash::of_text(name),
        None => "Stage".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{any_parameters, without_trailing_slash};

    #[test]
    fn a_permission_is_for_any_value_of_a_paths_parameters_as_sam_writes_it() {
        for (path, rest, http) in [
            ("/orders/{id}/items", "/orders/*/items", "/orders/*/items"),
            ("/{proxy+}", "/*", "/*"),
            ("/files/{rest+}", "/files/*", "/files/{rest+}"),
            ("/a/{b}/", "/a/*", "/a/*"),
            ("/a//", "/a/", "/a/"),
            ("/", "/", "/"),
            ("/{}/{a b}", "/{}/{a b}", "/{}/{a b}"),
        ] {
            let path = without_trailing_slash(path);
            assert_eq!(any_parameters(path, false), rest);
            assert_eq!(any_parameters(path, true), http);
        }
    }
}
