//! `AWS::Serverless::Function` (SAM translator, `model/sam_resources.py`, `SamFunction`).

use super::early::Early;
use super::event::{self, ApiEvent};
use super::preference::{self, Group, Preference};
use super::publish::{Published, publish};
use super::{add, destination};
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
    let (api_events, not_rehearsed) = event::read(function, alias.as_deref(), diagnostics);
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

/// Refuses what SAM refuses of a function by itself, with SAM's reasons
/// (`_construct_code_dict`, `_validate_package_type`, `_validate_dlq`, `_validate_url_auth_type`, `to_cloudformation`).
fn check(function: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let get = |key: &str| function.properties.get(key);
    let has = |key: &str| get(key).is_some_and(|node| !node.is_empty());
    let mut refuse = |message: String, place: Place| {
        diagnostics.push(
            Diagnostic::error("sam::function", message, place).resource(&function.logical_id),
        );
    };
    check_package(function, &has, &mut refuse);
    if let Some(queue) = get("DeadLetterQueue").filter(|_| has("DeadLetterQueue")) {
        let r#type = queue.get("Type").filter(|node| !node.is_empty());
        match (r#type, queue.get("TargetArn")) {
            (Some(r#type), Some(arn)) if !arn.is_empty() => {
                if !matches!(r#type.as_str(), Some("SQS" | "SNS")) {
                    refuse(
                        "'DeadLetterQueue' requires Type of ['SQS', 'SNS']".to_owned(),
                        r#type.place,
                    );
                }
            }
            _ => refuse(
                "'DeadLetterQueue' requires Type and TargetArn properties to be specified."
                    .to_owned(),
                queue.place,
            ),
        }
    }
    if let Some(config) = get("FunctionUrlConfig").filter(|_| has("FunctionUrlConfig"))
        && config.intrinsic().is_none()
    {
        let auth = config.get("AuthType");
        let is_known = auth.is_some_and(|auth| {
            auth.intrinsic().is_some() || matches!(auth.as_str(), Some("AWS_IAM" | "NONE"))
        });
        if !is_known {
            refuse(
                "AuthType is required to configure function property `FunctionUrlConfig`. \
                 Please provide either AWS_IAM or NONE."
                    .to_owned(),
                config.place,
            );
        }
    }
    if let Some(config) = get("ProvisionedConcurrencyConfig")
        && !config.is_empty()
        && !has("AutoPublishAlias")
    {
        refuse(
            "To set ProvisionedConcurrencyConfig AutoPublishALias must be defined on the function"
                .to_owned(),
            config.place,
        );
    }
    if let Some(policy) = get("VersionDeletionPolicy") {
        if policy.as_map().is_none() && !matches!(policy.as_str(), Some("Delete" | "Retain")) {
            refuse(
                "Property 'VersionDeletionPolicy' should be a one of the strings: 'Delete' or 'Retain'."
                    .to_owned(),
                policy.place,
            );
        }
        if get("AutoPublishAlias").is_none() {
            refuse(
                "'VersionDeletionPolicy' requires 'AutoPublishAlias'.".to_owned(),
                policy.place,
            );
        }
    }
}

fn check_package(
    function: &Resource,
    has: &impl Fn(&str) -> bool,
    refuse: &mut impl FnMut(String, Place),
) {
    let get = |key: &str| function.properties.get(key);
    let package = get("PackageType").filter(|node| !node.is_empty());
    match package.map(|node| node.as_str().unwrap_or_default()) {
        Some("Image") => {
            // SAM's command puts the image that it builds in the place of what `Metadata` says of it.
            if get("ImageUri").is_none() && function.metadata.is_none() {
                refuse("'ImageUri' must be set.".to_owned(), function.place);
            }
            if has("Handler") || has("Runtime") || has("Layers") {
                refuse(
                    "Runtime, Handler, Layers cannot be present when PackageType is of type `Image`"
                        .to_owned(),
                    function.place,
                );
            }
            return;
        }
        None | Some("Zip") => {}
        Some(other) => refuse(
            format!("invalid 'PackageType' : {other}"),
            package.map_or(function.place, |node| node.place),
        ),
    }
    if !has("Runtime") || !has("Handler") {
        refuse(
            "Runtime and Handler needs to be present when PackageType is of type `Zip`".to_owned(),
            function.place,
        );
    }
    if has("ImageConfig") {
        refuse(
            "ImageUri or ImageConfig cannot be present when PackageType is of type `Zip`"
                .to_owned(),
            function.place,
        );
    }
    match (get("InlineCode"), get("CodeUri")) {
        (Some(_), _) => {}
        (None, None) => refuse(
            "Only one of 'InlineCode' or 'CodeUri' can be set.".to_owned(),
            function.place,
        ),
        (None, Some(code)) => match &code.kind {
            // A folder is taken: `sam package` puts a place in S3 there.
            NodeKind::String(_) => {}
            NodeKind::Map(_) => {
                let has = |key: &str| code.get(key).is_some_and(|node| !node.is_empty());
                if !has("Bucket") || !has("Key") {
                    refuse(
                        "'CodeUri' requires Bucket and Key properties to be specified.".to_owned(),
                        code.place,
                    );
                }
            }
            _ => refuse(
                "'CodeUri' must be of type dict or string.".to_owned(),
                code.place,
            ),
        },
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
