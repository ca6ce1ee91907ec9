//! Maps by text that keep the order of their keys.
//!
//! A template has thousands of maps, and most have a handful of keys: to compare a key with each of them is quicker than to hash it, and
//! a table would be as large as the map. Of many keys a table has the places.

use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher;
use std::ops::Index;

use foldhash::fast::RandomState;

/// Up to how many keys are looked through one by one.
const FEW: usize = 16;

/// Values by their key, in the order in which the keys came. Two are equal where they have equal values under the same keys, in
/// whatever order.
#[derive(Clone)]
pub struct Ordered<V> {
    entries: Vec<(String, V)>,
    /// Of many keys where each is.
    places: Option<Box<Places>>,
}

/// Where keys are, by their hash. Of two with the same hash it has the first.
#[derive(Clone, Default)]
struct Places {
    hasher: RandomState,
    of: HashMap<u64, usize, RandomState>,
}

impl Places {
    fn note(&mut self, key: &str, place: usize) {
        self.of.entry(self.hasher.hash_one(key)).or_insert(place);
    }
}

impl<V> Ordered<V> {
    /// None yet, and room for so many.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            entries: Vec::with_capacity(capacity),
            places: None,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where a key is.
    fn place(&self, key: &str) -> Option<usize> {
        if let Some(places) = &self.places {
            let place = *places.of.get(&places.hasher.hash_one(key))?;
            if self.entries[place].0 == key {
                return Some(place);
            }
            // Another key with the same hash stands before it.
        }
        self.entries.iter().position(|(own, _)| own == key)
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.place(key).map(|place| &self.entries[place].1)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut V> {
        self.place(key).map(|place| &mut self.entries[place].1)
    }

    /// Whether there is a value under a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// The first key with its value.
    pub fn first(&self) -> Option<(&String, &V)> {
        self.iter().next()
    }

    /// Puts a value under a key: in the place of the one that is there, which it gives, or behind all others.
    pub fn insert(&mut self, key: String, value: V) -> Option<V> {
        if let Some(place) = self.place(&key) {
            return Some(std::mem::replace(&mut self.entries[place].1, value));
        }
        self.push(key, value);
        None
    }

    /// The value under a key; one that is made now, behind all others, where there is none.
    pub fn get_or_insert_with(&mut self, key: String, make: impl FnOnce() -> V) -> &mut V {
        let place = self.place(&key).unwrap_or_else(|| {
            self.push(key, make());
            self.entries.len() - 1
        });
        &mut self.entries[place].1
    }

    /// Adds a value under a key that is not there.
    pub(crate) fn push(&mut self, key: String, value: V) {
        match &mut self.places {
            Some(places) => places.note(&key, self.entries.len()),
            None if self.entries.len() < FEW => {}
            None => self.note_all(Some(&key)),
        }
        self.entries.push((key, value));
    }

    /// Notes the places of all keys, and of one behind them, where they are many.
    fn note_all(&mut self, behind: Option<&String>) {
        self.places = None;
        let keys = self.entries.iter().map(|(key, _)| key).chain(behind);
        if self.entries.len() + usize::from(behind.is_some()) > FEW {
            let mut places = Places::default();
            for (place, key) in keys.enumerate() {
                places.note(key, place);
            }
            self.places = Some(Box::new(places));
        }
    }

    /// Takes the value under a key out; those behind it move up.
    pub fn shift_remove(&mut self, key: &str) -> Option<V> {
        let place = self.place(key)?;
        let (_, value) = self.entries.remove(place);
        self.note_all(None);
        Some(value)
    }

    /// Leaves those of which this is true.
    pub fn retain(&mut self, mut stays: impl FnMut(&String, &mut V) -> bool) {
        let before = self.entries.len();
        self.entries.retain_mut(|(key, value)| stays(key, value));
        if self.entries.len() < before {
            self.note_all(None);
        }
    }

    /// Gives back the room that nothing is in.
    pub fn shrink_to_fit(&mut self) {
        self.entries.shrink_to_fit();
    }

    /// The keys with their values, in order.
    pub fn iter(&self) -> Iter<'_, V> {
        Iter(self.entries.iter())
    }

