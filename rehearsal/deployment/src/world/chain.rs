//! Chains of invocations, each made by the one before it: where Lambda stops a loop, and where a rehearsal gives one up that
//! Lambda would not stop.
//!
//! Functions run while virtual time stands still, so a loop among them has no end in virtual time either.

use std::collections::HashMap;

use rehearsal_aws::time::{MINUTE_MS, VirtualTime};

use super::{InvocationId, World};
use crate::bounds::MAX_REQUESTS;
use crate::event::Happening;

/// How often a function may run in one chain before Lambda stops its next invocation there: "approximately 16 times" (Lambda
/// developer guide, "Use Lambda recursive loop detection to prevent infinite loops"; AWS Compute Blog, "Detecting and stopping
/// recursive loops in AWS Lambda functions": after exceeding 16 invocations). Lambda follows a chain through SQS, SNS, S3 and
/// Lambda itself, and not through API Gateway. Assumed: exactly 16, through on-failure destinations too, and for every SDK; on
/// AWS those count alone that pass its tracing header on.
pub const RECURSION_STOPPED_AFTER: usize = 16;

/// The longest chain that is rehearsed. On AWS one that goes round through an API, or among functions with `RecursiveLoop: Allow`,
/// ends with the account's concurrency.
pub const LONGEST_CHAIN: usize = 50;

/// How many invocations may run at once on one live request's or event's account, made by functions that were themselves invoked
/// by one. Each is a process of this machine.
pub const MOST_AT_ONCE: u32 = 64;

/// The same for requests to an API that nobody has signed, of which no one knows who made them, and for what a function calls
/// after it has answered.
pub const MOST_UNKNOWN_AT_ONCE: u32 = 256;

/// How many such invocations there may be in all, before the clock moves on.
pub const MOST_IN_ALL: u32 = 10_000;

/// The longest rehearsal in virtual time: a week. CodeDeploy ends a deployment after 50 hours (CodeDeploy user guide,
/// "Limits").
pub const LONGEST_REHEARSAL_MS: i64 = 7 * 24 * 60 * MINUTE_MS;

/// Why a rehearsal would never end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Endless {
    /// Functions that invoke each other in a circle, or one that invokes itself, where Lambda does not stop them.
    #[error(
        "{function} is invoked in a loop: at {at} of virtual time a chain of {LONGEST_CHAIN} invocations led to it ({circle}); break the loop"
    )]
    Chain {
        /// The logical id of the function that would have been invoked next.
        function: String,
        /// The functions from its last invocation to the next.
        circle: String,
        /// When.
        at: VirtualTime,
    },
    /// Functions that invoke each other more and more often, in a loop or as a tree does.
    #[error(
        "{function} is invoked too often: at {at} of virtual time {} led to {invocations} invocations, {at_once} of them at once, and each is a process of this machine; break the loop, if it is one, or invoke fewer at once",
        began(began_with.as_deref())
    )]
    Avalanche {
        /// The logical id of the function that would have been invoked next.
        function: String,
        /// The logical id of the function that was invoked first; `None` where no one knows who called.
        began_with: Option<String>,
        /// How many in all.
        invocations: u32,
        /// How many of them ran.
        at_once: u32,
        /// When.
        at: VirtualTime,
    },
    /// Functions that wait for each other, because no more of them may run at once.
    #[error(
        "{function} is invoked and cannot run: at {at} of virtual time all {processes} processes that a rehearsal may have at once run functions that wait for others; allow more (`processes` in [limits]), or invoke fewer at once"
    )]
    NoProcess {
        /// The logical id of the function that would have been invoked next.
        function: String,
        /// How many processes there may be.
        processes: u32,
        /// When.
        at: VirtualTime,
    },
    /// More live requests than a rehearsal has.
    #[error(
        "the rehearsal has had {MAX_REQUESTS} live requests, the most that one has, and is not over{}; let fewer arrive, or shorten its minutes",
        deployments(functions)
    )]
    TooManyRequests {
        /// The logical ids of the functions whose deployments still run.
        functions: Vec<String>,
    },
    /// A deployment, or traffic, that goes on for too long.
    #[error(
        "the rehearsal has gone on for a week of virtual time{}; shorten its minutes, or the deployment's",
        deployments(functions)
    )]
    TooLong {
        /// The logical ids of the functions whose deployments still run.
        functions: Vec<String>,
    },
}

