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

/// A property.
#[derive(Clone, Copy, Debug)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) is_required: bool,
    /// Whether its kind is checked even where an intrinsic function stands.
    pub(super) is_strict: bool,
}

/// A resource type, or the type of an event of one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Type {
    pub(super) name: &'static str,
    /// Whether properties that it does not have are passed over.
    pub(super) is_open: bool,
    pub(super) properties: &'static [Property],
}

const fn property(name: &'static str, kind: Kind, is_required: bool, is_strict: bool) -> Property {
    Property {
        name,
        kind,
        is_required,
        is_strict,
    }
}

/// A property of which SAM checks nothing.
pub(super) const fn anything(name: &'static str) -> Property {
    property(name, Kind::Any, false, true)
}

/// A property whose kind is checked where it is given.
pub(super) const fn given(name: &'static str, kind: Kind) -> Property {
    property(name, kind, false, false)
}

/// A property that must be given.
pub(super) const fn required(name: &'static str, kind: Kind) -> Property {
    property(name, kind, true, false)
}

/// A property whose kind is checked even where an intrinsic function stands.
pub(super) const fn strict(name: &'static str, kind: Kind) -> Property {
    property(name, kind, false, true)
}

/// Both.
pub(super) const fn strictly_required(name: &'static str, kind: Kind) -> Property {
    property(name, kind, true, true)
}
