//! Resolution: intrinsic functions, conditions, and what `Ref` and `GetAtt` give.
//!
//! - `functions`: the intrinsic functions. `substitution`: `Fn::Sub`. `conditions`: whether conditions hold.
//! - `attributes`: what `Ref` and `GetAtt` give. `attribute_names`: what there is to get. `identity`: what a resource is called.
//! - `external_values`: values from outside the template. `references`: what a resource waits for. `rules`: what a template demands of its parameters.

mod attribute_names;
mod attributes;
mod conditions;
mod external_values;
mod functions;
mod identity;
mod references;
mod rules;
mod substitution;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

pub use external_values::AskedFor;
pub(crate) use identity::physical_id;
pub(crate) use references::References;
pub(crate) use substitution::{Piece, pieces};

use crate::bounds::{MAX_DIAGNOSTICS, MAX_MADE, MAX_REFERENCES};
use crate::document::is_left_open;
use crate::resource::{Resource, Resources};
use crate::text::{Map, Node, NodeKind, QuickMap, QuickSet};
use crate::{Diagnostic, Inputs, Kind, Unknown, Value, Values, suggest};

/// Everything that a template's expressions can refer to.
pub(crate) struct Resolver<'t> {
    pub(crate) inputs: &'t Inputs,
    pub(crate) parameters: &'t Values,
    pub(crate) mappings: Option<&'t Node>,
    pub(crate) conditions: Option<&'t Node>,
    pub(crate) resources: &'t Resources,
    pub(crate) diagnostics: RefCell<Vec<Diagnostic>>,
    pub(crate) asked_for: RefCell<AskedFor>,
    known_conditions: RefCell<QuickMap<String, Result<bool, Unknown>>>,
    conditions_under_way: RefCell<QuickSet<String>>,
    known_attributes: RefCell<QuickMap<String, Value>>,
    attributes_under_way: RefCell<QuickSet<String>>,
    names: RefCell<QuickMap<attributes::Named, QuickMap<String, String>>>,
    names_under_way: RefCell<QuickSet<attributes::Named>>,
    /// The functions of the tree that were called, by where their maps are: what they ask for is known.
    called: RefCell<QuickSet<usize>>,
    /// What properties refer to, by where their maps are.
    known_references: RefCell<QuickMap<usize, Rc<References>>>,
    depth: Cell<usize>,
    /// What the values take that functions made so far, in bytes.
    made: Cell<usize>,
}

impl<'t> Resolver<'t> {
    pub(crate) fn new(
        inputs: &'t Inputs,
        parameters: &'t Values,
        mappings: Option<&'t Node>,
        conditions: Option<&'t Node>,
        resources: &'t Resources,
    ) -> Self {
        Self {
            inputs,
            parameters,
            mappings,
            conditions,
            resources,
            diagnostics: RefCell::default(),
            asked_for: RefCell::default(),
            known_conditions: RefCell::default(),
            conditions_under_way: RefCell::default(),
            known_attributes: RefCell::default(),
            attributes_under_way: RefCell::default(),
            names: RefCell::default(),
            names_under_way: RefCell::default(),
            called: RefCell::default(),
            known_references: RefCell::default(),
            depth: Cell::new(0),
            made: Cell::new(0),
        }
    }

