//! The hash in a version's logical id: what changes it publishes a new version
//! (SAM translator, `model/sam_resources.py`, `_construct_version`).

use super::hash;
use super::transform_time::TransformTime;
use crate::resource::Resource;
use crate::text::{Node, NodeKind};
use crate::version_hash::{Hashed, VersionHash};

/// The hash in the version's logical id; `None` where it cannot be known: it needs the place in S3 that the code gets when it
/// is packaged.
pub(super) fn hash(function: &Resource, transform_time: &TransformTime<'_>) -> Option<String> {
    let lacks_value = |key: &str| {
        function
            .properties
            .given(key)
            .is_some_and(|node| transform_time.lacks_value(node))
    };
    if [
        "AutoPublishCodeSha256",
        "CodeUri",
        "ImageUri",
        "InlineCode",
        "SourceKMSKeyArn",
    ]
    .into_iter()
    .any(lacks_value)
    {
        return None;
    }
    if let Some(sha) = function.properties.given("AutoPublishCodeSha256") {
        return Some(
            transform_time
                .resolve(sha)
                .as_str()?
                .chars()
                .take(10)
                .collect(),
        );
    }
    of(function, code(function)?, transform_time)
}

/// What the logical id depends on besides the code.
pub(super) fn hashed(function: &Resource, transform_time: &TransformTime<'_>) -> VersionHash {
    let code_sha256 = function.properties.given("AutoPublishCodeSha256");
    let all = function
        .properties
        .given("AutoPublishAliasAllProperties")
        .is_some();
    VersionHash {
        of: match code_sha256 {
            Some(_) => Hashed::CodeSha256,
            None if all => Hashed::AllProperties,
            None => Hashed::CodeAndSome,
        },
        beside_code: match code_sha256 {
            Some(sha) => transform_time.resolve(sha).as_str().map(str::to_owned),
            None => of(function, Vec::new(), transform_time),
        },
    }
}

/// The function's description with its `AutoPublishCodeSha256` behind it, so that Lambda publishes a version for another one whatever the
/// code is; `None` where there is no such value (SAM translator, `model/sam_resources.py`, `to_cloudformation`).
pub(super) fn description(function: &Resource, transform_time: &TransformTime<'_>) -> Option<Node> {
    let sha = function.properties.given("AutoPublishCodeSha256")?;
    let sha = transform_time.resolve(sha);
    let Some(own) = function.properties.given("Description") else {
        return Some(sha);
    };
    let own = transform_time.resolve(own);
    if own.is_empty() {
        return Some(sha);
    }
    let place = own.place;
    if let Some(text) = own.as_str() {
        return Some(Node::string(format!("{text} {}", sha.as_str()?), place));
    }
    let parts = Node::list(vec![own, sha], place);
    let joined = Node::list(vec![Node::string(" ", place), parts], place);
    Some(Node::map([("Fn::Join", joined)], place))
}

