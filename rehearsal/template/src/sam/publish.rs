//! `AutoPublishAlias`: the version and the alias of a function
//! (SAM translator, `model/sam_resources.py`, `_construct_version` and `_construct_alias`).

use super::transform_time::TransformTime;
use super::version;
use crate::Diagnostic;
use crate::resource::Resource;
use crate::text::Node;
use crate::version_hash::VersionHash;

/// What is published of a function.
pub(super) struct Published {
    pub(super) version: Resource,
    /// What the version's logical id hashes.
    pub(super) hash: VersionHash,
    pub(super) alias: Resource,
}

/// The version and the alias of `AutoPublishAlias`.
pub(super) fn publish(
    function: &Resource,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Published> {
    let node = function.properties.given("AutoPublishAlias")?;
    if node.as_str().is_none() && node.as_map().is_none() {
        // Refused as a property.
        return None;
    }
    let place = node.place;
    let mut refuse = |message: String| {
        diagnostics
            .push(Diagnostic::error("sam::alias", message, place).resource(&function.logical_id));
    };
    let resolved = transform_time.resolve(node);
    if transform_time.lacks_value(node) {
        return Some(published(function, transform_time, node.clone(), "*"));
    }
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
        && !transform_time.lacks_value(sha)
        && transform_time.resolve(sha).as_str().is_none()
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
    let suffix = name.replace('-', "D").replace('_', "U");
    Some(published(
        function,
        transform_time,
        Node::string(name, place),
        &suffix,
    ))
}

/// The version, and the alias with its name and what the logical id ends with.
fn published(
    function: &Resource,
    transform_time: &TransformTime<'_>,
    name: Node,
    suffix: &str,
) -> Published {
    let place = name.place;
    let id = &function.logical_id;
    let version_id = format!(
        "{id}Version{}",
        version::hash(function, transform_time).unwrap_or_else(|| "*".to_owned())
    );
    let function_name = || Node::reference(id, place);
    let mut version_properties = vec![("FunctionName", function_name())];
    version_properties.extend(
        function
            .properties
            .get("VersionDescription")
            .map(|description| ("Description", description.clone())),
    );
    let mut version = Resource::generated(
        &version_id,
        "AWS::Lambda::Version",
        Node::map(version_properties, place),
        function,
    )
    .with_policies_of(function);
    version.deletion_policy = Some(deletion_policy(function));
    let mut properties = vec![
        ("Name", name),
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
        format!("{id}Alias{suffix}"),
        "AWS::Lambda::Alias",
        Node::map(properties, place),
        function,
    )
    .with_policies_of(function);
    alias.place = place;
    Published {
        version,
        hash: version::hashed(function, transform_time),
        alias,
    }
}

/// What becomes of the version when its resource goes: what the function says of itself, or of its versions, or else SAM's default
/// (SAM translator, `model/sam_resources.py`, `_construct_version` and `_get_default_version_deletion_policy`).
fn deletion_policy(function: &Resource) -> Node {
    let given = function
        .deletion_policy
        .as_ref()
        .or_else(|| function.properties.get("VersionDeletionPolicy"));
    given.cloned().unwrap_or_else(|| {
        let has_provider = function.properties.get("CapacityProviderConfig").is_some();
        Node::string(
            if has_provider { "Delete" } else { "Retain" },
            function.place,
        )
    })
}
