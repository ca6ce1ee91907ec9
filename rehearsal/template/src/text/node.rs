//! The tree that a template's text is.

use super::map::Shared;
use crate::Place;

/// A node of the tree, with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) place: Place,
}

/// What a node is. Short tags are in their long form: `!Ref X` is `{Ref: X}`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeKind {
    Null,
    Bool(bool),
    Number(serde_json::Number),
    String(String),
    List(Vec<Node>),
    Map(Map),
}

/// A map in the text's order.
pub(crate) type Map = Shared<Entry>;

/// A value of a map, with its key's place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key_place: Place,
    pub(crate) value: Node,
}

impl From<Node> for Entry {
    /// What is made for a template, whose key stands where its value does.
    fn from(value: Node) -> Self {
        Self {
            key_place: value.place,
            value,
        }
    }
}

impl Node {
    pub(crate) fn new(kind: NodeKind, place: Place) -> Self {
        Self { kind, place }
    }

    pub(crate) fn string(text: impl Into<String>, place: Place) -> Self {
        Self::new(NodeKind::String(text.into()), place)
    }

    pub(crate) fn list(items: Vec<Node>, place: Place) -> Self {
        Self::new(NodeKind::List(items), place)
    }

    /// A map whose keys all stand at `place`.
    pub(crate) fn map<K: Into<String>>(
        entries: impl IntoIterator<Item = (K, Node)>,
        place: Place,
    ) -> Self {
        let map = entries
            .into_iter()
            .map(|(key, value)| {
                (
                    key.into(),
                    Entry {
                        key_place: place,
                        value,
                    },
                )
            })
            .collect();
        Self::new(NodeKind::Map(map), place)
    }

    /// `{Ref: name}`.
    pub(crate) fn reference(name: impl Into<String>, place: Place) -> Self {
        Self::map([("Ref", Self::string(name, place))], place)
    }

    /// `{Fn::GetAtt: [logical_id, attribute]}`.
    pub(crate) fn attribute(logical_id: &str, attribute: &str, place: Place) -> Self {
        let parts = vec![
            Self::string(logical_id, place),
            Self::string(attribute, place),
        ];
        Self::map([("Fn::GetAtt", Self::list(parts, place))], place)
    }

    /// `{Fn::If: [condition, then, otherwise]}`.
    pub(crate) fn choice(condition: &str, then: Self, otherwise: Self) -> Self {
        let place = then.place;
        let parts = vec![Self::string(condition, place), then, otherwise];
        Self::map([("Fn::If", Self::list(parts, place))], place)
    }

    /// `{Ref: AWS::NoValue}`.
    pub(crate) fn no_value(place: Place) -> Self {
        Self::reference("AWS::NoValue", place)
    }

    /// How many nodes it and all below it are.
    pub(crate) fn size(&self) -> usize {
        1 + match &self.kind {
            NodeKind::List(items) => items.iter().map(Self::size).sum(),
            NodeKind::Map(map) => map.values().map(|entry| entry.value.size()).sum(),
            _ => 0,
        }
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            NodeKind::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// A scalar as text.
    pub(crate) fn to_text(&self) -> Option<String> {
        match &self.kind {
            NodeKind::String(text) => Some(text.clone()),
            NodeKind::Bool(value) => Some(value.to_string()),
            NodeKind::Number(number) => Some(number.to_string()),
            NodeKind::Null | NodeKind::List(_) | NodeKind::Map(_) => None,
        }
    }

    /// The node as plain data.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match &self.kind {
            NodeKind::Null => serde_json::Value::Null,
            NodeKind::Bool(value) => (*value).into(),
            NodeKind::Number(number) => number.clone().into(),
            NodeKind::String(text) => text.clone().into(),
            NodeKind::List(items) => items.iter().map(Self::to_json).collect(),
            NodeKind::Map(map) => map
                .iter()
                .map(|(key, entry)| (key.clone(), entry.value.to_json()))
                .collect(),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.as_map()?.get(key).map(|entry| &entry.value)
    }

    /// The value of a key, unless it [is empty](Self::is_empty).
    pub(crate) fn given(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| !node.is_empty())
    }

    /// The value of a key, unless that is null.
    pub(crate) fn non_null(&self, key: &str) -> Option<&Node> {
        self.get(key).filter(|node| node.kind != NodeKind::Null)
    }

    /// Its items where it is a list; else itself, as a list of one.
    pub(crate) fn one_or_many(&self) -> &[Node] {
        self.as_list().unwrap_or(std::slice::from_ref(self))
    }

    /// Both branches where a condition chooses (`Fn::If`), else the node itself, without what is `AWS::NoValue`.
    pub(crate) fn branches(&self) -> impl Iterator<Item = &Node> {
        let (skipped, nodes) = match self.intrinsic() {
            Some(("Fn::If", argument)) => (1, argument.as_list().unwrap_or_default()),
            _ => (0, std::slice::from_ref(self)),
        };
        let nodes = nodes.iter().skip(skipped);
        nodes.filter(|node| !node.is_no_value())
    }

    /// The value at the end of a path of keys.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Node> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The outermost node that stands at a place.
    pub(crate) fn find(&self, place: Place) -> Option<&Node> {
        if self.place == place {
            return Some(self);
        }
        match &self.kind {
            NodeKind::List(items) => items.iter().find_map(|item| item.find(place)),
            NodeKind::Map(map) => map.values().find_map(|entry| entry.value.find(place)),
            _ => None,
        }
    }

    /// The intrinsic function that this node is, with its argument: a map of one key that names a function.
    ///
    /// `Condition` is none of them: in a policy it is an ordinary key.
    pub(crate) fn intrinsic(&self) -> Option<(&str, &Node)> {
        let map = self.as_map()?;
        let (key, entry) = map.first()?;
        (map.len() == 1 && (key == "Ref" || key.starts_with("Fn::")))
            .then_some((key.as_str(), &entry.value))
    }

    /// Whether the stack's name, or its id, is a part of it.
    pub(crate) fn is_of_stack(&self) -> bool {
        self.as_str().is_none() && self.to_json().to_string().contains("AWS::Stack")
    }

    /// Whether this is `{Ref: AWS::NoValue}`.
    pub(crate) fn is_no_value(&self) -> bool {
        matches!(self.intrinsic(), Some(("Ref", name)) if name.as_str() == Some("AWS::NoValue"))
    }

    /// Whether Python takes it for false, as the translator often asks: null, false, zero, or nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.kind {
            NodeKind::Null | NodeKind::Bool(false) => true,
            NodeKind::Bool(true) => false,
            NodeKind::Number(number) => number.as_f64() == Some(0.0),
            NodeKind::String(text) => text.is_empty(),
            NodeKind::List(items) => items.is_empty(),
            NodeKind::Map(map) => map.is_empty(),
        }
    }

    /// A scalar as text, and of anything else what kind of node it is, for messages.
    pub(crate) fn shown(&self) -> String {
        self.to_text().unwrap_or_else(|| self.describe().to_owned())
    }

    /// What kind of node this is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match &self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::String(_) => "text",
            NodeKind::List(_) => "a list",
            NodeKind::Map(_) if self.intrinsic().is_some() => "an intrinsic function",
            NodeKind::Map(_) => "a map",
        }
    }
}
