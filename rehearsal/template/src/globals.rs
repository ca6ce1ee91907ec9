//! SAM's `Globals`, merged into the resources as SAM merges them
//! (SAM translator, `plugins/globals/globals.py`, `GlobalProperties`).

use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// A section of `Globals`: its name, the type it is for, and what it may set.
struct Section {
    name: &'static str,
    r#type: &'static str,
    properties: &'static [&'static str],
}

#[rustfmt::skip] // A table.
const SECTIONS: [Section; 10] = [
    section("Api", "AWS::Serverless::Api", &API),
    section("CapacityProvider", "AWS::Serverless::CapacityProvider", &CAPACITY_PROVIDER),
    section("Function", "AWS::Serverless::Function", &FUNCTION),
    section("HttpApi", "AWS::Serverless::HttpApi", &HTTP_API),
    section("LayerVersion", "AWS::Serverless::LayerVersion", &["PublishLambdaVersion"]),
    section("MicrovmImage", "AWS::Serverless::MicrovmImage", &MICROVM_IMAGE),
    section("NetworkConnector", "AWS::Serverless::NetworkConnector", &["OperatorRole", "PropagateTags", "Tags"]),
    section("SimpleTable", "AWS::Serverless::SimpleTable", &["SSESpecification"]),
    section("StateMachine", "AWS::Serverless::StateMachine", &["PropagateTags"]),
    section("WebSocketApi", "AWS::Serverless::WebSocketApi", &WEB_SOCKET_API),
];

const fn section(
    name: &'static str,
    r#type: &'static str,
    properties: &'static [&'static str],
) -> Section {
    Section {
        name,
        r#type,
        properties,
    }
}

/// What can be global for functions: `Role`, `Policies`, `FunctionName` and `Events`, among others, belong to one function.
const FUNCTION: [&str; 39] = [
    "Architectures",
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "CapacityProviderConfig",
    "CodeSigningConfigArn",
    "CodeUri",
    "DeadLetterQueue",
    "DeploymentPreference",
    "Description",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "EventInvokeConfig",
    "FileSystemConfigs",
    "FunctionScalingConfig",
    "FunctionUrlConfig",
    "Handler",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PermissionsBoundary",
    "PropagateTags",
    "ProvisionedConcurrencyConfig",
    "PublishToLatestPublished",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "RolePath",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "SourceKMSKeyArn",
    "Tags",
    "TenancyConfig",
    "Timeout",
    "Tracing",
    "VersionDeletionPolicy",
    "VpcConfig",
];

/// What can be global for REST APIs.
const API: [&str; 22] = [
    "AccessLogSetting",
    "AlwaysDeploy",
    "Auth",
    "BinaryMediaTypes",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "Cors",
    "DefinitionUri",
    "Domain",
    "EndpointAccessMode",
    "EndpointConfiguration",
    "GatewayResponses",
    "MergeDefinitions",
    "MethodSettings",
    "MinimumCompressionSize",
    "Name",
    "OpenApiVersion",
    "PropagateTags",
    "SecurityPolicy",
    "TracingEnabled",
    "Variables",
];

/// What can be global for HTTP APIs.
const HTTP_API: [&str; 10] = [
    "AccessLogSettings",
    "Auth",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "Domain",
    "FailOnWarnings",
    "PropagateTags",
    "RouteSettings",
    "StageVariables",
    "Tags",
];

/// What can be global for capacity providers.
const CAPACITY_PROVIDER: [&str; 9] = [
    "InstanceRequirements",
    "KmsKeyArn",
    "LoggingConfig",
    "ManagedResourceTags",
    "OperatorRole",
    "PropagateTags",
    "ScalingConfig",
    "Tags",
    "VpcConfig",
];

/// What can be global for images of small virtual machines.
const MICROVM_IMAGE: [&str; 12] = [
    "AdditionalOsCapabilities",
    "BaseImageArn",
    "BaseImageVersion",
    "BuildRoleArn",
    "CpuConfigurations",
    "EgressNetworkConnectors",
    "EnvironmentVariables",
    "Hooks",
    "Logging",
    "PropagateTags",
    "Resources",
    "Tags",
];