    /// The same, to change the values.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&String, &mut V)> {
        self.entries.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &String> + ExactSizeIterator + Clone {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values, in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> + ExactSizeIterator + Clone {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The same, to change them.
    pub fn values_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut V> {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// The values alone, in order.
    pub fn into_values(self) -> impl DoubleEndedIterator<Item = V> + ExactSizeIterator {
        self.entries.into_iter().map(|(_, value)| value)
    }
}

impl<V> Default for Ordered<V> {
    fn default() -> Self {
        Self::with_capacity(0)
    }
}

/// The value under a key that is there.
impl<V> Index<&str> for Ordered<V> {
    type Output = V;

    fn index(&self, key: &str) -> &V {
        let value = self.get(key);
        value.unwrap_or_else(|| panic!("there is no key {key}"))
    }
}

impl<V: fmt::Debug> fmt::Debug for Ordered<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<V: PartialEq> PartialEq for Ordered<V> {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |(key, value): (&String, &V)| other.get(key) == Some(value);
        self.len() == other.len() && self.iter().all(is_same)
    }
}

impl<V: Eq> Eq for Ordered<V> {}

impl<V> Extend<(String, V)> for Ordered<V> {
    fn extend<I: IntoIterator<Item = (String, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<V> FromIterator<(String, V)> for Ordered<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        let entries = entries.into_iter();
        let mut map = Self::with_capacity(entries.size_hint().0);
        map.extend(entries);
        map
    }
}

impl<V> IntoIterator for Ordered<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'m, V> IntoIterator for &'m Ordered<V> {
    type Item = (&'m String, &'m V);
    type IntoIter = Iter<'m, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The keys of a map with their values, in order.
#[derive(Clone, Debug)]
pub struct Iter<'m, V>(std::slice::Iter<'m, (String, V)>);

impl<'m, V> Iterator for Iter<'m, V> {
    type Item = (&'m String, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<V> ExactSizeIterator for Iter<'_, V> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Ordered<usize> {
        (0..count).map(|n| (format!("key {n}"), n)).collect()
    }

    #[test]
    fn few_keys_and_many_are_found_in_their_order() {
        for count in [0, 1, FEW, FEW + 1, 1_000] {
            let mut map = numbered(count);
            assert_eq!(map.len(), count);
            assert!(map.values().copied().eq(0..count));
            for n in 0..count {
                assert_eq!(map.get(&format!("key {n}")), Some(&n));
            }
            assert_eq!(map.get("another"), None);
            assert_eq!(map.insert("another".to_owned(), 7), None);
            assert_eq!(map.insert("another".to_owned(), 8), Some(7));
            assert_eq!(*map.get_or_insert_with("another".to_owned(), || 9), 8);
            assert_eq!(*map.get_or_insert_with("one more".to_owned(), || 9), 9);
            assert!(map.keys().next_back().is_some_and(|key| key == "one more"));
        }
    }

    #[test]
    fn what_is_behind_a_key_that_goes_is_found_where_it_is_then() {
        for count in [2, FEW + 1, FEW + 2, 100] {
            let mut map = numbered(count);
            assert_eq!(map.shift_remove("key 0"), Some(0));
            assert_eq!(map.shift_remove("key 0"), None);
            assert_eq!(map.get("key 1"), Some(&1));
            map.retain(|_, n| *n != 1);
            assert_eq!(map.get("key 1"), None);
            assert!(map.values().copied().eq(2..count));
            for n in 2..count {
                assert_eq!(map.get(&format!("key {n}")), Some(&n));
            }
        }
    }

    #[test]
    fn keys_of_the_same_hash_are_kept_apart() {
        let mut map = numbered(100);
        let places = map.places.as_mut().expect("they are many");
        // As if all had the hash of the first.
        for place in places.of.values_mut() {
            *place = 0;
        }
        for n in 0..100 {
            assert_eq!(map.get(&format!("key {n}")), Some(&n));
        }
        assert_eq!(map.insert("key 99".to_owned(), 1), Some(99));
        assert_eq!(map.len(), 100);
    }

    #[test]
    fn the_order_of_keys_makes_no_difference() {
        let map = numbered(20);
        let reversed: Ordered<usize> = numbered(20).into_iter().rev().collect();
        assert_eq!(map, reversed);
        assert_ne!(map, numbered(21));
        let mut other = numbered(20);
        other.insert("key 3".to_owned(), 4);
        assert_ne!(map, other);
    }
}
