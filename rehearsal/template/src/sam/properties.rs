//! Which properties SAM's own resource types and events have, and of what kind
//! (SAM translator, `model/__init__.py`, `Resource.validate_properties`, and the `property_types` of each type).

use super::property_table::TYPES;
use crate::text::{Map as Entries, Node, NodeKind};
use crate::{Diagnostic, Place, suggest};

/// What SAM puts in before this is checked. Without the first two its command packages the template's folder (SAM CLI,
/// `packageable_resources.py`, `PACKAGE_NULL_PROPERTY`); the third is the implicit API (translator, `ImplicitApiPlugin`).
const FILLED_IN: [&str; 3] = ["CodeUri", "ContentUri", "RestApiId"];

/// What may be a number where the translator asks for text: it makes text of it before (`DefaultDefinitionBodyPlugin` and
/// `OpenApiEditor`, `fix_openapi_definitions`).
const NUMBERS_TOO: [&str; 1] = ["OpenApiVersion"];

/// What the names of the events of a resource type begin with in the table.
fn owner_of(r#type: &str) -> &str {
    r#type.rsplit("::").next().unwrap_or_default()
}

/// The resource types.
pub(crate) fn types() -> impl Iterator<Item = &'static str> {
    let names = TYPES.iter().map(|known| known.name);
    names.filter(|name| name.starts_with("AWS::"))
}

/// The types of events that a resource type may have.
pub(super) fn event_types(owner: &str) -> impl Iterator<Item = &'static str> {
    let owner = owner_of(owner).to_owned();
    TYPES.iter().filter_map(move |known| {
        let (of, r#type) = known.name.split_once(' ')?;
        (of == owner).then_some(r#type)
    })
}

/// Refuses properties that a resource's or an event's type does not have, has as another kind, or must have. `logical_id` is the
/// resource, `place` where it stands.
pub(super) fn check(
    r#type: &str,
    properties: &Entries,
    logical_id: &str,
    place: Place,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let Some(known) = TYPES.iter().find(|known| known.name == r#type) else {
        return;
    };
    // An event is called by its own name alone.
    let called = r#type.rsplit(' ').next().unwrap_or(r#type);
    let mut refuse = |message: String, place: Place, help: Option<String>| {
        let mut diagnostic =
            Diagnostic::error("sam::property", message, place).resource(logical_id);
        diagnostic.help = help;
        diagnostics.push(diagnostic);
    };
    for (name, entry) in properties {
        match known.property(name) {
            None if known.is_open => {}
            None => refuse(
                format!("property {name} not defined for resource of type {called}"),
                entry.key_place,
                suggest::did_you_mean(name, known.names()),
            ),
            Some(property) => {
                // SAM takes any map of one key for an intrinsic function.
                let is_intrinsic =
                    entry.value.as_map().is_some_and(|map| map.len() == 1) && !property.is_strict;
                let is_number = NUMBERS_TOO.contains(&name.as_str())
                    && matches!(entry.value.kind, NodeKind::Number(_));
                if !is_intrinsic && !is_number && !property.kind.takes(&entry.value) {
                    refuse(property.kind.refusal(name), entry.value.place, None);
                }
            }
        }
    }
    for name in known.required() {
        if !properties.contains_key(name) && !FILLED_IN.contains(&name) {
            refuse(format!("Missing required property '{name}'."), place, None);
        }
    }
}

/// The same of an event, whose properties are null where they are not there.
pub(super) fn check_event(
    owner: &str,
    r#type: &str,
    event: &Node,
    logical_id: &str,
    place: Place,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let given = event.get("Properties").and_then(Node::as_map);
    let given: Entries = given
        .into_iter()
        .flatten()
        .filter(|(_, entry)| entry.value.kind != NodeKind::Null)
        .map(|(key, entry)| (key.clone(), entry.clone()))
        .collect();
    check(
        &format!("{} {type}", owner_of(owner)),
        &given,
        logical_id,
        place,
        diagnostics,
    );
}
