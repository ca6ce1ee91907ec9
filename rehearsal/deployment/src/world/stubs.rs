//! Invocations of stubs: what the rehearsal file says comes of them, at once, and nobody outside is asked.

use std::borrow::Cow;

use rehearsal_aws::call::{AwsAnswer, AwsCall};
use rehearsal_aws::lambda::asynchronous::Payload;
use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};

use super::command::{Answer, Command, Invoke, Purpose};
use super::input::{Call, Called, Ended, Input};
use super::{CallId, World};
use crate::event::Evidence;
use crate::revision::Revision;
use crate::stub::{Done, Stub};

/// From which number on a call is a stub's, one for each invocation: nobody waits for its answer.
const FIRST_CALL: u64 = 1 << 63;

/// What a function gets that has invoked a stub: a stub that has no answer was throttled.
fn answer_to_caller(invoke: &Invoke, done: &Done<'_>) -> Result<Invoked, LambdaError> {
    let payload = done.payload().ok_or_else(LambdaError::throttled)?;
    Ok(Invoked {
        function_error: done
            .outcome
            .is_function_error()
            .then(|| "Unhandled".to_owned()),
        ..Invoked::new(payload, invoke.version.clone())
    })
}

impl World {
    /// What stands for the code of a function's version, if anything does.
    pub(super) fn stub_of(
        &self,
        function: &str,
        version: &str,
        revision: Revision,
    ) -> Option<Cow<'_, Stub>> {
        match self.kept_version(function, version) {
            Some(kept) => kept.stub.as_ref().map(Cow::Borrowed),
            None => self.plan.stubs.of(function, revision),
        }
    }

    /// What comes of a stub's invocation: what it does, in order, and what a caller is answered.
    pub(super) fn stubbed(&self, stub: &Stub, invoke: &Invoke) -> (Vec<Input>, Option<Command>) {
        let done = stub.invoked(
            invoke.fault.as_ref(),
            self.timeout_ms(&invoke.function, &invoke.version, invoke.revision),
        );
        let mut inputs = Vec::new();
        let mut answer = None;
        match &invoke.purpose {
            Purpose::Event {
                payload:
                    Payload::Hook {
                        deployment_id,
                        execution_id,
                    },
                ..
            } => {
                answer = done.payload();
                inputs.extend(done.report.map(|status| {
                    Input::Called(Called {
                        id: CallId(FIRST_CALL + invoke.invocation.0),
                        principal: invoke.principal(),
                        invocation: Some(invoke.invocation),
                        call: Call::Aws(AwsCall::PutLifecycleEventHookExecutionStatus {
                            deployment_id: deployment_id.clone(),
                            execution_id: execution_id.clone(),
                            status: status.to_owned(),
                        }),
                    })
                }));
            }
            Purpose::Event { .. } => answer = done.payload(),
            Purpose::Request { .. } | Purpose::Call(_) => {}
        }
        inputs.push(Input::Ended(Ended {
            invocation: invoke.invocation,
            outcome: done.outcome,
            status: Self::status_through(invoke, &done),
            answer,
            detail: done.detail.clone(),
            evidence: Evidence {
                error_type: done.error_type.clone(),
                message: done.detail.clone(),
                log: Vec::new(),
            },
        }));
        let command = match invoke.purpose {
            Purpose::Call(call) => Some(Command::Answer {
                call,
                answer: Answer::Aws(AwsAnswer::Invoked(answer_to_caller(invoke, &done))),
            }),
            Purpose::Request { .. } | Purpose::Event { .. } => None,
        };
        (inputs, command)
    }

    /// The status that a caller sees, where it came through an API.
    fn status_through(invoke: &Invoke, done: &Done<'_>) -> Option<u16> {
        let through = invoke.through.as_ref()?;
        Some(done.status(through.api.api.kind))
    }

    /// Whether a command answers a call that a stub made.
    pub(super) fn is_to_stub(command: &Command) -> bool {
        matches!(command, Command::Answer { call, .. } if call.0 >= FIRST_CALL)
    }
}
