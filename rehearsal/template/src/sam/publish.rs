//! `AutoPublishAlias`: the version and the alias of a function
//! (SAM translator, `model/sam_resources.py`, `_construct_version` and `_construct_alias`).

use super::early::Early;
use super::hash;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::Node;

/// What is published of a function.
pub(super) struct Published {
    pub(super) version: Resource,
    pub(super) alias: Resource,
}

/// The version and the alias of `AutoPublishAlias`.
pub(super) fn publish(
    function: &Resource,
    early: &Early<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Published> {
    let node = function
        .properties
        .get("AutoPublishAlias")
        .filter(|node| !node.is_empty())?;
    if node.as_str().is_none() && node.as_map().is_none() {
        // Refused as a property.
        return None;
    }
    let place = node.place;
    let mut refuse = |message: String| {
        diagnostics
            .push(Diagnostic::error("sam::alias", message, place).resource(&function.logical_id));
    };
    let resolved = early.resolve(node);
    let Some(name) = resolved.as_str() else {
        refuse("'AutoPublishAlias' must be a string or a Ref to a template parameter".to_owned());
        return None;
    };
    let is_word =
        |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '_';
    if name.is_empty()
        || !name.chars().all(is_word)
        || name.chars().all(|character| character.is_ascii_digit())
    {
        refuse(format!(
            "AutoPublishAlias name ('{name}') must contain only alphanumeric characters, hyphens, or underscores \
             matching (?!^[0-9]+$)([a-zA-Z0-9-_]+) pattern."
        ));
        return None;
    }
    if let Some(sha) = function.properties.get("AutoPublishCodeSha256")
        && !sha.is_empty()
        && early.resolve(sha).as_str().is_none()
    {
        diagnostics.push(
            Diagnostic::error(
                "sam::alias",
                "AutoPublishCodeSha256 must be a string",
                sha.place,
            )
            .resource(&function.logical_id),
        );
    }
    let id = &function.logical_id;
    let version_id = format!(
        "{id}Version{}",
        version_hash(function, early).unwrap_or_else(|| "*".to_owned())
    );
    let function_name = || Node::reference(id, place);
    let version = Resource::generated(
        &version_id,
        "AWS::Lambda::Version",
        Node::map([("FunctionName", function_name())], place),
        function,
    );
    let mut properties = vec![
        ("Name", Node::string(name, place)),
        ("FunctionName", function_name()),
        (
            "FunctionVersion",
            Node::attribute(&version_id, "Version", place),
        ),
    ];
    properties.extend(
        function
            .properties
            .get("ProvisionedConcurrencyConfig")
            .map(|config| ("ProvisionedConcurrencyConfig", config.clone())),
    );
    let mut alias = Resource::generated(
        format!("{id}Alias{}", name.replace('-', "D").replace('_', "U")),
        "AWS::Lambda::Alias",
        Node::map(properties, place),
        function,
    );
    alias.place = place;
    Some(Published { version, alias })
}

/// The hash in the version's logical id; `None` where it cannot be known: it needs the place in S3 that the code gets when it
/// is packaged, and with `AutoPublishAliasAllProperties` every property that SAM generates.
fn version_hash(function: &Resource, early: &Early<'_>) -> Option<String> {
    let properties = &function.properties;
    if let Some(sha) = properties
        .get("AutoPublishCodeSha256")
        .filter(|sha| !sha.is_empty())
    {
        return Some(early.resolve(sha).as_str()?.chars().take(10).collect());
    }
    if matches!(properties.get("AutoPublishAliasAllProperties"), Some(node) if !node.is_empty()) {
        return None;
    }
    let place = function.place;
    let mut hashed = if let Some(inline) = properties.get("InlineCode") {
        vec![("ZipFile".to_owned(), inline.clone())]
    } else {
        s3_location(properties.get("CodeUri")?)?
    };
    if let Some(environment) = properties.get("Environment").and_then(Node::as_map) {
        hashed.extend(
            environment
                .iter()
                .map(|(key, entry)| (key.clone(), entry.value.clone())),
        );
    }
    // The code is hashed with its parameters resolved; what is added to it afterwards as it is written.
    let code_keys = ["S3Bucket", "S3Key", "S3ObjectVersion", "ZipFile"];
    for (key, value) in &mut hashed {
        if code_keys.contains(&key.as_str()) {
            *value = early.resolve(value);
        }
    }
    if let Some(memory) = properties.get("MemorySize") {
        hashed.push(("MemorySize".to_owned(), memory.clone()));
    }
    if let Some(snap_start) = properties.get("SnapStart")
        && snap_start
            .get("ApplyOn")
            .is_some_and(|apply| apply.as_str() != Some("None"))
    {
        hashed.push(("SnapStart".to_owned(), snap_start.clone()));
    }
    Some(hash::of_node(&Node::map(hashed, place)))
}

/// The location in S3, when the code has one already.
fn s3_location(code: &Node) -> Option<Vec<(String, Node)>> {
    let place = code.place;
    if let Some(uri) = code.as_str() {
        let (bucket, key) = uri.strip_prefix("s3://")?.split_once('/')?;
        let (key, version) = match key.split_once("?versionId=") {
            Some((key, version)) => (key, Some(version)),
            None => (key, None),
        };
        let mut location = vec![
            ("S3Bucket".to_owned(), Node::string(bucket, place)),
            ("S3Key".to_owned(), Node::string(key, place)),
        ];
        location.extend(
            version.map(|version| ("S3ObjectVersion".to_owned(), Node::string(version, place))),
        );
        return Some(location);
    }
    let mut location = vec![
        ("S3Bucket".to_owned(), code.get("Bucket")?.clone()),
        ("S3Key".to_owned(), code.get("Key")?.clone()),
    ];
    location.extend(
        code.get("Version")
            .map(|version| ("S3ObjectVersion".to_owned(), version.clone())),
    );
    Some(location)
}
