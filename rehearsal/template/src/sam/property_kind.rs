//! What kinds of properties SAM's types have.

use crate::text::{Node, NodeKind};

/// What SAM takes as a property's value: its validators (`model/types.py`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Any,
    Bool,
    List,
    ListOf(&'static Kind),
    Map,
    MapOf(&'static Kind),
    OneOf(&'static [Kind]),
    OneOfTexts(&'static [&'static str]),
    Text,
    Whole,
}

impl Kind {
    pub(super) fn takes(self, node: &Node) -> bool {
        match (self, &node.kind) {
            (Self::Any, _)
            // To Python a boolean is a whole number.
            | (Self::Bool | Self::Whole, NodeKind::Bool(_))
            | (Self::List, NodeKind::List(_))
            | (Self::Map, NodeKind::Map(_))
            | (Self::Text, NodeKind::String(_)) => true,
            (Self::Whole, NodeKind::Number(number)) => number.is_i64() || number.is_u64(),
            (Self::ListOf(of), NodeKind::List(items)) => items.iter().all(|item| of.takes(item)),
            (Self::MapOf(of), NodeKind::Map(map)) => {
                map.values().all(|entry| of.takes(&entry.value))
            }
            (Self::OneOf(kinds), _) => kinds.iter().any(|kind| kind.takes(node)),
            (Self::OneOfTexts(texts), NodeKind::String(text)) => texts.contains(&text.as_str()),
            _ => false,
        }
    }

    /// SAM's words (`model/exceptions.py`, `InvalidResourcePropertyTypeException`).
    pub(super) fn refusal(self, name: &str) -> String {
        match self {
            Self::Map => format!("Property '{name}' should be a map."),
            Self::Text => format!("Property '{name}' should be a string."),
            Self::OneOfTexts(texts) => {
                let quoted: Vec<String> = texts.iter().map(|text| format!("'{text}'")).collect();
                let texts = quoted.join(" or ");
                format!("Property '{name}' should be a one of the strings: {texts}.")
            }
            _ => format!("Type of property '{name}' is invalid."),
        }
    }
}

/// Properties of one type that are checked alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Properties {
    names: &'static [&'static str],
    pub(super) kind: Kind,
    is_required: bool,
    /// Whether their kind is checked even where an intrinsic function stands.
    pub(super) is_strict: bool,
}

/// A resource type, or the type of an event of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    /// Whether properties that it does not have are passed over.
    pub(super) is_open: bool,
    pub(super) properties: &'static [Properties],
}

impl Type {
    /// How a property is checked.
    pub(super) fn property(&self, name: &str) -> Option<&'static Properties> {
        let mut alike = self.properties.iter();
        alike.find(|properties| properties.names.contains(&name))
    }

    /// The names of all properties, by the alphabet.
    pub(super) fn names(&self) -> Vec<&'static str> {
        sorted(self.properties.iter())
    }

    /// The names of those that must be given, by the alphabet.
    pub(super) fn required(&self) -> Vec<&'static str> {
        let properties = self.properties.iter();
        sorted(properties.filter(|properties| properties.is_required))
    }
}

fn sorted(properties: impl Iterator<Item = &'static Properties>) -> Vec<&'static str> {
    let mut names: Vec<&str> = properties
        .flat_map(|properties| properties.names)
        .copied()
        .collect();
    names.sort_unstable();
    names
}

/// Properties of which SAM checks nothing.
pub(super) const fn anything(names: &'static [&'static str]) -> Properties {
    strict(Kind::Any, names)
}

/// Properties whose kind is checked where they are given.
pub(super) const fn given(kind: Kind, names: &'static [&'static str]) -> Properties {
    Properties {
        names,
        kind,
        is_required: false,
        is_strict: false,
    }
}

/// Properties that must be given.
pub(super) const fn required(kind: Kind, names: &'static [&'static str]) -> Properties {
    let mut properties = given(kind, names);
    properties.is_required = true;
    properties
}

/// Properties whose kind is checked even where an intrinsic function stands.
pub(super) const fn strict(kind: Kind, names: &'static [&'static str]) -> Properties {
    let mut properties = given(kind, names);
    properties.is_strict = true;
    properties
}

/// Both.
pub(super) const fn strictly_required(kind: Kind, names: &'static [&'static str]) -> Properties {
    let mut properties = required(kind, names);
    properties.is_strict = true;
    properties
}
