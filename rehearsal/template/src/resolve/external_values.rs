//! Values that stand elsewhere: what other stacks export, and dynamic references.

use std::collections::{BTreeMap, BTreeSet};

use super::Resolver;
use super::functions::{Failure, bounded};
use crate::text::{Node, NodeKind};
use crate::{Kind, Missing, Ordered, Place, Unknown};

/// How a dynamic reference begins (CloudFormation user guide, "Get values stored in other services using dynamic references").
pub(super) const OPENING: &str = "{{resolve:";

/// How it ends.
const CLOSING: &str = "}}";

/// What a template asks of elsewhere, by the names that the inputs have for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AskedFor {
    /// Names of exports (`Fn::ImportValue`).
    pub imports: BTreeSet<String>,
    /// Dynamic references, whole: `{{resolve:ssm:/stage}}`. One that has names inside (`Fn::Sub`) is here as it is written, too.
    pub references: BTreeSet<String>,
    /// The keys of mappings among which a name chooses that nobody has given a value: a parameter, `AWS::AccountId`, `AWS::Region` or
    /// the stack's name (`Fn::FindInMap`), each with how often.
    keys: BTreeMap<String, Ordered<usize>>,
    /// The parameters that nobody has given a value and that are cut into parts (`Fn::Select` of `Fn::Split`), each with what stands between
    /// them and how many are asked for.
    parts: BTreeMap<String, (String, usize)>,
}

impl AskedFor {
    /// The keys of mappings among which a name chooses that nobody has given a value, those first by which more is found.
    pub fn keys(&self, name: &str) -> Vec<&str> {
        let mut keys: Vec<_> = self.keys.get(name).into_iter().flatten().collect();
        keys.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        keys.into_iter().map(|(key, _)| key.as_str()).collect()
    }

    /// What stands between the parts of a parameter without a value, and how many of them the template asks for.
    pub fn parts(&self, parameter: &str) -> Option<(&str, usize)> {
        let (between, count) = self.parts.get(parameter)?;
        Some((between, *count))
    }
}

/// The dynamic references in a text. What does not end is none.
pub(super) fn references_in(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let begin = opening(rest)?;
        let length = rest[begin..].find(CLOSING)? + CLOSING.len();
        let reference = &rest[begin..begin + length];
        rest = &rest[begin + length..];
        Some(reference)
    })
}

/// Whether a text may have dynamic references. Every text of a template is asked, and hardly one has any: looked for is one character, of
/// all bytes at once.
pub(super) fn has_references(text: &str) -> bool {
    let is_brace = |byte| byte == b'{';
    text.len() >= OPENING.len() && text.bytes().fold(false, |has, byte| has | is_brace(byte))
}

/// Where the first dynamic reference of a text begins.
fn opening(text: &str) -> Option<usize> {
    if !has_references(text) {
        return None;
    }
    let mut braces = text.match_indices('{').map(|(at, _)| at);
    braces.find(|at| text[*at..].starts_with(OPENING))
}

