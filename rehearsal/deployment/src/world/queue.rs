//! What is due, in the order of virtual time.

use std::collections::BTreeMap;

use rehearsal_aws::time::VirtualTime;

/// Items by the moment at which each is due; those of one moment in the order in which they came.
#[derive(Debug)]
pub(super) struct Queue<T> {
    items: BTreeMap<(VirtualTime, u64), T>,
    sequence: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            items: BTreeMap::new(),
            sequence: 0,
        }
    }
}

impl<T> Queue<T> {
    pub(super) fn push(&mut self, due: VirtualTime, item: T) {
        self.sequence += 1;
        self.items.insert((due, self.sequence), item);
    }

    /// When the first item is due.
    pub(super) fn first_due(&self) -> Option<VirtualTime> {
        self.items.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes the first item, if it is due at or before this moment.
    pub(super) fn pop_due(&mut self, moment: VirtualTime) -> Option<T> {
        let entry = self.items.first_entry()?;
        (entry.key().0 <= moment).then(|| entry.remove())
    }

    /// Takes all items, each with the moment at which it is due.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = (VirtualTime, T)> + use<T> {
        let items = std::mem::take(&mut self.items).into_iter();
        items.map(|((due, _), item)| (due, item))
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_at_the_same_moment_comes_out_in_the_order_in_which_it_went_in() {
        let mut queue = Queue::default();
        for (due, item) in [(5, "c"), (3, "a"), (5, "d"), (3, "b"), (9, "e")] {
            queue.push(VirtualTime(due), item);
        }
        assert_eq!(queue.first_due(), Some(VirtualTime(3)));
        let due: Vec<_> = std::iter::from_fn(|| queue.pop_due(VirtualTime(5))).collect();
        assert_eq!(due, ["a", "b", "c", "d"]);
        assert_eq!(queue.first_due(), Some(VirtualTime(9)));
    }
}
