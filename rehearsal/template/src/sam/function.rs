//! `AWS::Serverless::Function` (SAM translator, `model/sam_resources.py`, `SamFunction`).

use super::early::Early;
use super::event::{self, ApiEvent};
use super::preference::{self, Group, Preference};
use super::{add, hash};
use crate::resource::{Resource, Resources};
use crate::stack::NotRehearsed;
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place};

/// Properties of SAM's function that are not the plain function's.
const SAM_ONLY: [&str; 17] = [
    "AssumeRolePolicyDocument",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "AutoPublishCodeSha256",
    "CodeUri",
    "DeploymentPreference",
    "EventInvokeConfig",
    "Events",
    "FunctionUrlConfig",
    "ImageUri",
    "InlineCode",
    "PermissionsBoundary",
    "Policies",
    "ProvisionedConcurrencyConfig",
    "RolePath",
    "VersionDeletionPolicy",
    "VersionDescription",
];

/// What a function expands to.
pub(super) struct Expansion {
    function: Resource,
    role: Option<Resource>,
    published: Option<Published>,
    others: Vec<Resource>,
    preference: Preference,
    pub(super) api_events: Vec<ApiEvent>,
    pub(super) not_rehearsed: Vec<NotRehearsed>,
}

struct Published {
    version: Resource,
    alias: Resource,
}

