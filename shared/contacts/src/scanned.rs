//! A scan's answer in DynamoDB's JSON, read as the contacts that it consists of.
//!
//! Items are read in the form in which the contacts API writes them, and written at once as a list's answer has them: their texts are those of
//! the answer, and none is copied between.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::ParseIntError;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use crate::contact::{self, Contact};
use crate::number::{Number, NumberError};
use crate::value::Value;

/// A contact as the answer to a list holds it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// It as the answer's JSON.
    pub json: Box<RawValue>,
}

impl Listed {
    /// A contact's.
    ///
    /// # Errors
    /// When the contact cannot be written as JSON.
    pub fn new(contact: &Contact) -> Result<Self, serde_json::Error> {
        Ok(Self {
            id: contact.id.clone(),
            json: to_raw_value(contact)?,
        })
    }
}

/// The contacts of an answer, and the last id that was looked at, if there is more. `None` where it has anything else.
///
/// ```
/// let answer = r#"{"Items": [{"id": {"S": "c-1"}, "createdAt": {"N": "1"}, "updatedAt": {"N": "2"}, "revision": {"N": "3"},
///     "attributes": {"M": {"name": {"S": "Ada"}}}}], "LastEvaluatedKey": {"id": {"S": "c-1"}}}"#;
/// let (contacts, last) = contacts::scanned::read(answer.as_bytes()).unwrap();
/// assert_eq!(contacts[0].json.get(), r#"{"id":"c-1","createdAt":1,"updatedAt":2,"name":"Ada"}"#);
/// assert_eq!(last.as_deref(), Some("c-1"));
/// assert!(contacts::scanned::read(br#"{"Items": [{"id": {"N": "1"}}]}"#).is_none());
/// ```
pub fn read(body: &[u8]) -> Option<(Vec<Listed>, Option<String>)> {
    // Once for all of its texts.
    let body = std::str::from_utf8(body).ok()?;
    let answer: Answer = serde_json::from_str(body).ok()?;
    let last = answer.last.map(|key| key.id.text.0.into_owned());
    Some((answer.items, last))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer<'a> {
    items: Vec<Listed>,
    #[serde(borrow, rename = "LastEvaluatedKey")]
    last: Option<Key<'a>>,
}

impl<'de> Deserialize<'de> for Listed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let item = ScannedItem::deserialize(deserializer)?;
        Ok(Self {
            json: to_raw_value(&item).map_err(D::Error::custom)?,
            id: item.id.text.0.into_owned(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key<'a> {
    #[serde(borrow)]
    id: Text<'a>,
}

/// An item as the contacts API stores it. What writes it is `contacts-store` (`item.rs`): the names of the fields stand there, too, and a test
/// there reads here what is written there.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScannedItem<'a> {
    #[serde(borrow)]
    id: Text<'a>,
    created_at: Integer,
    updated_at: Integer,
    #[serde(rename = "revision")]
    _revision: Integer,
    #[serde(rename = "expiresAt")]
    _expires_at: Option<Integer>,
    #[serde(borrow)]
    attributes: Attributes<'a>,
}

impl Serialize for ScannedItem<'_> {
    /// As the contact that it is.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = (&*self.id.text.0, self.created_at.0, self.updated_at.0);
        contact::write(serializer, fields, self.attributes.members.iter())
    }
}

/// A text, copied only where it has escapes.
#[derive(Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Str<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text<'a> {
    #[serde(borrow, rename = "S")]
    text: Str<'a>,
}

#[derive(Deserialize)]
#[serde(try_from = "Digits<'_>")]
struct Integer(i64);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Digits<'a> {
    #[serde(rename = "N")]
    digits: &'a str,
}

impl TryFrom<Digits<'_>> for Integer {
    type Error = ParseIntError;

    fn try_from(number: Digits<'_>) -> Result<Self, ParseIntError> {
        number.digits.parse().map(Self)
    }
}

/// By name, in the order in which a [contact](Contact) has them.
type Members<'a> = BTreeMap<Str<'a>, Attribute<'a>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes<'a> {
    #[serde(borrow, rename = "M")]
    members: Members<'a>,
}

