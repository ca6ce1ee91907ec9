//! Live requests in virtual order.
//!
//! The world gives out many requests at once. Functions share tables, so what one request finds there must not depend on how
//! fast another one's process was: a request begins once everything that was over before it, in virtual time, is really over.
//! What overlaps in virtual time runs side by side, but for requests whose processes pass: of those only so many run at once.

use std::collections::{HashMap, VecDeque};

use rehearsal_aws::VirtualTime;
use rehearsal_deployment::world::{InvocationId, Invoke};

/// The live requests that wait, and those that run.
#[derive(Debug)]
pub(super) struct VirtualOrder {
    /// How many requests may run at once whose processes pass.
    most_passing: usize,
    /// In the order in which they arrive.
    waiting: VecDeque<Invoke>,
    running: HashMap<InvocationId, Running>,
}

/// A request that runs.
#[derive(Clone, Copy, Debug)]
struct Running {
    /// When it ends, in virtual time.
    until: VirtualTime,
    passes: bool,
}

impl VirtualOrder {
    /// No request yet.
    pub(super) fn new(most_passing: usize) -> Self {
        Self {
            most_passing,
            waiting: VecDeque::new(),
            running: HashMap::new(),
        }
    }

    /// Takes the next request.
    pub(super) fn push(&mut self, invoke: Invoke) {
        self.waiting.push_back(invoke);
    }

    /// Notes that an invocation has ended, a live request or another.
    pub(super) fn ended(&mut self, invocation: InvocationId) {
        self.running.remove(&invocation);
    }

    /// The next request that may begin now.
    pub(super) fn next(&mut self) -> Option<Invoke> {
        let passing = self.running.values().filter(|running| running.passes);
        let has_room = passing.count() < self.most_passing;
        let running = &self.running;
        let may_begin = |invoke: &mut Invoke| {
            let is_in_order = running.values().all(|running| running.until > invoke.at);
            is_in_order && (has_room || !invoke.passes)
        };
        let invoke = self.waiting.pop_front_if(may_begin)?;
        let runs = Running {
            until: invoke.at + invoke.lasts_ms,
            passes: invoke.passes,
        };
        self.running.insert(invoke.invocation, runs);
        Some(invoke)
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_aws::lambda::sandboxes::SandboxId;
    use rehearsal_aws::principal::OnBehalfOf;
    use rehearsal_deployment::Revision;
    use rehearsal_deployment::world::Purpose;

    use super::*;

    /// A request's number, when it arrives and how long it lasts.
    fn request((number, at, lasts_ms): (u64, i64, i64)) -> Invoke {
        Invoke {
            invocation: InvocationId(number),
            at: VirtualTime(at),
            lasts_ms,
            function: "F".to_owned(),
            version: "1".to_owned(),
            revision: Revision::Before,
            api: None,
            through: None,
            qualifier: None,
            sandbox: SandboxId(number),
            passes: false,
            replaces: None,
            purpose: Purpose::Request {
                index: number,
                kind: 0,
            },
            on_behalf_of: OnBehalfOf::Traffic,
            fault: None,
        }
    }

    fn begin(order: &mut VirtualOrder) -> Vec<u64> {
        std::iter::from_fn(|| order.next())
            .map(|invoke| invoke.invocation.0)
            .collect()
    }

    #[test]
    fn a_request_waits_for_what_was_over_before_it() {
        let mut order = VirtualOrder::new(1);
        for arrival in [(1, 0, 20), (2, 20, 20), (3, 1_000, 20)] {
            order.push(request(arrival));
        }
        assert_eq!(begin(&mut order), [1]);
        order.ended(InvocationId(1));
        assert_eq!(begin(&mut order), [2]);
        order.ended(InvocationId(2));
        assert_eq!(begin(&mut order), [3]);
    }

    #[test]
    fn what_overlaps_in_virtual_time_runs_side_by_side() {
        let mut order = VirtualOrder::new(1);
        for arrival in [(1, 0, 10_000), (2, 500, 20), (3, 510, 20), (4, 900, 20)] {
            order.push(request(arrival));
        }
        assert_eq!(begin(&mut order), [1, 2, 3]);
        order.ended(InvocationId(3));
        let none = begin(&mut order);
        assert!(none.is_empty(), "the second is over before it: {none:?}");
        order.ended(InvocationId(2));
        assert_eq!(begin(&mut order), [4]);
    }

    #[test]
    fn of_the_requests_whose_processes_pass_only_so_many_run_at_once() {
        let mut order = VirtualOrder::new(1);
        for number in 1..=4 {
            let mut request = request((number, 0, 20));
            request.passes = number != 1;
            order.push(request);
        }
        assert_eq!(begin(&mut order), [1, 2]);
        order.ended(InvocationId(1));
        assert_eq!(begin(&mut order), [0; 0]);
        order.ended(InvocationId(2));
        assert_eq!(begin(&mut order), [3]);
    }
}
