//! The entries of a map, with what `<<` merges into it.

use crate::ordered::Ordered;
use crate::text::problem::duplicate_key;
use crate::text::{Entry, Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// A map's key.
pub(super) enum Key {
    Text(String, Place),
    /// `<<`.
    Merge,
    /// A list or a map.
    Wrong(Place),
}

/// The entries of a map, with the maps that `<<` merges into it.
#[derive(Default)]
pub(super) struct Entries {
    map: Ordered<Entry>,
    merged: Vec<Node>,
}

impl Entries {
    pub(super) fn add(&mut self, key: Key, value: Node, diagnostics: &mut Vec<Diagnostic>) {
        match key {
            Key::Merge => self.merged.push(value),
            Key::Wrong(place) => diagnostics.push(Diagnostic::error(
                "template::key",
                "a key must be text",
                place,
            )),
            Key::Text(key, key_place) => {
                let entry = Entry { key_place, value };
                if let Some(first) = self.map.get_mut(&key) {
                    diagnostics.push(duplicate_key(&key, first.key_place, key_place));
                    *first = entry;
                } else {
                    self.map.push(key, entry);
                }
            }
        }
    }

    pub(super) fn merged(mut self, diagnostics: &mut Vec<Diagnostic>) -> Map {
        for value in std::mem::take(&mut self.merged) {
            self.merge(value, diagnostics);
        }
        // Most maps have one key or two, and there are thousands of maps.
        self.map.shrink_to_fit();
        self.map.into()
    }

    /// `<<`: the keys of another map, or of several, where this one does not have them.
    fn merge(&mut self, value: Node, diagnostics: &mut Vec<Diagnostic>) {
        match value.kind {
            NodeKind::Map(other) => {
                for (key, entry) in other {
                    self.map.get_or_insert_with(key, || entry);
                }
            }
            NodeKind::List(items) if items.iter().all(|item| item.as_map().is_some()) => {
                for item in items {
                    self.merge(item, diagnostics);
                }
            }
            _ => diagnostics.push(Diagnostic::error(
                "template::merge",
                "`<<` takes a map or a list of maps",
                value.place,
            )),
        }
    }
}
