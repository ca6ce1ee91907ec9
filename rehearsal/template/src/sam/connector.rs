//! Connectors: `AWS::Serverless::Connector`, and those that are embedded in what is their source (SAM translator, `model/connector/connector.py`,
//! `plugins/globals`, "Embedded connectors"). What they allow is not expanded here.

use crate::document::Declared;
use crate::resource::Connected;
use crate::text::Node;

/// The ends of all connectors.
pub(super) fn connected<'d>(declared: impl Iterator<Item = &'d Declared>) -> Connected {
    let mut connected = Connected::default();
    for Declared {
        resource,
        connectors,
        ..
    } in declared
    {
        if resource.r#type == "AWS::Serverless::Connector" {
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