/// The hash with this code; without any it is of what stands beside it, and layers count as they are written.
fn of(
    function: &Resource,
    code: Vec<(&'static str, Node)>,
    transform_time: &TransformTime<'_>,
) -> Option<String> {
    let given = |key: &str| function.properties.given(key);
    if given("AutoPublishAliasAllProperties").is_some() {
        // A layer that asks for it is hashed too, and it may be SAM's.
        let layers = given("Layers").and_then(Node::as_list);
        let may_be_own = layers.is_some_and(|layers| {
            let mut layers = layers.iter();
            layers.any(|layer| layer.intrinsic().is_some())
        });
        return (!may_be_own || code.is_empty())
            .then(|| of_all_properties(function, code))
            .flatten();
    }
    // The code is hashed with its parameters resolved; what is added to it afterwards as it is written.
    let mut hashed: Vec<(String, Node)> = code
        .into_iter()
        .map(|(key, value)| (key.to_owned(), transform_time.resolve(&value)))
        .collect();
    if let Some(environment) = given("Environment").and_then(Node::as_map) {
        hashed.extend(
            environment
                .iter()
                .map(|(key, entry)| (key.clone(), entry.value.clone())),
        );
    }
    if let Some(memory) = given("MemorySize") {
        hashed.push(("MemorySize".to_owned(), memory.clone()));
    }
    if let Some(snap_start) = given("SnapStart")
        && snap_start
            .get("ApplyOn")
            .is_some_and(|apply| apply.as_str() != Some("None"))
    {
        hashed.push(("SnapStart".to_owned(), snap_start.clone()));
    }
    Some(hash::of_node(&Node::map(hashed, function.place)))
}

/// The properties that `AutoPublishAliasAllProperties` hashes as they are written; the others have another form in the
/// function that SAM makes.
const AS_WRITTEN: [&str; 25] = [
    "Architectures",
    "CodeSigningConfigArn",
    "Description",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "FileSystemConfigs",
    "FunctionScalingConfig",
    "Handler",
    "ImageConfig",
    "KmsKeyArn",
    "Layers",
    "LoggingConfig",
    "MemorySize",
    "PackageType",
    "PublishToLatestPublished",
    "RecursiveLoop",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "RuntimeManagementConfig",
    "SnapStart",
    "TenancyConfig",
    "Timeout",
    "VpcConfig",
];

fn of_all_properties(function: &Resource, code: Vec<(&'static str, Node)>) -> Option<String> {
    let place = function.place;
    let text = |text: &str| Node::string(text, place);
    let get = |key: &str| function.properties.get(key);
    let given = |key: &str| function.properties.given(key);
    // A capacity provider has a form of its own.
    if get("CapacityProviderConfig").is_some() {
        return None;
    }
    let mut hashed: Vec<(&str, Node)> = AS_WRITTEN
        .into_iter()
        .filter_map(|key| Some((key, get(key)?.clone())))
        .collect();
    hashed.push(("Code", Node::map(code, place)));
    let name = given("FunctionName");
    hashed.extend(name.map(|node| ("FunctionName", node.clone())));
    if let Some(queue) = given("DeadLetterQueue") {
        let arn = queue.get("TargetArn")?.clone();
        hashed.push(("DeadLetterConfig", Node::map([("TargetArn", arn)], place)));
    }
    if let Some(mode) = given("Tracing")
        && mode.as_str() != Some("Disabled")
    {
        hashed.push(("TracingConfig", Node::map([("Mode", mode.clone())], place)));
    }
    let tag = |key: &str, value: Node| Node::map([("Key", text(key)), ("Value", value)], place);
    let own = get("Tags").and_then(Node::as_map).into_iter().flatten();
    let mut tags = vec![tag("lambda:createdBy", text("SAM"))];
    tags.extend(own.map(|(key, entry)| match entry.value.kind {
        NodeKind::Null => tag(key, text("")),
        _ => tag(key, entry.value.clone()),
    }));
    hashed.push(("Tags", Node::list(tags, place)));
    Some(hash::of_node(&Node::map(hashed, place)))
}

/// The function's `Code`, where its place is known.
fn code(function: &Resource) -> Option<Vec<(&'static str, Node)>> {
    let get = |key: &str| function.properties.get(key);
    let mut code = if get("PackageType").and_then(Node::as_str) == Some("Image") {
        vec![("ImageUri", get("ImageUri")?.clone())]
    } else if let Some(inline) = get("InlineCode") {
        vec![("ZipFile", inline.clone())]
    } else {
        s3_location(get("CodeUri")?)?
    };
    if let Some(key) = function.properties.given("SourceKMSKeyArn")
        && code[0].0 != "ImageUri"
    {
        code.push(("SourceKMSKeyArn", key.clone()));
    }
    Some(code)
}

/// The location in S3, when the code has one already (`model/s3_utils/uri_parser.py`).
fn s3_location(code: &Node) -> Option<Vec<(&'static str, Node)>> {
    let place = code.place;
    if let Some(uri) = code.as_str() {
        let (bucket, rest) = uri.strip_prefix("s3://")?.split_once('/')?;
        let (key, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut location = vec![
            ("S3Bucket", Node::string(bucket, place)),
            ("S3Key", Node::string(key.trim_start_matches('/'), place)),
        ];
        let version = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("versionId="));
        location.extend(version.map(|version| ("S3ObjectVersion", Node::string(version, place))));
        return Some(location);
    }
    let mut location = vec![
        ("S3Bucket", code.get("Bucket")?.clone()),
        ("S3Key", code.get("Key")?.clone()),
    ];
    location.extend(
        code.get("Version")
            .map(|version| ("S3ObjectVersion", version.clone())),
    );
    Some(location)
}
