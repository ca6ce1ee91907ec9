//! What SAM refuses of `Cors` of an API, `CorsConfiguration` of an HTTP API and `Cors` of a function's URL
//! (SAM translator, `_add_cors` of `model/api/api_generator.py` and `model/api/http_api_generator.py`, `add_cors` of
//! `swagger/swagger.py` and `open_api/open_api.py`, `_validate_cors_config_parameter` of `model/sam_resources.py`).

use super::transform_time::TransformTime;
use crate::resource::Resource;
use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place, suggest};

/// What `Cors` of a REST API may have.
const OF_REST: [&str; 5] = [
    "AllowMethods",
    "AllowHeaders",
    "AllowOrigin",
    "MaxAge",
    "AllowCredentials",
];

/// What `CorsConfiguration` of an HTTP API may have.
const OF_HTTP: [&str; 6] = [
    "AllowMethods",
    "AllowHeaders",
    "AllowOrigins",
    "MaxAge",
    "ExposeHeaders",
    "AllowCredentials",
];

/// What `Cors` of a function's URL may have, and of which of Python's types.
const OF_URL: [(&str, &str); 6] = [
    ("AllowOrigins", "list"),
    ("AllowMethods", "list"),
    ("AllowCredentials", "bool"),
    ("AllowHeaders", "list"),
    ("ExposeHeaders", "list"),
    ("MaxAge", "int"),
];

/// The extension of an HTTP API's definition that says the same.
const EXTENSION: &str = "x-amazon-apigateway-cors";

/// A refusal: the message, where, and what else might be meant.
type Refused<'n> = (String, &'n Node, Option<String>);

/// Refuses what SAM refuses of an API's `Cors`, before the routes of events are added to its definition.
pub(super) fn check(
    api: &Resource,
    is_http: bool,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let key = if is_http { "CorsConfiguration" } else { "Cors" };
    let Some(written) = api.properties.get(key) else {
        return;
    };
    // Of a REST API SAM does not resolve it.
    let resolved = is_http.then(|| transform_time.resolve(written));
    let cors = resolved.as_ref().unwrap_or(written);
    if cors.is_empty() || (is_http && transform_time.lacks_value(written)) {
        return;
    }
    if let Some((message, at, help)) = refused(api, cors, is_http) {
        let mut diagnostic =
            Diagnostic::error("sam::cors", message, at.place).resource(&api.logical_id);
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    }
}

fn refused<'n>(api: &Resource, cors: &'n Node, is_http: bool) -> Option<Refused<'n>> {
    let given = |key: &str| api.properties.given(key);
    let body = given("DefinitionBody");
    let refuse = |message: &str, at: &'n Node| Some((message.to_owned(), at, None));
    let language = if is_http { "OpenApi" } else { "Swagger" };
    if body.is_none() && given("DefinitionUri").is_some() {
        let message = format!(
            "Cors works only with inline {language} specified in 'DefinitionBody' property."
        );
        return refuse(&message, cors);
    }
    let settings = match &cors.kind {
        _ if is_intrinsic(cors) => None,
        NodeKind::Map(map) => Some(map),
        NodeKind::String(_) if !is_http => None,
        NodeKind::Bool(true) if is_http => None,
        _ => return refuse("Invalid value for 'Cors' property", cors),
    };
    let known: &[&str] = if is_http { &OF_HTTP } else { &OF_REST };
    let mut given_keys = settings.into_iter().flatten();
    if let Some((key, entry)) = given_keys.find(|(key, _)| !known.contains(&key.as_str())) {
        let message = format!("Invalid key '{key}' for 'Cors' property.");
        let help = suggest::did_you_mean(key, known.iter().copied());
        return Some((message, &entry.value, help));
    }
    if let Some(body) = body
        && !is_definition(body, is_http)
    {
        let message = format!(
            "Unable to add Cors configuration because 'DefinitionBody' does not contain a valid {language} definition."
        );
        return refuse(&message, cors);
    }
    let credentials = settings
        .and_then(|settings| settings.get("AllowCredentials"))
        .map(|entry| &entry.value)
        .filter(|node| node.kind == NodeKind::Bool(true));
    if let (Some(credentials), Some(settings)) = (credentials, settings)
        && is_wildcard(settings, is_http)
    {
        return refuse(
            "Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is \"'*'\" or not set",
            credentials,
        );
    }
    if let Some(extension) = body.and_then(|body| body.get(EXTENSION))
        && is_http
        && extension.as_map().is_none()
    {
        let message =
            format!("Value of '{EXTENSION}' must be a dictionary according to Swagger spec.");
        return refuse(&message, cors);
    }
    None
}

