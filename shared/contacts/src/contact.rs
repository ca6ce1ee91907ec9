//! The contact: the server's fields and the caller's.

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits;
use crate::parse::{self, ParseError};
use crate::problem::{Position, Violation};
use crate::value::{Object, Value};

/// The fields that the server sets. A body that sets one is refused.
pub const RESERVED: [&str; 3] = ["id", "createdAt", "updatedAt"];

/// A new id: a UUID of version 7, so that ids sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A contact as callers see it: the server's three fields and the attributes, in one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The id, a UUID of version 7.
    pub id: String,
    /// When it was made, in milliseconds of the epoch. It never moves.
    pub created_at: i64,
    /// When it was last written, in milliseconds of the epoch.
    pub updated_at: i64,
    /// Everything else. None of [`RESERVED`] is in it.
    pub attributes: Object,
}

impl Contact {
    /// A contact made now. Attributes that the body removes are left out.
    pub fn create(id: String, now_ms: i64, attributes: Attributes) -> Self {
        Self {
            id,
            created_at: now_ms,
            updated_at: now_ms,
            attributes: attributes.set,
        }
    }
}

/// Writes a contact as callers see it, whatever holds its parts. Attributes have names other than [`RESERVED`].
///
/// # Errors
/// The serializer's.
pub fn write<S: Serializer, N: Serialize, V: Serialize>(
    serializer: S,
    (id, created_at, updated_at): (&str, i64, i64),
    attributes: impl ExactSizeIterator<Item = (N, V)>,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_map(Some(RESERVED.len() + attributes.len()))?;
    object.serialize_entry("id", id)?;
    object.serialize_entry("createdAt", &created_at)?;
    object.serialize_entry("updatedAt", &updated_at)?;
    for (name, value) in attributes {
        object.serialize_entry(&name, &value)?;
    }
    object.end()
}

impl Serialize for Contact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = (self.id.as_str(), self.created_at, self.updated_at);
        write(serializer, fields, self.attributes.iter())
    }
}

impl<'de> Deserialize<'de> for Contact {
    /// Reads an answer of the API, through `serde_json` alone.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(mut attributes) = Value::deserialize(deserializer)? else {
            return Err(D::Error::custom("a contact is an object"));
        };
        let Some(Value::String(id)) = attributes.remove("id") else {
            return Err(D::Error::custom("a contact has an id, a string"));
        };
        let mut time = |name: &str| match attributes.remove(name) {
            Some(Value::Number(number)) => number.as_str().parse().map_err(D::Error::custom),
            _ => Err(D::Error::custom(format!(
                "a contact has a {name}, in milliseconds of the epoch"
            ))),
        };
        let (created_at, updated_at) = (time("createdAt")?, time("updatedAt")?);
        Ok(Self {
            id,
            created_at,
            updated_at,
            attributes,
        })
    }
}

/// What a body asks for: attributes to set and attributes to remove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    set: Object,
    removed: Vec<String>,
}

impl Attributes {
    /// Reads and judges a body.
    ///
    /// A top-level `null` removes its attribute, as in a JSON merge patch (RFC 7396). Nested values are taken whole
    /// and keep their nulls.
    ///
    /// # Errors
    /// When the body is not UTF-8, not JSON, not an object, sets a field of the server, or exceeds a [limit](limits);
    /// the error says where. The body's length is the transport's to check.
    ///
    /// ```
    /// use contacts::{Attributes, Value};
    ///
    /// let attributes = Attributes::parse(br#"{"name": "Ada", "nickname": null}"#)?;
    /// assert_eq!(attributes.set()["name"], Value::from("Ada"));
    /// assert_eq!(attributes.removed(), ["nickname"]);
    /// # Ok::<(), contacts::Invalid>(())
    /// ```
    pub fn parse(body: &[u8]) -> Result<Self, Invalid> {
        let text = std::str::from_utf8(body).map_err(|error| Invalid::NotUtf8 {
            position: parse::position(body, error.valid_up_to()),
        })?;
        let reserved = |name: &str| {
            let set = RESERVED.contains(&name);
            set.then(|| format!("{name} is set by the server; leave it out."))
        };
        let members = parse::body(text, reserved)?.ok_or(Invalid::NotAnObject)?;
        let mut attributes = Self::default();
        for (name, value) in members {
            if value == Value::Null {
                attributes.removed.push(name);
            } else {
                attributes.set.insert(name, value);
            }
        }
        Ok(attributes)
    }

