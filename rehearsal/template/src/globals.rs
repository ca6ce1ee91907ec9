//! SAM's `Globals`, merged into the resources as SAM merges them
//! (SAM translator, `plugins/globals/globals.py`, `GlobalProperties`).

use crate::Diagnostic;
use crate::text::{Map, Node, NodeKind};

/// The sections of `Globals` that are merged, with the type each is for.
const SECTIONS: [(&str, &str); 9] = [
    ("Function", "AWS::Serverless::Function"),
    ("Api", "AWS::Serverless::Api"),
    ("HttpApi", "AWS::Serverless::HttpApi"),
    ("SimpleTable", "AWS::Serverless::SimpleTable"),
    ("StateMachine", "AWS::Serverless::StateMachine"),
    ("LayerVersion", "AWS::Serverless::LayerVersion"),
    ("CapacityProvider", "AWS::Serverless::CapacityProvider"),
    ("NetworkConnector", "AWS::Serverless::NetworkConnector"),
    ("WebSocketApi", "AWS::Serverless::WebSocketApi"),
];

/// What `Globals.Function` must not set: these belong to one function.
const NOT_GLOBAL: [&str; 4] = ["Role", "Policies", "FunctionName", "Events"];

/// Checks the section as SAM does.
pub(crate) fn check(globals: Option<&Node>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(globals) = globals else { return };
    let Some(sections) = globals.as_map() else {
        diagnostics.push(Diagnostic::error(
            "sam::globals",
            "`Globals` must be a map",
            globals.place,
        ));
        return;
    };
    for (name, entry) in sections {
        if !SECTIONS.iter().any(|(section, _)| section == name) {
            let mut diagnostic = Diagnostic::error(
                "sam::globals",
                format!("`Globals` has no section `{name}`"),
                entry.key_place,
            );
            diagnostic.help = crate::suggest::closest(name, SECTIONS.map(|(section, _)| section))
                .map(|near| format!("did you mean `{near}`?"));
            diagnostics.push(diagnostic);
        } else if entry.value.as_map().is_none() {
            diagnostics.push(Diagnostic::error(
                "sam::globals",
                format!("`Globals.{name}` must be a map"),
                entry.value.place,
            ));
        } else if name == "Function" {
            for (key, entry) in entry.value.as_map().into_iter().flatten() {
                if NOT_GLOBAL.contains(&key.as_str()) {
                    diagnostics.push(
                        Diagnostic::error(
                            "sam::globals",
                            format!("`{key}` cannot be global"),
                            entry.key_place,
                        )
                        .help("set it on each function"),
                    );
                }
            }
        }
    }
}

/// The properties of a resource with the globals of its type merged in, less those that its `IgnoreGlobals` names.
pub(crate) fn merged(
    globals: Option<&Node>,
    r#type: &str,
    properties: Node,
    ignored: Option<&Node>,
) -> Node {
    let section = SECTIONS
        .iter()
        .find(|(_, of)| *of == r#type)
        .and_then(|(section, _)| globals?.get(section));
    let Some(section) = section else {
        return properties;
    };
    let mut section = section.clone();
    match ignored {
        Some(all) if all.as_str() == Some("*") => return properties,
        Some(ignored) => {
            if let NodeKind::Map(map) = &mut section.kind {
                let names: Vec<_> = ignored
                    .as_list()
                    .into_iter()
                    .flatten()
                    .filter_map(Node::as_str)
                    .collect();
                map.retain(|key, _| !names.contains(&key.as_str()));
            }
        }
        None => {}
    }
    merge(section, properties, "")
}

/// The local value wins; maps merge key by key, lists are put behind each other, and an intrinsic function is a plain value.
fn merge(global: Node, local: Node, path: &str) -> Node {
    let both_plain = global.intrinsic().is_none() && local.intrinsic().is_none();
    match (global.kind, local.kind) {
        (NodeKind::Map(global), NodeKind::Map(local_map)) if both_plain => Node::new(
            NodeKind::Map(merge_maps(global, local_map, path)),
            local.place,
        ),
        // A function has one architecture: SAM replaces this list.
        (NodeKind::List(mut global), NodeKind::List(local_items)) if path != "Architectures" => {
            global.extend(local_items);
            Node::list(global, local.place)
        }
        (_, local_kind) => Node::new(local_kind, local.place),
    }
}

fn merge_maps(mut global: Map, local: Map, path: &str) -> Map {
    for (key, mut entry) in local {
        match global.get_mut(&key) {
            Some(known) => {
                let child = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                let place = entry.value.place;
                let global_value =
                    std::mem::replace(&mut known.value, Node::new(NodeKind::Null, place));
                entry.value = merge(global_value, entry.value, &child);
                *known = entry;
            }
            None => {
                global.insert(key, entry);
            }
        }
    }
    global
}