/// Where an API has an origin that is empty, of which SAM makes no preflight.
pub(super) fn empty_origin(api: &Resource, is_http: bool) -> Option<Place> {
    let origin = api.properties.at(&["Cors", "AllowOrigin"])?;
    (!is_http && origin.is_empty()).then_some(origin.place)
}

/// The refusal of an origin that is empty, where there is a path to which SAM adds a preflight: `paths` are those of the whole
/// definition.
pub(super) fn refuse_empty_origin(place: Place, paths: &Map) -> Option<Diagnostic> {
    let needed = paths.values().any(|path| lacks_preflight(&path.value));
    let message = "Invalid input. Value for AllowedOrigins is required";
    needed.then(|| Diagnostic::error("sam::cors", message, place))
}

/// Whether a path, or a branch of one, has no `options`.
fn lacks_preflight(path: &Node) -> bool {
    match path.intrinsic() {
        Some(("Fn::If", _)) => path.branches().any(lacks_preflight),
        _ => path
            .as_map()
            .is_some_and(|path| !path.contains_key("options")),
    }
}

/// (`is_intrinsic`, to which `Condition` is one.)
fn is_intrinsic(node: &Node) -> bool {
    let map = node.as_map().filter(|map| map.len() == 1);
    map.is_some_and(|map| map.contains_key("Condition")) || node.intrinsic().is_some()
}

/// Whether any origin may call.
fn is_wildcard(settings: &Map, is_http: bool) -> bool {
    let origins = |key: &str| settings.get(key).map(|entry| &entry.value);
    if !is_http {
        return origins("AllowOrigin").is_none_or(|origin| origin.as_str() == Some("'*'"));
    }
    let listed = origins("AllowOrigins").and_then(Node::as_list);
    listed.is_some_and(|listed| matches!(listed, [only] if only.as_str() == Some("*")))
}

/// (`SwaggerEditor.is_valid`, `OpenApiEditor.is_valid`.) What a macro in it brings is there before SAM sees it: of macros inside each
/// other CloudFormation runs the inner one first (CloudFormation user guide, "Perform custom processing with template macros").
pub(super) fn is_definition(body: &Node, is_http: bool) -> bool {
    if body.get("Fn::Transform").is_some() {
        return true;
    }
    let given = |key: &str| body.given(key);
    if body.get("paths").and_then(Node::as_map).is_none() {
        return false;
    }
    let is_openapi_3 = || {
        let version = given("openapi").and_then(Node::to_text);
        version.is_some_and(|version| is_version_3(&version))
    };
    (!is_http && given("swagger").is_some()) || is_openapi_3()
}

/// `\A3(\.\d)(\.\d)?$` (`open_api/base_editor.py`).
fn is_version_3(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    let is_digit = |part: &&str| part.len() == 1 && part.as_bytes()[0].is_ascii_digit();
    matches!(parts.as_slice(), ["3", rest @ ..] if (1..=2).contains(&rest.len()) && rest.iter().all(is_digit))
}

/// Refuses what SAM refuses of `Cors` of a function's URL.
pub(super) fn check_url(function: &Resource, config: &Node, diagnostics: &mut Vec<Diagnostic>) {
    let Some(cors) = config.given("Cors") else {
        return;
    };
    if is_intrinsic(config) || is_intrinsic(cors) {
        return;
    }
    let mut refuse = |message: String, at: &Node, help: Option<String>| {
        let mut diagnostic =
            Diagnostic::error("sam::cors", message, at.place).resource(&function.logical_id);
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    };
    let Some(settings) = cors.as_map() else {
        let message = "Property 'FunctionUrlConfig.Cors' should be a map.";
        refuse(message.to_owned(), cors, None);
        return;
    };
    for (key, entry) in settings {
        let value = &entry.value;
        match OF_URL.iter().find(|(known, _)| known == key) {
            None => refuse(
                format!("{key} is not a valid property for configuring Cors."),
                value,
                suggest::did_you_mean(key, OF_URL.iter().map(|(known, _)| *known)),
            ),
            Some((_, of)) if !is_intrinsic(value) && !is_of(value, of) => {
                refuse(format!("{key} must be of type {of}."), value, None);
            }
            Some(_) => {}
        }
    }
}

/// Whether a value is of one of Python's types, to which a boolean is a whole number.
fn is_of(value: &Node, r#type: &str) -> bool {
    match (&value.kind, r#type) {
        (NodeKind::List(_), "list") | (NodeKind::Bool(_), "bool" | "int") => true,
        (NodeKind::Number(number), "int") => number.is_i64() || number.is_u64(),
        _ => false,
    }
}
