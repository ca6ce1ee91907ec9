//! `AWS::Serverless::Function` (SAM translator, `model/sam_resources.py`, `SamFunction`).

use super::event::{self, ApiEvent};
use super::preference::{self, Group, Preference};
use super::publish::{Published, publish};
use super::role::{self, Role};
use super::transform_time::TransformTime;
use super::trigger::Trigger;
use super::{add, checks, cors, destination, generated, policies, version};
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

/// Where the code is of a function that says nothing of it, as SAM's command has it.
const TEMPLATE_FOLDER: &str = ".";

/// What a function expands to.
pub(super) struct Expansion {
    function: Resource,
    role: Role,
    published: Option<Published>,
    others: Vec<Resource>,
    of_events: Vec<Resource>,
    preference: Preference,
    pub(super) api_events: Vec<ApiEvent>,
    pub(super) triggers: Vec<Trigger>,
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
        if let Some(Published {
            version,
            hash,
            mut alias,
        }) = self.published
        {
            resources
                .version_hashes
                .insert(version.logical_id.clone(), hash);
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
        for resource in self.of_events {
            // The triggers of a user pool share one permission.
            if !resources
                .by_id
                .get(&resource.logical_id)
                .is_some_and(|there| there.is_of_event)
            {
                add(resources, resource, diagnostics);
            }
        }
        if let Some(role) = self.role.made {
            add(resources, role, diagnostics);
        }
        resources.conditions.extend(self.role.condition);
        group
    }
}

/// Expands one function.
pub(super) fn expand(
    function: &Resource,
    transform_time: &TransformTime<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Expansion {
    checks::check(function, diagnostics);
    let published = publish(function, transform_time, diagnostics);
    let alias = published
        .as_ref()
        .map(|published| published.alias.logical_id.clone());
    let mut others = Vec::new();
    let mut role_policies = Vec::new();
    if let Some(config) = function.properties.given("EventInvokeConfig") {
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
    if let Some(config) = function.properties.given("FunctionUrlConfig") {
        cors::check_url(function, config, diagnostics);
        others.extend(function_url(function, config, alias.as_deref()));
    }
    let target = alias.as_deref().unwrap_or(&function.logical_id);
    let events = function.properties.get("Events").and_then(Node::as_map);
    let of_events = events
        .into_iter()
        .flatten()
        .flat_map(|(name, entry)| {
            generated::of_function_event(function, target, name, &entry.value)
        })
        .collect();
    let (api_events, not_rehearsed) = event::read(function, alias.as_deref(), diagnostics);
    policies::check(function, true, diagnostics);
    let role = role::role(function, &role_policies, diagnostics);
    let description = published
        .as_ref()
        .and_then(|_| version::description(function, transform_time));
    Expansion {
        function: plain(function, role.arn.clone(), description),
        role,
        published,
        others,
        of_events,
        preference: preference::read(function, transform_time, diagnostics),
        api_events,
        triggers: Trigger::all(function, target),
        not_rehearsed,
    }
}

/// The plain function: SAM's own properties gone, code and role in the plain form, and another description where what it publishes asks
/// for one.
fn plain(function: &Resource, role: Node, description: Option<Node>) -> Resource {
    let mut plain = function.clone();
    "AWS::Lambda::Function".clone_into(&mut plain.r#type);
    let NodeKind::Map(properties) = &mut plain.properties.kind else {
        return plain;
    };
    properties.retain(|key, _| !SAM_ONLY.contains(&key.as_str()));
    let mut set = |key: &str, value: Node| {
        properties.insert(key.to_owned(), value.into());
    };
    set("Role", role);
    if let Some(description) = description {
        set("Description", description);
    }
    let has_code = ["CodeUri", "InlineCode", "ImageUri"]
        .into_iter()
        .any(|key| function.properties.get(key).is_some());
    let is_image = function
        .properties
        .get("PackageType")
        .and_then(Node::as_str)
        == Some("Image");
    if !has_code && !is_image {
        set("Code", Node::string(TEMPLATE_FOLDER, function.place));
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

/// The URL, and what lets everyone call it where no one has to sign (`_construct_function_url`, `_construct_url_permission`,
/// `_construct_invoke_permission`).
fn function_url(function: &Resource, config: &Node, alias: Option<&str>) -> Vec<Resource> {
    let place = config.place;
    let target = || Node::reference(alias.unwrap_or(&function.logical_id), place);
    let mut properties = vec![("TargetFunctionArn", target())];
    for key in ["AuthType", "Cors", "InvokeMode"] {
        properties.extend(config.get(key).map(|node| (key, node.clone())));
    }
    let mut resource = Resource::generated(
        format!("{}Url", function.logical_id),
        "AWS::Lambda::Url",
        Node::map(properties, place),
        function,
    );
    resource.place = place;
    let mut made = vec![resource];
    if config.get("AuthType").and_then(Node::as_str) == Some("NONE") {
        let ids = ["UrlPublicPermissions", "URLInvokeAllowPublicAccess"];
        made.extend(ids.map(|suffix| {
            let id = format!("{}{suffix}", function.logical_id);
            let properties = Node::map([("FunctionName", target())], place);
            let mut permission =
                Resource::generated(id, "AWS::Lambda::Permission", properties, function);
            permission.place = place;
            permission
        }));
    }
    made
}
