//! Resolved values: what a property is once parameters and intrinsic functions are applied.

use std::borrow::Cow;
use std::fmt;

use crate::Place;
use crate::ordered::Ordered;

/// Why a value is not known before the stack is deployed, and where that begins.
///
/// An unknown value travels: whatever is computed from it is unknown for the same reason, at the same place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (line {})", place.line)]
pub struct Unknown {
    /// What only AWS knows, in words that fit after "unknown:".
    pub reason: String,
    /// Where the unknown begins, which may be far from where it is used.
    pub place: Place,
    /// What a person may say to make it known.
    pub missing: Option<Missing>,
}

impl Unknown {
    /// An unknown with its reason and the place it comes from, about which nothing can be known beforehand.
    pub fn new(reason: impl Into<String>, place: Place) -> Self {
        Self {
            reason: reason.into(),
            place,
            missing: None,
        }
    }

    /// The same unknown, which this would make known.
    #[must_use]
    pub fn without(mut self, missing: Missing) -> Self {
        self.missing = Some(missing);
        self
    }
}

/// An input that would make an unknown value known: see [`Inputs`](crate::Inputs).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    /// The value of a parameter, by its name. Of an SSM type it is the value itself, not the name of the SSM parameter.
    Parameter(String),
    /// What another stack exports, by the export's name.
    Import(String),
    /// What a dynamic reference stands for, by its text: `{{resolve:ssm:/stage}}`.
    Reference(String),
}

/// A resolved property that may be unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<T> {
    /// The value, or why it is not known.
    pub value: Result<T, Unknown>,
    /// Where the property stands; for a default, where its resource stands.
    pub place: Place,
}

impl<T> Field<T> {
    /// A known value.
    pub fn known(value: T, place: Place) -> Self {
        Self {
            value: Ok(value),
            place,
        }
    }

    /// A value that is not known.
    pub fn unknown(unknown: Unknown, place: Place) -> Self {
        Self {
            value: Err(unknown),
            place,
        }
    }

    /// The value, when it is known.
    pub fn known_value(&self) -> Option<&T> {
        self.value.as_ref().ok()
    }

    /// Whether its value is known, and this.
    pub fn is<U: ?Sized>(&self, value: &U) -> bool
    where
        T: PartialEq<U>,
    {
        self.known_value().is_some_and(|known| known == value)
    }

    /// The same field with its known value changed by `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Field<U> {
        Field {
            value: self.value.map(f),
            place: self.place,
        }
    }
}

/// A resolved value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the template.
    pub place: Place,
}

/// The values of a map by their keys, in the template's order.
pub type Values = Ordered<Value>;

/// What a resolved value is. It is small: what is large or rare is boxed.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// `null`, which CloudFormation refuses in most places.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number. CloudFormation hands numbers to resources as text where they ask for text.
    Number(serde_json::Number),
    /// Text.
    String(String),
    /// A list; its items may be unknown one by one.
    List(Vec<Value>),
    /// A map in the template's order; its values may be unknown one by one.
    Map(Box<Values>),
    /// Something that only a deployment knows.
    Unknown(Box<Unknown>),
}

impl From<Unknown> for Kind {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(Box::new(unknown))
    }
}

impl Value {
    /// A value at a place.
    pub fn new(kind: Kind, place: Place) -> Self {
        Self { kind, place }
    }

    /// Text at a place.
    pub fn string(text: impl Into<String>, place: Place) -> Self {
        Self::new(Kind::String(text.into()), place)
    }

    /// An unknown that begins at `place`.
    pub fn unknown(reason: impl Into<String>, place: Place) -> Self {
        Self::new(Unknown::new(reason, place).into(), place)
    }

    /// The value under `key`, when this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match &self.kind {
            Kind::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The items, when this is a list.
    pub fn as_list(&self) -> Option<&[Value]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// Its items where it is a list; else itself, as a list of one.
    pub(crate) fn one_or_many(&self) -> &[Value] {
        self.as_list().unwrap_or(std::slice::from_ref(self))
    }

    /// The map, when this is one.
    pub fn as_map(&self) -> Option<&Values> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The text, when this is text (not a number or a boolean that could be written as text).
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The unknown, when this value itself (not something inside it) is unknown.
    pub fn as_unknown(&self) -> Option<&Unknown> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// What a scalar is as text, as CloudFormation writes numbers and booleans where text is asked for.
    ///
    /// `None` for null, lists, maps and unknowns.
    pub fn to_text(&self) -> Option<String> {
        self.text().map(Cow::into_owned)
    }

    /// The same without a copy of what is text.
    pub(crate) fn text(&self) -> Option<Cow<'_, str>> {
        match &self.kind {
            Kind::String(text) => Some(text.into()),
            Kind::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
            Kind::Number(number) => Some(number.to_string().into()),
            Kind::Null | Kind::List(_) | Kind::Map(_) | Kind::Unknown(_) => None,
        }
    }

    /// The first unknown in this value, depth first.
    pub fn first_unknown(&self) -> Option<&Unknown> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown),
            Kind::List(items) => items.iter().find_map(Value::first_unknown),
            Kind::Map(map) => map.values().find_map(Value::first_unknown),
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => None,
        }
    }

    /// The value as plain JSON.
    ///
    /// # Errors
    /// The first unknown in it: JSON has no place for one.
    pub fn to_json(&self) -> Result<serde_json::Value, Unknown> {
        Ok(match &self.kind {
            Kind::Null => serde_json::Value::Null,
            Kind::Bool(value) => (*value).into(),
            Kind::Number(number) => number.clone().into(),
            Kind::String(text) => text.clone().into(),
            Kind::List(items) => items
                .iter()
                .map(Value::to_json)
                .collect::<Result<Vec<_>, _>>()?
                .into(),
            Kind::Map(map) => serde_json::Value::Object(
                map.iter()
                    .map(|(key, value)| Ok((key.clone(), value.to_json()?)))
                    .collect::<Result<_, Unknown>>()?,
            ),
            Kind::Unknown(unknown) => return Err(Unknown::clone(unknown)),
        })
    }

    /// About how much memory it takes, in bytes.
    pub(crate) fn footprint(&self) -> usize {
        size_of::<Self>()
            + match &self.kind {
                Kind::Null | Kind::Bool(_) | Kind::Number(_) => 0,
                Kind::String(text) => text.len(),
                Kind::List(items) => items.iter().map(Value::footprint).sum(),
                Kind::Map(map) => map
                    .iter()
                    .map(|(key, value)| key.len() + value.footprint())
                    .sum(),
                Kind::Unknown(unknown) => unknown.reason.len(),
            }
    }

    /// What kind of value this is, for messages: "a list", "text", …
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Null => "null",
            Kind::Bool(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
            Kind::Unknown(_) => "unknown",
        }
    }
}

impl fmt::Display for Value {
    /// Compact JSON, with an unknown written as its reason in angle brackets. For people, not for parsers.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Null => f.write_str("null"),
            Kind::Bool(value) => value.fmt(f),
            Kind::Number(number) => number.fmt(f),
            Kind::String(text) => write!(f, "{text:?}"),
            Kind::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Kind::Map(map) => {
                f.write_str("{")?;
                for (index, (key, value)) in map.iter().enumerate() {
                    if index > 0 {
                        f.write_str(",")?;
                    }
                    write!(f, "{key:?}:{value}")?;
                }
                f.write_str("}")
            }
            Kind::Unknown(unknown) => write!(f, "<{}>", unknown.reason),
        }
    }
}
