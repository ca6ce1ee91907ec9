//! The stored shape: `{id, createdAt, updatedAt, revision, requestToken?, expiresAt?, attributes: {…}}`.
//!
//! The attributes have a map of their own, so that no open attribute ever collides with a field of the server.
//!
//! The names stand in [`contacts::scanned`], too, which reads a list's items without the SDK; a test of `scanned` here reads what is written here.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use contacts::{Contact, Value};

use crate::attribute::{from_attribute, to_attribute};

/// The partition key: the contact's id, a string.
pub const ID: &str = "id";
/// When the contact was made, in milliseconds of the epoch.
pub const CREATED_AT: &str = "createdAt";
/// When the contact was last written, in milliseconds of the epoch.
pub const UPDATED_AT: &str = "updatedAt";
/// How often the contact was written: 1 when it was made, one more with each merge.
pub const REVISION: &str = "revision";
/// Which request merged into the contact last: a [`RequestToken`], which no caller ever sees. A new contact has none, and an older
/// version of the code, which knows of no tokens, leaves the one that it finds.
pub const REQUEST_TOKEN: &str = "requestToken";
/// When a test contact expires, in seconds of the epoch: the table's time to live attribute.
pub const EXPIRES_AT: &str = "expiresAt";
/// The map of the caller's attributes.
pub const ATTRIBUTES: &str = "attributes";

/// An item as the SDK sees it.
pub type Item = HashMap<String, AttributeValue>;

/// The key of the contact `id`: all that a scan says of where it goes on.
pub fn key(id: &str) -> Item {
    Item::from([(ID.to_owned(), AttributeValue::S(id.to_owned()))])
}

/// What one request writes beside a contact, and no other request can: so it knows its own work again when the answer to it was
/// lost. Values and times tell nothing; two requests may have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestToken(String);

impl RequestToken {
    /// A token that no request had before.
    pub fn new() -> Self {
        Self(contacts::contact::new_id())
    }

    /// The attribute to store.
    pub fn to_attribute(&self) -> AttributeValue {
        AttributeValue::S(self.0.clone())
    }
}

impl Default for RequestToken {
    fn default() -> Self {
        Self::new()
    }
}

/// A contact and what the table keeps beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// What callers see.
    pub contact: Contact,
    /// What its entity tag names.
    pub revision: i64,
    /// When it expires, in seconds of the epoch.
    pub expires_at: Option<i64>,
    /// Which request merged into it last, if that is known.
    pub token: Option<RequestToken>,
}

/// An item that this API did not write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the item's {field} is not a contact's")]
pub struct NotAContact {
    field: &'static str,
}

impl Stored {
    /// A contact just made.
    pub fn first(contact: Contact, expires_at: Option<i64>) -> Self {
        Self {
            contact,
            revision: 1,
            expires_at,
            token: None,
        }
    }

