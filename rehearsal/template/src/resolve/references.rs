//! The references that a resource makes: what it waits for in an update.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::Resolver;
use super::substitution::{Piece, pieces};
use crate::order::CIRCLE;
use crate::resource::Resource;
use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// What the properties of a resource refer to.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// The resources, with the place of the first reference to each.
    pub(crate) all: BTreeMap<String, Place>,
    /// The ids of those that each property refers to, in the order of the properties. Empty where they are no map of properties.
    pub(crate) by_property: Vec<BTreeSet<String>>,
}

impl Resolver<'_> {
    /// The resources that a resource refers to or depends on, with the place of the first reference to each.
    ///
    /// Of a `Fn::If` only the branch that holds counts, as in CloudFormation; both, where the condition is unknown. A resource whose properties
    /// refer to itself is reported: it is a circle of one.
    pub(crate) fn references_of(&self, resource: &Resource) -> BTreeMap<String, Place> {
        let mut found = Found::new(self);
        for (name, place) in &resource.depends_on {
            found.add(name, *place);
            if *name == resource.logical_id {
                self.report(of_itself(name, *place));
            }
        }
        let properties = self.references_of_properties(&resource.properties);
        if let Some(place) = properties.all.get(&resource.logical_id)
            && resource.generated_for.is_none()
        {
            self.report(of_itself(&resource.logical_id, *place));
        }
        for (id, place) in &properties.all {
            found.references.entry(id.clone()).or_insert(*place);
        }
        let parts = [&resource.update_policy, &resource.metadata];
        for node in parts.into_iter().flatten() {
            found.scan(node);
        }
        found.references.remove(&resource.logical_id);
        found.references
    }

    /// The references that the properties of one of the resources make. They are looked for once.
    pub(crate) fn references_of_properties(&self, properties: &Node) -> Rc<References> {
        let address = properties.as_map().map(Map::address);
        if let Some(address) = address
            && let Some(known) = self.known_references.borrow().get(&address)
        {
            return Rc::clone(known);
        }
        let references = Rc::new(match properties.as_map() {
            Some(map) if properties.intrinsic().is_none() => self.references_of_each(map),
            _ => References {
                all: self.references_in(properties),
                by_property: Vec::new(),
            },
        });
        if let Some(address) = address {
            let mut known = self.known_references.borrow_mut();
            known.insert(address, Rc::clone(&references));
        }
        references
    }

    fn references_of_each(&self, properties: &Map) -> References {
        let mut references = References::default();
        for entry in properties.values() {
            let found = self.references_in(&entry.value);
            references.by_property.push(found.keys().cloned().collect());
            for (id, place) in found {
                references.all.entry(id).or_insert(place);
            }
        }
        references
    }

    /// The references that a part of the template makes, with the place of the first to each resource.
    pub(crate) fn references_in(&self, node: &Node) -> BTreeMap<String, Place> {
        let mut found = Found::new(self);
        found.scan(node);
        found.references
    }
}

fn of_itself(id: &str, place: Place) -> Diagnostic {
    Diagnostic::error(CIRCLE, format!("circular dependency: {id} → {id}"), place)
        .resource(id)
        .help("a resource cannot refer to itself: its name is there when it is created, and not before")
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

    /// A name, which with the language's extensions a function may make.
    fn name<'n>(&self, node: &'n Node) -> Option<Cow<'n, str>> {
        match node.as_str() {
            Some(name) => Some(name.into()),
            None if self.resolver.resources.has_extensions => {
                self.resolver.text(node).ok().map(Cow::Owned)
            }
            None => None,
        }
    }

    fn scan(&mut self, node: &Node) {
        match node.intrinsic() {
            Some(("Ref", name)) => {
                if let Some(name) = self.name(name) {
                    self.add(&name, node.place);
                }
            }
            Some(("Fn::GetAtt", argument)) => match &argument.kind {
                NodeKind::String(name) => self.add(name, node.place),
                NodeKind::List(parts) => {
                    let name: Vec<_> = parts.iter().map_while(|part| self.name(part)).collect();
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
