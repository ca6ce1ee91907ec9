//! Which properties SAM's own resource types and events have, and of what kind
//! (SAM translator, `model/__init__.py`, `Resource.validate_properties`, and the `property_types` of each type).

use Kind::{
    Any, Bool, BoolOrMap, List, ListOfTextsOrMaps, Map, MapOfMaps, OnlyText, Text, TextMapOrList,
    TextOrMap, Version, Whole,
};

use crate::text::{Map as Entries, Node, NodeKind};
use crate::{Diagnostic, Place, suggest};

/// What SAM takes as a property's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Any,
    Bool,
    BoolOrMap,
    List,
    ListOfTextsOrMaps,
    Map,
    MapOfMaps,
    /// Text, said in other words.
    OnlyText,
    Text,
    TextMapOrList,
    TextOrMap,
    /// Text, or the number that YAML reads in it.
    Version,
    Whole,
}

impl Kind {
    fn takes(self, node: &Node) -> bool {
        let is_text_or_map =
            |node: &Node| matches!(node.kind, NodeKind::String(_) | NodeKind::Map(_));
        match (self, &node.kind) {
            (Any, _)
            | (Bool | BoolOrMap, NodeKind::Bool(_))
            | (List, NodeKind::List(_))
            | (Map | BoolOrMap | TextOrMap | TextMapOrList, NodeKind::Map(_))
            | (Text | OnlyText | TextOrMap | TextMapOrList | Version, NodeKind::String(_))
            | (Version, NodeKind::Number(_)) => true,
            (ListOfTextsOrMaps | TextMapOrList, NodeKind::List(items)) => {
                items.iter().all(is_text_or_map)
            }
            (MapOfMaps, NodeKind::Map(map)) => {
                map.values().all(|entry| entry.value.as_map().is_some())
            }
            (Whole, NodeKind::Number(number)) => number.is_i64() || number.is_u64(),
            _ => false,
        }
    }

    fn refusal(self, name: &str) -> String {
        match self {
            Map => format!("Property '{name}' should be a map."),
            Text | Version => format!("Property '{name}' should be a string."),
            _ => format!("Type of property '{name}' is invalid."),
        }
    }
}

type Table = &'static [(&'static str, Kind)];

/// The properties of `AWS::Serverless::Function` (`model/sam_resources.py`, `SamFunction`).
const FUNCTION: Table = &[
    ("Architectures", Any),
    ("AssumeRolePolicyDocument", Map),
    ("AutoPublishAlias", OnlyText),
    ("AutoPublishAliasAllProperties", Bool),
    ("AutoPublishCodeSha256", OnlyText),
    ("CapacityProviderConfig", Map),
    ("CodeSigningConfigArn", Any),
    ("CodeUri", Any),
    ("DeadLetterQueue", Map),
    ("DeploymentPreference", Map),
    ("Description", Any),
    ("DurableConfig", Map),
    ("Environment", MapOfMaps),
    ("EphemeralStorage", Any),
    ("EventInvokeConfig", Map),
    ("Events", MapOfMaps),
    ("FileSystemConfigs", Any),
    ("FunctionName", TextOrMap),
    ("FunctionScalingConfig", Map),
    ("FunctionUrlConfig", Map),
    ("Handler", Any),
    ("ImageConfig", Any),
    ("ImageUri", Any),
    ("InlineCode", Any),
    ("KmsKeyArn", Any),
    ("Layers", ListOfTextsOrMaps),
    ("LoggingConfig", Any),
    ("MemorySize", Any),
    ("PackageType", Any),
    ("PermissionsBoundary", Text),
    ("Policies", TextMapOrList),
    ("PropagateTags", Bool),
    ("ProvisionedConcurrencyConfig", Any),
    ("PublishToLatestPublished", Any),
    ("RecursiveLoop", Any),
    ("ReservedConcurrentExecutions", Any),
    ("Role", Text),
    ("RolePath", Any),
    ("Runtime", Any),
    ("RuntimeManagementConfig", Any),
    ("SnapStart", Map),
    ("SourceKMSKeyArn", Any),
    ("Tags", Map),
    ("TenancyConfig", Any),
    ("Timeout", Any),
    ("Tracing", TextOrMap),
    ("VersionDeletionPolicy", Any),
    ("VersionDescription", Any),
    ("VpcConfig", Any),
];