/// A value of DynamoDB's, of the types that this API writes.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Attribute<'a> {
    Null(True),
    Bool(bool),
    N(Decimal),
    #[serde(borrow)]
    S(Str<'a>),
    #[serde(borrow)]
    L(Vec<Attribute<'a>>),
    #[serde(borrow)]
    M(Members<'a>),
}

impl Serialize for Attribute<'_> {
    /// As the [`Value`] that it is.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null(True) => Value::Null.serialize(serializer),
            Self::Bool(value) => value.serialize(serializer),
            Self::N(Decimal(value)) => value.serialize(serializer),
            Self::S(text) => text.serialize(serializer),
            Self::L(values) => values.serialize(serializer),
            Self::M(members) => members.serialize(serializer),
        }
    }
}

/// What `NULL` is.
#[derive(Deserialize)]
#[serde(try_from = "bool")]
struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, &'static str> {
        value.then_some(Self).ok_or("is not null")
    }
}

#[derive(Deserialize)]
#[serde(try_from = "&str")]
struct Decimal(Value);

impl TryFrom<&str> for Decimal {
    type Error = NumberError;

    fn try_from(digits: &str) -> Result<Self, NumberError> {
        digits.parse::<Number>().map(Value::Number).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn item() -> Json {
        json!({
            "id": { "S": "c-1" },
            "createdAt": { "N": "1" },
            "updatedAt": { "N": "2" },
            "revision": { "N": "3" },
            "expiresAt": { "N": "4" },
            "attributes": { "M": { "name": { "S": "Ada" } } },
        })
    }

    /// The contacts of an answer, and the last id that was looked at.
    fn read_json(answer: &str) -> Option<(Vec<String>, Option<String>)> {
        let (contacts, last) = read(answer.as_bytes())?;
        let texts = contacts.iter().map(|contact| contact.json.get().to_owned());
        Some((texts.collect(), last))
    }

    /// What is read of an item that has this instead.
    fn with(field: &str, value: Json) -> Option<(Vec<String>, Option<String>)> {
        let mut item = item();
        item[field] = value;
        read_json(&json!({ "Items": [item] }).to_string())
    }

    #[test]
    fn a_field_of_another_form_or_none_leaves_the_answer_to_others() {
        assert!(with("other", json!({ "SS": ["a"] })).is_some());
        for (field, value) in [
            ("id", json!({ "N": "1" })),
            ("revision", json!({ "N": "1.5" })),
            ("createdAt", json!({ "S": "1" })),
            ("expiresAt", json!({ "BOOL": true })),
            ("attributes", json!({ "L": [] })),
            ("attributes", json!({ "M": { "a": { "SS": ["a"] } } })),
            ("attributes", json!({ "M": { "a": { "N": "1e999" } } })),
            ("attributes", json!({ "M": { "a": { "NULL": false } } })),
            (
                "attributes",
                json!({ "M": { "a": { "S": "a", "N": "1" } } }),
            ),
        ] {
            assert_eq!(with(field, value.clone()), None, "{field}: {value}");
        }
        for field in ["id", "createdAt", "updatedAt", "revision", "attributes"] {
            let mut item = item();
            item.as_object_mut().unwrap().remove(field);
            let answer = json!({ "Items": [item] }).to_string();
            assert_eq!(read_json(&answer), None, "{field}");
        }
        assert!(read(b"{\"Items\": [").is_none());
    }

    #[test]
    fn the_last_key_is_an_id_and_nothing_else() {
        let of =
            |key: Json| read_json(&json!({ "Items": [], "LastEvaluatedKey": key }).to_string());
        let last = Some("c-9".to_owned());
        assert_eq!(
            of(json!({ "id": { "S": "c-9" } })),
            Some((Vec::new(), last))
        );
        let two = json!({ "id": { "S": "c-9" }, "sort": { "S": "1" } });
        assert_eq!(of(two), None);
        assert_eq!(of(json!({ "id": { "N": "9" } })), None);
    }

    #[test]
    fn texts_with_escapes_are_those_without() {
        let plain = json!({ "Items": [item()] }).to_string();
        let escaped = plain
            .replace("Ada", "\\u0041d\\u0061")
            .replace("c-1", "\\u0063-1");
        assert_ne!(plain, escaped);
        let expected = r#"{"id":"c-1","createdAt":1,"updatedAt":2,"name":"Ada"}"#;
        let expected = Some((vec![expected.to_owned()], None));
        assert_eq!(read_json(&plain), expected);
        assert_eq!(read_json(&escaped), expected);
        let quoted = with("attributes", json!({ "M": { "a": { "S": "\"\n/" } } }));
        let expected = r#"{"id":"c-1","createdAt":1,"updatedAt":2,"a":"\"\n/"}"#;
        assert_eq!(quoted, Some((vec![expected.to_owned()], None)));
    }
}
