//! Events that SAM writes into the resource which sends them: S3's into the bucket, Cognito's into the user pool (SAM translator,
//! `model/eventsources/push.py`, `S3` and `Cognito`).
//!
//! So the bucket waits for the function's alias, as the pool does, and a function that refers to either waits for itself: by its role's policies
//! (`S3ReadPolicy: {BucketName: !Ref Files}`) or its variables. CloudFormation refuses that circle.

use super::generated::referred;
use crate::resource::{Resource, Resources};
use crate::text::{Entry, Node, NodeKind};

/// An event of a bucket or of a user pool of the template.
pub(super) struct Trigger {
    /// The resource that sends it, by logical id.
    sender: String,
    /// What the sender names: its property, the key in that, and what stands there for each event.
    written: Vec<(&'static str, String, Node)>,
    /// The permission that the sender waits for.
    permission: Option<String>,
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
        let target = Node::reference(target, place);
        match event.get("Type").and_then(Node::as_str)? {
            "S3" => {
                let kinds = several(property("Events")?);
                let written = kinds.into_iter().map(|kind| {
                    let mut sent = vec![("Function", target.clone()), ("Event", kind.clone())];
                    sent.extend(property("Filter").map(|filter| ("Filter", filter.clone())));
                    let sent = Node::map(sent, place);
                    let sent = match &function.condition {
                        Some((condition, _)) => only_if(condition, sent),
                        None => sent,
                    };
                    let key = "LambdaConfigurations".to_owned();
                    ("NotificationConfiguration", key, sent)
                });
                // Under a condition SAM has the bucket wait by a tag, which says no more than the notification.
                let is_certain = function.condition.is_none();
                Some(Self {
                    sender: referred(property("Bucket")?)?.to_owned(),
                    written: written.collect(),
                    permission: is_certain
                        .then(|| format!("{}{name}Permission", function.logical_id)),
                })
            }
            "Cognito" => {
                let triggers = several(property("Trigger")?);
                let written = triggers.into_iter().filter_map(|trigger| {
                    Some(("LambdaConfig", trigger.to_text()?, target.clone()))
                });
                Some(Self {
                    sender: referred(property("UserPool")?)?.to_owned(),
                    written: written.collect(),
                    permission: None,
                })
            }
            _ => None,
        }
    }

    /// Writes it into the resource that sends it. What is there by a function of CloudFormation's stays as it is: SAM refuses it.
    pub(super) fn add_to(self, resources: &mut Resources) {
        let Some(sender) = resources.by_id.get_mut(&self.sender) else {
            return;
        };
        for (property, key, node) in self.written {
            let place = node.place;
            let Some(of_sender) = map_in(&mut sender.properties, property, place) else {
                continue;
            };
            if property == "LambdaConfig" {
                of_sender.get_or_insert_with(key, || entry(node));
                continue;
            }
            let list = of_sender.get_or_insert_with(key, || entry(Node::list(Vec::new(), place)));
            if let NodeKind::List(items) = &mut list.value.kind
                && !items.contains(&node)
            {
                items.push(node);
            }
        }
        let waits = self.permission.map(|id| (id, sender.place));
        sender.depends_on.extend(waits);
    }
}

fn several(node: &Node) -> Vec<&Node> {
    match node.as_list() {
        Some(items) => items.iter().collect(),
        None => vec![node],
    }
}

fn only_if(condition: &str, node: Node) -> Node {
    let place = node.place;
    let otherwise = Node::reference("AWS::NoValue", place);
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
fn map_in<'n>(
    node: &'n mut Node,
    key: &str,
    place: crate::Place,
) -> Option<&'n mut crate::text::Map> {
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
