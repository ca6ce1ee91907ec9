//! Which sandbox serves an invocation, and whether it starts cold.
//!
//! A sandbox serves one invocation at a time. Live requests occupy it for their *virtual* interval, so that the number of
//! sandboxes and cold starts are the same in every run. What a hook invokes occupies it for as long as it is really open,
//! because virtual time stands still while a hook runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::VirtualTime;

/// A sandbox, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SandboxId(pub u64);

#[derive(Clone, Copy, Debug)]
struct Sandbox {
    busy_until: VirtualTime,
    held_by_a_hook: bool,
}

/// All sandboxes, by function and version.
#[derive(Clone, Debug, Default)]
pub struct Sandboxes {
    pools: BTreeMap<(String, String), BTreeMap<SandboxId, Sandbox>>,
    next: u64,
}

impl Sandboxes {
    /// The sandbox for an invocation that begins at `at`, and whether it is a new one. Where several are free, the oldest.
    /// [`occupy`](Self::occupy) says until when it is busy.
    pub fn serve(&mut self, function: &str, version: &str, at: VirtualTime) -> (SandboxId, bool) {
        self.take(
            function,
            version,
            |sandbox| sandbox.busy_until <= at,
            Sandbox {
                busy_until: at,
                held_by_a_hook: false,
            },
        )
    }

    /// Keeps a sandbox busy until then.
    pub fn occupy(&mut self, function: &str, version: &str, id: SandboxId, until: VirtualTime) {
        if let Some(sandbox) = self.sandbox(function, version, id) {
            sandbox.busy_until = until;
        }
    }

    fn sandbox(&mut self, function: &str, version: &str, id: SandboxId) -> Option<&mut Sandbox> {
        self.pools
            .get_mut(&(function.to_owned(), version.to_owned()))?
            .get_mut(&id)
    }

    /// The sandbox for an invocation that a hook makes; it is held until [`release`](Self::release).
    pub fn hold(&mut self, function: &str, version: &str, at: VirtualTime) -> (SandboxId, bool) {
        self.take(
            function,
            version,
            |_| true,
            Sandbox {
                busy_until: at,
                held_by_a_hook: true,
            },
        )
    }

    fn take(
        &mut self,
        function: &str,
        version: &str,
        free: impl Fn(&Sandbox) -> bool,
        taken: Sandbox,
    ) -> (SandboxId, bool) {
        let pool = self
            .pools
            .entry((function.to_owned(), version.to_owned()))
            .or_default();
        if let Some((id, sandbox)) = pool
            .iter_mut()
            .find(|(_, sandbox)| !sandbox.held_by_a_hook && free(sandbox))
        {
            *sandbox = taken;
            return (*id, false);
        }
        let id = SandboxId(self.next);
        self.next += 1;
        pool.insert(id, taken);
        (id, true)
    }

    /// Ends a hook's hold.
    pub fn release(&mut self, function: &str, version: &str, id: SandboxId) {
        if let Some(sandbox) = self.sandbox(function, version, id) {
            sandbox.held_by_a_hook = false;
        }
    }

    /// Forgets a sandbox whose process is gone.
    pub fn remove(&mut self, function: &str, version: &str, id: SandboxId) {
        if let Some(pool) = self
            .pools
            .get_mut(&(function.to_owned(), version.to_owned()))
        {
            pool.remove(&id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_meets_a_busy_sandbox_starts_another_one_cold() {
        let mut sandboxes = Sandboxes::default();
        let mut serve = |at, until| {
            let (id, cold) = sandboxes.serve("f", "1", VirtualTime(at));
            sandboxes.occupy("f", "1", id, VirtualTime(until));
            (id, cold)
        };
        assert_eq!(serve(0, 100), (SandboxId(0), true));
        assert_eq!(serve(50, 150), (SandboxId(1), true));
        assert_eq!(serve(120, 200), (SandboxId(0), false));
    }

    #[test]
    fn versions_share_no_sandbox() {
        let mut sandboxes = Sandboxes::default();
        let (one, _) = sandboxes.serve("f", "1", VirtualTime(0));
        assert_eq!(
            sandboxes.serve("f", "2", VirtualTime(5)),
            (SandboxId(one.0 + 1), true)
        );
    }

    #[test]
    fn a_dead_sandbox_serves_no_one() {
        let mut sandboxes = Sandboxes::default();
        let (dead, _) = sandboxes.hold("f", "1", VirtualTime(0));
        sandboxes.remove("f", "1", dead);
        assert_ne!(sandboxes.hold("f", "1", VirtualTime(0)), (dead, false));
    }

    #[test]
    fn a_hook_that_calls_twice_in_a_row_gets_the_same_sandbox_while_time_stands_still() {
        let mut sandboxes = Sandboxes::default();
        let (first, _) = sandboxes.hold("f", "2", VirtualTime(7));
        sandboxes.release("f", "2", first);
        assert_eq!(sandboxes.hold("f", "2", VirtualTime(7)), (first, false));
        assert!(
            sandboxes.hold("f", "2", VirtualTime(7)).1,
            "held: a concurrent call needs its own"
        );
    }
}
