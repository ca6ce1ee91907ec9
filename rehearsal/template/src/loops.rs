//! `Fn::ForEach`: loops of `AWS::LanguageExtensions`, unrolled
//! (CloudFormation template reference, "`Fn::ForEach`").
//!
//! A loop is a key `Fn::ForEach::Name` with `[Identifier, [values], {template}]`: for each value the template is put in the loop's
//! place, with `${Identifier}` and `&{Identifier}` in keys and texts, and `!Ref Identifier`, replaced. A loop whose values are not
//! known here stays, and what it makes is unknown.

use crate::bounds::MAX_NODES;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Kind, Value, Values};

/// What the keys of loops begin with.
const LOOP: &str = "Fn::ForEach::";

/// What the values of a loop may refer to.
pub(crate) struct Loops<'t> {
    pub(crate) parameters: &'t Values,
    pub(crate) mappings: Option<&'t Node>,
    /// How many nodes may still be made.
    left: usize,
}

impl<'t> Loops<'t> {
    pub(crate) fn new(parameters: &'t Values, mappings: Option<&'t Node>) -> Self {
        Self {
            parameters,
            mappings,
            left: MAX_NODES,
        }
    }

    /// Unrolls the loops in a node, inner ones too.
    pub(crate) fn unroll(&mut self, node: &mut Node) {
        match &mut node.kind {
            NodeKind::List(items) => items.iter_mut().for_each(|item| self.unroll(item)),
            NodeKind::Map(map) => {
                if map.keys().any(|key| key.starts_with(LOOP)) {
                    *map = self.unrolled(std::mem::take(map));
                }
                for entry in map.values_mut() {
                    self.unroll(&mut entry.value);
                }
            }
            _ => {}
        }
    }

    fn unrolled(&mut self, map: Map) -> Map {
        let mut unrolled = Map::new();
        for (key, entry) in map {
            match self.fragments(&key, &entry.value) {
                Some(fragments) => unrolled.extend(fragments),
                None => {
                    unrolled.insert(key, entry);
                }
            }
        }
        unrolled
    }

    /// What a loop makes; `None` where the key is no loop's, or its values are not known.
    fn fragments(&mut self, key: &str, node: &Node) -> Option<Vec<(String, Entry)>> {
        key.strip_prefix(LOOP)?;
        let [identifier, values, template] = node.as_list()? else {
            return None;
        };
        let identifier = identifier.as_str()?;
        let values = self.values(values)?;
        let size = template.size().saturating_mul(values.len());
        self.left = self.left.checked_sub(size)?;
        let mut made = Vec::new();
        for value in &values {
            let one = replaced(template, identifier, value);
            let NodeKind::Map(mut one) = one.kind else {
                return None;
            };
            if one.keys().any(|key| key.starts_with(LOOP)) {
                one = self.unrolled(one);
            }
            made.extend(one);
        }
        Some(made)
    }

    /// The values of a loop: texts, a parameter that is a list, or what a mapping has.
    fn values(&self, node: &Node) -> Option<Vec<String>> {
        if let Some(items) = node.as_list() {
            let mut values = Vec::new();
            for item in items {
                match item.to_text() {
                    Some(text) => values.push(text),
                    // A parameter among them, of one text or several.
                    None => values.extend(self.values(item)?),
                }
            }
            return Some(values);
        }
        match node.intrinsic()? {
            ("Ref", name) => match &self.parameters.get(name.as_str()?)?.kind {
                Kind::String(text) => Some(vec![text.clone()]),
                Kind::List(items) => items.iter().map(Value::to_text).collect(),
                _ => None,
            },
            ("Fn::FindInMap", argument) => {
                let keys: Option<Vec<String>> = argument
                    .as_list()?
                    .iter()
                    .map(|key| match key.as_str() {
                        Some(key) => Some(key.to_owned()),
                        None => self.values(key)?.into_iter().next(),
                    })
                    .collect();
                let keys = keys?;
                let path: Vec<&str> = keys.iter().map(String::as_str).collect();
                self.values(self.mappings?.at(&path)?)
            }
            _ => None,
        }
    }
}

/// A template of a loop for one of its values.
fn replaced(node: &Node, identifier: &str, value: &str) -> Node {
    if let Some(("Ref", name)) = node.intrinsic()
        && name.as_str() == Some(identifier)
    {
        return Node::string(value, node.place);
    }
    let kind = match &node.kind {
        NodeKind::String(text) => NodeKind::String(in_text(text, identifier, value)),
        NodeKind::List(items) => NodeKind::List(
            items
                .iter()
                .map(|item| replaced(item, identifier, value))
                .collect(),
        ),
        NodeKind::Map(map) => NodeKind::Map(
            map.iter()
                .map(|(key, entry)| {
                    let entry = Entry {
                        key_place: entry.key_place,
                        value: replaced(&entry.value, identifier, value),
                    };
                    (in_text(key, identifier, value), entry)
                })
                .collect(),
        ),
        other => other.clone(),
    };
    Node::new(kind, node.place)
}

/// `${Identifier}` is the value, `&{Identifier}` the value's letters and digits.
fn in_text(text: &str, identifier: &str, value: &str) -> String {
    let word: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    text.replace(&format!("${{{identifier}}}"), value)
        .replace(&format!("&{{{identifier}}}"), &word)
}