    /// Adds a diagnostic, once: a value is resolved as often as it is referred to.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        let mut diagnostics = self.diagnostics.borrow_mut();
        if diagnostics.len() < MAX_DIAGNOSTICS && !diagnostics.contains(&diagnostic) {
            diagnostics.push(diagnostic);
        }
    }

    /// Resolves a node. What `AWS::NoValue` removes is null.
    pub(crate) fn value(&self, node: &Node) -> Value {
        self.optional(node)
            .unwrap_or_else(|| Value::new(Kind::Null, node.place))
    }

    /// Resolves a node; `None` is `AWS::NoValue`: whatever has it, loses it.
    pub(crate) fn optional(&self, node: &Node) -> Option<Value> {
        let depth = self.depth.get();
        if depth > MAX_REFERENCES {
            self.report(
                Diagnostic::error(
                    "template::too-deep",
                    format!("values refer to each other more than {MAX_REFERENCES} levels deep"),
                    node.place,
                )
                .help("give one of the names in between directly"),
            );
            return Some(Value::unknown("it is nested too deep", node.place));
        }
        self.depth.set(depth + 1);
        let value = self.resolve(node);
        self.depth.set(depth);
        value
    }

    /// Resolves what a map has, as deep as where the map itself is resolved: a level below it.
    pub(crate) fn inside(&self, node: &Node) -> Option<Value> {
        let depth = self.depth.get();
        self.depth.set(depth + 1);
        let value = self.optional(node);
        self.depth.set(depth);
        value
    }

    /// Counts what a function made. Beyond the bound the template is refused and nothing more is made.
    fn count(&self, value: &Value) {
        let before = self.made.get();
        let made = before.saturating_add(value.footprint());
        self.made.set(made);
        if before <= MAX_MADE && made > MAX_MADE {
            self.report(
                Diagnostic::error(
                    "template::too-large",
                    format!(
                        "the values that functions make take more than {} MB",
                        MAX_MADE >> 20
                    ),
                    value.place,
                )
                .help("refer to large values less often"),
            );
        }
    }

    fn resolve(&self, node: &Node) -> Option<Value> {
        if let Some((function, argument)) = node.intrinsic() {
            if self.made.get() > MAX_MADE {
                return Some(Value::unknown("the template makes too much", node.place));
            }
            self.called
                .borrow_mut()
                .extend(node.as_map().map(Map::address));
            let value = self.function(function, argument, node.place)?;
            self.count(&value);
            return Some(value);
        }
        let place = node.place;
        Some(match &node.kind {
            NodeKind::Null => Value::new(Kind::Null, place),
            NodeKind::Bool(value) => Value::new(Kind::Bool(*value), place),
            NodeKind::Number(number) => Value::new(Kind::Number(number.clone()), place),
            NodeKind::String(text) => self.plain_text(text, place),
            NodeKind::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                values.extend(items.iter().filter_map(|item| self.optional(item)));
                Value::new(Kind::List(values), place)
            }
            NodeKind::Map(map) if map.contains_key("Fn::Transform") => Value::unknown(
                "a macro (Fn::Transform) fills it in when the stack is deployed",
                place,
            ),
            NodeKind::Map(map) if map.keys().any(|key| is_left_open(key)) => Value::unknown(
                "a loop is unrolled when the stack is deployed (Fn::ForEach)",
                place,
            ),
            NodeKind::Map(map) => {
                let mut values = Values::with_capacity(map.len());
                values.extend(
                    map.iter().filter_map(|(key, entry)| {
                        Some((key.clone(), self.optional(&entry.value)?))
                    }),
                );
                Value::new(Kind::Map(Box::new(values)), place)
            }
        })
    }

    /// Text that no function makes.
    fn plain_text(&self, text: &str, place: crate::Place) -> Value {
        match self.looked_up(text.to_owned(), place) {
            Ok(text) => Value::string(text, place),
            Err(failure) => failure.into_value(place),
        }
    }

    /// The resource that exists under this id, or why `Ref` and `GetAtt` have nothing to give.
    fn existing(&self, resource: &Resource) -> Result<(), Unknown> {
        let Some((condition, place)) = &resource.condition else {
            return Ok(());
        };
        match self.condition(condition, *place) {
            Ok(false) => Err(Unknown::new(
                format!(
                    "`{}` is not created, as its condition `{condition}` does not hold",
                    resource.logical_id
                ),
                *place,
            )),
            // Where it is not known whether it exists, what it would be named is.
            Ok(true) | Err(_) => Ok(()),
        }
    }

    /// Says that a name is nothing in this template, and what may have been meant.
    fn unknown_name(&self, name: &str, place: crate::Place) -> Value {
        let unknown = || Value::unknown(format!("`{name}` is not in this template"), place);
        if self.resources.is_open {
            let reason =
                format!("`{name}` may be made by a loop or a macro when the stack is deployed");
            return Value::unknown(reason, place);
        }
        let made_by = self.resources.not_expanded.iter();
        let mut made_by = made_by.filter(|id| name.len() > id.len() && name.starts_with(*id));
        if let Some(id) = made_by.next() {
            let reason = format!("`{name}` may be one of the resources that SAM makes for `{id}`");
            return Value::unknown(reason, place);
        }
        if self.diagnostics.borrow().len() >= MAX_DIAGNOSTICS {
            return unknown();
        }
        let known = self
            .resources
            .by_id
            .keys()
            .chain(self.parameters.keys())
            .map(String::as_str)
            .filter(|known| !known.ends_with('*'));
        let mut diagnostic = Diagnostic::error(
            "template::unknown-reference",
            format!("`{name}` is no parameter and no resource of this template"),
            place,
        );
        diagnostic.help = if crate::text::is_key_as_written(name) {
            suggest::did_you_mean(name, known)
        } else {
            let help = format!(
                "YAML 1.1 reads the plain key `{name}` as another value: quote it where it stands"
            );
            Some(help)
        };
        self.report(diagnostic);
        unknown()
    }

    /// Says that a resource waits for a name that no resource has.
    pub(crate) fn unknown_resource(&self, name: &str, place: crate::Place, of: &str) {
        let made = self.resources.not_expanded.iter();
        let is_made_later = made.into_iter().any(|id| name.starts_with(id.as_str()));
        if self.resources.is_open || is_made_later {
            return;
        }
        let message =
            format!("`{name}` is no resource of this template, and `DependsOn` waits for it");
        let mut diagnostic =
            Diagnostic::error("template::unknown-reference", message, place).resource(of);
        let known = self.resources.by_id.keys().map(String::as_str);
        diagnostic.help = suggest::did_you_mean(name, known.filter(|id| !id.ends_with('*')));
        self.report(diagnostic);
    }

    /// Takes the diagnostics out.
    pub(crate) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }
}