impl Expansion {
    /// Adds everything to the template but the deployment group, which comes last, as in SAM's own output.
    pub(super) fn add_to(
        self,
        resources: &mut Resources,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Box<Group>> {
        let logical_id = self.function.logical_id.clone();
        add(resources, self.function, diagnostics);
        let mut group = None;
        if let Some(Published { version, mut alias }) = self.published {
            resources.refer(&logical_id, "Version", &version.logical_id);
            resources.refer(&logical_id, "Alias", &alias.logical_id);
            match self.preference {
                Preference::Enabled(enabled) => {
                    alias.update_policy = Some(enabled.update_policy.clone());
                    group = Some(enabled);
                }
                Preference::Disabled(place) => {
                    resources
                        .disabled_preferences
                        .insert(alias.logical_id.clone(), place);
                }
                Preference::None => {}
            }
            add(resources, version, diagnostics);
            add(resources, alias, diagnostics);
        }
        for resource in self.others {
            for (property, suffix) in [("DestinationTopic", "Topic"), ("DestinationQueue", "Queue")]
            {
                if resource.logical_id.ends_with(suffix) {
                    resources.refer(&logical_id, property, &resource.logical_id);
                }
            }
            add(resources, resource, diagnostics);
        }
        if let Some(role) = self.role {
            add(resources, role, diagnostics);
        }
        group
    }
}

/// Expands one function.
pub(super) fn expand(
    function: &Resource,
    early: &Early<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Expansion {
    check(function, diagnostics);
    let published = publish(function, early, diagnostics);
    let alias = published
        .as_ref()
        .map(|published| published.alias.logical_id.clone());
    let mut others = Vec::new();
    let mut role_policies = Vec::new();
    if let Some(config) = function.properties.get("EventInvokeConfig") {
        let alias_name = published
            .as_ref()
            .and_then(|published| published.alias.properties.get("Name"));
        others.append(&mut event_invoke_config(
            function,
            config,
            alias.as_deref(),
            alias_name,
            &mut role_policies,
            diagnostics,
        ));
    }
    if let Some(config) = function.properties.get("FunctionUrlConfig") {
        others.push(function_url(function, config, alias.as_deref()));
    }
    let (api_events, not_rehearsed) = event::read(function, alias.as_deref(), early, diagnostics);
    Expansion {
        role: role(function, role_policies),
        function: plain(function),
        published,
        others,
        preference: preference::read(function, early, diagnostics),
        api_events,
        not_rehearsed,
    }
}

fn check(function: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let has = |key: &str| function.properties.get(key).is_some();
    let is_image = function
        .properties
        .get("PackageType")
        .and_then(Node::as_str)
        == Some("Image");
    let mut refuse = |message: &str, help: &str| {
        diagnostics.push(
            Diagnostic::error("sam::function", message, function.place)
                .resource(&function.logical_id)
                .help(help),
        );
    };
    if is_image {
        if !has("ImageUri") && function.metadata.is_none() {
            refuse(
                "'ImageUri' must be set.",
                "name the image, or how to build it in `Metadata`",
            );
        }
        return;
    }
    if !has("Runtime") || !has("Handler") {
        refuse(
            "Runtime and Handler needs to be present when PackageType is of type `Zip`",
            "set both on the function or in `Globals.Function`",
        );
    }
    if !has("CodeUri") && !has("InlineCode") {
        refuse(
            "Either 'InlineCode' or 'CodeUri' must be set.",
            "name the code's folder in `CodeUri`",
        );
    }
}

/// The plain function: SAM's own properties gone, code and role in the plain form.
fn plain(function: &Resource) -> Resource {
    let mut plain = function.clone();
    "AWS::Lambda::Function".clone_into(&mut plain.r#type);
    let NodeKind::Map(properties) = &mut plain.properties.kind else {
        return plain;
    };
    properties.retain(|key, _| !SAM_ONLY.contains(&key.as_str()));
    let place = function.place;
    let mut set = |key: &str, value: Node| {
        let key_place = value.place;
        properties.insert(key.to_owned(), crate::text::Entry { key_place, value });
    };
    if function.properties.get("Role").is_none() {
        set(
            "Role",
            Node::attribute(&format!("{}Role", function.logical_id), "Arn", place),
        );
    }
    for (from, to) in [
        ("CodeUri", None),
        ("InlineCode", Some("ZipFile")),
        ("ImageUri", Some("ImageUri")),
    ] {
        if let Some(node) = function.properties.get(from) {
            // A folder stays as it is written: what `sam package` would replace it with is not known yet.
            let code = match to {
                Some(key) => Node::map([(key, node.clone())], node.place),
                None => node.clone(),
            };
            set("Code", code);
        }
    }
    plain
}

/// The role that SAM makes where the function has none. Its policies count for the order of an update.
fn role(function: &Resource, more_policies: Vec<Node>) -> Option<Resource> {
    if function.properties.get("Role").is_some() {
        return None;
    }
    let place = function.place;
    let mut policies = match function.properties.get("Policies") {
        Some(node) => match node.as_list() {
            Some(items) => items.to_vec(),
            None => vec![node.clone()],
        },
        None => Vec::new(),
    };
    policies.extend(more_policies);
    policies.extend(function.properties.get("DeadLetterQueue").cloned());
    let mut properties = vec![("Policies", Node::list(policies, place))];
    for (from, to) in [
        ("AssumeRolePolicyDocument", "AssumeRolePolicyDocument"),
        ("PermissionsBoundary", "PermissionsBoundary"),
        ("RolePath", "Path"),
    ] {
        properties.extend(function.properties.get(from).map(|node| (to, node.clone())));
    }
    Some(Resource::generated(
        format!("{}Role", function.logical_id),
        "AWS::IAM::Role",
        Node::map(properties, place),
        function,
    ))
}

/// The version and the alias of `AutoPublishAlias`.
fn publish(
    function: &Resource,
    early: &Early<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Published> {
    let node = function.properties.get("AutoPublishAlias")?;
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
    if let Some(sha) = properties.get("AutoPublishCodeSha256") {
        return Some(early.resolve(sha).as_str()?.chars().take(10).collect());
    }
    if matches!(properties.get("AutoPublishAliasAllProperties"), Some(node) if !is_false(node)) {
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

fn is_false(node: &Node) -> bool {
    node.kind == NodeKind::Bool(false)
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

fn function_url(function: &Resource, config: &Node, alias: Option<&str>) -> Resource {
    let place = config.place;
    let mut properties = vec![(
        "TargetFunctionArn",
        Node::reference(alias.unwrap_or(&function.logical_id), place),
    )];
    properties.extend(
        config
            .get("AuthType")
            .map(|node| ("AuthType", node.clone())),
    );
    let mut resource = Resource::generated(
        format!("{}Url", function.logical_id),
        "AWS::Lambda::Url",
        Node::map(properties, place),
        function,
    );
    resource.place = place;
    resource
}

/// `EventInvokeConfig`, with the queues and topics that SAM makes for destinations that are not given.
fn event_invoke_config(
    function: &Resource,
    config: &Node,
    alias: Option<&str>,
    alias_name: Option<&Node>,
    role_policies: &mut Vec<Node>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Resource> {
    let place = config.place;
    let id = format!("{}EventInvokeConfig", function.logical_id);
    let mut resources = Vec::new();
    let mut destinations = Vec::new();
    for event in ["OnSuccess", "OnFailure"] {
        let Some(destination) = config.at(&["DestinationConfig", event]) else {
            continue;
        };
        match destination_arn(function, destination, &format!("{id}{event}")) {
            Ok((arn, generated)) => {
                resources.extend(generated);
                role_policies.push(arn.clone());
                destinations.push((event, Node::map([("Destination", arn)], destination.place)));
            }
            Err((message, at)) => {
                diagnostics.push(
                    Diagnostic::error("sam::destination", message, at)
                        .resource(&function.logical_id),
                );
            }
        }
    }
    let mut properties = vec![
        ("FunctionName", Node::reference(&function.logical_id, place)),
        (
            "Qualifier",
            alias_name
                .cloned()
                .unwrap_or_else(|| Node::string("$LATEST", place)),
        ),
        ("DestinationConfig", Node::map(destinations, place)),
    ];
    for key in ["MaximumEventAgeInSeconds", "MaximumRetryAttempts"] {
        properties.extend(config.get(key).map(|node| (key, node.clone())));
    }
    let mut resource = Resource::generated(
        id,
        "AWS::Lambda::EventInvokeConfig",
        Node::map(properties, place),
        function,
    );
    resource.place = place;
    resource.depends_on = alias
        .map(|alias| (alias.to_owned(), place))
        .into_iter()
        .collect();
    resources.push(resource);
    resources
}

fn destination_arn(
    function: &Resource,
    destination: &Node,
    id: &str,
) -> Result<(Node, Option<Resource>), (String, Place)> {
    let place = destination.place;
    let types = ["SQS", "SNS", "EventBridge", "Lambda", "S3Bucket"];
    let r#type = destination
        .get("Type")
        .and_then(Node::as_str)
        .unwrap_or("None");
    if !types.contains(&r#type) {
        return Err((format!("'Type: {type}' must be one of {types:?}"), place));
    }
    if let Some(arn) = destination.get("Destination") {
        return Ok((arn.clone(), None));
    }
    let (suffix, made) = match r#type {
        "SQS" => ("Queue", "AWS::SQS::Queue"),
        "SNS" => ("Topic", "AWS::SNS::Topic"),
        _ => {
            return Err((
                "Destination is required if Type is not ['SQS', 'SNS']".to_owned(),
                place,
            ));
        }
    };
    let id = format!("{id}{suffix}");
    let arn = if r#type == "SQS" {
        Node::attribute(&id, "Arn", place)
    } else {
        Node::reference(&id, place)
    };
    Ok((
        arn,
        Some(Resource::generated(
            id,
            made,
            Node::map::<String>([], place),
            function,
        )),
    ))
}
