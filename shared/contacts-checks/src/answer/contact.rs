//! A contact, and in what two of them differ.

use serde_json::{Map, Value, json};

use super::words::{EXCERPT, excerpt};

/// A contact as the API shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contact {
    pub id: String,
    pub created_at: u64,
    pub updated_at: u64,
    pub attributes: Map<String, Value>,
}

impl Contact {
    /// Its members as they are in an answer.
    pub(super) fn members(&self) -> Map<String, Value> {
        let mut members = self.attributes.clone();
        members.insert("id".to_owned(), json!(self.id));
        members.insert("createdAt".to_owned(), json!(self.created_at));
        members.insert("updatedAt".to_owned(), json!(self.updated_at));
        members
    }
}

/// The first member that is not what it must be, and what it is; `None` where all are.
pub(super) fn difference(
    expected: &Map<String, Value>,
    got: &Map<String, Value>,
) -> Option<(String, String)> {
    for (name, wanted) in expected {
        let found = got.get(name);
        match (wanted, found) {
            (wanted, Some(found)) if wanted == found => {}
            (Value::String(wanted), Some(Value::String(found))) if wanted.len() > EXCERPT => {
                let same = std::iter::zip(wanted.bytes(), found.bytes())
                    .take_while(|(a, b)| a == b)
                    .count();
                return Some((
                    format!("{name:?} to be a text of {} bytes", wanted.len()),
                    format!("one of {} bytes, another from byte {same} on", found.len()),
                ));
            }
            (wanted, found) => {
                let found = found.map_or("none".to_owned(), |found| excerpt(&found.to_string()));
                let wanted = excerpt(&wanted.to_string());
                return Some((format!("{name:?} to be {wanted}"), found));
            }
        }
    }
    let more = got.keys().find(|name| !expected.contains_key(*name))?;
    Some((
        "no attribute beyond those written".to_owned(),
        format!("{:?} too", excerpt(more)),
    ))
}
