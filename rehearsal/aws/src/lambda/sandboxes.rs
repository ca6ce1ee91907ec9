//! Which sandbox serves an invocation, whether it starts cold, and how long its process stays.
//!
//! A sandbox serves one invocation at a time. Live requests occupy it for their *virtual* interval, so that the number of
//! sandboxes and cold starts are the same in every run. What a hook invokes occupies it for as long as it is really open,
//! because virtual time stands still while a hook runs.
//!
//! Each sandbox is a process of the machine that rehearses, and so there are only so many: [`Room`] says how many stay. Where one
//! more is needed, the idle one that was used longest ago is ended. Where none is idle, the new one passes: it ends with its
//! invocation. Both follow from virtual time alone for live requests. A function that is invoked again after that starts cold.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::VirtualTime;

/// A sandbox, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SandboxId(pub u64);

/// How the processes that may be alive at once are shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Sandboxes that stay once their invocation is over, for the next one.
    pub kept: usize,
    /// Live requests' sandboxes that pass, at once. Those of more requests wait, each for the end of another.
    pub passing_requests: usize,
    /// The same for what a function calls or an event is delivered to.
    pub passing_calls: usize,
}

impl Room {
    /// The fewest processes with which there is room for everything.
    pub const FEWEST: u32 = 4;

    /// Shares so many processes out: an eighth for each kind that passes, and the rest is kept.
    pub fn of(processes: u32) -> Self {
        let processes = processes as usize;
        let passing = (processes / 8).max(1);
        Self {
            kept: processes.saturating_sub(2 * passing).max(1),
            passing_requests: passing,
            passing_calls: passing,
        }
    }
}

/// The sandbox that an invocation gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Which.
    pub sandbox: SandboxId,
    /// Whether it is a new one.
    pub cold: bool,
    /// Whether it passes: it ends with this invocation.
    pub passes: bool,
    /// The idle sandbox that ends before this one begins, to make room.
    pub replaces: Option<SandboxId>,
}

#[derive(Clone, Copy, Debug)]
struct Sandbox {
    busy_until: VirtualTime,
    held_by_a_hook: bool,
    /// How many of the invocations that it was given have not really ended.
    open: u32,
    /// When it was last given an invocation, in the order in which they were given out.
    used: u64,
}

impl Sandbox {
    fn is_idle(&self, at: VirtualTime) -> bool {
        !self.held_by_a_hook && self.busy_until <= at
    }
}

/// The sandboxes of a version that stay.
type Pool = BTreeMap<SandboxId, Sandbox>;

/// All sandboxes that stay, by function and version.
#[derive(Clone, Debug)]
pub struct Sandboxes {
    room: Room,
    /// By function, and then by version.
    pools: BTreeMap<String, BTreeMap<String, Pool>>,
    kept: usize,
    passing_calls: usize,
    next: u64,
    given: u64,
}

impl Sandboxes {
    /// None yet, and room for so many.
    pub fn new(room: Room) -> Self {
        Self {
            room,
            pools: BTreeMap::new(),
            kept: 0,
            passing_calls: 0,
            next: 0,
            given: 0,
        }
    }

    /// The sandbox for an invocation that begins at `at`. Where several are free, the oldest. [`occupy`](Self::occupy) says until
    /// when it is busy, and [`ended`](Self::ended) that it is really over.
    pub fn serve(&mut self, function: &str, version: &str, at: VirtualTime) -> Place {
        let idle = |sandbox: &Sandbox| sandbox.is_idle(at);
        if let Some(place) = self.take(function, version, at, idle, false) {
            return place;
        }
        let replaces = if self.kept < self.room.kept {
            None
        } else {
            let longest_idle = self.least(|sandbox| idle(sandbox).then_some(sandbox.used));
            let Some((function, version, id)) = longest_idle else {
                return self.passing();
            };
            self.forget(&function, &version, id);
            Some(id)
        };
        self.add(function, version, at, false, replaces)
    }

    /// Keeps a sandbox busy until then.
    pub fn occupy(&mut self, function: &str, version: &str, id: SandboxId, until: VirtualTime) {
        if let Some(sandbox) = self.sandbox(function, version, id) {
            sandbox.busy_until = until;
        }
    }

    /// The sandbox for an invocation that a hook makes; it is held until [`release`](Self::release). `None` where all run: then it
    /// waits until one has ended.
    pub fn hold(&mut self, function: &str, version: &str, at: VirtualTime) -> Option<Place> {
        let free = |sandbox: &Sandbox| !sandbox.held_by_a_hook;
        if let Some(place) = self.take(function, version, at, free, true) {
            return Some(place);
        }
        self.add_for_call(function, version, at, true)
    }

