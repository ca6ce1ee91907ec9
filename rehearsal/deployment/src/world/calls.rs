//! What functions ask of AWS while they run. Time stands still meanwhile.

use super::chain::Chain;
use super::command::{Answer, Command, Purpose};
use super::input::{Call, Called, Ended};
use super::{CallId, World};
use crate::plan::Target;

impl World {
    pub(super) fn called(&mut self, called: &Called) {
        let answer = match &called.call {
            Call::Invoke {
                function,
                qualifier,
            } => {
                let target = Target {
                    function: function.clone(),
                    qualifier: qualifier.clone(),
                    api: None,
                };
                let chain = self.chain_of(called.invocation);
                self.call_function(called.id, &target, chain)
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
                self.call_function(called.id, &target, chain)
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

    /// A hook invokes a function, directly or through an API. The invocation's result is the answer.
    fn call_function(&mut self, call: CallId, target: &Target, chain: Chain) -> Option<Answer> {
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
        let there = self.invoke(target, Purpose::Call(call), chain);
        (!there).then_some(Answer::NoSuchFunction)
    }

    /// What a hook invoked has ended.
    pub(super) fn call_ended(&mut self, ended: &Ended) {
        if let Some(open) = self.open.remove(&ended.invocation) {
            self.has_followed(ended.invocation, open.chain.clone());
            self.leave_sandbox(&open, ended.outcome);
            self.record(&open, ended.outcome, ended.status);
        }
    }
}
