//! What functions ask of AWS while they run. Time stands still meanwhile.

use rehearsal_aws::principal::OnBehalfOf;

use super::clock::Decision;
use super::command::{Answer, Command, Purpose};
use super::input::{Call, Called, Ended};
use super::invocation::Origin;
use super::{CallId, InvocationId, World};
use crate::event::{Happening, RefusedCall};
use crate::plan::Target;

impl World {
    /// A service refused a call. Where live traffic is served, the clock is ahead of it, and so it is told at its end; otherwise the
    /// clock stands.
    pub(super) fn refused(&mut self, call: RefusedCall, invocation: Option<InvocationId>) {
        let open = invocation.and_then(|invocation| self.open.get_mut(&invocation));
        match open {
            Some(open) if open.invoke.on_behalf_of == OnBehalfOf::Traffic => {
                open.refused.push(call);
            }
            Some(_) => self.emit(Happening::CallRefused(call)),
            // Its invocation is over, or no one knows it: after what else there is at this moment.
            None => self.schedule(self.now, Decision::TellOfRefusal(Box::new(call))),
        }
    }

    pub(super) fn called(&mut self, called: &Called) {
        let answer = match &called.call {
            Call::Invoke {
                function,
                qualifier,
                waits,
            } => {
                let target = Target {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    api: None,
                };
                let origin = self.origin_of_call(called.invocation, &target);
                let waits = called.invocation.filter(|_| *waits);
                self.call_function(called.id, &target, origin, waits)
            }
            Call::Request {
                function,
                qualifier,
                api,
            } => {
                let target = Target {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    api: Some(api.clone()),
                };
                let mut origin = self.origin_of_call(called.invocation, &target);
                origin.chain = origin.chain.through_api();
                self.call_function(called.id, &target, origin, called.invocation)
            }
            Call::Report {
                deployment_id,
                execution_id,
                status,
            } => Some(Answer::Report(self.report(
                called,
                deployment_id,
                execution_id,
                status,
            ))),
            Call::Service {
                service,
                operation,
                writers,
            } => {
                let fault = self.fault_on_service_call(called, (service, operation), writers);
                Some(Answer::Service(fault))
            }
        };
        if let Some(answer) = answer {
            let call = called.id;
            self.commands.push(Command::Answer { call, answer });
        }
    }

    /// A function invokes another one, directly or through an API. The invocation's result is the answer. `waits` is the invocation
    /// that waits for it.
    fn call_function(
        &mut self,
        call: CallId,
        target: &Target,
        origin: Origin,
        waits: Option<InvocationId>,
    ) -> Option<Answer> {
        let function = target.function.as_str();
        if self.function_now(function).is_none() {
            return Some(Answer::NoSuchFunction);
        }
        if self.is_recursion(&origin.chain, function) {
            self.stop_recursion(function);
            return Some(Answer::RecursionStopped);
        }
        if !self.may_follow(&origin.chain, function) {
            return None;
        }
        if !self.invoke(target, Purpose::Call(call), origin) {
            return Some(Answer::NoSuchFunction);
        }
        if let Some(caller) = waits
            && let Some(open) = self.open.get_mut(&caller)
        {
            open.waits_for += 1;
            self.callers.insert(call, caller);
        }
        self.give_up_if_stuck();
        None
    }

    /// Where what a function invokes comes from. A call is made on the account on which its caller was invoked. On a live request's
    /// it begins where its caller is in virtual time, and that is not where the clock stands: later requests may have been given out
    /// since.
    fn origin_of_call(&mut self, by: Option<InvocationId>, target: &Target) -> Origin {
        let chain = self.chain_of(by);
        let caller = by.and_then(|caller| self.open.get_mut(&caller));
        match caller {
            Some(caller) if caller.invoke.on_behalf_of == OnBehalfOf::Traffic => Origin {
                chain,
                on_behalf_of: OnBehalfOf::Traffic,
                at: caller.invoke.at + caller.waited_ms,
                key: caller.key_of_call(),
                through: None,
            },
            _ => Origin {
                chain,
                on_behalf_of: OnBehalfOf::Deployment,
                at: self.now,
                key: self.key_of_hooks_call(target),
                through: None,
            },
        }
    }

    /// What a function invoked has ended.
    pub(super) fn call_ended(&mut self, ended: &Ended) {
        let Some(open) = self.open.remove(&ended.invocation) else {
            return;
        };
        let lasts_ms = open.lasts_ms(ended.outcome);
        if let Purpose::Call(call) = open.invoke.purpose
            && let Some(caller) = self.callers.remove(&call)
            && let Some(caller) = self.open.get_mut(&caller)
        {
            caller.waits_for = caller.waits_for.saturating_sub(1);
            // Of several that it waits for at once, the longest.
            let until = open.invoke.at + lasts_ms;
            caller.waited_ms = caller.waited_ms.max(until - caller.invoke.at);
        }
        self.has_followed(ended.invocation, open.chain.clone());
        match open.invoke.on_behalf_of {
            OnBehalfOf::Traffic => self.request_ended(open, ended),
            OnBehalfOf::Deployment => {
                self.leave_sandbox(&open, ended.outcome);
                self.record(&open, ended.outcome, ended.status);
            }
        }
    }
}