    /// The sandbox for an invocation that a live request's function makes: as [`serve`](Self::serve), but `None` where all run.
    pub fn serve_call(&mut self, function: &str, version: &str, at: VirtualTime) -> Option<Place> {
        let idle = |sandbox: &Sandbox| sandbox.is_idle(at);
        if let Some(place) = self.take(function, version, at, idle, false) {
            return Some(place);
        }
        self.add_for_call(function, version, at, false)
    }

    fn add_for_call(
        &mut self,
        function: &str,
        version: &str,
        at: VirtualTime,
        held: bool,
    ) -> Option<Place> {
        let replaces = if self.kept < self.room.kept {
            None
        } else {
            // Time stands still, so one that is busy in virtual time alone may have to go. The idle ones go first.
            let longest_idle = self.least(|sandbox| {
                let may_go = !sandbox.held_by_a_hook && sandbox.open == 0;
                may_go.then_some((sandbox.busy_until > at, sandbox.used))
            });
            let Some((function, version, id)) = longest_idle else {
                if self.passing_calls >= self.room.passing_calls {
                    return None;
                }
                self.passing_calls += 1;
                return Some(self.passing());
            };
            self.forget(&function, &version, id);
            Some(id)
        };
        Some(self.add(function, version, at, held, replaces))
    }

    /// Takes a sandbox of a version that may serve.
    fn take(
        &mut self,
        function: &str,
        version: &str,
        at: VirtualTime,
        may_serve: impl Fn(&Sandbox) -> bool,
        held: bool,
    ) -> Option<Place> {
        let pool = self.pools.get_mut(function)?.get_mut(version)?;
        let (id, sandbox) = pool.iter_mut().find(|(_, sandbox)| may_serve(sandbox))?;
        self.given += 1;
        sandbox.used = self.given;
        sandbox.open += 1;
        sandbox.held_by_a_hook = held;
        sandbox.busy_until = at;
        Some(Place {
            sandbox: *id,
            cold: false,
            passes: false,
            replaces: None,
        })
    }

    fn add(
        &mut self,
        function: &str,
        version: &str,
        at: VirtualTime,
        held: bool,
        replaces: Option<SandboxId>,
    ) -> Place {
        let place = Place {
            passes: false,
            replaces,
            ..self.passing()
        };
        self.given += 1;
        self.kept += 1;
        let sandbox = Sandbox {
            busy_until: at,
            held_by_a_hook: held,
            open: 1,
            used: self.given,
        };
        let versions = self.pools.entry(function.to_owned()).or_default();
        let pool = versions.entry(version.to_owned()).or_default();
        pool.insert(place.sandbox, sandbox);
        place
    }

    /// A sandbox that ends with its invocation.
    fn passing(&mut self) -> Place {
        let sandbox = SandboxId(self.next);
        self.next += 1;
        Place {
            sandbox,
            cold: true,
            passes: true,
            replaces: None,
        }
    }

    /// The sandbox of the least rank among those that have one.
    fn least<R: Ord>(
        &self,
        rank: impl Fn(&Sandbox) -> Option<R>,
    ) -> Option<(String, String, SandboxId)> {
        let pools = self.pools.iter().flat_map(|(function, versions)| {
            let versions = versions.iter();
            versions.map(move |(version, pool)| (function, version, pool))
        });
        let all = pools.flat_map(|(function, version, pool)| {
            let rank = &rank;
            pool.iter()
                .filter_map(move |(id, sandbox)| Some((rank(sandbox)?, function, version, *id)))
        });
        let (_, function, version, id) = all.min_by(|(a, ..), (b, ..)| a.cmp(b))?;
        Some((function.clone(), version.clone(), id))
    }

    fn sandbox(&mut self, function: &str, version: &str, id: SandboxId) -> Option<&mut Sandbox> {
        let pool = self.pools.get_mut(function)?.get_mut(version)?;
        pool.get_mut(&id)
    }

    fn forget(&mut self, function: &str, version: &str, id: SandboxId) {
        let versions = self.pools.get_mut(function);
        let pool = versions.and_then(|versions| versions.get_mut(version));
        let forgotten = pool.and_then(|pool| pool.remove(&id));
        self.kept -= usize::from(forgotten.is_some());
    }

    /// An invocation has really ended. `passing_call` where [`hold`](Self::hold) gave it a sandbox that passes.
    pub fn ended(&mut self, function: &str, version: &str, id: SandboxId, passing_call: bool) {
        if passing_call {
            self.passing_calls -= 1;
        } else if let Some(sandbox) = self.sandbox(function, version, id) {
            sandbox.open = sandbox.open.saturating_sub(1);
        }
    }

