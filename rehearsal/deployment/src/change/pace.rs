//! How long the resources of an update take, and which others wait for those that take any time.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_aws::cloudformation::takes_ms;
use rehearsal_template::Stack;

use super::changes::{Action, Change};
use super::order::behind;

/// The resources that take their time, and what waits for them. By default none does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// How long each takes, in milliseconds, by logical id; what is not here takes none.
    takes_ms: BTreeMap<String, i64>,
    /// Those that a resource comes after, directly or through others, by its logical id.
    before: BTreeMap<String, BTreeSet<String>>,
    /// When each of these is begun, in milliseconds from the update's beginning, where no deployment is before it.
    begins_ms: BTreeMap<String, i64>,
}

impl Pace {
    /// That of an update to a stack.
    pub(crate) fn of(new: &Stack, changes: &[Change]) -> Self {
        let mut pace = Self::default();
        for change in changes {
            let is_new = change.is_new();
            let takes = takes_ms(&change.r#type, is_new);
            if takes > 0 && (is_new || change.action == Action::Update) {
                pace.takes_ms.insert(change.logical_id.clone(), takes);
            }
        }
        if pace.takes_ms.is_empty() {
            return pace;
        }
        let takes = |id: &str| pace.takes_ms.contains_key(id).then(|| id.to_owned());
        pace.before = behind(new, takes);
        // Level by level, so that what a resource comes after has its time.
        for id in new.update_levels.iter().flatten() {
            let ends = |before| pace.begins_ms(before) + pace.takes_ms(before);
            if let Some(begins) = pace.before(id).map(ends).max() {
                pace.begins_ms.insert(id.clone(), begins);
            }
        }
        pace
    }

    /// How long a resource takes, in milliseconds.
    pub fn takes_ms(&self, logical_id: &str) -> i64 {
        self.takes_ms.get(logical_id).copied().unwrap_or_default()
    }

    /// When a resource is begun, in milliseconds from the update's beginning, where no deployment is before it.
    pub fn begins_ms(&self, logical_id: &str) -> i64 {
        self.begins_ms.get(logical_id).copied().unwrap_or_default()
    }

    /// The resources that take their time and that this one comes after.
    pub fn before(&self, logical_id: &str) -> impl Iterator<Item = &str> {
        let before = self.before.get(logical_id).into_iter().flatten();
        before.map(String::as_str)
    }
}