    /// Whether it expired before `now_ms`.
    ///
    /// DynamoDB deletes an expired item some time later, "within a few days" (developer guide, "Using time to live"), and
    /// leaves it to readers to pass it over until then.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at
            .is_some_and(|expires_at| expires_at <= seconds(now_ms))
    }

    /// The item to store.
    pub fn to_item(&self) -> Item {
        let contact = &self.contact;
        let attributes = contact
            .attributes
            .iter()
            .map(|(name, value)| (name.clone(), to_attribute(value)));
        let mut item = HashMap::from([
            (ID.to_owned(), AttributeValue::S(contact.id.clone())),
            (CREATED_AT.to_owned(), number(contact.created_at)),
            (UPDATED_AT.to_owned(), number(contact.updated_at)),
            (REVISION.to_owned(), number(self.revision)),
            (
                ATTRIBUTES.to_owned(),
                AttributeValue::M(attributes.collect()),
            ),
        ]);
        if let Some(expires_at) = self.expires_at {
            item.insert(EXPIRES_AT.to_owned(), number(expires_at));
        }
        if let Some(token) = &self.token {
            item.insert(REQUEST_TOKEN.to_owned(), token.to_attribute());
        }
        item
    }

    /// Reads a stored item. Fields that a later version may add are passed over.
    ///
    /// # Errors
    /// When a field is missing or has another type.
    pub fn from_item(mut item: Item) -> Result<Self, NotAContact> {
        let Some(AttributeValue::S(id)) = item.remove(ID) else {
            return Err(NotAContact { field: ID });
        };
        let attributes = item.remove(ATTRIBUTES).map(from_attribute);
        let Some(Ok(Value::Object(attributes))) = attributes else {
            return Err(NotAContact { field: ATTRIBUTES });
        };
        // A token of another shape is no token of ours, and hides no contact.
        let token = match item.remove(REQUEST_TOKEN) {
            Some(AttributeValue::S(token)) => Some(RequestToken(token)),
            _ => None,
        };
        let integer = |field| read_number(&item, field).ok_or(NotAContact { field });
        let contact = Contact {
            id,
            created_at: integer(CREATED_AT)?,
            updated_at: integer(UPDATED_AT)?,
            attributes,
        };
        let expires_at = item
            .get(EXPIRES_AT)
            .map(|_| integer(EXPIRES_AT))
            .transpose()?;
        Ok(Self {
            contact,
            revision: integer(REVISION)?,
            expires_at,
            token,
        })
    }
}

fn read_number(item: &Item, field: &str) -> Option<i64> {
    item.get(field)?.as_n().ok()?.parse().ok()
}

/// A whole number as an attribute.
pub fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Milliseconds of the epoch in whole seconds.
pub fn seconds(now_ms: i64) -> i64 {
    now_ms.div_euclid(1000)
}

#[cfg(test)]
mod tests {
    use contacts::Attributes;

    use super::*;

    fn stored() -> Stored {
        let attributes = Attributes::parse(br#"{"revision": "mine", "expiresAt": [1.5]}"#).unwrap();
        Stored::first(
            Contact::create("c-1".to_owned(), 1_700_000_000_123, attributes),
            Some(1_700_000_060),
        )
    }

    #[test]
    fn an_item_reads_back_and_no_attribute_collides_with_a_field() {
        let item = stored().to_item();
        assert_eq!(item[REVISION], number(1));
        assert_eq!(item[EXPIRES_AT], number(1_700_000_060));
        assert_eq!(Stored::from_item(item).unwrap(), stored());
        let stored = Stored {
            token: Some(RequestToken::new()),
            ..stored()
        };
        assert_eq!(Stored::from_item(stored.to_item()).unwrap(), stored);
    }

    #[test]
    fn a_token_of_another_type_is_none() {
        let mut item = stored().to_item();
        item.insert(REQUEST_TOKEN.to_owned(), number(1));
        assert_eq!(Stored::from_item(item).unwrap(), stored());
    }

    #[test]
    fn no_two_requests_have_one_token() {
        assert_ne!(RequestToken::new(), RequestToken::new());
    }

    #[test]
    fn a_field_that_is_missing_or_of_another_type_is_named() {
        for field in [ID, CREATED_AT, UPDATED_AT, REVISION, ATTRIBUTES] {
            let mut item = stored().to_item();
            item.remove(field);
            assert_eq!(Stored::from_item(item.clone()), Err(NotAContact { field }));
            item.insert(field.to_owned(), AttributeValue::Bool(true));
            assert_eq!(Stored::from_item(item), Err(NotAContact { field }));
        }
    }

    #[test]
    fn a_contact_is_expired_from_its_second_on() {
        assert!(!stored().is_expired(1_700_000_059_999));
        assert!(stored().is_expired(1_700_000_060_000));
        assert!(
            !Stored {
                expires_at: None,
                ..stored()
            }
            .is_expired(i64::MAX)
        );
    }
}
