//! What an update changes: as it is before the update has come to it, and afterwards.

use serde::{Deserialize, Serialize};

/// Before the update has come to a resource, or afterwards. Of a published version: the one that it was published from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Revision {
    /// As the stack is that runs.
    Before,
    /// As the update leaves it.
    After,
}

/// Something of both revisions of a stack.
///
/// ```
/// use rehearsal_deployment::{Changing, Revision};
///
/// let mut timeout = Changing::unchanged(3);
/// timeout.after = Some(10);
/// assert_eq!(timeout.of(Revision::Before), Some(&3));
/// assert_eq!(timeout.of(Revision::After), Some(&10));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changing<T> {
    /// Before the update; `None` where the stack does not have it then.
    pub before: Option<T>,
    /// Afterwards; `None` where the update takes it away.
    pub after: Option<T>,
}

impl<T> Changing<T> {
    /// What it is in a revision.
    pub fn of(&self, revision: Revision) -> Option<&T> {
        match revision {
            Revision::Before => self.before.as_ref(),
            Revision::After => self.after.as_ref(),
        }
    }

    /// Both that there are, the one before first.
    pub fn each_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.before.iter_mut().chain(&mut self.after)
    }
}

impl<T: Clone> Changing<T> {
    /// What is the same before and after.
    pub fn unchanged(value: T) -> Self {
        Self {
            before: Some(value.clone()),
            after: Some(value),
        }
    }
}
