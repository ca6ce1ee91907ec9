//! What SAM refuses of an API by itself, beside its definition, its `Cors` and its `Domain` (SAM translator, `model/api/api_generator.py` and
//! `model/api/http_api_generator.py`), and of the paths in its author's definition (`swagger/swagger.py`, `open_api/base_editor.py`).

use super::cors;
use super::event::method_name;
use super::refused::{Refused, refuse};
use super::transform_time::TransformTime;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::{Entry, Map, Node, NodeKind};

/// What an answer of the gateway's own may have.
const OF_ANSWER: [&str; 3] = ["ResponseParameters", "ResponseTemplates", "StatusCode"];
/// What its parameters are of.
const OF_PARAMETERS: [&str; 3] = ["Headers", "Paths", "QueryStrings"];
/// What a usage plan may have.
const OF_PLAN: [&str; 6] = [
    "CreateUsagePlan",
    "Description",
    "Quota",
    "Tags",
    "Throttle",
    "UsagePlanName",
];
/// Whose usage plan it is.
const PLANS: [&str; 3] = ["SHARED", "PER_API", "NONE"];
/// What stands beside the methods of a REST API's path.
const NO_METHODS: [&str; 3] = ["summary", "description", "parameters"];
/// What does of an HTTP API's, in whatever case (`open_api/open_api.py`, `add_auth_to_path`: what it passes over, and does not look into).
const NO_METHODS_OF_HTTP: [&str; 2] = ["parameters", "options"];

/// Refuses what SAM refuses of an API.
pub(super) fn check(
    api: &Resource,
    is_http: bool,
    has_events: bool,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let given = |key: &str| api.properties.given(key);
    let mut found = Vec::new();
    let has_body = given("DefinitionBody").is_some() || given("DefinitionUri").is_none();
    let needs_body = [
        (
            api.properties.get("DisableExecuteApiEndpoint"),
            "DisableExecuteApiEndpoint works only within 'DefinitionBody' property.",
        ),
        (
            given("Tags").filter(|_| is_http),
            "Tags works only with inline OpenApi specified in the 'DefinitionBody' property.",
        ),
        (
            given("GatewayResponses"),
            "GatewayResponses works only with inline Swagger specified in 'DefinitionBody' property.",
        ),
        (
            given("Models"),
            "Models works only with inline Swagger specified in 'DefinitionBody' property.",
        ),
    ];
    for (node, message) in needs_body {
        found.extend(
            node.filter(|_| !has_body)
                .map(|node| (message.to_owned(), node.place)),
        );
    }
    if !is_http {
        found.extend(of_rest(api));
    }
    let auth = given("Auth").filter(|node| !transform_time.lacks_value(node));
    // Of an HTTP API SAM resolves nothing in it.
    let auth = auth.map(|node| {
        if is_http {
            node.clone()
        } else {
            transform_time.resolve(node)
        }
    });
    if let Some(auth) = auth.as_ref().filter(|_| !is_http) {
        found.extend(check_plan(auth).err());
        found.extend(check_policy(auth).err());
    }
    if let Some(body) = given("DefinitionBody") {
        found.extend(not_added(api, body, is_http, has_events).err());
        found.extend(check_paths(api, body, is_http, has_events, auth.as_ref()).err());
    }
    let refused =
        |(message, place)| Diagnostic::error("sam::api", message, place).resource(&api.logical_id);
    diagnostics.extend(found.into_iter().map(refused));
}

fn of_rest(api: &Resource) -> Vec<Refused> {
    let mut found = Vec::new();
    let name = api.properties.get("StageName");
    if let Some(name) = name.filter(|name| name.as_str() == Some("")) {
        found.push(("StageName cannot be empty.".to_owned(), name.place));
    }
    if let Some(endpoint) = api.properties.get("EndpointConfiguration")
        && endpoint.given("Type").is_some()
        && let (Some(_), Some(ids)) = (
            endpoint.get("VPCEndpointIds"),
            endpoint.get("VpcEndpointIds"),
        )
    {
        let message = "'VPCEndpointIds' and 'VpcEndpointIds' cannot be used together in EndpointConfiguration.";
        found.push((message.to_owned(), ids.place));
    }
    if let Some(responses) = api
        .properties
        .get("GatewayResponses")
        .and_then(Node::as_map)
    {
        found.extend(check_responses(responses).err());
    }
    if let Some(models) = api.properties.get("Models").and_then(Node::as_map)
        && let Some(entry) = models.values().find(|entry| entry.value.as_map().is_none())
    {
        found.push((
            "Invalid value for 'Models' property".to_owned(),
            entry.value.place,
        ));
    }
    found
}

