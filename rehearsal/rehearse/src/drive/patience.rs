//! How long a function is waited for, in wall time, before it is taken to hang.
//!
//! What the rehearsal file gives holds for each invocation alike. Where it gives nothing, a function is waited for as long as its `Timeout` allows,
//! up to a bound, for slow is not hanging: it imports a large library, starts a Java virtual machine, or has work to do. One that has not answered by
//! then hangs, and is not given so long again: it would cost that for each request.

use std::cmp::max;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_deployment::Revision;
use rehearsal_deployment::event::NOT_ANSWERED;
use rehearsal_deployment::rehearsal::Timing;
use rehearsal_deployment::world::{Invoke, Purpose};
use rehearsal_host::sandbox::INIT_LIMIT;

/// How long a function is waited for: as long as API Gateway waits for one (API Gateway developer guide, "Quotas": 29 seconds of a REST API, 30 of an
/// HTTP API).
const FUNCTION: Duration = Duration::from_secs(30);
/// How long a hook is: longer than what it invokes, so that it learns of what hangs.
const HOOK: Duration = Duration::from_mins(1);
/// How long one that has hung is waited for from then on.
const AFTER_A_HANG: Duration = Duration::from_secs(3);
/// How long such a hook is.
const HOOK_AFTER_A_HANG: Duration = Duration::from_secs(15);
/// From which sum on a function's invocations are said to take long, if each takes [`SLOW`] on average.
const LONG: Duration = Duration::from_mins(1);
/// How long one takes, on average, of a function that is said to be slow.
const SLOW: Duration = Duration::from_secs(1);

/// What is known of how long functions take on this machine.
#[derive(Debug)]
pub(super) struct Patience {
    timing: Timing,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Whether it hangs is asked of each code with each kind of request: a route may hang of a function that has others.
    of_code: HashMap<Asked, OfCode>,
    of_function: BTreeMap<String, Took>,
}

/// What is asked of which code.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Asked {
    function: String,
    version: String,
    is_new: bool,
    /// The kind of request; nothing for events, and for what functions ask.
    kind: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct OfCode {
    has_hung: bool,
    /// The slowest answer, with its process's start where that spent the invocation's time.
    slowest: Duration,
    /// How many answers there were, but to events, and how long they took without what their processes took to start.
    answered: Took,
}

/// How long the invocations of a function took on this machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// How many there were.
    pub invocations: u32,
    /// How long they took, one added to another.
    pub in_all: Duration,
}

impl Took {
    /// Whether one takes [`SLOW`] on average.
    fn is_slow(self) -> bool {
        self.invocations > 0 && self.in_all >= SLOW * self.invocations
    }

    /// Whether all of them together are worth a word.
    fn is_long(self) -> bool {
        self.in_all >= LONG && self.is_slow()
    }

    fn add(&mut self, wall: Duration) {
        self.invocations += 1;
        self.in_all += wall;
    }
}

impl Asked {
    fn of(invoke: &Invoke) -> Self {
        Self {
            function: invoke.function.clone(),
            version: invoke.version.clone(),
            is_new: invoke.revision == Revision::After,
            kind: match invoke.purpose {
                Purpose::Request { kind, .. } => Some(kind),
                Purpose::Event { .. } | Purpose::Call(_) => None,
            },
        }
    }
}

