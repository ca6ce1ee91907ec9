//! Connectors: `AWS::Serverless::Connector`, and those that are embedded in what is their source (SAM translator, `model/connector/connector.py`,
//! `plugins/globals`, "Embedded connectors"). What they allow is not expanded here.

use super::{other_types, properties};
use crate::document::Declared;
use crate::resource::{Connected, Resources};
use crate::text::{Map, Node};
use crate::{Diagnostic, Place, suggest};

/// The type of one that is a resource of its own.
const CONNECTOR: &str = "AWS::Serverless::Connector";

/// The ends of all connectors.
pub(super) fn connected<'d>(declared: impl Iterator<Item = &'d Declared>) -> Connected {
    let mut connected = Connected::default();
    for Declared {
        resource,
        connectors,
        ..
    } in declared
    {
        if resource.r#type == CONNECTOR {
            for end in ["Source", "Destination"] {
                add(resource.properties.get(end), &mut connected);
            }
        }
        let embedded = connectors.as_ref().and_then(Node::as_map);
        for (_, entry) in embedded.into_iter().flatten() {
            connected.ids.insert(resource.logical_id.clone());
            add(
                entry.value.at(&["Properties", "Destination"]),
                &mut connected,
            );
        }
    }
    connected
}

/// The logical ids of embedded connectors, by which other resources may wait for them (translator, `generate_connector`).
pub(super) fn embedded<'d>(declared: impl Iterator<Item = &'d Declared>) -> Vec<String> {
    let embedded = declared.flat_map(|declared| {
        let names = declared.connectors.as_ref().and_then(Node::as_map);
        let names = names.into_iter().flat_map(|map| map.keys());
        names.map(|name| format!("{}{name}", declared.resource.logical_id))
    });
    embedded.collect()
}

/// Adds what one end names, which may be several.
fn add(end: Option<&Node>, connected: &mut Connected) {
    for end in end.map(Node::one_or_many).unwrap_or_default() {
        match end.get("Id").and_then(Node::as_str) {
            Some(id) => {
                connected.ids.insert(id.to_owned());
            }
            None => connected.has_others = true,
        }
    }
}

/// Refuses what SAM refuses of embedded connectors (translator, `_get_embedded_connectors` and `_get_generated_connector`).
pub(super) fn check_embedded(declared: &Declared, diagnostics: &mut Vec<Diagnostic>) {
    let source = &declared.resource.logical_id;
    let embedded = declared.connectors.as_ref().and_then(Node::as_map);
    for (name, entry) in embedded.into_iter().flatten() {
        let id = format!("{source}{name}");
        let place = entry.key_place;
        let mut refuse = |message: String, place: Place| {
            diagnostics.push(Diagnostic::error("sam::connector", message, place).resource(source));
        };
        if entry.value.as_map().is_none() {
            refuse(format!("{source}.{id} should be a map."), place);
            continue;
        }
        let given = entry.value.get("Properties").and_then(Node::as_map);
        let Some(given) = given.filter(|given| !given.is_empty()) else {
            let message = format!("Attribute 'Connectors.{name}.Properties' should be a map.");
            refuse(message, place);
            continue;
        };
        let ends = given
            .get("Destination")
            .map(|entry| entry.value.one_or_many());
        let mut refused = ends.into_iter().flatten().map(other_types::check_end);
        if let Some((message, place)) = refused.find_map(Result::err) {
            refuse(message, place);
        }
        // The source is what it is embedded in.
        let mut whole: Map = given
            .iter()
            .filter(|(key, _)| *key != "SourceReference")
            .map(|(key, entry)| (key.clone(), entry.clone()))
            .collect();
        let of_source = Node::map([("Id", Node::string(source, place))], place);
        whole.insert("Source".to_owned(), of_source.into());
        properties::check(CONNECTOR, &whole, source, place, diagnostics);
    }
}

/// The logical ids that connectors name, each with the connector's and its place.
pub(super) fn named<'d>(
    declared: impl Iterator<Item = &'d Declared>,
) -> Vec<(String, String, Place)> {
    let mut named = Vec::new();
    for Declared {
        resource,
        connectors,
        ..
    } in declared
    {
        let own = ["Source", "Destination"].map(|end| resource.properties.get(end));
        let own = own.into_iter().filter(|_| resource.r#type == CONNECTOR);
        let embedded = connectors.as_ref().and_then(Node::as_map);
        let embedded = embedded.into_iter().flatten();
        let embedded = embedded.map(|(_, entry)| entry.value.at(&["Properties", "Destination"]));
        for end in own.chain(embedded).flatten().flat_map(Node::one_or_many) {
            if let Some(id) = end.get("Id")
                && let Some(text) = id.as_str().filter(|text| !text.is_empty())
            {
                named.push((resource.logical_id.clone(), text.to_owned(), id.place));
            }
        }
    }
    named
}

/// Refuses ends that are no resource, neither of the template nor of what SAM makes of it (`get_resource_reference`).
pub(super) fn check_ends(
    named: Vec<(String, String, Place)>,
    resources: &Resources,
    diagnostics: &mut Vec<Diagnostic>,
) {
    if resources.is_open {
        return;
    }
    for (connector, id, place) in named {
        // The id of what SAM generates may end in a hash that is not known here.
        let has_hash = |known: &String| {
            let start = known.strip_suffix('*');
            start.is_some_and(|start| id.starts_with(start))
        };
        let is_made_later = resources.not_expanded.iter().any(|of| id.starts_with(of));
        let by_id = &resources.by_id;
        if by_id.contains_key(&id) || is_made_later || by_id.keys().any(has_hash) {
            continue;
        }
        let message = format!("Unable to find resource with logical ID '{id}'.");
        let mut refused = Diagnostic::error("sam::connector", message, place).resource(&connector);
        let known = by_id.keys().map(String::as_str);
        refused.help = suggest::did_you_mean(&id, known.filter(|id| !id.ends_with('*')));
        diagnostics.push(refused);
    }
}
