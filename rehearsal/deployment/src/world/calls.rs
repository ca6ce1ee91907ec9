//! What functions ask of AWS while they run. Time stands still meanwhile.

use super::chain::Chain;
use super::command::{Answer, Command, Purpose};
use super::input::{Call, Called, Ended};
use super::{CallId, InvocationId, World};
use crate::plan::Target;

impl World {
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
                let chain = self.chain_of(called.invocation);
                let waits = called.invocation.filter(|_| *waits);
                self.call_function(called.id, &target, chain, waits)
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
                let chain = self.chain_of(called.invocation).through_api();
                self.call_function(called.id, &target, chain, called.invocation)
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
        chain: Chain,
        waits: Option<InvocationId>,
    ) -> Option<Answer> {
        let function = target.function.as_str();
        if !self.plan.functions.contains_key(function) {
            return Some(Answer::NoSuchFunction);
        }
        if self.is_recursion(&chain, function) {
            self.stop_recursion(function);
            return Some(Answer::RecursionStopped);
        }
        if !self.may_follow(&chain, function) {
            return None;
        }
        if !self.invoke(target, Purpose::Call(call), chain) {
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

    /// What a function invoked has ended.
    pub(super) fn call_ended(&mut self, ended: &Ended) {
        if let Some(open) = self.open.remove(&ended.invocation) {
            if let Purpose::Call(call) = open.invoke.purpose
                && let Some(caller) = self.callers.remove(&call)
                && let Some(caller) = self.open.get_mut(&caller)
            {
                caller.waits_for = caller.waits_for.saturating_sub(1);
            }
            self.has_followed(ended.invocation, open.chain.clone());
            self.leave_sandbox(&open, ended.outcome);
            self.record(&open, ended.outcome, ended.status);
        }
    }
}
