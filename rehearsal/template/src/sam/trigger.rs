//! Events that SAM writes into the resource which sends them: S3's into the bucket, Cognito's into the user pool (SAM translator,
//! `model/eventsources/push.py`, `S3` and `Cognito`).
//!
//! So the bucket waits for the function's alias, as the pool does, and a function that refers to either waits for itself: by its role's policies
//! (`S3ReadPolicy: {BucketName: !Ref Files}`) or its variables. CloudFormation refuses that circle.

use super::event::refusal;
use super::generated::named_by_ref;
use crate::resource::{Resource, Resources};
use crate::text::{Map, Node, NodeKind};
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
    kind: Kind,
}

/// What SAM writes into the resource that sends an event.
enum Kind {
    S3 {
        /// The configurations that the bucket gets.
        configurations: Vec<Node>,
        /// The permission that the bucket waits for, and the condition that both are under.
        permission: String,
        condition: Option<String>,
    },
    Cognito {
        /// Each trigger that the pool gets, and the function.
        triggers: Vec<(String, Node)>,
        /// All of them, as SAM writes them.
        shown: String,
    },
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
        let (sender, kind) = match event.get("Type").and_then(Node::as_str)? {
            "S3" => {
                let condition = function.condition.as_ref().map(|(condition, _)| condition);
                let configurations = property("Events")?.one_or_many().iter().map(|kind| {
                    let mut sent = vec![("Function", target.clone()), ("Event", kind.clone())];
                    sent.extend(property("Filter").map(|filter| ("Filter", filter.clone())));
                    let sent = Node::map(sent, place);
                    match condition {
                        Some(condition) => Node::choice(condition, sent, Node::no_value(place)),
                        None => sent,
                    }
                });
                let kind = Kind::S3 {
                    configurations: configurations.collect(),
                    permission: format!("{}{name}Permission", function.logical_id),
                    condition: condition.cloned(),
                };
                (property("Bucket")?, kind)
            }
            "Cognito" => {
                let trigger = property("Trigger")?;
                let triggers = trigger.one_or_many().iter();
                let triggers =
                    triggers.filter_map(|trigger| Some((trigger.to_text()?, target.clone())));
                let kind = Kind::Cognito {
                    triggers: triggers.collect(),
                    shown: python(trigger),
                };
                (property("UserPool")?, kind)
            }
            _ => return None,
        };
        Some(Self {
            function: function.logical_id.clone(),
            name: name.to_owned(),
            place,
            sender: named_by_ref(sender).map(str::to_owned),
            kind,
        })
    }

    /// Writes it into the resource that sends it. A map that is there by a function of CloudFormation's stays as it is.
    pub(super) fn add_to(self, resources: &mut Resources, diagnostics: &mut Vec<Diagnostic>) {
        let is_open = resources.is_open;
        let sender = self.sender.as_ref();
        let sender = sender.and_then(|id| resources.by_id.get_mut(id));
        let written = match (sender, &self.kind) {
            // A macro may bring it.
            (None, _) if is_open => Ok(()),
            (None, Kind::S3 { .. }) => {
                Err(self.refusal("S3 events must reference an S3 bucket in the same template."))
            }
            (None, Kind::Cognito { .. }) => Err(self
                .refusal("Cognito events must reference a Cognito UserPool in the same template.")),
            (
                Some(bucket),
                Kind::S3 {
                    configurations,
                    permission,
                    condition,
                },
            ) => self
                .configure(bucket, configurations)
                .and_then(|()| self.wait(bucket, permission, condition.as_deref())),
            (Some(pool), Kind::Cognito { triggers, shown }) => self.trigger(pool, triggers, shown),
        };
        diagnostics.extend(written.err());
    }

    fn refusal(&self, reason: &str) -> Diagnostic {
        refusal(&self.name, reason, self.place).resource(&self.function)
    }

    /// Writes the triggers into a user pool.
    fn trigger(
        &self,
        pool: &mut Resource,
        triggers: &[(String, Node)],
        shown: &str,
    ) -> Result<(), Diagnostic> {
        let Some(config) = map_in(&mut pool.properties, "LambdaConfig", self.place) else {
            let config = pool.properties.get("LambdaConfig");
            let is_wrong = config.is_some_and(|node| node.intrinsic().is_none());
            let message = "Property 'LambdaConfig' should be a map.";
            return if is_wrong {
                Err(invalid(message, pool))
            } else {
                Ok(())
            };
        };
        for (trigger, node) in triggers {
            if config.contains_key(trigger) {
                let reason = format!("Cognito trigger \"{shown}\" defined multiple times.");
                return Err(self.refusal(&reason));
            }
            config.insert(trigger.clone(), node.clone().into());
        }
        Ok(())
    }

    /// Writes the configurations into a bucket.
    fn configure(&self, bucket: &mut Resource, configurations: &[Node]) -> Result<(), Diagnostic> {
        const KEY: &str = "LambdaConfigurations";
        let place = self.place;
        if let Some(of_bucket) = map_in(&mut bucket.properties, "NotificationConfiguration", place)
        {
            let Some(list) = list_in(of_bucket, KEY, place) else {
                let message = format!("Invalid type for {KEY}. Must be a list.");
                return Err(invalid(&message, bucket));
            };
            for configuration in configurations {
                if !list.contains(configuration) {
                    list.push(configuration.clone());
                }
            }
        }
        Ok(())
    }

    /// Lets a bucket wait for the permission: by `DependsOn`, or by a tag where both are under a condition.
    fn wait(
        &self,
        bucket: &mut Resource,
        permission: &str,
        condition: Option<&str>,
    ) -> Result<(), Diagnostic> {
        let place = self.place;
        let Some(condition) = condition else {
            let waits_for = (permission.to_owned(), bucket.place);
            bucket.depends_on.push(waits_for);
            return Ok(());
        };
        let waits = Node::reference(permission, place);
        let otherwise = Node::string("no dependency", place);
        let name = format!("sam:ConditionalDependsOn:{permission}");
        let tag = [
            ("Key", Node::string(name, place)),
            ("Value", Node::choice(condition, waits, otherwise)),
        ];
        let NodeKind::Map(properties) = &mut bucket.properties.kind else {
            return Ok(());
        };
        let Some(tags) = list_in(properties, "Tags", place) else {
            return Err(invalid("Property 'Tags' should be a list.", bucket));
        };
        tags.push(Node::map(tag, place));
        Ok(())
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

/// The map under a key, made where there is none.
fn map_in<'n>(node: &'n mut Node, key: &str, place: Place) -> Option<&'n mut Map> {
    let NodeKind::Map(map) = &mut node.kind else {
        return None;
    };
    let inner = map.get_or_insert_with(key.to_owned(), || Node::map::<String>([], place).into());
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
    let inner = map.get_or_insert_with(key.to_owned(), || empty().into());
    if inner.value.kind == NodeKind::Null {
        inner.value = empty();
    }
    match &mut inner.value.kind {
        NodeKind::List(items) => Some(items),
        _ => None,
    }
}
