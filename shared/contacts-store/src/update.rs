//! The expressions of a merge and of a deletion.
//!
//! A merge is one `UpdateItem`: it sets and removes single attributes of the map and counts the revision up, so two
//! merges at the same time lose nothing of each other. One whose answer was lost is sent twice. Its token keeps it from
//! being done twice: the second is refused while the contact carries the token of the first.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use contacts::{Attributes, IfMatch};

use crate::attribute::to_attribute;
use crate::item::{self, RequestToken, Stored, number, seconds};

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

/// A merge, on a contact that is there, has not expired, matches `if_match`, and was not last written by this very request.
///
/// Placeholders are short: an update expression may have 4 KB, and a body 256 attributes.
pub fn merge(
    attributes: &Attributes,
    if_match: Option<&IfMatch>,
    token: &RequestToken,
    now_ms: i64,
) -> Expressions {
    let mut merge = Expressions::default();
    merge.name("#u", item::UPDATED_AT);
    merge.name("#r", item::REVISION);
    merge.value(":u", number(now_ms));
    merge.value(":i", number(1));
    merge.name("#t", item::REQUEST_TOKEN);
    merge.value(":t", token.to_attribute());

    let mut sets = vec!["#u=:u".to_owned(), "#t=:t".to_owned()];
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
    let mut condition = "attribute_exists(#i) AND (attribute_not_exists(#e) OR #e > :e) \
        AND (attribute_not_exists(#t) OR #t <> :t)"
        .to_owned();
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
/// applied", and may be answered with a success (RFC 9110, section 13.1.1). So one whose answer was lost needs no token.
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

/// What it means that DynamoDB refused a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// An attempt before had been carried out, and its answer was lost: the merge is done.
    Applied,
    /// The contact has another revision than `If-Match` asks for, and the merge has changed nothing.
    Stale,
    /// An answer was lost, and the contact has moved on so far that its last write does not tell whether the merge was done.
    Unknown,
}

/// What it means that the condition of [`merge`] did not hold for `stored`, a contact that is there and has not expired.
///
/// `has_lost_answer` says whether the answer to an attempt before was lost.
///
/// - The token alone tells the request's own work. An older version of the code leaves it where it is when it writes afterwards,
///   which does not undo that the merge was done.
/// - Where the token is another's, or none: each write raises the revision by one and leaves its own token. So the merge can
///   only have been done at a revision that somebody has written over since, which is one that is two or more below.
pub fn refused(
    stored: &Stored,
    token: &RequestToken,
    if_match: Option<&IfMatch>,
    has_lost_answer: bool,
) -> Refused {
    if stored.token.as_ref() == Some(token) {
        return Refused::Applied;
    }
    match if_match {
        Some(IfMatch::AnyOf(revisions)) => {
            let overwritten = |revision: &i64| stored.revision.saturating_sub(*revision) > 1;
            if has_lost_answer && revisions.iter().any(overwritten) {
                Refused::Unknown
            } else {
                Refused::Stale
            }
        }
        // Its condition can fail for the token alone, and this one is not it.
        Some(IfMatch::Exists) | None => Refused::Unknown,
    }
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
        let token = RequestToken::new();
        let merge = merge(
            &attributes(r#"{"b": 1, "a": null}"#),
            Some(&IfMatch::AnyOf(vec![3, 4])),
            &token,
            1_500,
        );
        assert_eq!(
            merge.update,
            "SET #u=:u,#t=:t,#a.#0=:0 ADD #r :i REMOVE #a.#1"
        );
        assert_eq!(
            merge.condition,
            "attribute_exists(#i) AND (attribute_not_exists(#e) OR #e > :e) AND (attribute_not_exists(#t) OR #t <> :t) \
             AND #r IN (:r0,:r1)"
        );
        assert_eq!(merge.values[":t"], token.to_attribute());
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
            Some(&IfMatch::AnyOf((1..=100).collect())),
            &RequestToken::new(),
            i64::MAX,
        );
        assert!(merge.update.len() <= 4096, "{}", merge.update.len());
        assert!(merge.condition.len() <= 4096, "{}", merge.condition.len());
    }

    #[test]
    fn tags_that_cannot_match_leave_a_condition_that_never_holds() {
        let merge = merge(
            &Attributes::default(),
            Some(&IfMatch::AnyOf(vec![])),
            &RequestToken::new(),
            0,
        );
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

    fn stored(revision: i64, token: Option<&RequestToken>) -> Stored {
        let contact = Contact::create("c".to_owned(), 5, Attributes::default());
        Stored {
            revision,
            token: token.cloned(),
            ..Stored::first(contact, None)
        }
    }

    #[test]
    fn a_merge_knows_its_own_work_by_its_token_alone() {
        let (own, another) = (RequestToken::new(), RequestToken::new());
        let if_match = IfMatch::AnyOf(vec![3]);
        for has_lost_answer in [false, true] {
            let refused = |stored| refused(&stored, &own, Some(&if_match), has_lost_answer);
            assert_eq!(refused(stored(4, Some(&own))), Refused::Applied);
            // Somebody else's write of the same values in the same millisecond, by this version and by an older one.
            assert_eq!(refused(stored(4, Some(&another))), Refused::Stale);
            assert_eq!(refused(stored(4, None)), Refused::Stale);
        }
    }

    #[test]
    fn an_older_version_that_writes_afterwards_does_not_undo_a_merge() {
        let own = RequestToken::new();
        let if_match = IfMatch::AnyOf(vec![3]);
        assert_eq!(
            refused(&stored(5, Some(&own)), &own, Some(&if_match), true),
            Refused::Applied
        );
    }

    #[test]
    fn whether_a_merge_was_done_is_unknown_only_where_it_can_have_been_written_over() {
        let (own, another) = (RequestToken::new(), RequestToken::new());
        let refused = |revision, revisions: &[i64], has_lost_answer| {
            let if_match = IfMatch::AnyOf(revisions.to_vec());
            refused(
                &stored(revision, Some(&another)),
                &own,
                Some(&if_match),
                has_lost_answer,
            )
        };
        assert_eq!(refused(5, &[3], true), Refused::Unknown);
        assert_eq!(
            refused(5, &[3], false),
            Refused::Stale,
            "no answer was lost"
        );
        assert_eq!(
            refused(4, &[3], true),
            Refused::Stale,
            "another has written that revision"
        );
        assert_eq!(refused(5, &[4, 9], true), Refused::Stale);
        assert_eq!(refused(5, &[4, 1], true), Refused::Unknown);
        assert_eq!(
            refused(5, &[], true),
            Refused::Stale,
            "no revision could match"
        );
    }

    #[test]
    fn a_merge_without_a_revision_can_be_refused_for_its_own_token_alone() {
        let own = RequestToken::new();
        for if_match in [None, Some(&IfMatch::Exists)] {
            assert_eq!(
                refused(&stored(4, Some(&own)), &own, if_match, true),
                Refused::Applied
            );
            assert_eq!(
                refused(&stored(4, None), &own, if_match, true),
                Refused::Unknown
            );
        }
    }
}
