//! The references that a resource makes: what it waits for in an update.

use std::collections::BTreeMap;

use super::Resolver;
use super::substitution::{Piece, pieces};
use crate::order::CIRCLE;
use crate::resource::Resource;
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Place};

/// The resources that a resource refers to or depends on, with the place of the first reference to each.
///
/// Of a `Fn::If` only the branch that holds counts, as in CloudFormation; both, where the condition is unknown. A resource whose properties
/// refer to itself is reported: it is a circle of one.
pub(crate) fn references(resolver: &Resolver<'_>, resource: &Resource) -> BTreeMap<String, Place> {
    let mut found = Found::new(resolver);
    for (name, place) in &resource.depends_on {
        found.add(name, *place);
    }
    found.references.remove(&resource.logical_id);
    found.scan(&resource.properties);
    if let Some(place) = found.references.remove(&resource.logical_id)
        && resource.generated_for.is_none()
    {
        resolver.report(of_itself(&resource.logical_id, place));
    }
    let others = [resource.update_policy.as_ref(), resource.metadata.as_ref()];
    for node in others.into_iter().flatten() {
        found.scan(node);
    }
    found.references.remove(&resource.logical_id);
    found.references
}

fn of_itself(id: &str, place: Place) -> Diagnostic {
    Diagnostic::error(CIRCLE, format!("circular dependency: {id} → {id}"), place)
        .resource(id)
        .help("a resource cannot refer to itself: its name is there when it is created, and not before")
}

/// The resources that a part of a template refers to, with the place of the first reference to each.
pub(crate) fn references_in(resolver: &Resolver<'_>, node: &Node) -> BTreeMap<String, Place> {
    let mut found = Found::new(resolver);
    found.scan(node);
    found.references
}

struct Found<'r, 't> {
    resolver: &'r Resolver<'t>,
    references: BTreeMap<String, Place>,
}

impl<'r, 't> Found<'r, 't> {
    fn new(resolver: &'r Resolver<'t>) -> Self {
        Self {
            resolver,
            references: BTreeMap::new(),
        }
    }

    fn add(&mut self, name: &str, place: Place) {
        let (logical_id, _) = self.resolver.resources.resolve_name(name);
        if self.resolver.resources.by_id.contains_key(logical_id) {
            self.references
                .entry(logical_id.to_owned())
                .or_insert(place);
        }
    }

    fn scan(&mut self, node: &Node) {
        match node.intrinsic() {
            Some(("Ref", name)) => {
                if let Some(name) = name.as_str() {
                    self.add(name, node.place);
                }
            }
            Some(("Fn::GetAtt", argument)) => match &argument.kind {
                NodeKind::String(name) => self.add(name, node.place),
                NodeKind::List(parts) => {
                    let name: Vec<_> = parts.iter().map_while(Node::as_str).collect();
                    self.add(&name.join("."), node.place);
                    for part in parts {
                        self.scan(part);
                    }
                }
                _ => {}
            },
            Some(("Fn::Sub", argument)) => self.scan_substitution(argument, node.place),
            Some(("Fn::If", argument)) => {
                if let Some([condition, then, otherwise]) = argument.as_list() {
                    let holds = condition
                        .as_str()
                        .and_then(|name| self.resolver.condition(name, condition.place).ok());
                    if holds != Some(false) {
                        self.scan(then);
                    }
                    if holds != Some(true) {
                        self.scan(otherwise);
                    }
                }
            }
            Some((_, argument)) => self.scan(argument),
            None => match &node.kind {
                NodeKind::List(items) => items.iter().for_each(|item| self.scan(item)),
                NodeKind::Map(map) => map.values().for_each(|entry| self.scan(&entry.value)),
                _ => {}
            },
        }
    }

    fn scan_substitution(&mut self, argument: &Node, place: Place) {
        let (text, variables) = match argument.as_list() {
            Some(parts) => (parts.first().and_then(Node::as_str), parts.get(1)),
            None => (argument.as_str(), None),
        };
        for piece in pieces(text.unwrap_or_default()) {
            if let Piece::Name(name) = piece
                && variables.is_none_or(|variables| variables.get(name).is_none())
            {
                self.add(name, place);
            }
        }
        if let Some(variables) = variables {
            self.scan(variables);
        }
    }
}