    /// Ends a hook's hold.
    pub fn release(&mut self, function: &str, version: &str, id: SandboxId) {
        if let Some(sandbox) = self.sandbox(function, version, id) {
            sandbox.held_by_a_hook = false;
        }
    }

    /// Forgets a sandbox whose process is gone.
    pub fn remove(&mut self, function: &str, version: &str, id: SandboxId) {
        self.forget(function, version, id);
    }

    /// Forgets all sandboxes of a version, for what they run is no longer what the version is: `$LATEST`, whose code or configuration
    /// changes. Says which they were.
    pub fn forget_all(&mut self, function: &str, version: &str) -> Vec<SandboxId> {
        let versions = self.pools.get_mut(function);
        let forgotten = versions.and_then(|versions| versions.remove(version));
        let forgotten = forgotten.unwrap_or_default();
        self.kept -= forgotten.len();
        forgotten.into_keys().collect()
    }

    /// How many sandboxes stay.
    pub fn kept(&self) -> usize {
        self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sandboxes(kept: usize) -> Sandboxes {
        Sandboxes::new(Room {
            kept,
            passing_requests: 1,
            passing_calls: 1,
        })
    }

    /// The sandbox of a request to version 1, and whether it is new.
    fn serve(sandboxes: &mut Sandboxes, function: &str, at: i64, until: i64) -> Place {
        let place = sandboxes.serve(function, "1", VirtualTime(at));
        sandboxes.occupy(function, "1", place.sandbox, VirtualTime(until));
        sandboxes.ended(function, "1", place.sandbox, false);
        place
    }

    fn number(place: Place) -> (u64, bool) {
        (place.sandbox.0, place.cold)
    }

    #[test]
    fn a_request_that_meets_a_busy_sandbox_starts_another_one_cold() {
        let mut sandboxes = sandboxes(9);
        assert_eq!(number(serve(&mut sandboxes, "f", 0, 100)), (0, true));
        assert_eq!(number(serve(&mut sandboxes, "f", 50, 150)), (1, true));
        assert_eq!(number(serve(&mut sandboxes, "f", 120, 200)), (0, false));
    }

    #[test]
    fn versions_share_no_sandbox() {
        let mut sandboxes = sandboxes(9);
        let one = sandboxes.serve("f", "1", VirtualTime(0));
        let two = sandboxes.serve("f", "2", VirtualTime(5));
        assert_eq!(number(two), (one.sandbox.0 + 1, true));
    }

    #[test]
    fn a_dead_sandbox_serves_no_one() {
        let mut sandboxes = sandboxes(9);
        let dead = sandboxes.hold("f", "1", VirtualTime(0)).unwrap();
        sandboxes.remove("f", "1", dead.sandbox);
        assert_eq!(sandboxes.kept(), 0);
        let next = sandboxes.hold("f", "1", VirtualTime(0)).unwrap();
        assert_eq!(number(next), (dead.sandbox.0 + 1, true));
    }

    #[test]
    fn a_version_that_becomes_another_starts_cold() {
        let mut sandboxes = sandboxes(9);
        let before = serve(&mut sandboxes, "f", 0, 100);
        serve(&mut sandboxes, "g", 0, 100);
        assert_eq!(sandboxes.forget_all("f", "1"), [before.sandbox]);
        assert_eq!(sandboxes.forget_all("f", "1"), []);
        assert_eq!(sandboxes.kept(), 1);
        assert!(serve(&mut sandboxes, "f", 200, 300).cold);
    }

    #[test]
    fn a_hook_that_calls_twice_in_a_row_gets_the_same_sandbox_while_time_stands_still() {
        let mut sandboxes = sandboxes(9);
        let mut hold = || sandboxes.hold("f", "2", VirtualTime(7)).unwrap();
        let first = hold();
        sandboxes.release("f", "2", first.sandbox);
        let mut hold = || sandboxes.hold("f", "2", VirtualTime(7)).unwrap();
        assert_eq!(number(hold()), (first.sandbox.0, false));
        assert!(hold().cold, "held: a concurrent call needs its own");
    }

    #[test]
    fn where_there_is_no_room_the_one_that_is_idle_longest_ends_and_comes_back_cold() {
        let mut sandboxes = sandboxes(2);
        let first = serve(&mut sandboxes, "f", 0, 10);
        serve(&mut sandboxes, "g", 20, 30);
        serve(&mut sandboxes, "f", 40, 50);
        // `g` was used before `f`.
        let third = serve(&mut sandboxes, "h", 60, 70);
        assert_eq!((third.replaces, third.passes), (Some(SandboxId(1)), false));
        assert_eq!(sandboxes.kept(), 2);
        let again = serve(&mut sandboxes, "g", 80, 90);
        assert!(again.cold);
        assert_eq!(again.replaces, Some(first.sandbox));
    }

    #[test]
    fn a_sandbox_for_which_none_is_idle_passes_and_the_others_stay() {
        let mut sandboxes = sandboxes(2);
        serve(&mut sandboxes, "f", 0, 170);
        serve(&mut sandboxes, "f", 1, 171);
        let passing = serve(&mut sandboxes, "f", 2, 172);
        assert!(passing.passes && passing.cold && passing.replaces.is_none());
        // A burst of cold starts goes over: those that stay are warm for the next.
        let (first, second) = (
            serve(&mut sandboxes, "f", 171, 191),
            serve(&mut sandboxes, "f", 172, 192),
        );
        assert_eq!((number(first), number(second)), ((0, false), (1, false)));
    }

    #[test]
    fn a_call_waits_where_all_run_and_goes_on_when_one_has_ended() {
        let mut sandboxes = sandboxes(2);
        let at = VirtualTime(5);
        let first = sandboxes.hold("f", "1", at).unwrap();
        let second = sandboxes.hold("f", "1", at).unwrap();
        let third = sandboxes.hold("f", "1", at).unwrap();
        assert!(third.passes && !second.passes);
        assert_eq!(sandboxes.hold("g", "1", at), None);
        sandboxes.ended("f", "1", third.sandbox, true);
        assert!(sandboxes.hold("g", "1", at).unwrap().passes);
        sandboxes.ended("f", "1", first.sandbox, false);
        sandboxes.release("f", "1", first.sandbox);
        assert_eq!(
            sandboxes.hold("h", "1", at).unwrap().replaces,
            Some(first.sandbox)
        );
    }

    #[test]
    fn a_call_ends_no_sandbox_that_has_work_and_rather_an_idle_one_than_a_busy_one() {
        let mut sandboxes = sandboxes(2);
        let busy = serve(&mut sandboxes, "f", 0, 1_000);
        let idle = serve(&mut sandboxes, "g", 1, 20);
        let place = sandboxes.hold("h", "1", VirtualTime(30)).unwrap();
        assert_eq!(
            place.replaces,
            Some(idle.sandbox),
            "{busy:?} is used longest ago"
        );
        let place = sandboxes.hold("h", "1", VirtualTime(30)).unwrap();
        assert_eq!(
            place.replaces,
            Some(busy.sandbox),
            "it is busy in virtual time alone"
        );
        let place = sandboxes.hold("f", "1", VirtualTime(30)).unwrap();
        assert!(place.passes, "those have work");
    }

    #[test]
    fn a_live_requests_call_takes_an_idle_sandbox_and_none_that_is_busy_or_held() {
        let mut sandboxes = sandboxes(9);
        let call = |sandboxes: &mut Sandboxes, function: &str, at: i64| {
            number(
                sandboxes
                    .serve_call(function, "1", VirtualTime(at))
                    .unwrap(),
            )
        };
        serve(&mut sandboxes, "f", 0, 100);
        assert_eq!(call(&mut sandboxes, "f", 50), (1, true));
        assert_eq!(call(&mut sandboxes, "f", 100), (0, false));
        sandboxes.hold("g", "1", VirtualTime(0)).unwrap();
        assert_eq!(call(&mut sandboxes, "g", 0), (3, true));
    }

    #[test]
    fn the_one_that_has_not_been_given_anything_for_longest_ends_whatever_its_function_is_called() {
        let mut sandboxes = sandboxes(2);
        let first = serve(&mut sandboxes, "z", 0, 30);
        serve(&mut sandboxes, "a", 1, 20);
        // At the moment at which it is no longer busy it is as idle as any other.
        let place = sandboxes.hold("h", "1", VirtualTime(30)).unwrap();
        assert_eq!(place.replaces, Some(first.sandbox));
    }

    #[test]
    fn a_sandbox_that_serves_again_or_that_a_hook_still_holds_has_no_end() {
        let mut sandboxes = sandboxes(2);
        serve(&mut sandboxes, "f", 0, 10);
        sandboxes.serve("f", "1", VirtualTime(20));
        let held = sandboxes.hold("g", "1", VirtualTime(20)).unwrap();
        sandboxes.ended("g", "1", held.sandbox, false);
        assert!(sandboxes.hold("h", "1", VirtualTime(20)).unwrap().passes);
    }

    #[test]
    fn the_processes_that_stay_and_those_that_pass_are_as_many_as_may_be() {
        for processes in Room::FEWEST..=1_024 {
            let room = Room::of(processes);
            let all = room.kept + room.passing_requests + room.passing_calls;
            assert_eq!(all, processes as usize);
            assert!(room.kept >= room.passing_calls);
        }
        assert_eq!(Room::of(64).kept, 48);
    }
}
