//! What leaves a stack, and what stays of it.

use std::collections::BTreeSet;

use rehearsal_template::stack::Resource;
use rehearsal_template::{Field, Stack};

use super::changes::{Action, Change};

/// Whether something keeps a resource that leaves its stack.
pub(super) fn is_retained(resource: &Resource) -> bool {
    of_layer(resource).unwrap_or_else(|| keeps(resource.deletion_policy.as_ref()))
}

/// Whether SAM keeps the versions of a layer, which it names by a hash: `RetentionPolicy`, else `DeletionPolicy`, else it does (SAM
/// translator, `SamLayerVersion`). `None` for what is no layer of SAM's.
pub(super) fn of_layer(resource: &Resource) -> Option<bool> {
    if resource.r#type != "AWS::Serverless::LayerVersion" {
        return None;
    }
    let own = resource.properties.get("RetentionPolicy");
    Some(match own.and_then(|own| own.value.to_text()) {
        Some(policy) => policy.eq_ignore_ascii_case("retain"),
        None => resource
            .deletion_policy
            .as_ref()
            .is_none_or(|policy| keeps(Some(policy))),
    })
}

/// Whether the old one stays where another takes a resource's place.
pub(super) fn is_kept_when_replaced(live: Option<&Resource>, new: &Resource) -> bool {
    let policy = new.update_replace_policy.as_ref();
    live.and_then(of_layer).unwrap_or_else(|| keeps(policy))
}

/// Whether a policy keeps what is there.
fn keeps(policy: Option<&Field<String>>) -> bool {
    policy
        .and_then(|policy| policy.known_value())
        .is_some_and(|policy| matches!(policy.as_str(), "Retain" | "RetainExceptOnCreate"))
}

/// The functions that are deleted when the update is over: those that leave, and those whose place others take.
fn functions_that_go(leaving: &[&Resource], staying: &[Change]) -> BTreeSet<String> {
    const FUNCTION: &str = "AWS::Lambda::Function";
    let leaving = leaving
        .iter()
        .filter(|resource| resource.r#type == FUNCTION && !is_retained(resource));
    let replaced = staying.iter().filter(|change| {
        change.r#type == FUNCTION && change.action == Action::Replace && !change.stays
    });
    leaving
        .map(|resource| resource.logical_id.clone())
        .chain(replaced.map(|change| change.logical_id.clone()))
        .collect()
}

/// The live resources that leave, with what becomes of each: `leaves` says which do, `staying` what becomes of the others.
pub(super) fn leaving(
    live: Option<&Stack>,
    staying: &[Change],
    leaves: impl Fn(&Resource) -> bool,
) -> Vec<Change> {
    let resources = live.into_iter().flat_map(|live| &live.resources);
    let leaving: Vec<&Resource> = resources.filter(|resource| leaves(resource)).collect();
    let functions = functions_that_go(&leaving, staying);
    let versions = live.into_iter().flat_map(|live| &live.versions);
    let with_function: BTreeSet<&str> = versions
        .filter(|version| {
            let function = version.function.known_value();
            function.is_some_and(|function| functions.contains(function))
        })
        .map(|version| version.resource.as_str())
        .collect();
    let changes = leaving.into_iter().map(|resource| {
        change(
            resource,
            with_function.contains(resource.logical_id.as_str()),
        )
    });
    changes.collect()
}

/// What becomes of a resource that leaves. No policy keeps a version whose function goes: Lambda deletes all versions of a function with
/// it (Lambda API,
/// `DeleteFunction`).
fn change(resource: &Resource, goes_with_function: bool) -> Change {
    let stays = is_retained(resource) && !goes_with_function;
    Change {
        logical_id: resource.logical_id.clone(),
        r#type: resource.r#type.clone(),
        action: Action::Delete,
        properties: Vec::new(),
        replacement: Some(false),
        stays,
        why: if goes_with_function {
            Some("it goes with its function".to_owned())
        } else {
            stays.then(|| "its DeletionPolicy keeps it, outside the stack".to_owned())
        },
        place: resource.place,
    }
}