/// (`_add_gateway_responses`; `model/apigateway.py`, `ApiGatewayResponse`.)
fn check_responses(responses: &Map) -> Result<(), Refused> {
    for (name, entry) in responses {
        let response = &entry.value;
        if response.intrinsic().is_some() {
            let message = "Unable to set GatewayResponses attribute because intrinsic functions are not supported for this field.";
            return refuse(message, response);
        }
        let Some(map) = response.as_map() else {
            let message = format!(
                "Invalid property type '{}' for GatewayResponses. Expected an object of type 'GatewayResponse'.",
                python_type(response)
            );
            return refuse(message, response);
        };
        if let Some(key) = map.keys().find(|key| !OF_ANSWER.contains(&key.as_str())) {
            let message =
                format!("Invalid property '{key}' in 'GatewayResponses' property '{name}'.");
            return refuse(message, response);
        }
        if let Some(parameters) = response.given("ResponseParameters") {
            let Some(map) = parameters.as_map() else {
                let message = format!(
                    "Property 'GatewayResponses.{name}.ResponseParameters' should be a map."
                );
                return refuse(message, parameters);
            };
            if let Some(key) = map
                .keys()
                .find(|key| !OF_PARAMETERS.contains(&key.as_str()))
            {
                return refuse(
                    format!("Invalid gateway response parameter '{key}'"),
                    parameters,
                );
            }
            if let Some((key, entry)) = map.iter().find(|(_, entry)| entry.value.as_map().is_none())
            {
                let message = format!("Property 'ResponseParameters.{key}' should be a map.");
                return refuse(message, &entry.value);
            }
        }
        let status = response.given("StatusCode");
        let is_number = |node: &Node| {
            let text = node.to_text().unwrap_or_default();
            (1..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        if let Some(status) = status.filter(|node| !is_number(node)) {
            return refuse("Property 'StatusCode' must be numeric", status);
        }
    }
    Ok(())
}

/// The name of a value's type as Python has it.
fn python_type(node: &Node) -> &'static str {
    match &node.kind {
        NodeKind::Null => "NoneType",
        NodeKind::Bool(_) => "bool",
        NodeKind::Number(number) if number.is_f64() => "float",
        NodeKind::Number(_) => "int",
        NodeKind::String(_) => "Py27UniStr",
        NodeKind::List(_) => "list",
        NodeKind::Map(_) => "dict",
    }
}

/// (`_construct_usage_plan`.)
fn check_plan(auth: &Node) -> Result<(), Refused> {
    let Some(plan) = auth.non_null("UsagePlan") else {
        return Ok(());
    };
    let Some(map) = plan.as_map() else {
        return refuse("'UsagePlan' must be a dictionary", plan);
    };
    if map.keys().any(|key| !OF_PLAN.contains(&key.as_str())) {
        return refuse("Invalid property for 'UsagePlan'", plan);
    }
    match plan.non_null("CreateUsagePlan") {
        None => refuse("'CreateUsagePlan' is a required field for UsagePlan.", plan),
        Some(kind) if !kind.as_str().is_some_and(|name| PLANS.contains(&name)) => refuse(
            format!(
                "'CreateUsagePlan' accepts one of ['{}'].",
                PLANS.join("', '")
            ),
            plan,
        ),
        Some(_) => Ok(()),
    }
}

/// (`_add_auth`; `add_resource_policy` of `swagger/swagger.py`.)
fn check_policy(auth: &Node) -> Result<(), Refused> {
    let Some(policy) = auth.given("ResourcePolicy") else {
        return Ok(());
    };
    if policy.as_map().is_none() {
        let message = "ResourcePolicy must be a map (ResourcePolicyStatement).";
        return refuse(message, policy);
    }
    for of in ["Blacklist", "Whitelist"] {
        let key = format!("SourceVpc{of}");
        let list = policy.get(&key).and_then(Node::as_list).unwrap_or_default();
        if let Some(item) = list.iter().find(|item| item.as_str().is_none()) {
            let message = format!(
                "{key} must be a list of strings. Use IntrinsicVpc{of} instead for values that use Intrinsic Functions"
            );
            return refuse(message, item);
        }
    }
    Ok(())
}

/// What SAM cannot add to a definition that is none.
fn not_added(api: &Resource, body: &Node, is_http: bool, has_events: bool) -> Result<(), Refused> {
    let given = |key: &str| api.properties.given(key);
    if !is_http
        && let Some(definitions) = body.get("securityDefinitions")
        && !definitions.is_empty()
        && definitions.as_map().is_none()
        && given("Auth").is_some()
    {
        return refuse("securityDefinitions must be a dictionary.", definitions);
    }
    if cors::is_definition(body, is_http) {
        return Ok(());
    }
    let no_definition = |what: &str, node: &Node, language: &str| {
        let message = format!(
            "Unable to add {what} because 'DefinitionBody' does not contain a valid {language} definition."
        );
        refuse(message, node)
    };
    if is_http {
        return match (given("Auth"), given("Tags")) {
            (Some(auth), _) => no_definition("Auth configuration", auth, "OpenApi"),
            (None, Some(tags)) => no_definition("`Tags`", tags, "OpenApi"),
            (None, None) if has_events => refuse(
                "Invalid OpenApi document. Invalid values or missing keys for 'openapi' or 'paths' in 'DefinitionBody'.",
                body,
            ),
            (None, None) => Ok(()),
        };
    }
    // In the order in which SAM comes to them. What it says of the gateway's own answers is what it says of `Auth`.
    if let Some(node) = given("Auth").or_else(|| given("GatewayResponses")) {
        return no_definition("Auth configuration", node, "Swagger");
    }
    let edits = || api.properties.get("DisableExecuteApiEndpoint");
    match (given("BinaryMediaTypes"), given("Models")) {
        (None, Some(models)) => no_definition("Models definitions", models, "Swagger"),
        (types, _) => match types.or_else(edits) {
            Some(node) => refuse(NO_SWAGGER, node),
            None => Ok(()),
        },
    }
}

/// What SAM says of a definition that is none where it would change it.
const NO_SWAGGER: &str = "Invalid Swagger document or the Swagger document is not explicitly defined in 'DefinitionBody'.";

/// Refuses paths and methods that are no maps, where SAM looks at them: a REST API's where it adds anything to the definition, an HTTP
/// API's where it has a default authorizer.
fn check_paths(
    api: &Resource,
    body: &Node,
    is_http: bool,
    has_events: bool,
    auth: Option<&Node>,
) -> Result<(), Refused> {
    let given = |key: &str| api.properties.given(key);
    let Some(paths) = body.get("paths").and_then(Node::as_map) else {
        return Ok(());
    };
    let of_auth = |key: &str| auth.is_some_and(|auth| auth.given(key).is_some());
    let is_openapi = body.get("swagger").is_none()
        && (body.get("openapi").is_some() || given("OpenApiVersion").is_some());
    let is_edited = if is_http {
        of_auth("DefaultAuthorizer")
    } else {
        is_openapi
            || has_events
            || given("Cors").is_some()
            || given("Auth").is_some()
            || given("BinaryMediaTypes").is_some()
            || given("GatewayResponses").is_some()
            || given("Models").is_some()
            || api.properties.get("DisableExecuteApiEndpoint").is_some()
    };
    if !is_edited {
        return Ok(());
    }
    // Without authorizers a REST API's default can be IAM alone (`_get_authorizers`).
    let is_iam =
        || auth.and_then(|auth| auth.get("DefaultAuthorizer")?.as_str()) == Some("AWS_IAM");
    let asks = of_auth("ApiKeyRequired")
        || of_auth("DefaultAuthorizer") && (is_http || of_auth("Authorizers") || is_iam());
    let is_method = |name: &str| {
        if is_http {
            !NO_METHODS_OF_HTTP.contains(&&*name.to_lowercase())
        } else {
            !NO_METHODS.contains(&name)
        }
    };
    // What a macro brings is there before SAM sees it; of a condition SAM looks at both branches (`get_conditional_contents`).
    for (path, entry) in paths.iter().filter(|(path, _)| !path.starts_with("Fn::")) {
        for item in entry.value.branches() {
            let Some(methods) = item.as_map() else {
                let message = format!(
                    "Value of '{path}' path must be a dictionary according to Swagger spec."
                );
                return Err((message, entry.key_place));
            };
            let methods = methods
                .iter()
                .filter(|(method, _)| asks && !method.starts_with("Fn::") && is_method(method));
            for (method, entry) in methods {
                // An event may bring it.
                if is_http && !has_events {
                    let name = method_name(method);
                    if item.get(&name).is_none() {
                        let message =
                            format!("Could not find {name} in {path} within DefinitionBody.");
                        return Err((message, entry.key_place));
                    }
                }
                check_method(method, entry, path, is_http)?;
            }
        }
    }
    Ok(())
}

/// Refuses a method that is no map, and what says wrongly who may call one of a REST API's.
fn check_method(method: &str, written: &Entry, path: &str, is_http: bool) -> Result<(), Refused> {
    for definition in written.value.branches() {
        if definition.as_map().is_none() {
            let message =
                format!("Definition of method '{method}' for path '{path}' should be a map.");
            return Err((message, written.key_place));
        }
        if !is_http {
            check_security(definition, path, method)?;
        }
    }
    Ok(())
}

/// Who may call a method of a REST API's: a list of maps, where it has an integration (`set_path_default_authorizer`,
/// `set_path_default_apikey_required`). To preflights the default need not be added.
fn check_security(definition: &Node, path: &str, method: &str) -> Result<(), Refused> {
    let Some(security) = definition.get("security") else {
        return Ok(());
    };
    let method = method_name(method);
    if method == "options"
        || definition
            .given("x-amazon-apigateway-integration")
            .is_none()
    {
        return Ok(());
    }
    let Some(items) = security.as_list() else {
        let message = format!("Type of security for path {path} method {method} must be a list");
        return refuse(message, security);
    };
    let Some(item) = items.iter().find(|item| item.as_map().is_none()) else {
        return Ok(());
    };
    let shown = item.shown();
    let message =
        format!("{shown} in Security for path {path} method {method} is not a valid dictionary.");
    refuse(message, item)
}
