//! The answer to a scan, read as the contacts that it consists of.
//!
//! The SDK makes a map of each item, which is half of all that a list of a hundred contacts costs (docs/performance.md).
//! [`contacts::scanned`] reads items in the form in which this API writes them. An answer with anything else in it, and every error, is the
//! SDK's to read.

use std::mem::take;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::{ConfigBag, Intercept};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::operation::scan::{Scan, ScanOutput};
use aws_smithy_runtime_api::client::interceptors::context::{Output, OutputOrError};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin;
use aws_smithy_runtime_api::client::ser_de::{DeserializeResponse, SharedResponseDeserializer};
use contacts::scanned::{Listed, read};

use crate::item;

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
            let last = last.map(|id| item::key(&id));
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

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use contacts::{Contact, Object, Value};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::item::{Item, RequestToken, Stored};

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
    fn read_json(answer: &Json) -> Option<(Vec<String>, Option<String>)> {
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
        let last = "c-9".to_owned();
        assert_eq!(read_json(&answer), Some((contacts, Some(last))));
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