fn began(with: Option<&str>) -> String {
    match with {
        Some(function) => format!("one invocation of {function}"),
        None => {
            "calls whose caller is not known (unsigned ones, or made after an answer)".to_owned()
        }
    }
}

fn deployments(functions: &[String]) -> String {
    if functions.is_empty() {
        String::new()
    } else {
        format!(
            ", and the deployment of {} still runs",
            functions.join(", ")
        )
    }
}

/// The invocations that led to one, and that one itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    /// Their functions' logical ids, the first first.
    functions: Vec<String>,
    /// How many of them Lambda has lost sight of.
    unseen: usize,
    /// The first, if the chain has begun with an invocation that is on the books.
    root: Option<InvocationId>,
}

impl Chain {
    /// The first of them; `None` where it is not on the books.
    pub(super) fn root(&self) -> Option<InvocationId> {
        self.root
    }

    /// The same without what Lambda loses sight of, because the next invocation comes through API Gateway.
    pub(super) fn through_api(mut self) -> Self {
        self.unseen = self.functions.len();
        self
    }

    /// The chain with one more invocation.
    pub(super) fn followed_by(mut self, function: &str, invocation: InvocationId) -> Self {
        self.root.get_or_insert(invocation);
        self.functions.push(function.to_owned());
        self
    }

    /// The chain with an event that a function was invoked with, and that led to another one. What that leads to is counted anew:
    /// the clock moves between them.
    pub(super) fn event_of(mut self, function: &str) -> Self {
        self.root = None;
        self.functions.push(function.to_owned());
        self
    }

    /// Whether a function has run so often in this chain that Lambda stops it.
    fn is_recursion(&self, function: &str) -> bool {
        let seen = self.functions.iter().skip(self.unseen);
        seen.filter(|before| *before == function).count() >= RECURSION_STOPPED_AFTER
    }

    /// Whether what follows it is counted. What a hook or a live request's function calls itself is not: it may call many functions
    /// at once, and its time-out ends it.
    fn is_counted(&self) -> bool {
        self.root.is_none() || self.functions.len() > 1
    }

    /// The functions from the last invocation of this one on, and this one again: `A → B → A`.
    fn circle(&self, function: &str) -> String {
        let last = self.functions.iter().rposition(|before| before == function);
        let mut circle = self.functions[last.unwrap_or(0)..].to_vec();
        circle.push(function.to_owned());
        circle.join(" → ")
    }
}

/// What one live request or event has led to.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    in_all: u32,
    at_once: u32,
}

/// What was led to by what, since the clock moved.
#[derive(Clone, Debug, Default)]
pub(super) struct Chains {
    /// By the invocation that it began with; `None` where no one knows who called.
    by_root: HashMap<Option<InvocationId>, Count>,
    /// Functions that were stopped. Each is reported once.
    stopped: Vec<String>,
}

impl World {
    /// The chain that a function's call goes on with: that of the invocation it runs.
    pub(super) fn chain_of(&self, caller: Option<InvocationId>) -> Chain {
        let open = caller.and_then(|caller| self.running.open.get(&caller));
        open.map(|open| open.chain.clone()).unwrap_or_default()
    }

    /// Whether Lambda stops a function's next invocation in a chain.
    pub(super) fn is_recursion(&self, chain: &Chain, function: &str) -> bool {
        let planned = self.function_now(function);
        chain.is_recursion(function) && planned.is_none_or(|function| !function.may_recur)
    }