/// A part of a `Fn::Sub` text.
pub(super) enum Chunk<'t> {
    /// As the template has it.
    Written(&'t str),
    /// The value of a dynamic reference.
    Given(&'t str),
}

impl Resolver<'_> {
    /// `Fn::ImportValue`.
    pub(super) fn import(&self, argument: &Node, place: Place) -> Result<Kind, Failure> {
        let name = self.text(argument)?;
        self.asked_for.borrow_mut().imports.insert(name.clone());
        match self.inputs.imports.get(&name) {
            Some(value) => Ok(Kind::String(value.clone())),
            None => Err(Failure::Unknown(
                Unknown::new("it is exported by another stack (Fn::ImportValue)", place)
                    .without(Missing::Import(name)),
            )),
        }
    }

    /// Notes the keys of a mapping among which `Fn::FindInMap` chooses by a name that nobody has given a value.
    pub(super) fn note_keys(&self, mapping: &Node, top: &Node, second: &Node) {
        let choice = |key: &Node| match key.intrinsic() {
            Some(("Ref", name)) => name
                .as_str()
                .filter(|name| self.is_not_given(name))
                .map(str::to_owned),
            _ => None,
        };
        let (by_top, by_second) = (choice(top), choice(second));
        if by_top.is_none() && by_second.is_none() {
            return;
        }
        let mappings = self.mappings.and_then(Node::as_map);
        let name = mapping.as_str().unwrap_or_default();
        let Some(mapping) = mappings.and_then(|all| all.get(name)?.value.as_map()) else {
            return;
        };
        let below = mapping.values().filter_map(|entry| entry.value.as_map());
        let mut asked = self.asked_for.borrow_mut();
        for (choice, keys) in [
            (by_top, mapping.keys().collect::<BTreeSet<_>>()),
            (by_second, below.flat_map(|map| map.keys()).collect()),
        ] {
            let Some(choice) = choice else { continue };
            let counts = asked.keys.entry(choice).or_default();
            for key in keys {
                *counts.get_or_insert_with(key.clone(), || 0) += 1;
            }
        }
    }

    /// Notes that the part at this index is asked for (`Fn::Select`) of what a parameter without a value is cut into (`Fn::Split`): CDK 1 has a
    /// bucket's prefix, `||` and a key in one (aws-cdk, version 1, `core/lib/private/legacy-stack-synthesizer`, `ASSET_PREFIX_SEPARATOR`).
    pub(super) fn note_part(&self, list: &Node, index: usize) {
        let Some(("Fn::Split", argument)) = list.intrinsic() else {
            return;
        };
        let Some([between, whole]) = argument.as_list() else {
            return;
        };
        let (Some(between), Some(("Ref", name))) = (between.as_str(), whole.intrinsic()) else {
            return;
        };
        if let Some(name) = name.as_str().filter(|name| self.is_not_given(name)) {
            let mut asked = self.asked_for.borrow_mut();
            let parts = asked.parts.entry(name.to_owned());
            let (_, count) = parts.or_insert_with(|| (between.to_owned(), 0));
            *count = (*count).max(index.saturating_add(1));
        }
    }

    /// Whether nobody has given a name its value: a parameter without one, or what is assumed of the stack.
    fn is_not_given(&self, name: &str) -> bool {
        let parameter = self.parameters.get(name);
        self.assumed_name(name).is_some()
            || parameter.is_some_and(|value| value.as_unknown().is_some())
    }

    /// A text with its dynamic references replaced, which happens after all functions.
    pub(super) fn looked_up(&self, text: String, place: Place) -> Result<String, Failure> {
        if opening(&text).is_none() {
            return Ok(text);
        }
        self.note_references(&text);
        let mut replaced = String::new();
        let mut rest = text.as_str();
        for reference in references_in(&text) {
            let Some(value) = self.inputs.references.get(reference) else {
                return Err(not_looked_up(reference, place));
            };
            let (before, after) = rest.split_once(reference).unwrap_or((rest, ""));
            replaced.push_str(before);
            replaced.push_str(value);
            bounded(&replaced, place)?;
            rest = after;
        }
        replaced.push_str(rest);
        bounded(&replaced, place)?;
        Ok(replaced)
    }

    /// The text of a `Fn::Sub`, cut at the dynamic references that are given as they are written in it, names and all: what the
    /// names stand for may be known to AWS alone.
    pub(super) fn cut_at_given<'t>(&'t self, text: &'t str) -> Vec<Chunk<'t>> {
        self.note_references(text);
        let mut chunks = Vec::new();
        let mut rest = text;
        for reference in references_in(text) {
            if let Some(value) = self.inputs.references.get(reference)
                && let Some((before, after)) = rest.split_once(reference)
            {
                chunks.extend([Chunk::Written(before), Chunk::Given(value)]);
                rest = after;
            }
        }
        chunks.push(Chunk::Written(rest));
        chunks
    }

    fn note_references(&self, text: &str) {
        let mut asked_for = self.asked_for.borrow_mut();
        let references = references_in(text).map(str::to_owned);
        asked_for.references.extend(references);
    }

    /// Resolves everything in a tree that asks for something elsewhere, also what no condition that holds leads to: what of the
    /// inputs the template asks for is known afterwards. Nothing else comes of it.
    pub(crate) fn ask_for_all(&self, node: &Node) {
        let diagnostics = self.diagnostics.borrow().len();
        let made = self.made.get();
        self.ask_below(node);
        self.diagnostics.borrow_mut().truncate(diagnostics);
        self.made.set(made);
    }

    fn ask_below(&self, node: &Node) {
        match &node.kind {
            NodeKind::String(text) => self.note_references(text),
            NodeKind::List(items) => items.iter().for_each(|item| self.ask_below(item)),
            NodeKind::Map(map) => {
                if let Some(("Fn::ImportValue" | "Fn::Sub" | "Fn::Join", _)) = node.intrinsic()
                    && !self.called.borrow().contains(&map.address())
                {
                    self.value(node);
                }
                map.values().for_each(|entry| self.ask_below(&entry.value));
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
        }
    }
}

/// A dynamic reference whose value is not given.
pub(super) fn not_looked_up(reference: &str, place: Place) -> Failure {
    let reason = "a dynamic reference is looked up when the stack is deployed";
    Failure::Unknown(Unknown::new(reason, place).without(Missing::Reference(reference.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_references_of_a_text_end_where_their_braces_do() {
        let found = |text| references_in(text).collect::<Vec<_>>();
        assert_eq!(found("plain"), [""; 0]);
        assert_eq!(
            found("a-{{resolve:ssm:/a}}-b{{resolve:ssm:/b:2}}"),
            ["{{resolve:ssm:/a}}", "{{resolve:ssm:/b:2}}"]
        );
        assert_eq!(found("{{resolve:ssm:/open"), [""; 0]);
        assert_eq!(found("${A}{{{resolve:ssm:/a}}"), ["{{resolve:ssm:/a}}"]);
        assert_eq!(
            found("{{resolve:ssm:/${Stage}/x}}"),
            ["{{resolve:ssm:/${Stage}/x}}"]
        );
    }
}
