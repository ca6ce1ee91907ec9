//! `AWS::Serverless::Function` (SAM translator, `model/sam_resources.py`, `SamFunction`).

use super::early::Early;
use super::event::{self, ApiEvent};
use super::preference::{self, Group, Preference};
use super::publish::{Published, publish};
use super::{add, destination};
use crate::Diagnostic;
use crate::resource::{Resource, Resources};
use crate::stack::NotRehearsed;
use crate::text::{Node, NodeKind};

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
        others.append(&mut destination::event_invoke_config(
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