impl Patience {
    /// As a rehearsal file has it.
    pub(super) fn new(timing: Timing) -> Self {
        Self {
            timing,
            known: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long an invocation of a function with this `Timeout` is waited for.
    ///
    /// After a hang what is known of the answers decides, twice the slowest of them: so the clock has a say of such a function alone that hangs at times
    /// and is slow at others.
    pub(super) fn of(&self, invoke: &Invoke, timeout: Duration) -> Wait {
        let (given, first, next) = match invoke.purpose {
            Purpose::Event { .. } => (self.timing.hook_hang_after_ms, HOOK, HOOK_AFTER_A_HANG),
            Purpose::Request { .. } | Purpose::Call(_) => {
                (self.timing.hang_after_ms, FUNCTION, AFTER_A_HANG)
            }
        };
        let whole = given.map_or(first, |given| Duration::from_millis(given.into()));
        let whole = timeout.min(whole);
        let of_code = self.known().of_code.get(&Asked::of(invoke)).copied();
        let time = match of_code {
            Some(of_code) if of_code.has_hung && given.is_none() => {
                whole.min(max(next, of_code.slowest * 2))
            }
            _ => whole,
        };
        Wait {
            time,
            is_again: time < whole,
        }
    }

    /// Notes how long a process took to start, where it had to, and then to its answer, or until it was given up. What the function's invocations for live
    /// traffic have come to, where they take long, and again each time that it has doubled.
    pub(super) fn note(
        &self,
        invoke: &Invoke,
        (init, wall): (Duration, Duration),
        hung: bool,
    ) -> Option<Took> {
        let mut known = self.known();
        let of_code = known.of_code.entry(Asked::of(invoke)).or_default();
        if hung {
            of_code.has_hung = true;
        } else {
            // What takes longer than the init phase to start has that of its invocation's time: see `Invocation::init_limit`.
            let spent = if init > INIT_LIMIT { init + wall } else { wall };
            of_code.slowest = max(of_code.slowest, spent);
            if !matches!(invoke.purpose, Purpose::Event { .. }) {
                of_code.answered.add(wall);
            }
        }
        // Of the others there are few, whatever the traffic is.
        if invoke.on_behalf_of != OnBehalfOf::Traffic {
            return None;
        }
        let took = known
            .of_function
            .entry(invoke.function.clone())
            .or_default();
        let before = doublings(took.in_all);
        took.add(init + wall);
        (took.is_long() && doublings(took.in_all) > before).then_some(*took)
    }

    /// The functions that are slow on this machine, in their order: those that take [`SLOW`] on average to answer a kind of request, in one of their
    /// versions. How long each took is not told: it is never the same twice.
    pub(super) fn slow(&self) -> Vec<String> {
        let known = self.known();
        let slow = known.of_code.iter();
        let slow = slow.filter(|(_, of_code)| of_code.answered.is_slow());
        let slow: BTreeSet<_> = slow.map(|(asked, _)| asked.function.clone()).collect();
        slow.into_iter().collect()
    }

    /// The functions whose invocations took long, with what they come to, in their order.
    pub(super) fn long(&self) -> Vec<(String, Took)> {
        let known = self.known();
        let long = known.of_function.iter().filter(|(_, took)| took.is_long());
        long.map(|(id, took)| (id.clone(), *took)).collect()
    }
}

/// How often [`LONG`] has doubled up to this; 0 below it.
fn doublings(in_all: Duration) -> u32 {
    let times = in_all.as_secs() / LONG.as_secs();
    u64::BITS - times.leading_zeros()
}

/// How long an invocation is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wait {
    /// The wall time that it gets.
    pub(super) time: Duration,
    /// Whether it gets less than it would, because it has hung.
    is_again: bool,
}

impl Wait {
    /// What a time-out is by, where it is not the function's own that has passed. What is measured is not in it: reports of one seed are the same.
    pub(super) fn taken_to_hang(self, timeout: Duration, is_hook: bool) -> Option<String> {
        if self.time >= timeout {
            return None;
        }
        let key = if is_hook {
            "hook_hang_after_ms"
        } else {
            "hang_after_ms"
        };
        let why = if self.is_again {
            " before, and was not waited for as long again".to_owned()
        } else {
            let seconds = self.time.as_secs_f64();
            format!(" after {seconds} s here, and counts as hanging")
        };
        Some(format!(
            "{NOT_ANSWERED}{why} ([timing] {key} gives it longer)"
        ))
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_aws::VirtualTime;
    use rehearsal_aws::lambda::sandboxes::SandboxId;
    use rehearsal_aws::principal::OnBehalfOf;
    use rehearsal_deployment::world::{CallId, InvocationId};

    use super::*;

    const LONG_TIMEOUT: Duration = Duration::from_mins(15);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn call(purpose: Purpose) -> Invoke {
        Invoke {
            invocation: InvocationId(1),
            at: VirtualTime(0),
            lasts_ms: 20,
            function: "Orders".to_owned(),
            version: "2".to_owned(),
            revision: Revision::After,
            api: None,
            through: None,
            qualifier: None,
            sandbox: SandboxId(1),
            passes: false,
            replaces: None,
            purpose,
            on_behalf_of: OnBehalfOf::Traffic,
            fault: None,
        }
    }

    fn request(kind: usize) -> Invoke {
        call(Purpose::Request { index: 0, kind })
    }

    fn note(patience: &Patience, invoke: &Invoke, wall: u64, hung: bool) -> Option<Took> {
        patience.note(invoke, (Duration::ZERO, seconds(wall)), hung)
    }

    #[test]
    fn a_function_is_waited_for_up_to_its_time_out_or_half_a_minute() {
        let patience = Patience::new(Timing::default());
        let asked = request(0);
        assert_eq!(patience.of(&asked, seconds(10)).time, seconds(10));
        assert_eq!(patience.of(&asked, LONG_TIMEOUT).time, seconds(30));
        for _ in 0..10 {
            note(&patience, &asked, 5, false);
        }
        assert_eq!(patience.of(&asked, LONG_TIMEOUT).time, seconds(30));
        let by_function = call(Purpose::Call(CallId(1)));
        assert_eq!(patience.of(&by_function, LONG_TIMEOUT).time, seconds(30));
    }

    #[test]
    fn one_that_has_hung_costs_that_once_and_other_routes_and_versions_of_it_have_their_time() {
        let patience = Patience::new(Timing::default());
        let hangs = request(0);
        note(&patience, &hangs, 30, true);
        assert_eq!(patience.of(&hangs, LONG_TIMEOUT).time, seconds(3));
        assert_eq!(patience.of(&hangs, seconds(2)).time, seconds(2));
        let old = Invoke {
            version: "1".to_owned(),
            revision: Revision::Before,
            ..request(0)
        };
        for other in [request(1), old, call(Purpose::Call(CallId(1)))] {
            assert_eq!(patience.of(&other, LONG_TIMEOUT).time, seconds(30));
        }
    }

    #[test]
    fn one_that_hangs_at_times_has_twice_its_slowest_answer() {
        let patience = Patience::new(Timing::default());
        let asked = request(0);
        for slow in [1, 5, 2] {
            note(&patience, &asked, slow, false);
        }
        note(&patience, &asked, 30, true);
        assert_eq!(patience.of(&asked, LONG_TIMEOUT).time, seconds(10));
        note(&patience, &asked, 9, false);
        note(&patience, &asked, 18, true);
        assert_eq!(patience.of(&asked, LONG_TIMEOUT).time, seconds(18));
        note(&patience, &asked, 17, false);
        let wait = patience.of(&asked, LONG_TIMEOUT);
        assert_eq!(wait.time, seconds(30));
        let why = wait.taken_to_hang(LONG_TIMEOUT, false).unwrap();
        assert!(why.contains("had not answered after 30 s here"), "{why}");
    }

    #[test]
    fn what_takes_longer_to_start_than_the_init_phase_has_time_for_it_after_a_hang_too() {
        let asked = request(0);
        for (init, expected) in [(10, 4), (12, 28)] {
            let patience = Patience::new(Timing::default());
            patience.note(&asked, (seconds(init), seconds(2)), false);
            note(&patience, &asked, 30, true);
            let wait = patience.of(&asked, LONG_TIMEOUT);
            assert_eq!(wait.time, seconds(expected), "{init}");
        }
    }

    #[test]
    fn a_function_is_slow_that_answers_a_kind_of_request_slowly_and_its_start_and_hangs_are_no_answers()
     {
        let patience = Patience::new(Timing::default());
        let named = |function: &str, invoke: Invoke| Invoke {
            function: function.to_owned(),
            ..invoke
        };
        for _ in 0..10 {
            note(&patience, &named("OneRoute", request(0)), 0, false);
            note(&patience, &named("OneRoute", request(1)), 2, false);
        }
        note(&patience, &named("AtTimes", request(0)), 2, false);
        for _ in 0..2 {
            note(&patience, &named("AtTimes", request(0)), 0, false);
        }
        let starts = named("Starts", request(0));
        patience.note(&starts, (seconds(9), Duration::ZERO), false);
        note(&patience, &named("Hangs", request(0)), 30, true);
        let called = named("Called", call(Purpose::Call(CallId(1))));
        note(&patience, &called, 1, false);
        assert_eq!(patience.slow(), ["Called", "OneRoute"]);
    }

    #[test]
    fn what_hooks_ask_is_no_reason_to_send_fewer_requests() {
        let patience = Patience::new(Timing::default());
        let of_hook = Invoke {
            on_behalf_of: OnBehalfOf::Deployment,
            ..call(Purpose::Call(CallId(1)))
        };
        assert_eq!(note(&patience, &of_hook, 60, true), None);
        assert!(patience.long().is_empty());
        assert_eq!(patience.of(&of_hook, LONG_TIMEOUT).time, seconds(3));
    }

    #[test]
    fn what_the_file_gives_holds_for_each_invocation_alike() {
        let patience = Patience::new(Timing {
            hang_after_ms: Some(45_000),
            ..Timing::default()
        });
        let asked = request(0);
        for hung in [false, true, true] {
            assert_eq!(patience.of(&asked, LONG_TIMEOUT).time, seconds(45));
            note(&patience, &asked, 20, hung);
        }
        assert_eq!(patience.of(&asked, seconds(3)).time, seconds(3));
    }

    #[test]
    fn functions_that_take_long_in_all_are_told_again_each_time_that_it_has_doubled() {
        let patience = Patience::new(Timing::default());
        let (slow, mut quick) = (request(0), request(0));
        "Quick".clone_into(&mut quick.function);
        let told: Vec<_> = (1..=50)
            .filter(|_| note(&patience, &slow, 5, false).is_some())
            .collect();
        assert_eq!(told, [12, 24, 48]);
        for _ in 0..1_000 {
            let half = (Duration::ZERO, Duration::from_millis(500));
            assert_eq!(patience.note(&quick, half, false), None);
        }
        let took = Took {
            invocations: 50,
            in_all: seconds(250),
        };
        assert_eq!(patience.long(), [("Orders".to_owned(), took)]);
    }

    #[test]
    fn what_is_stopped_before_its_time_out_names_the_key_that_gives_it_longer() {
        let patience = Patience::new(Timing::default());
        let asked = request(0);
        let words = |timeout| patience.of(&asked, timeout).taken_to_hang(timeout, false);
        assert_eq!(words(seconds(30)), None);
        let expected = "; it had not answered after 30 s here, and counts as hanging ([timing] hang_after_ms gives it longer)";
        assert_eq!(words(LONG_TIMEOUT).unwrap(), expected);
        note(&patience, &asked, 30, true);
        let expected = "; it had not answered before, and was not waited for as long again ([timing] hang_after_ms gives it longer)";
        assert_eq!(words(seconds(30)).unwrap(), expected);
        assert_eq!(words(seconds(3)), None);
    }
}