/// What can be global for WebSocket APIs.
const WEB_SOCKET_API: [&str; 13] = [
    "AccessLogSettings",
    "ApiKeySelectionExpression",
    "DefaultRouteSettings",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "Domain",
    "FailOnWarnings",
    "IpAddressType",
    "PropagateTags",
    "RouteSelectionExpression",
    "RouteSettings",
    "StageVariables",
    "Tags",
];

/// Checks the section as SAM does.
pub(crate) fn check(globals: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(globals) = globals else { return };
    let mut refuse = |message: String, place: Place, near: Option<&str>| {
        let mut diagnostic = Diagnostic::error("sam::globals", message, place);
        diagnostic.help = near.map(|near| format!("did you mean `{near}`?"));
        diagnostics.push(diagnostic);
    };
    let Some(sections) = globals.as_map() else {
        let message = "'Globals' section is invalid. It must be a non-empty dictionary";
        refuse(message.to_owned(), globals.place, None);
        return;
    };
    for (name, entry) in sections {
        let Some(section) = SECTIONS.iter().find(|section| section.name == name) else {
            refuse(
                format!("'Globals' section is invalid. '{name}' is not supported."),
                entry.key_place,
                crate::suggest::closest(name, SECTIONS.iter().map(|section| section.name)),
            );
            continue;
        };
        let Some(properties) = entry.value.as_map() else {
            let message = "'Globals' section is invalid. Value of ${section} must be a dictionary";
            refuse(message.replace("${section}", name), entry.value.place, None);
            continue;
        };
        let known = section.properties;
        for (key, entry) in properties {
            if !known.contains(&key.as_str()) {
                refuse(
                    format!(
                        "'Globals' section is invalid. '{key}' is not a supported property of '{name}'."
                    ),
                    entry.key_place,
                    crate::suggest::closest(key, known.iter().copied()),
                );
            }
        }
    }
}

/// The properties of a resource with the globals of its type merged in, less those that its `IgnoreGlobals` names.
pub(crate) fn merged(
    globals: Option<&Node>,
    logical_id: &str,
    r#type: &str,
    properties: Node,
    ignored: Option<&Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Node {
    let section = SECTIONS
        .iter()
        .find(|section| section.r#type == r#type)
        .and_then(|section| globals?.get(section.name));
    let Some(section) = section else {
        return properties;
    };
    let mut section = section.clone();
    if let (Some(ignored), NodeKind::Map(map)) = (ignored, &mut section.kind) {
        if ignored.as_str() == Some("*") {
            return properties;
        }
        let mut refuse = |item: String, place: Place| {
            let message = format!(
                "Resource {logical_id} has invalid resource attribute 'IgnoreGlobals'{item}."
            );
            diagnostics
                .push(Diagnostic::error("sam::globals", message, place).resource(logical_id));
        };
        let Some(names) = ignored.as_list() else {
            refuse(String::new(), ignored.place);
            return properties;
        };
        for name in names {
            let text = name.to_text().unwrap_or_default();
            if map.shift_remove(&text).is_none() {
                refuse(format!(" on item '{text}'"), name.place);
            }
        }
    }
    merge(section, properties, "")
}

/// The local value wins; maps merge key by key, lists are put behind each other, and an intrinsic function is a plain value.
fn merge(global: Node, local: Node, path: &str) -> Node {
    let both_plain = global.intrinsic().is_none() && local.intrinsic().is_none();
    match (global.kind, local.kind) {
        (NodeKind::Map(global), NodeKind::Map(local_map)) if both_plain => Node::new(
            NodeKind::Map(merge_maps(global, local_map, path)),
            local.place,
        ),
        // A function has one architecture: SAM replaces this list.
        (NodeKind::List(mut global), NodeKind::List(local_items)) if path != "Architectures" => {
            global.extend(local_items);
            Node::list(global, local.place)
        }
        (_, local_kind) => Node::new(local_kind, local.place),
    }
}

fn merge_maps(mut global: Map, local: Map, path: &str) -> Map {
    for (key, mut entry) in local {
        match global.get_mut(&key) {
            Some(known) => {
                let child = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let place = entry.value.place;
                let global_value =
                    std::mem::replace(&mut known.value, Node::new(NodeKind::Null, place));
                entry.value = merge(global_value, entry.value, &child);
                *known = entry;
            }
            None => {
                global.insert(key, entry);
            }
        }
    }
    global
}
