//! The expressions of a merge and of a deletion.
//!
//! A merge is one `UpdateItem`: it sets and removes single attributes of the map and counts the revision up, so two
//! merges at the same time lose nothing of each other. One whose answer was lost may be sent twice; it then counts twice,
//! which changes the entity tag once more and nothing else.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use contacts::{Attributes, IfMatch};

use crate::attribute::to_attribute;
use crate::item::{self, Stored, number, seconds};

/// A revision that no contact has; they begin with 1.
const NO_REVISION: i64 = 0;

/// An expression with the names and values that it refers to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expressions {
    /// What to change; empty for a deletion.
    pub update: String,
    /// What must hold.
    pub condition: String,
    /// The attribute names behind `#…`.
    pub names: HashMap<String, String>,
    /// The attribute values behind `:…`.
    pub values: HashMap<String, AttributeValue>,
}

impl Expressions {
    fn name(&mut self, placeholder: &str, name: &str) {
        self.names.insert(placeholder.to_owned(), name.to_owned());
    }

    fn value(&mut self, placeholder: &str, value: AttributeValue) {
        self.values.insert(placeholder.to_owned(), value);
    }

    /// The clause that holds when the revision is one of these.
    fn revision_clause(&mut self, revisions: &[i64]) -> String {
        self.name("#r", item::REVISION);
        let revisions = if revisions.is_empty() {
            &[NO_REVISION]
        } else {
            revisions
        };
        let placeholders: Vec<_> = (0..revisions.len())
            .map(|index| format!(":r{index}"))
            .collect();
        for (placeholder, revision) in placeholders.iter().zip(revisions) {
            self.value(placeholder, number(*revision));
        }
        format!("#r IN ({})", placeholders.join(","))
    }
}

/// A merge, on a contact that is there, has not expired, and matches `if_match`.
///
/// Placeholders are short: an update expression may have 4 KB, and a body 256 attributes.
pub fn merge(attributes: &Attributes, if_match: Option<&IfMatch>, now_ms: i64) -> Expressions {
    let mut merge = Expressions::default();
    merge.name("#u", item::UPDATED_AT);
    merge.name("#r", item::REVISION);
    merge.value(":u", number(now_ms));
    merge.value(":i", number(1));

    let mut sets = vec!["#u=:u".to_owned()];
    let mut paths_to_remove = Vec::new();
    let set = attributes
        .set()
        .iter()
        .map(|(name, value)| (name, Some(value)));
    let removed = attributes.removed().iter().map(|name| (name, None));
    for (index, (name, value)) in set.chain(removed).enumerate() {
        merge.name("#a", item::ATTRIBUTES);
        merge.name(&format!("#{index}"), name);
        match value {
            Some(value) => {
                merge.value(&format!(":{index}"), to_attribute(value));
                sets.push(format!("#a.#{index}=:{index}"));
            }
            None => paths_to_remove.push(format!("#a.#{index}")),
        }
    }
    merge.update = format!("SET {} ADD #r :i", sets.join(","));
    if !paths_to_remove.is_empty() {
        merge.update = format!("{} REMOVE {}", merge.update, paths_to_remove.join(","));
    }

    merge.name("#i", item::ID);
    merge.name("#e", item::EXPIRES_AT);
    merge.value(":e", number(seconds(now_ms)));
    let mut condition = "attribute_exists(#i) AND (attribute_not_exists(#e) OR #e > :e)".to_owned();
    if let Some(IfMatch::AnyOf(revisions)) = if_match {
        let clause = merge.revision_clause(revisions);
        condition = format!("{condition} AND {clause}");
    }
    merge.condition = condition;
    merge
}

/// What must hold for a deletion under `if_match`; nothing where there is nothing to compare.
///
/// A contact that is gone, or has expired, satisfies every condition: the deletion "appears to have already been
/// applied", and may be answered with a success (RFC 9110, section 13.1.1).
pub fn deletion(if_match: Option<&IfMatch>, now_ms: i64) -> Option<Expressions> {
    let Some(IfMatch::AnyOf(revisions)) = if_match else {
        return None;
    };
    let mut deletion = Expressions::default();
    deletion.name("#i", item::ID);
    deletion.name("#e", item::EXPIRES_AT);
    deletion.value(":e", number(seconds(now_ms)));
    let clause = deletion.revision_clause(revisions);
    deletion.condition = format!("attribute_not_exists(#i) OR #e <= :e OR {clause}");
    Some(deletion)
}

