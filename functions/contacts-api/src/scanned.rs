//! The answer to a scan, read as the contacts that it consists of.
//!
//! The SDK makes a map of each item, which is half of all that a list of a hundred contacts costs (docs/performance.md). Items are read here
//! in the form in which this API writes them, and written at once as a list's answer has them: their texts are those of the answer, and none
//! is copied between. An answer with anything else in it, and every error, is the SDK's to read.

use std::borrow::Cow;
use std::collections::BTreeMap;
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
use contacts::number::NumberError;
use contacts::{Number, Value, contact};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::to_raw_value;

use crate::item::{self, Item};
use crate::listing::Listed;

/// Reads the answer to one scan. What it has read is not among the output's items.
#[derive(Clone, Debug, Default)]
pub struct Scanned(Arc<Mutex<Vec<Listed>>>);

impl Scanned {
    /// The contacts, once.
    pub fn take(&self) -> Vec<Listed> {
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
        read_by_the_sdk(response, config)
    }
}

fn read_by_the_sdk(response: &HttpResponse, config: &ConfigBag) -> OutputOrError {
    let sdks = Scan::new().config();
    let sdks = sdks
        .as_ref()
        .and_then(|layer| layer.load::<SharedResponseDeserializer>());
    sdks.ok_or_else(|| OrchestratorError::other("the SDK reads no answer to a scan"))?
        .deserialize_nonstreaming_with_config(response, config)
}

/// The contacts of an answer, and the last key that was looked at, if there is more. `None` where it has anything else.
fn read(body: &[u8]) -> Option<(Vec<Listed>, Option<Item>)> {
    // Once for all of its texts.
    let body = std::str::from_utf8(body).ok()?;
    let answer: Answer = serde_json::from_str(body).ok()?;
    let last = answer.last.map(|key| item::key(&key.id.text.0));
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

/// An item as [`item::Stored::to_item`] makes it.
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

/// By name, in the order in which a [contact](contacts::Contact) has them.
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
    use aws_sdk_dynamodb::types::AttributeValue;
    use contacts::{Contact, Object};
    use proptest::prelude::*;
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

    /// The contacts of an answer as a list's answer has them.
    fn read_json(answer: &Json) -> Option<(Vec<String>, Option<Item>)> {
        let (contacts, last) = read(answer.to_string().as_bytes())?;
        Some((contacts.iter().map(text).collect(), last))
    }

    fn text(contact: &Listed) -> String {
        let read: Contact = serde_json::from_str(contact.json.get()).unwrap();
        assert_eq!(read.id, contact.id);
        contact.json.get().to_owned()
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
        let contacts = [stored().contact, stored().contact];
        let contacts = contacts.map(|contact| text(&Listed::new(&contact).unwrap()));
        let contacts = contacts.to_vec();
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
        assert!(read(b"{\"Items\": [").is_none());
    }

    fn values() -> impl Strategy<Value = Value> {
        let number = "-?[0-9]{1,12}(\\.[0-9]{1,9})?([eE][+-]?[0-9]{1,2})?";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            number.prop_map(|digits| Value::Number(digits.parse().unwrap())),
            any::<String>().prop_map(Value::String),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
                prop::collection::btree_map(".{1,6}", inner, 0..5).prop_map(Value::Object),
            ]
        })
    }

    fn objects() -> impl Strategy<Value = Object> {
        prop::collection::btree_map(".{1,6}", values(), 0..5)
    }

    proptest! {
        #[test]
        fn contacts_are_those_that_the_sdk_reads(
            all in prop::collection::vec((any::<String>(), any::<i64>(), any::<Option<i64>>(), objects()), 0..4),
            is_escaped: bool,
        ) {
            let items: Vec<Json> = all.into_iter().map(|(id, at, expires_at, attributes)| {
                let contact = Contact { id, created_at: at, updated_at: at, attributes };
                written_item(&Stored::first(contact, expires_at).to_item())
            }).collect();
            let mut answer = json!({ "Items": items, "Count": items.len() }).to_string();
            if is_escaped {
                // A text may be written in many ways.
                answer = answer.replace('/', "\\/").replace('o', "\\u006f");
            }
            let response = HttpResponse::new(200.try_into().unwrap(), answer.clone().into());
            let output = read_by_the_sdk(&response, &ConfigBag::base()).unwrap();
            let output = output.downcast::<ScanOutput>().unwrap();
            let by_the_sdk = output.items.unwrap_or_default().into_iter().map(|item| {
                text(&Listed::new(&Stored::from_item(item).unwrap().contact).unwrap())
            });
            let (contacts, last) = read(answer.as_bytes()).unwrap();
            prop_assert_eq!(contacts.iter().map(text).collect::<Vec<_>>(), by_the_sdk.collect::<Vec<_>>());
            prop_assert_eq!(last, None);
        }
    }
}