    /// The attributes to set, none of them null.
    pub fn set(&self) -> &Object {
        &self.set
    }

    /// The names of the attributes to remove, in order.
    pub fn removed(&self) -> &[String] {
        &self.removed
    }
}

/// Why a body is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// The body is not UTF-8.
    #[error("The body is not UTF-8 at line {} column {}.", position.line, position.column)]
    NotUtf8 {
        /// The first byte that is wrong.
        position: Position,
    },
    /// The body is some other JSON.
    #[error("The body must be a JSON object, such as {{\"name\": \"Ada\"}}.")]
    NotAnObject,
    /// The body is not JSON, or breaks a rule.
    #[error("{}", describe(.0))]
    Body(#[from] ParseError),
}

fn describe(error: &ParseError) -> String {
    match error {
        ParseError::Syntax { .. } => format!("The body is not JSON: {error}."),
        ParseError::Invalid(violations) => match violations.as_slice() {
            [only] => format!("The body is refused: {error}", error = one(only)),
            many => format!(
                "The body is refused for {} reasons, see errors. The first: {}",
                many.len(),
                one(&many[0])
            ),
        },
    }
}

fn one(violation: &Violation) -> String {
    format!("{} {}", violation.pointer, violation.detail)
}

impl Invalid {
    /// The faults, each with its place; empty when the body could not be read at all.
    pub fn violations(&self) -> &[Violation] {
        match self {
            Self::Body(ParseError::Invalid(violations)) => violations,
            _ => &[],
        }
    }

    /// Where the body stops being JSON.
    pub fn position(&self) -> Option<Position> {
        match self {
            Self::NotUtf8 { position } | Self::Body(ParseError::Syntax { position, .. }) => {
                Some(*position)
            }
            _ => None,
        }
    }
}

/// Whether an id can name anything: DynamoDB takes no empty key and none of more than 2048 bytes.
pub fn can_exist(id: &str) -> bool {
    !id.is_empty() && id.len() <= limits::ID_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reserved_field_is_named() {
        let refused =
            Attributes::parse(br#"{"id": null, "createdAt": 1, "name": "Ada", "updatedAt": 2}"#)
                .unwrap_err();
        let pointers: Vec<_> = refused
            .violations()
            .iter()
            .map(|fault| fault.pointer.as_str())
            .collect();
        assert_eq!(pointers, ["#/createdAt", "#/id", "#/updatedAt"]);
    }

    #[test]
    fn reserved_names_are_open_below_the_top_level() {
        assert!(
            Attributes::parse(
                br#"{"employer": {"id": 7, "createdAt": 1}, "revision": 1, "expiresAt": 2}"#
            )
            .is_ok()
        );
    }

    #[test]
    fn only_a_top_level_null_removes() {
        let attributes =
            Attributes::parse(br#"{"a": null, "b": {"c": null}, "d": [null]}"#).unwrap();
        assert_eq!(attributes.removed(), ["a"]);
        assert_eq!(
            serde_json::to_string(attributes.set()).unwrap(),
            r#"{"b":{"c":null},"d":[null]}"#
        );
    }

    #[test]
    fn text_that_is_not_utf8_is_refused_where_it_goes_wrong() {
        let refused = Attributes::parse(b"{\n\"a\": \"\xff\"}").unwrap_err();
        assert_eq!(refused.position(), Some(Position { line: 2, column: 7 }));
    }

    #[test]
    fn a_contact_reads_back_from_its_own_json() {
        let attributes = Attributes::parse(
            r#"{"name": "Ada \u0000 é", "balance": 1e-100, "tags": []}"#.as_bytes(),
        )
        .unwrap();
        let contact = Contact::create(new_id(), 1_700_000_000_000, attributes);
        let text = serde_json::to_string(&contact).unwrap();
        assert_eq!(serde_json::from_str::<Contact>(&text).unwrap(), contact);
    }

    #[test]
    fn ids_are_uuids_of_version_7() {
        let id: uuid::Uuid = new_id().parse().unwrap();
        assert_eq!(id.get_version_num(), 7);
    }
}