    /// Whether a chain may go on. `false` where it is the longest that is rehearsed, and then the rehearsal is given up.
    pub(super) fn may_go_on(&mut self, chain: &Chain, function: &str) -> bool {
        let may = chain.functions.len() < LONGEST_CHAIN;
        if !may {
            self.endless = Some(Endless::Chain {
                function: function.to_owned(),
                circle: chain.circle(function),
                at: self.now,
            });
        }
        may
    }

    /// Notes a call that leads to an invocation. `false` where that would never end, and then the rehearsal is given up.
    pub(super) fn may_follow(&mut self, chain: &Chain, function: &str) -> bool {
        let at = self.now;
        if !self.may_go_on(chain, function) {
            return false;
        }
        if !chain.is_counted() {
            return true;
        }
        let count = self.running.chains.by_root.entry(chain.root).or_default();
        count.in_all += 1;
        count.at_once += 1;
        let most = match chain.root {
            Some(_) => MOST_AT_ONCE,
            None => MOST_UNKNOWN_AT_ONCE,
        };
        let may = count.in_all <= MOST_IN_ALL && count.at_once <= most;
        if !may {
            self.endless = Some(Endless::Avalanche {
                function: function.to_owned(),
                began_with: chain.functions.first().cloned(),
                invocations: count.in_all,
                at_once: count.at_once,
                at,
            });
        }
        may
    }

    /// Notes that an invocation which followed from a call has ended.
    pub(super) fn has_followed(&mut self, ended: InvocationId, mut chain: Chain) {
        // As it was before.
        chain.functions.pop();
        chain.root = chain.root.filter(|root| *root != ended);
        if !chain.is_counted() {
            return;
        }
        if let Some(count) = self.running.chains.by_root.get_mut(&chain.root) {
            count.at_once = count.at_once.saturating_sub(1);
        }
    }

    /// Says once of each function that Lambda stopped it.
    pub(super) fn stop_recursion(&mut self, function: &str) {
        if !self
            .running
            .chains
            .stopped
            .iter()
            .any(|stopped| stopped == function)
        {
            self.running.chains.stopped.push(function.to_owned());
            self.emit(Happening::RecursionStopped {
                function: function.to_owned(),
            });
        }
    }

    /// The clock moves: all chains have ended.
    pub(super) fn forget_chains(&mut self) {
        self.running.chains.by_root.clear();
    }

    /// Whether a moment is beyond the longest rehearsal; then it is given up.
    pub(super) fn is_too_long(&mut self, moment: VirtualTime) -> bool {
        let too_long = moment > VirtualTime(LONGEST_REHEARSAL_MS);
        if too_long {
            let functions = self.functions_in_deployment();
            self.endless = Some(Endless::TooLong { functions });
        }
        too_long
    }

    /// Whether one more live request is one too many; then the rehearsal is given up. `index` is its number, from 0.
    pub(super) fn is_one_too_many(&mut self, index: u64) -> bool {
        let too_many = index >= MAX_REQUESTS;
        if too_many {
            let functions = self.functions_in_deployment();
            self.endless = Some(Endless::TooManyRequests { functions });
        }
        too_many
    }

    /// Gives the rehearsal up where the functions that run wait for each other for ever.
    pub(super) fn give_up_if_stuck(&mut self) {
        if let Some(function) = self.stuck_at() {
            self.endless = Some(Endless::NoProcess {
                function,
                processes: self.plan.limits.processes,
                at: self.now,
            });
        }
    }

    /// The logical ids of the functions whose deployments run.
    fn functions_in_deployment(&self) -> Vec<String> {
        let running = self.codedeploy.deployments().zip(&self.plan.deployments);
        running
            .filter(|(deployment, _)| deployment.is_in_progress())
            .map(|(_, planned)| planned.function.clone())
            .collect()
    }
}
