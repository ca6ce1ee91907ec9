//! Conditions: whether they hold, as far as that is known.

use super::Resolver;
use crate::text::Node;
use crate::{Diagnostic, Kind, Place, Unknown, Value, suggest};

impl Resolver<'_> {
    /// Whether a named condition holds.
    pub(crate) fn condition(&self, name: &str, place: Place) -> Result<bool, Unknown> {
        if let Some(known) = self.known_conditions.borrow().get(name) {
            return known.clone();
        }
        let declared = self.conditions.and_then(|conditions| conditions.get(name));
        let Some(node) = declared.or_else(|| self.resources.conditions.get(name)) else {
            if self.resources.is_open {
                let reason = format!(
                    "the condition `{name}` may be made by a loop or a macro when the stack is deployed"
                );
                return Err(Unknown::new(reason, place));
            }
            let mut diagnostic = Diagnostic::error(
                "template::unknown-condition",
                format!("the condition `{name}` is not in `Conditions`"),
                place,
            );
            let known = self
                .conditions
                .and_then(Node::as_map)
                .into_iter()
                .flat_map(|map| map.keys());
            diagnostic.help = suggest::did_you_mean(name, known.map(String::as_str));
            self.report(diagnostic);
            return Err(Unknown::new(
                format!("the condition `{name}` is not in this template"),
                place,
            ));
        };
        if !self
            .conditions_under_way
            .borrow_mut()
            .insert(name.to_owned())
        {
            let message = format!("the condition `{name}` depends on itself");
            self.report(Diagnostic::error(
                "template::circular-condition",
                &message,
                node.place,
            ));
            return Err(Unknown::new(message, node.place));
        }
        let holds = self.condition_value(node);
        self.conditions_under_way.borrow_mut().remove(name);
        self.known_conditions
            .borrow_mut()
            .insert(name.to_owned(), holds.clone());
        holds
    }

    /// Whether a condition's expression holds. What does not matter may stay unknown: `Fn::Or` of true and anything is true.
    pub(super) fn condition_value(&self, node: &Node) -> Result<bool, Unknown> {
        let malformed = |message: String, place: Place| {
            self.report(Diagnostic::error("template::condition", &message, place));
            Err(Unknown::new(message, place))
        };
        let map = node.as_map().filter(|map| map.len() == 1);
        let Some((function, argument)) = map
            .and_then(|map| map.first())
            .map(|(key, entry)| (key.as_str(), &entry.value))
        else {
            return match self.value(node) {
                Value {
                    kind: Kind::Bool(value),
                    ..
                } => Ok(value),
                other => malformed(
                    format!("a condition is a function, not {}", other.describe()),
                    node.place,
                ),
            };
        };
        match (function, argument.as_list()) {
            ("Condition", _) => match argument.as_str() {
                Some(name) => self.nested(|| self.condition(name, argument.place), node.place),
                None => malformed(
                    "`Condition` takes a condition's name".to_owned(),
                    argument.place,
                ),
            },
            ("Fn::Equals", Some([left, right])) => equal(&self.value(left), &self.value(right)),
            ("Fn::Not", Some([operand])) => self
                .nested(|| self.condition_value(operand), node.place)
                .map(|holds| !holds),
            ("Fn::And", Some(operands)) => self
                .all(operands, false, node.place)
                .map(|decided| !decided),
            ("Fn::Or", Some(operands)) => self.all(operands, true, node.place),
            ("Fn::If" | "Ref" | "Fn::FindInMap", _) => match self.value(node) {
                Value {
                    kind: Kind::Bool(value),
                    ..
                } => Ok(value),
                Value {
                    kind: Kind::Unknown(unknown),
                    ..
                } => Err(*unknown),
                other => match other.to_text().as_deref() {
                    Some("true") => Ok(true),
                    Some("false") => Ok(false),
                    _ => malformed(
                        format!("a condition is true or false, not {}", other.describe()),
                        node.place,
                    ),
                },
            },
            ("Fn::Transform", _) => {
                let reason =
                    "a macro (Fn::Transform) makes the condition when the stack is deployed";
                Err(Unknown::new(reason, node.place))
            }
            ("Fn::Equals" | "Fn::Not" | "Fn::And" | "Fn::Or", _) => malformed(
                format!("`{function}` has the wrong number of operands"),
                argument.place,
            ),
            _ => malformed(
                format!("`{function}` is no function of conditions"),
                node.place,
            ),
        }
    }

    /// Whether any operand is `decisive`: it decides, whatever the others are.
    fn all(&self, operands: &[Node], decisive: bool, place: Place) -> Result<bool, Unknown> {
        any_is(operands, decisive, |operand| {
            self.nested(|| self.condition_value(operand), place)
        })
    }

    /// Bounds how deep conditions may name each other.
    fn nested(
        &self,
        holds: impl FnOnce() -> Result<bool, Unknown>,
        place: Place,
    ) -> Result<bool, Unknown> {
        let depth = self.depth.get();
        if depth > crate::bounds::MAX_REFERENCES {
            return Err(Unknown::new("conditions name each other too deep", place));
        }
        self.depth.set(depth + 1);
        let result = holds();
        self.depth.set(depth);
        result
    }
}

/// Whether any operand is `decisive`: it decides, whatever the others are, and whether they are known.
pub(super) fn any_is(
    operands: &[Node],
    decisive: bool,
    holds: impl Fn(&Node) -> Result<bool, Unknown>,
) -> Result<bool, Unknown> {
    let mut unknown = None;
    for operand in operands {
        match holds(operand) {
            Ok(holds) if holds == decisive => return Ok(true),
            Ok(_) => {}
            Err(reason) => unknown = unknown.or(Some(reason)),
        }
    }
    unknown.map_or(Ok(false), Err)
}

/// CloudFormation compares text: the number 1 equals "1".
fn equal(left: &Value, right: &Value) -> Result<bool, Unknown> {
    if let Some(unknown) = left.first_unknown().or_else(|| right.first_unknown()) {
        return Err(unknown.clone());
    }
    match (left.text(), right.text()) {
        (Some(left), Some(right)) => Ok(left == right),
        (None, None) => Ok(left.to_json()? == right.to_json()?),
        _ => Ok(false),
    }
}
