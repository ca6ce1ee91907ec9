//! What waits for what in an update, along the references that resources make.

use std::collections::{BTreeMap, VecDeque};

use super::Subject;
use crate::stack::Resource;

/// Resources by their logical ids.
pub(super) type ById<'s> = BTreeMap<&'s str, &'s Resource>;

/// The stack's resources by their logical ids.
pub(super) fn by_id<'s>(subject: &Subject<'s, '_>) -> ById<'s> {
    let resources = subject.stack.resources.iter();
    let resources = resources.map(|resource| (resource.logical_id.as_str(), resource));
    resources.collect()
}

/// Whether a resource comes after another one in an update, for it refers to it or to what does.
pub(super) fn waits_for(by_id: &ById<'_>, later: &str, earlier: &str) -> bool {
    path(by_id, later, earlier).is_some()
}

/// The shortest way along references from one resource to another, both ends included: each waits for the next.
pub(super) fn path<'s>(by_id: &ById<'s>, from: &str, to: &str) -> Option<Vec<&'s str>> {
    let (from, _) = by_id.get_key_value(from)?;
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut next = VecDeque::from([*from]);
    while let Some(id) = next.pop_front() {
        if id == to {
            let mut path = vec![id];
            while let Some(before) = path.last().and_then(|id| came_from.get(id)) {
                path.push(before);
            }
            path.reverse();
            return Some(path);
        }
        for reference in by_id.get(id)?.references.keys() {
            if reference != from
                && !came_from.contains_key(reference.as_str())
                && let Some((reference, _)) = by_id.get_key_value(reference.as_str())
            {
                came_from.insert(reference, id);
                next.push_back(reference);
            }
        }
    }
    None
}
