//! Events that SAM writes into the resource which sends them: S3's into the bucket, Cognito's into the user pool (SAM translator,
//! `model/eventsources/push.py`, `S3` and `Cognito`).
//!
//! So the bucket waits for the function's alias, as the pool does, and a function that refers to either waits for itself: by its role's policies
//! (`S3ReadPolicy: {BucketName: !Ref Files}`) or its variables. CloudFormation refuses that circle.

use std::slice;

use super::event::refusal;
use super::generated::named_by_ref;
use crate::resource::{Resource, Resources};
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// An event of a bucket or of a user pool of the template.
pub(super) struct Trigger {
    /// The function.
    function: String,
    /// The event's name, and its own place.
    name: String,
    place: Place,
    /// The resource that sends it, by logical id; `None` where it is not named by `Ref`.
    sender: Option<String>,
    /// What SAM says where the sender is none of the template's resources.
    without_sender: &'static str,
    /// What the sender names: its property, the key in that, and what stands there for each event.
    written: Vec<(&'static str, String, Node)>,
    /// The permission that the sender waits for, and the condition that both are under.
    permission: Option<(String, Option<String>)>,
    /// The triggers of a user pool, as SAM writes them.
    triggers: String,
}

impl Trigger {
    /// Those of a function. `target` is its alias, or itself.
    pub(super) fn all(function: &Resource, target: &str) -> Vec<Self> {
        let events = function.properties.get("Events").and_then(Node::as_map);
        let events = events.into_iter().flatten();
        events
            .filter_map(|(name, entry)| Self::of(function, target, name, &entry.value))
            .collect()
    }

    fn of(function: &Resource, target: &str, name: &str, event: &Node) -> Option<Self> {
        let property = |key: &str| event.at(&["Properties", key]);
        let place = event.place;
        let sender = |key: &str| Some(named_by_ref(property(key)?).map(str::to_owned));
        let condition = || Some(function.condition.as_ref()?.0.clone());
        let of = (function.logical_id.clone(), name.to_owned());
        let target = Node::reference(target, place);
        match event.get("Type").and_then(Node::as_str)? {
            "S3" => {
                let kinds = several(property("Events")?);
                let written = kinds.iter().map(|kind| {
                    let mut sent = vec![("Function", target.clone()), ("Event", kind.clone())];
                    sent.extend(property("Filter").map(|filter| ("Filter", filter.clone())));
                    let sent = Node::map(sent, place);
                    let sent = match &function.condition {
                        Some((condition, _)) => {
                            choice(condition, sent, Node::reference("AWS::NoValue", place))
                        }
                        None => sent,
                    };
                    let key = "LambdaConfigurations".to_owned();
                    ("NotificationConfiguration", key, sent)
                });
                Some(Self {
                    function: of.0,
                    name: of.1,
                    place,
                    sender: sender("Bucket")?,
                    without_sender: "S3 events must reference an S3 bucket in the same template.",
                    written: written.collect(),
                    permission: Some((
                        format!("{}{name}Permission", function.logical_id),
                        condition(),
                    )),
                    triggers: String::new(),
                })
            }
            "Cognito" => {
                let trigger = property("Trigger")?;
                let written = several(trigger).iter().filter_map(|trigger| {
                    Some(("LambdaConfig", trigger.to_text()?, target.clone()))
                });
                Some(Self {
                    function: of.0,
                    name: of.1,
                    place,
                    sender: sender("UserPool")?,
                    without_sender: "Cognito events must reference a Cognito UserPool in the same template.",
                    written: written.collect(),
                    permission: None,
                    triggers: python(trigger),
                })
            }
            _ => None,
        }
    }

