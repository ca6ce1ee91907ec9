//! The answer to a scan, read as the contacts that it consists of.
//!
//! The SDK makes a map of each item, which is half of all that a list of a hundred contacts costs (docs/performance.md). Items are read here
//! in the form in which this API writes them. An answer with anything else in it, and every error, is the SDK's to read.

use std::fmt;
use std::mem::take;
use std::num::ParseIntError;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::scan::{Scan, ScanOutput};
use aws_smithy_runtime_api::client::interceptors::context::{Output, OutputOrError};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use contacts::{Contact, Object, Value};
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::item::{self, Item};

/// Reads the answer to one scan. What it has read is not among the output's items.
#[derive(Clone, Debug, Default)]
pub struct Scanned(Arc<Mutex<Vec<Contact>>>);

impl Scanned {
    /// The contacts, once.
    pub fn take(&self) -> Vec<Contact> {
        take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Intercept for Scanned {
    fn name(&self) -> &'static str {
        "Scanned"
    }

    fn read_before_execution(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let reader = SharedResponseDeserializer::new(self.clone());
        config.interceptor_state().store_put(reader);
        Ok(())
    }
}

impl DeserializeResponse for Scanned {
    fn deserialize_nonstreaming_with_config(
        &self,
        response: &HttpResponse,
        config: &ConfigBag,
    ) -> OutputOrError {
        let body = response
            .body()
            .bytes()
            .filter(|_| response.status().is_success());
        if let Some((contacts, last)) = body.and_then(read) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = contacts;
            let output = ScanOutput::builder().set_last_evaluated_key(last).build();
            return Ok(Output::erase(output));
        }
        let sdks = Scan::new().config();
        let sdks = sdks
            .as_ref()
            .and_then(|layer| layer.load::<SharedResponseDeserializer>());
        sdks.ok_or_else(|| OrchestratorError::other("the SDK reads no answer to a scan"))?
            .deserialize_nonstreaming_with_config(response, config)
    }
}

/// The contacts of an answer, and the last key that was looked at, if there is more. `None` where it has anything else.
fn read(body: &[u8]) -> Option<(Vec<Contact>, Option<Item>)> {
    // Once for all of its texts.
    let body = std::str::from_utf8(body).ok()?;
    let answer: Answer = serde_json::from_str(body).ok()?;
    let contacts = answer.items.into_iter().map(Contact::from).collect();
    let last = answer.last.map(|key| item::key(&key.id.text));
    Some((contacts, last))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    items: Vec<ScannedItem>,
    #[serde(rename = "LastEvaluatedKey")]
    last: Option<Key>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: Text,
}

/// An item as [`item::Stored::to_item`] makes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScannedItem {
    id: Text,
    created_at: Integer,
    updated_at: Integer,
    #[serde(rename = "revision")]
    _revision: Integer,
    #[serde(rename = "expiresAt")]
    _expires_at: Option<Integer>,
    attributes: Attributes,
}

impl From<ScannedItem> for Contact {
    fn from(item: ScannedItem) -> Self {
        Self {
            id: item.id.text,
            created_at: item.created_at.0,
            updated_at: item.updated_at.0,
            attributes: item.attributes.members.0,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    #[serde(rename = "S")]
    text: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    #[serde(rename = "M")]
    members: Members,
}

/// A value of DynamoDB's, of the types that this API writes.
#[derive(Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Attribute<'a> {
    Null(bool),
    Bool(bool),
    N(&'a str),
    S(String),
    #[serde(borrow)]
    L(Vec<Attribute<'a>>),
    M(Members),
}

impl Attribute<'_> {
    fn value<E: de::Error>(self) -> Result<Value, E> {
        Ok(match self {
            Attribute::Null(true) => Value::Null,
            Attribute::Null(false) => return Err(E::custom("is not null")),
            Attribute::Bool(value) => Value::Bool(value),
            Attribute::N(digits) => Value::Number(digits.parse().map_err(E::custom)?),
            Attribute::S(text) => Value::String(text),
            Attribute::L(values) => {
                let values = values.into_iter().map(Self::value);
                Value::Array(values.collect::<Result<_, _>>()?)
            }
            Attribute::M(members) => Value::Object(members.0),
        })
    }
}

struct Members(Object);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("attributes by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Object::new();
        while let Some((name, attribute)) = map.next_entry::<String, Attribute<'_>>()? {
            members.insert(name, attribute.value()?);
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::item::{RequestToken, Stored};

    /// An attribute as DynamoDB writes it.
    fn written(attribute: &AttributeValue) -> Json {
        match attribute {
            AttributeValue::Null(value) => json!({ "NULL": value }),
            AttributeValue::Bool(value) => json!({ "BOOL": value }),
            AttributeValue::N(text) => json!({ "N": text }),
            AttributeValue::S(text) => json!({ "S": text }),
            AttributeValue::L(values) => {
                json!({ "L": values.iter().map(written).collect::<Vec<_>>() })
            }
            AttributeValue::M(members) => json!({ "M": written_item(members) }),
            other => panic!("this API writes no {other:?}"),
        }
    }

    fn written_item(item: &Item) -> Json {
        let members = item.iter();
        Json::Object(
            members
                .map(|(name, value)| (name.clone(), written(value)))
                .collect(),
        )
    }

    fn stored() -> Stored {
        let text = r#"{"a": [true, 1E-130, "\u00e9\"", [], {}, {"é": {"b": [null, 12345678901234567890]}}], "revision": "mine"}"#;
        let attributes = contacts::Attributes::parse(text.as_bytes()).unwrap();
        let contact = Contact::create("c-1".to_owned(), 1_700_000_000_123, attributes);
        Stored {
            token: Some(RequestToken::new()),
            ..Stored::first(contact, Some(1_700_000_060))
        }
    }

    fn read_json(answer: &Json) -> Option<(Vec<Contact>, Option<Item>)> {
        read(answer.to_string().as_bytes())
    }

    #[test]
    fn what_this_api_writes_is_read_as_the_contact_that_it_was() {
        let without = Stored {
            token: None,
            expires_at: None,
            ..stored()
        };
        let items = [stored(), without].map(|stored| written_item(&stored.to_item()));
        let mut answer = json!({ "Items": items, "Count": 2, "ScannedCount": 3 });
        let contacts = vec![stored().contact, stored().contact];
        assert_eq!(read_json(&answer), Some((contacts.clone(), None)));
        answer["LastEvaluatedKey"] = json!({ "id": { "S": "c-9" } });
        let last = Item::from([("id".to_owned(), AttributeValue::S("c-9".to_owned()))]);
        assert_eq!(read_json(&answer), Some((contacts, Some(last))));
    }

    #[test]
    fn an_answer_with_anything_else_in_it_is_the_sdks() {
        let item = written_item(&stored().to_item());
        let with = |field: &str, value: Json| {
            let mut item = item.clone();
            item[field] = value;
            read_json(&json!({ "Items": [item] }))
        };
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
            let mut item = item.clone();
            item.as_object_mut().unwrap().remove(field);
            assert_eq!(read_json(&json!({ "Items": [item] })), None, "{field}");
        }
        let two = json!({ "id": { "S": "c-9" }, "sort": { "S": "1" } });
        assert_eq!(
            read_json(&json!({ "Items": [], "LastEvaluatedKey": two })),
            None
        );
        assert_eq!(read(b"{\"Items\": ["), None);
    }
}
