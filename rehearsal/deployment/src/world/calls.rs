//! What functions ask of AWS while they run.

use super::{Answer, Call, CallId, Called, Command, Context, Ended, Purpose, World};
use crate::code_deploy::is_deployment_id;
use crate::fault;
use crate::hook::{ReportRefused, parse_status};

impl World {
    pub(super) fn called(&mut self, called: Called) {
        let Called {
            id,
            function,
            version,
            invocation,
            call,
        } = called;
        match call {
            Call::Invoke {
                function,
                qualifier,
            } => self.call_function(id, &function, qualifier.as_deref(), None),
            Call::Request {
                function,
                qualifier,
                api,
            } => {
                self.call_function(id, &function, qualifier.as_deref(), Some(api));
            }
            Call::Report {
                deployment_id,
                execution_id,
                status,
            } => {
                let answer = self.report(&function, &deployment_id, &execution_id, &status);
                self.answer(id, Answer::Report(answer));
            }
            Call::Service { service, operation } => {
                let fault =
                    self.service_fault(&function, &version, invocation, &service, &operation);
                self.answer(id, Answer::Service(fault));
            }
        }
    }

    fn answer(&mut self, call: CallId, answer: Answer) {
        self.commands.push(Command::Answer { call, answer });
    }

    /// A hook invokes a function, directly or through an API. Time stands still meanwhile.
    fn call_function(
        &mut self,
        id: CallId,
        function: &str,
        qualifier: Option<&str>,
        api: Option<(String, String)>,
    ) {
        let there = self.plan.functions.contains_key(function)
            && self.invoke(
                function,
                qualifier,
                Purpose::Call(id),
                Context::Call { api },
                self.now,
            );
        if !there {
            self.answer(id, Answer::NoSuchFunction);
        }
    }

    pub(super) fn call_ended(&mut self, ended: &Ended) {
        let Some(open) = self.open.remove(&ended.invocation) else {
            return;
        };
        self.leave_sandbox(&open, ended.outcome);
        if let Context::Call { api } = &open.context {
            self.record(&open, ended.outcome, api.as_ref().zip(ended.status));
        }
    }

    /// A hook reports. The order of the checks is assumed; the API's reference gives none.
    fn report(
        &mut self,
        by: &str,
        deployment_id: &str,
        execution_id: &str,
        status: &str,
    ) -> Result<(), ReportRefused> {
        if deployment_id.is_empty() {
            return Err(ReportRefused::DeploymentIdRequired);
        }
        if !is_deployment_id(deployment_id) {
            return Err(ReportRefused::InvalidDeploymentId);
        }
        let deployment = self
            .deployments
            .iter_mut()
            .find(|deployment| deployment.id == deployment_id);
        let deployment = deployment.ok_or(ReportRefused::DeploymentDoesNotExist)?;
        parse_status(status)?;
        let execution = deployment
            .executions
            .iter_mut()
            .find(|execution| execution.id == execution_id);
        execution
            .ok_or(ReportRefused::InvalidExecutionId)?
            .report(status, by)
    }

    fn service_fault(
        &mut self,
        function: &str,
        version: &str,
        invocation: Option<super::InvocationId>,
        service: &str,
        operation: &str,
    ) -> Option<fault::Injected> {
        let open = invocation.and_then(|invocation| self.open.get_mut(&invocation));
        let (by_hook, index) = match open {
            Some(open) => {
                open.calls += 1;
                // Calls of one invocation are numbered by themselves: those of another one, which runs at the same time, must not
                // change their draws.
                (
                    !matches!(open.invoke.purpose, Purpose::Request { .. }),
                    open.invoke.invocation.0 << 16 | open.calls,
                )
            }
            None => (true, 0),
        };
        let minute = self.fault_minute(function);
        let new = self.is_new(function, version);
        let call = fault::Call {
            function,
            new,
            by_hook,
            service: Some((service, operation)),
            minute,
            stream: "service",
            index,
        };
        self.faults.strike(self.draws, call)
    }
}
