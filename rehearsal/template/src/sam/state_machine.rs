//! `AWS::Serverless::StateMachine` (SAM translator, `model/stepfunctions/generators.py`).
//!
//! A rehearsal runs no state machine. It is expanded for the names that SAM gives, for the order of an update, and for what
//! SAM refuses.

use super::{TransformTime, add, checks, generated, policies};
use crate::resource::{Resource, Resources};
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place};

/// Properties of SAM's state machine that are not the plain one's.
const SAM_ONLY: [&str; 8] = [
    "AutoPublishAlias",
    "DeploymentPreference",
    "Events",
    "PermissionsBoundary",
    "Policies",
    "PropagateTags",
    "RolePath",
    "UseAliasAsEventTarget",
];

/// Properties that have another name in the plain one.
const RENAMED: [(&str, &str); 5] = [
    ("Logging", "LoggingConfiguration"),
    ("Name", "StateMachineName"),
    ("Role", "RoleArn"),
    ("Tracing", "TracingConfiguration"),
    ("Type", "StateMachineType"),
];

/// Expands one state machine: the machine, its role, and its version and alias where it publishes one.
pub(super) fn expand(
    machine: Resource,
    transform_time: &TransformTime<'_>,
    resources: &mut Resources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    check(&machine, diagnostics);
    let id = machine.logical_id.clone();
    let place = machine.place;
    let given = |key: &str| machine.properties.given(key).cloned();
    policies::check(&machine, given("Role").is_none(), diagnostics);
    let mut made = Vec::new();
    if given("Role").is_none() {
        let policies = given("Policies").unwrap_or_else(|| Node::list(Vec::new(), place));
        made.push(Resource::generated(
            format!("{id}Role"),
            "AWS::IAM::Role",
            Node::map([("Policies", policies)], place),
            &machine,
        ));
    }
    let events = machine.properties.get("Events").and_then(Node::as_map);
    for (name, entry) in events.into_iter().flatten() {
        made.extend(generated::of_machine_event(&machine, name, &entry.value));
    }
    let alias = given("AutoPublishAlias").map(|node| transform_time.resolve(&node));
    if let Some(name) = alias.as_ref().and_then(Node::as_str) {
        let version = Resource::generated(
            format!("{id}Version"),
            "AWS::StepFunctions::StateMachineVersion",
            Node::map([("StateMachineArn", Node::reference(&id, place))], place),
            &machine,
        );
        let mut properties = vec![
            ("Name", Node::string(name, place)),
            ("Version", Node::reference(&version.logical_id, place)),
        ];
        properties.extend(given("DeploymentPreference").map(|node| ("DeploymentPreference", node)));
        let mut alias = Resource::generated(
            format!("{id}Alias{name}"),
            "AWS::StepFunctions::StateMachineAlias",
            Node::map(properties, place),
            &machine,
        );
        alias.place = given("DeploymentPreference").map_or(place, |node| node.place);
        made.extend([version, alias]);
    }
    let mut plain = machine;
    "AWS::StepFunctions::StateMachine".clone_into(&mut plain.r#type);
    if let NodeKind::Map(properties) = &mut plain.properties.kind {
        properties.retain(|key, _| !SAM_ONLY.contains(&key.as_str()));
        for (sams, plain) in RENAMED {
            if let Some(entry) = properties.shift_remove(sams) {
                properties.insert(plain.to_owned(), entry);
            }
        }
    }
    for resource in std::iter::once(plain).chain(made) {
        add(resources, resource, diagnostics);
    }
}

fn check(machine: &Resource, diagnostics: &mut Vec<Diagnostic>) {
    let given = |key: &str| machine.properties.given(key);
    let mut refuse = |message: &str, place: Place| {
        diagnostics.push(
            Diagnostic::error("sam::state-machine", message, place).resource(&machine.logical_id),
        );
    };
    match (given("Definition"), given("DefinitionUri")) {
        (Some(_), Some(uri)) => refuse(
            "Specify either 'Definition' or 'DefinitionUri' property and not both.",
            uri.place,
        ),
        (None, None) => refuse(
            "Either 'Definition' or 'DefinitionUri' property must be specified.",
            machine.place,
        ),
        _ => {}
    }
    if let Some(uri) = given("DefinitionUri")
        && let Some(message) = checks::not_in_s3("DefinitionUri", uri)
    {
        refuse(&message, uri.place);
    }
    if let (Some(_), Some(policies)) = (given("Role"), given("Policies")) {
        refuse(
            "Specify either 'Role' or 'Policies' (but not both at the same time) or neither of them",
            policies.place,
        );
    }
    if given("AutoPublishAlias").is_some() {
        return;
    }
    if let Some(node) = given("UseAliasAsEventTarget") {
        refuse(
            "'UseAliasAsEventTarget' requires 'AutoPublishAlias' property to be specified.",
            node.place,
        );
    } else if let Some(node) = given("DeploymentPreference") {
        refuse(
            "'DeploymentPreference' requires 'AutoPublishAlias' property to be specified.",
            node.place,
        );
    }
}
