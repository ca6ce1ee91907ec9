//! The maps of a template's tree. A copy of one is the same map until it is changed: the whole template is copied several times on its way
//! to a stack, and little of it changes.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::map::{IntoIter, Iter};

use super::Entry;

/// Entries by their key, in the text's order. A quick hash: a template has not more keys than `MAX_NODES`.
pub(crate) type IndexMap = indexmap::IndexMap<String, Entry, RandomState>;

/// A map in the text's order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map(Arc<IndexMap>);

impl Map {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same for all copies that were not changed, and no other map's as long as one of them is there.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl Deref for Map {
    type Target = IndexMap;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Map {
    /// To change it: what is shared is copied first, to the next maps below.
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<IndexMap> for Map {
    fn from(map: IndexMap) -> Self {
        Self(Arc::new(map))
    }
}

impl FromIterator<(String, Entry)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Entry)>>(entries: I) -> Self {
        IndexMap::from_iter(entries).into()
    }
}

impl IntoIterator for Map {
    type Item = (String, Entry);
    type IntoIter = IntoIter<String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'m> IntoIterator for &'m Map {
    type Item = (&'m String, &'m Entry);
    type IntoIter = Iter<'m, String, Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