/// The properties of `AWS::Serverless::Api` (`SamApi`).
const API: Table = &[
    ("AccessLogSetting", Map),
    ("AlwaysDeploy", Bool),
    ("ApiKeySourceType", Text),
    ("Auth", Map),
    ("BinaryMediaTypes", List),
    ("CacheClusterEnabled", Bool),
    ("CacheClusterSize", Text),
    ("CanarySetting", Map),
    ("Cors", TextOrMap),
    ("DefinitionBody", Map),
    ("DefinitionUri", TextOrMap),
    ("Description", Text),
    ("DisableExecuteApiEndpoint", Bool),
    ("Domain", Map),
    ("EndpointAccessMode", Text),
    ("EndpointConfiguration", TextOrMap),
    ("FailOnWarnings", Bool),
    ("GatewayResponses", Map),
    ("MergeDefinitions", Bool),
    ("MethodSettings", List),
    ("MinimumCompressionSize", Whole),
    ("Mode", Text),
    ("Models", Map),
    ("Name", TextOrMap),
    // `fix_openapi_definitions` writes a number as text.
    ("OpenApiVersion", Version),
    ("Policy", TextOrMap),
    ("PropagateTags", Bool),
    ("SecurityPolicy", Text),
    ("StageName", TextOrMap),
    ("Tags", Map),
    ("TracingEnabled", Bool),
    ("Variables", Map),
];

/// The properties of `AWS::Serverless::HttpApi` (`SamHttpApi`).
const HTTP_API: Table = &[
    ("AccessLogSettings", Map),
    ("Auth", Map),
    ("CorsConfiguration", BoolOrMap),
    ("DefaultRouteSettings", Map),
    ("DefinitionBody", Map),
    ("DefinitionUri", TextOrMap),
    ("Description", Text),
    ("DisableExecuteApiEndpoint", Bool),
    ("Domain", Map),
    ("FailOnWarnings", Bool),
    ("Name", Any),
    ("PropagateTags", Bool),
    ("RouteSettings", Map),
    ("StageName", TextOrMap),
    ("StageVariables", Map),
    ("Tags", Map),
];

/// The properties of an event of type `Api` (`model/eventsources/push.py`, `Api`).
const API_EVENT: Table = &[
    ("Auth", Map),
    ("Method", Text),
    ("Path", Text),
    ("RequestModel", Map),
    ("RequestParameters", List),
    ("ResponseTransferMode", Text),
    ("RestApiId", Text),
    ("Stage", Text),
    ("TimeoutInMillis", Whole),
];

/// The properties of an event of type `HttpApi` (`HttpApi`).
const HTTP_API_EVENT: Table = &[
    ("ApiId", Text),
    ("Auth", Map),
    ("Method", Text),
    ("Path", Text),
    ("PayloadFormatVersion", Text),
    ("RouteSettings", Map),
    ("Stage", Text),
    ("TimeoutInMillis", Whole),
];

/// The properties whose kind is checked even where an intrinsic function stands.
const NO_INTRINSICS: [&str; 3] = [
    "AlwaysDeploy",
    "AutoPublishAliasAllProperties",
    "MergeDefinitions",
];

/// The properties of a type, where they are checked.
fn table(r#type: &str) -> Option<Table> {
    Some(match r#type {
        "AWS::Serverless::Function" => FUNCTION,
        "AWS::Serverless::Api" => API,
        "AWS::Serverless::HttpApi" => HTTP_API,
        "Api" => API_EVENT,
        "HttpApi" => HTTP_API_EVENT,
        _ => return None,
    })
}

/// Refuses properties that a resource's or an event's type does not have, or has as another kind. `place` is where the
/// resource stands, `logical_id` which it is.
pub(super) fn check(
    r#type: &str,
    properties: &Entries,
    logical_id: &str,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(table) = table(r#type) else { return };
    let mut refuse = |message: String, place: Place, help: Option<String>| {
        let mut diagnostic =
            Diagnostic::error("sam::property", message, place).resource(logical_id);
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    };
    for (name, entry) in properties {
        match table.iter().find(|(known, _)| known == name) {
            None => refuse(
                format!("property {name} not defined for resource of type {type}"),
                entry.key_place,
                suggest::did_you_mean(name, table.iter().map(|(known, _)| *known)),
            ),
            Some((_, kind)) => {
                // SAM takes any map of one key for an intrinsic function.
                let is_intrinsic = entry.value.as_map().is_some_and(|map| map.len() == 1)
                    && !NO_INTRINSICS.contains(&name.as_str());
                if !is_intrinsic && !kind.takes(&entry.value) {
                    refuse(kind.refusal(name), entry.value.place, None);
                }
            }
        }
    }
}