    /// Writes it into the resource that sends it. A map that is there by a function of CloudFormation's stays as it is.
    pub(super) fn add_to(self, resources: &mut Resources, diagnostics: &mut Vec<Diagnostic>) {
        let is_open = resources.is_open;
        let refuse =
            |reason: &str| refusal(&self.name, reason, self.place).resource(&self.function);
        let sender = self.sender.as_ref();
        let Some(sender) = sender.and_then(|id| resources.by_id.get_mut(id)) else {
            // A macro may bring it.
            if !is_open {
                diagnostics.push(refuse(self.without_sender));
            }
            return;
        };
        for (property, key, node) in &self.written {
            let place = node.place;
            let Some(of_sender) = map_in(&mut sender.properties, property, place) else {
                continue;
            };
            if *property == "LambdaConfig" {
                if of_sender.contains_key(key) {
                    let triggers = &self.triggers;
                    diagnostics.push(refuse(&format!(
                        "Cognito trigger \"{triggers}\" defined multiple times."
                    )));
                    return;
                }
                of_sender.get_or_insert_with(key.clone(), || entry(node.clone()));
                continue;
            }
            let Some(list) = list_in(of_sender, key, place) else {
                let message = format!("Invalid type for {key}. Must be a list.");
                diagnostics.push(invalid(&message, sender));
                return;
            };
            if !list.contains(node) {
                list.push(node.clone());
            }
        }
        match self.permission {
            Some((permission, None)) => sender.depends_on.push((permission, sender.place)),
            Some((permission, Some(condition))) => {
                let place = self.place;
                let waits = Node::reference(&permission, place);
                let otherwise = Node::string("no dependency", place);
                let name = format!("sam:ConditionalDependsOn:{permission}");
                let tag = [
                    ("Key", Node::string(name, place)),
                    ("Value", choice(&condition, waits, otherwise)),
                ];
                let NodeKind::Map(properties) = &mut sender.properties.kind else {
                    return;
                };
                match list_in(properties, "Tags", place) {
                    Some(tags) => tags.push(Node::map(tag, place)),
                    None => diagnostics.push(invalid("Property 'Tags' should be a list.", sender)),
                }
            }
            None => {}
        }
    }
}

/// A refusal of the resource that sends an event, in SAM's words.
fn invalid(message: &str, sender: &Resource) -> Diagnostic {
    Diagnostic::error("sam::event", message, sender.place).resource(&sender.logical_id)
}

/// Text, or a list of it, as Python writes it.
fn python(node: &Node) -> String {
    let Some(items) = node.as_list() else {
        return node.to_text().unwrap_or_default();
    };
    let items = items.iter().filter_map(Node::to_text);
    let items: Vec<_> = items.map(|item| format!("'{item}'")).collect();
    format!("[{}]", items.join(", "))
}

/// The items of a list, or what stands for a list of itself alone.
fn several(node: &Node) -> &[Node] {
    node.as_list().unwrap_or(slice::from_ref(node))
}

fn choice(condition: &str, node: Node, otherwise: Node) -> Node {
    let place = node.place;
    let parts = vec![Node::string(condition, place), node, otherwise];
    Node::map([("Fn::If", Node::list(parts, place))], place)
}

fn entry(node: Node) -> Entry {
    Entry {
        key_place: node.place,
        value: node,
    }
}

/// The map under a key, made where there is none.
fn map_in<'n>(node: &'n mut Node, key: &str, place: Place) -> Option<&'n mut Map> {
    let NodeKind::Map(map) = &mut node.kind else {
        return None;
    };
    let inner = map.get_or_insert_with(key.to_owned(), || entry(Node::map::<String>([], place)));
    if inner.value.intrinsic().is_some() {
        return None;
    }
    match &mut inner.value.kind {
        NodeKind::Map(map) => Some(map),
        _ => None,
    }
}

/// The list under a key, made where there is none.
fn list_in<'n>(map: &'n mut Map, key: &str, place: Place) -> Option<&'n mut Vec<Node>> {
    let empty = || Node::list(Vec::new(), place);
    let inner = map.get_or_insert_with(key.to_owned(), || entry(empty()));
    if inner.value.kind == NodeKind::Null {
        inner.value = empty();
    }
    match &mut inner.value.kind {
        NodeKind::List(items) => Some(items),
        _ => None,
    }
}
