//! What functions ask of AWS while they run. Time stands still meanwhile.

use std::sync::Arc;

use rehearsal_aws::arn::parameter_name;
use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::invoke::{InvocationType, Invoked, LambdaError};
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_aws::ssm::{Parameter, SsmError, is_below};

use super::clock::Decision;
use super::command::{Answer, Command, Purpose};
use super::input::{Call, Called, Ended};
use super::invocation::Origin;
use super::{CallId, InvocationId, World};
use crate::event::{Happening, RefusedCall};
use crate::plan::{Function, Target};
use crate::revision::{Changing, Revision};

/// Whether the caller of a function waits for it.
#[derive(Clone, Copy, Debug)]
enum Waits {
    /// This invocation does, where it is known which one it is.
    For(Option<InvocationId>),
    /// It goes on once Lambda has the event.
    Not,
}

fn not_found(arn: &str) -> AwsAnswer {
    AwsAnswer::Invoked(Err(LambdaError::ResourceNotFound {
        arn: arn.to_owned(),
    }))
}

impl World {
    /// A service refused a call. Where live traffic is served, the clock is ahead of it, and so it is reported at its end; otherwise the
    /// clock stands.
    pub(super) fn refused(&mut self, call: RefusedCall, invocation: Option<InvocationId>) {
        let open = invocation.and_then(|invocation| self.running.open.get_mut(&invocation));
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
            Call::Interference { call, writers } => {
                let fault = self.fault_on_call(called, call, writers);
                Some(Answer::Interference(fault))
            }
            Call::Aws(call) => self.answer(called, call).map(Answer::Aws),
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
                let waits = Waits::For(called.invocation);
                let answer = self.call_function(called.id, &target, origin, waits, function);
                answer.map(Answer::Aws)
            }
        };
        if let Some(answer) = answer {
            let call = called.id;
            self.commands.push(Command::Answer { call, answer });
        }
    }

    /// What AWS answers to a call; `None` where an invocation's result is the answer.
    fn answer(&mut self, called: &Called, call: &AwsCall) -> Option<AwsAnswer> {
        Some(match call {
            AwsCall::Invoke {
                function_name,
                qualifier,
                invocation_type,
            } => {
                let arn = call.resource(&self.plan.account).unwrap_or_default();
                let Some(function) = self.named(function_name) else {
                    return Some(not_found(&arn));
                };
                let target = Target {
                    function,
                    qualifier: qualifier.clone(),
                    api: None,
                };
                let waits = match invocation_type {
                    InvocationType::RequestResponse => Waits::For(called.invocation),
                    InvocationType::Event => Waits::Not,
                    InvocationType::DryRun => {
                        return Some(AwsAnswer::Invoked(Ok(Invoked::unseen())));
                    }
                };
                let origin = self.origin_of_call(called.invocation, &target);
                return self.call_function(called.id, &target, origin, waits, &arn);
            }
            AwsCall::PutLifecycleEventHookExecutionStatus {
                deployment_id,
                execution_id,
                status,
            } => AwsAnswer::Reported(self.report(called, deployment_id, execution_id, status)),
            AwsCall::GetParameter { name, .. } => AwsAnswer::Parameter(self.parameter_now(name)),
            AwsCall::GetParameters { names, .. } => {
                let mut found: Vec<Parameter> = Vec::new();
                let mut invalid = Vec::new();
                for name in names {
                    match self.parameter_now(name) {
                        Ok(parameter) if found.contains(&parameter) => {}
                        Ok(parameter) => found.push(parameter),
                        Err(_) => invalid.push(name.clone()),
                    }
                }
                AwsAnswer::Parameters { found, invalid }
            }
            AwsCall::GetParametersByPath {
                path, recursive, ..
            } => {
                let now = self.parameters_now();
                let mut found: Vec<_> = now
                    .filter(|parameter| is_below(&parameter.name, path, *recursive))
                    .cloned()
                    .collect();
                found.sort_by(|one, other| one.name.cmp(&other.name));
                let invalid = Vec::new();
                AwsAnswer::Parameters { found, invalid }
            }
            AwsCall::PutMetricData(data) => {
                self.put_metric_data(data, called.invocation);
                AwsAnswer::MetricsTaken
            }
            AwsCall::Passed(_) => AwsAnswer::Passed,
        })
    }

    /// The SSM parameter with this name or ARN, as it is now.
    fn parameter_now(&self, name: &str) -> Result<Parameter, SsmError> {
        let name = parameter_name(name);
        let mut now = self.parameters_now();
        let found = now.find(|parameter| parameter.name == name);
        found.cloned().ok_or(SsmError::ParameterNotFound)
    }

    /// The SSM parameters that there are now. One that another takes the place of is there until the update is over.
    fn parameters_now(&self) -> impl Iterator<Item = &Parameter> {
        let own = self.plan.parameters.iter().flat_map(|(id, parameter)| {
            let now = parameter.of(self.revision_now(id));
            let replaced = parameter.before.as_ref();
            let kept = (id.clone(), Revision::Before);
            let is_there = !self.update.has_ended() || self.plan.kept_resources.contains(&kept);
            let replaced = replaced
                .filter(|replaced| is_there && now.is_some_and(|now| now.name != replaced.name));
            now.into_iter().chain(replaced)
        });
        own.chain(&self.plan.given_parameters)
    }

    /// The logical id of the function with this name.
    fn named(&self, name: &str) -> Option<String> {
        let is_so_named = |function: &Changing<Function>| {
            let revisions = [&function.before, &function.after];
            revisions
                .into_iter()
                .flatten()
                .any(|function| function.name == name)
        };
        let mut functions = self.plan.functions.iter();
        let (logical_id, _) = functions.find(|(_, function)| is_so_named(function))?;
        Some(logical_id.clone())
    }

    /// A function invokes another one, directly or through an API: by this ARN, or logical id. The invocation's result is the answer,
    /// where the caller waits for it.
    fn call_function(
        &mut self,
        call: CallId,
        target: &Target,
        origin: Origin,
        waits: Waits,
        arn: &str,
    ) -> Option<AwsAnswer> {
        let function = target.function.as_str();
        if self.function_now(function).is_none() {
            return Some(not_found(arn));
        }
        if self.is_recursion(&origin.chain, function) {
            self.stop_recursion(function);
            return Some(AwsAnswer::Invoked(Err(LambdaError::RecursiveInvocation)));
        }
        if !self.may_follow(&origin.chain, function) {
            return None;
        }
        let before = self.commands.len();
        if !self.invoke(Arc::new(target.clone()), Purpose::Call(call), origin) {
            return Some(not_found(arn));
        }
        match waits {
            Waits::For(Some(caller)) => {
                if let Some(open) = self.running.open.get_mut(&caller) {
                    open.waits_for += 1;
                    self.running.callers.insert(call, caller);
                }
            }
            Waits::For(None) => {}
            Waits::Not => {
                let answer = Answer::Aws(AwsAnswer::Queued);
                self.commands
                    .insert(before, Command::Answer { call, answer });
            }
        }
        self.give_up_if_stuck();
        None
    }

    /// Where what a function invokes comes from. A call is made on the account on which its caller was invoked. On a live request's
    /// it begins where its caller is in virtual time, and that is not where the clock stands: later requests may have been given out
    /// since.
    fn origin_of_call(&mut self, by: Option<InvocationId>, target: &Target) -> Origin {
        let chain = self.chain_of(by);
        let caller = by.and_then(|caller| self.running.open.get_mut(&caller));
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
        let Some(open) = self.running.open.remove(&ended.invocation) else {
            return;
        };
        let lasts_ms = open.lasts_ms(ended.outcome);
        if let Purpose::Call(call) = open.invoke.purpose
            && let Some(caller) = self.running.callers.remove(&call)
            && let Some(caller) = self.running.open.get_mut(&caller)
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
