//! Lambda's queue of asynchronous events: invoked, tried again, given up, and then sent to the on-failure destination.
//!
//! Hooks are invoked this way, and so are the destinations, which may answer CodeDeploy for a hook that could not.

use std::sync::Arc;

use rehearsal_aws::cloudwatch::metrics_of::lambda::{Queued, record_queued};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::lambda::asynchronous::{Condition, Next, Payload, Record};
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::time::VirtualTime;

use super::chain::Chain;
use super::clock::Decision;
use super::command::Purpose;
use super::invocation::{Delivered, Open, Origin};
use super::{Ended, World};
use crate::event::{Happening, InvocationOutcome};
use crate::plan::Target;

/// An asynchronous event.
#[derive(Clone, Debug)]
pub(super) struct AsyncEvent {
    /// The logical id of the function that is invoked with it.
    function: String,
    /// The request id, the same in every attempt.
    request_id: String,
    /// When it was sent. Its age counts from here.
    sent: VirtualTime,
    /// How often the function ran with it.
    attempts: u32,
    /// How often Lambda could not run the function, for want of concurrency.
    refusals: u32,
    payload: Payload,
    /// Whose lifecycle event it is about.
    deployment: usize,
    event: LifecycleEventName,
    /// The invocations that led to it.
    chain: Chain,
}

impl AsyncEvent {
    fn is_record(&self) -> bool {
        matches!(self.payload, Payload::Record(_))
    }
}

impl World {
    /// Sends an event: the function is invoked with it now. `chain` is what led to it.
    pub(super) fn send_event(
        &mut self,
        function: String,
        payload: Payload,
        (deployment, event): (usize, LifecycleEventName),
        chain: Chain,
    ) {
        let number = self.asynchronous.events.len();
        let request_id = self
            .draws
            .text("request-id", number as u64, b"0123456789abcdef", 32);
        self.asynchronous.events.push(AsyncEvent {
            function,
            request_id: hyphenated(&request_id),
            sent: self.now,
            attempts: 0,
            refusals: 0,
            payload,
            deployment,
            event,
            chain,
        });
        let function = self.asynchronous.events[number].function.clone();
        self.record_queued(&function, Queued::Received);
        self.deliver(number);
    }

    /// What Lambda's queue says of an event, as a metric.
    fn record_queued(&mut self, function: &str, queued: Queued) {
        let name = self
            .function_now(function)
            .map(|function| function.name.clone());
        if let Some(name) = name {
            record_queued(&mut self.cloudwatch.metrics, &name, self.now, queued);
        }
    }

    /// Invokes the function with an event. Lambda does not know whether anyone still waits for what comes of it.
    pub(super) fn deliver(&mut self, number: usize) {
        let sent = self.asynchronous.events[number].clone();
        let (deployment, event, attempt) = (sent.deployment, sent.event, sent.attempts + 1);
        let function = sent.function.clone();
        self.record_queued(&function, Queued::Age(self.now - sent.sent));
        self.emit(if sent.is_record() {
            Happening::DestinationInvoked {
                deployment,
                event,
                function,
                attempt,
            }
        } else {
            Happening::HookInvoked {
                deployment,
                event,
                function,
                attempt,
            }
        });
        let target = Target {
            function: sent.function,
            qualifier: None,
            api: None,
        };
        let purpose = Purpose::Event {
            number,
            request_id: sent.request_id,
            payload: sent.payload,
        };
        let origin = Origin {
            chain: sent.chain,
            on_behalf_of: OnBehalfOf::Deployment,
            at: self.now,
            key: self.key_of_hooks_call(&target),
            through: None,
        };
        self.invoke(Arc::new(target), purpose, origin);
    }

    /// A process that was invoked with an event is done. What it did takes effect once its virtual duration has passed.
    pub(super) fn delivered(&mut self, open: Open, number: usize, ended: Ended) {
        self.leave_sandbox(&open, ended.outcome);
        let lasts_ms = open.lasts_ms(ended.outcome);
        // A hook that reports and then hangs has reported all the same.
        let reports_after_ms = lasts_ms.min(open.invoke.lasts_ms);
        let delivered = Box::new(Delivered {
            open,
            outcome: ended.outcome,
            answer: ended.answer,
            detail: ended.detail,
            log: ended.evidence.log,
        });
        self.schedule(
            self.now + lasts_ms,
            Decision::DeliveryEnds { number, delivered },
        );
        self.take_reports_of(ended.invocation, reports_after_ms);
    }

    pub(super) fn delivery_ends(&mut self, number: usize, delivered: Delivered) {
        let Delivered {
            open,
            outcome,
            answer,
            detail,
            log,
        } = delivered;
        self.record(&open, outcome, None);
        let sent = &mut self.asynchronous.events[number];
        // A throttled event has not been tried: it waits in Lambda's queue.
        if outcome == InvocationOutcome::Throttled {
            sent.refusals += 1;
        } else {
            sent.attempts += 1;
        }
        let sent = sent.clone();
        let (deployment, event) = (sent.deployment, sent.event);
        self.emit(if sent.is_record() {
            Happening::DestinationEnded {
                deployment,
                event,
                function: sent.function.clone(),
                outcome,
                detail,
            }
        } else {
            Happening::HookEnded {
                deployment,
                event,
                outcome,
                answer: answer.clone(),
                detail,
                log,
            }
        });
        let Some(function) = self.async_settings(&sent.function) else {
            return;
        };
        let (next, response) = if outcome == InvocationOutcome::Throttled {
            let next = function
                .retries
                .after_throttle(sent.refusals, sent.sent, self.now);
            (next, None)
        } else if outcome.is_function_error() {
            let next = function
                .retries
                .after_failure(sent.attempts, sent.sent, self.now);
            (next, answer)
        } else {
            return;
        };
        match next {
            Next::TryAgain { at } => self.schedule(at, Decision::Deliver { number }),
            Next::GiveUp { at, condition } => self.schedule(
                at,
                Decision::GiveUp {
                    number,
                    condition,
                    response,
                },
            ),
        }
    }

    /// Lambda gives an event up. Where the function has an on-failure destination, the record goes there at once: assumed, for
    /// no document says how long it takes.
    pub(super) fn give_up(
        &mut self,
        number: usize,
        condition: Condition,
        response: Option<String>,
    ) {
        let sent = self.asynchronous.events[number].clone();
        self.record_queued(&sent.function, Queued::Dropped);
        let (deployment, event) = (sent.deployment, sent.event);
        let destination = self
            .async_settings(&sent.function)
            .and_then(|function| function.on_failure.clone());
        self.emit(Happening::EventGivenUp {
            deployment,
            event,
            function: sent.function.clone(),
            attempts: sent.attempts,
            condition,
            destination: destination.clone(),
        });
        let Some(destination) = destination else {
            return;
        };
        // Every attempt is the same event, and so one invocation of the chain.
        let chain = sent.chain.event_of(&sent.function);
        if self.is_recursion(&chain, &destination) {
            self.stop_recursion(&destination);
            return;
        }
        if !self.may_go_on(&chain, &destination) {
            return;
        }
        let record = Record {
            request_id: sent.request_id,
            function: sent.function,
            condition,
            attempts: sent.attempts,
            request: sent.payload,
            response,
        };
        self.send_event(
            destination,
            Payload::Record(Box::new(record)),
            (deployment, event),
            chain,
        );
    }
}

/// Thirty-two digits with hyphens where a UUID has them.
fn hyphenated(digits: &str) -> String {
    let parts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
    parts.map(|(from, to)| &digits[from..to]).join("-")
}