/// Whether `stored` is what this very merge leaves behind.
///
/// When the answer to an `UpdateItem` is lost, the SDK sends it again, and the second meets a revision that the first
/// has moved. That is a success, not a conflict.
pub fn is_applied(
    stored: &Stored,
    attributes: &Attributes,
    if_match: &IfMatch,
    now_ms: i64,
) -> bool {
    let IfMatch::AnyOf(revisions) = if_match else {
        return false;
    };
    let contact = &stored.contact;
    revisions.contains(&(stored.revision - 1))
        && contact.updated_at == now_ms
        && attributes
            .set()
            .iter()
            .all(|(name, value)| contact.attributes.get(name) == Some(value))
        && !attributes
            .removed()
            .iter()
            .any(|name| contact.attributes.contains_key(name))
}

#[cfg(test)]
mod tests {
    use contacts::{Contact, limits};

    use super::*;

    fn attributes(text: &str) -> Attributes {
        Attributes::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_merge_sets_removes_and_counts_in_one_expression() {
        let merge = merge(
            &attributes(r#"{"b": 1, "a": null}"#),
            Some(&IfMatch::AnyOf(vec![3, 4])),
            1_500,
        );
        assert_eq!(merge.update, "SET #u=:u,#a.#0=:0 ADD #r :i REMOVE #a.#1");
        assert_eq!(
            merge.condition,
            "attribute_exists(#i) AND (attribute_not_exists(#e) OR #e > :e) AND #r IN (:r0,:r1)"
        );
        assert_eq!(
            (merge.names["#0"].as_str(), merge.names["#1"].as_str()),
            ("b", "a")
        );
        assert_eq!(
            (&merge.values[":u"], &merge.values[":e"]),
            (&number(1_500), &number(1))
        );
    }

    #[test]
    fn the_largest_merge_fits_an_expression() {
        let members: Vec<_> = (0..limits::ATTRIBUTES)
            .map(|index| format!("\"attribute-{index}\":{index}"))
            .collect();
        let merge = merge(
            &attributes(&format!("{{{}}}", members.join(","))),
            None,
            i64::MAX,
        );
        assert!(merge.update.len() <= 4096, "{}", merge.update.len());
    }

    #[test]
    fn tags_that_cannot_match_leave_a_condition_that_never_holds() {
        let merge = merge(&Attributes::default(), Some(&IfMatch::AnyOf(vec![])), 0);
        assert!(merge.condition.ends_with("#r IN (:r0)"));
        assert_eq!(merge.values[":r0"], number(0));
        assert!(
            !merge.names.contains_key("#a"),
            "a name that no expression uses is refused by DynamoDB"
        );
    }

    #[test]
    fn a_deletion_has_a_condition_only_where_there_is_something_to_compare() {
        assert_eq!(deletion(None, 0), None);
        assert_eq!(deletion(Some(&IfMatch::Exists), 0), None);
        let condition = deletion(Some(&IfMatch::AnyOf(vec![2])), 0)
            .unwrap()
            .condition;
        assert_eq!(
            condition,
            "attribute_not_exists(#i) OR #e <= :e OR #r IN (:r0)"
        );
    }

    #[test]
    fn a_merge_knows_its_own_work() {
        let attributes = attributes(r#"{"b": 1, "a": null}"#);
        let contact = Contact {
            updated_at: 7,
            ..Contact::create("c".to_owned(), 5, attributes.clone())
        };
        let stored = Stored {
            revision: 4,
            ..Stored::first(contact, None)
        };
        let if_match = IfMatch::AnyOf(vec![3]);
        assert!(is_applied(&stored, &attributes, &if_match, 7));
        assert!(
            !is_applied(&stored, &attributes, &if_match, 8),
            "written at another time"
        );
        assert!(
            !is_applied(&stored, &attributes, &IfMatch::AnyOf(vec![2]), 7),
            "written more than once since"
        );
        assert!(
            !is_applied(&stored, &self::attributes(r#"{"b": 2}"#), &if_match, 7),
            "written by someone else"
        );
    }
}
