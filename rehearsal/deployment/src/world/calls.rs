//! What functions ask of AWS while they run.

use super::{
    Answer, Call, CallId, Called, Command, Context, Decision, Ended, InvocationId, Purpose,
    Reported, World, Writer,
};
use crate::code_deploy::is_deployment_id;
use crate::fault;
use crate::hook::{ReportRefused, parse_status};
use crate::service_metrics::ApiStage;

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
                let answer = self.report(
                    &function,
                    invocation,
                    &deployment_id,
                    &execution_id,
                    &status,
                );
                self.answer(id, Answer::Report(answer));
            }
            Call::Service {
                service,
                operation,
                writers,
            } => {
                let writers: Vec<_> = writers
                    .into_iter()
                    .map(|writer| {
                        let Writer { function, version } = writer?;
                        Some(self.is_new(&function, &version))
                    })
                    .collect();
                let fault = self.service_fault(
                    &function,
                    &version,
                    invocation,
                    (&service, &operation),
                    &writers,
                );
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
        api: Option<ApiStage>,
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

    /// A hook reports, or someone for it. The order of the checks is assumed; the API's reference gives none.
    fn report(
        &mut self,
        by: &str,
        invocation: Option<InvocationId>,
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
            .iter()
            .position(|deployment| deployment.id == deployment_id)
            .ok_or(ReportRefused::DeploymentDoesNotExist)?;
        parse_status(status)?;
        let execution = self.deployments[deployment]
            .executions
            .iter_mut()
            .find(|execution| execution.id == execution_id)
            .ok_or(ReportRefused::InvalidExecutionId)?;
        execution.report(status, by)?;
        let event = execution.event;
        let asynchronous = invocation.filter(|invocation| {
            let open = self.open.get(invocation);
            open.is_some_and(|open| matches!(open.context, Context::Event { .. }))
        });
        match asynchronous {
            Some(invocation) => self.reports.push(Reported {
                invocation,
                deployment,
                event,
            }),
            // From elsewhere, and so at the moment at which time stands.
            None => self.schedule(self.now, Decision::TakeReport { deployment, event }),
        }
        Ok(())
    }

    fn service_fault(
        &mut self,
        function: &str,
        version: &str,
        invocation: Option<InvocationId>,
        (service, operation): (&str, &str),
        writers: &[Option<bool>],
    ) -> Option<fault::Injected> {
        let live = invocation
            .and_then(|invocation| self.open.get_mut(&invocation))
            .filter(|open| matches!(open.invoke.purpose, Purpose::Request { .. }));
        let by_hook = live.is_none();
        let (stream, index) = match live {
            // Calls of one request are numbered by themselves: those of another one, which runs at the same time, must not
            // change their draws.
            Some(open) => {
                open.calls += 1;
                let index = open.invoke.invocation.0 << 16 | open.calls;
                ("service".to_owned(), index)
            }
            None => self.hook_call(format!("{service}/{operation}/{function}/{version}")),
        };
        let minute = self.fault_minute(function);
        let new = self.is_new(function, version);
        let call = fault::Call {
            function,
            new,
            by_hook,
            service: Some((service, operation)),
            minute,
            stream: &stream,
            index,
            writers,
        };
        self.faults.strike(self.draws, call)
    }

    /// The number of a call that is made on a hook's account, among the calls of its kind. A hook's checks run at the same time
    /// and in no order, so a call is known by its kind, not by its place among all of them.
    pub(super) fn hook_call(&mut self, kind: String) -> (String, u64) {
        let number = self.hook_calls.entry(kind.clone()).or_default();
        *number += 1;
        (kind, *number)
    }
}
