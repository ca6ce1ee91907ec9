//! Maps that are shared by their copies. A whole template is copied several times on its way to a stack, and little of it changes.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::ordered::{Iter, Ordered};

/// Values by their key, in no order. A quick hash: a template has not more keys than `MAX_NODES`.
pub(crate) type QuickMap<K, V> = HashMap<K, V, RandomState>;

/// The same without values.
pub(crate) type QuickSet<K> = HashSet<K, RandomState>;

/// Values by their key, in the text's order, of which a copy is the same map until it is changed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Shared<V>(Arc<Ordered<V>>);

impl<V> Shared<V> {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The same for all copies that were not changed, and no other map's as long as one of them is there.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }
}

impl<V> Default for Shared<V> {
    fn default() -> Self {
        Ordered::default().into()
    }
}

impl<V> Deref for Shared<V> {
    type Target = Ordered<V>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V: Clone> DerefMut for Shared<V> {
    /// To change it: what is shared is copied first, to the next maps below.
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl<V> From<Ordered<V>> for Shared<V> {
    fn from(map: Ordered<V>) -> Self {
        Self(Arc::new(map))
    }
}

impl<V> FromIterator<(String, V)> for Shared<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        Ordered::from_iter(entries).into()
    }
}

impl<V: Clone> IntoIterator for Shared<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'m, V> IntoIterator for &'m Shared<V> {
    type Item = (&'m String, &'m V);
    type IntoIter = Iter<'m, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
