//! Connectors: `AWS::Serverless::Connector`, and those that are embedded in what is their source (SAM translator, `model/connector/connector.py`,
//! `plugins/globals`, "Embedded connectors"). What they allow is not expanded here.

use super::{other_types, properties};
use crate::document::Declared;
use crate::resource::{Connected, Resources};
use crate::text::{Entry, Map, Node};
use crate::{Diagnostic, Place, suggest};

/// The type of one that is a resource of its own.
const CONNECTOR: &str = "AWS::Serverless::Connector";

/// The connectors that are embedded in a resource, by their names.
fn embedded_in(declared: &Declared) -> impl Iterator<Item = (&String, &Entry)> {
    let embedded = declared.connectors.as_ref().and_then(Node::as_map);
    embedded.into_iter().flatten()
}

/// The ends that are written of a resource's connectors: of itself where it is one, and of those that are embedded in it.
fn ends(declared: &Declared) -> impl Iterator<Item = &Node> {
    let resource = &declared.resource;
    let is_connector = resource.r#type == CONNECTOR;
    let own = ["Source", "Destination"].map(|end| {
        let end = resource.properties.get(end);
        end.filter(|_| is_connector)
    });
    let embedded = embedded_in(declared);
    let embedded = embedded.map(|(_, entry)| entry.value.at(&["Properties", "Destination"]));
    let all = own.into_iter().chain(embedded);
    all.flatten().flat_map(Node::one_or_many)
}

/// The ends of all connectors.
pub(super) fn connected<'d>(declared: impl Iterator<Item = &'d Declared>) -> Connected {
    let mut connected = Connected::default();
    for declared in declared {
        if embedded_in(declared).next().is_some() {
            let source = &declared.resource.logical_id;
            connected.ids.insert(source.clone());
        }
        for end in ends(declared) {
            match end.get("Id").and_then(Node::as_str) {
                Some(id) => {
                    connected.ids.insert(id.to_owned());
                }
                None => connected.has_others = true,
            }
        }
    }
    connected
}

/// The logical ids of embedded connectors, by which other resources may wait for them (translator, `generate_connector`).
pub(super) fn embedded<'d>(declared: impl Iterator<Item = &'d Declared>) -> Vec<String> {
    let embedded = declared.flat_map(|declared| {
        let source = &declared.resource.logical_id;
        embedded_in(declared).map(move |(name, _)| format!("{source}{name}"))
    });
    embedded.collect()
}

/// Refuses what SAM refuses of embedded connectors (translator, `_get_embedded_connectors` and `_get_generated_connector`).
pub(super) fn check_embedded(declared: &Declared, diagnostics: &mut Vec<Diagnostic>) {
    let source = &declared.resource.logical_id;
    for (name, entry) in embedded_in(declared) {
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
    for declared in declared {
        let connector = &declared.resource.logical_id;
        for id in ends(declared).filter_map(|end| end.get("Id")) {
            if let Some(text) = id.as_str().filter(|text| !text.is_empty()) {
                named.push((connector.clone(), text.to_owned(), id.place));
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
