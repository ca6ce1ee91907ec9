//! What happens when a hook reports, or someone for it: `PutLifecycleEventHookExecutionStatus`.

use rehearsal_aws::codedeploy::deployment::{ErrorCode, is_deployment_id};
use rehearsal_aws::codedeploy::hook_execution::{HookReported, parse_status};
use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use rehearsal_aws::codedeploy::refusal::ReportRefused;

use super::clock::Decision;
use super::command::Purpose;
use super::input::Called;
use super::{InvocationId, World};
use crate::event::Happening;

/// A report that CodeDeploy took while an asynchronous invocation runs. It takes effect at the invocation's virtual end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reported {
    invocation: InvocationId,
    deployment: usize,
    event: LifecycleEventName,
}

impl World {
    /// CodeDeploy takes a report, or says why not. The order of the checks is assumed, for the API's reference
    /// gives none: what is malformed first, then what is not there.
    pub(super) fn report(
        &mut self,
        called: &Called,
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
        if execution_id.is_empty() {
            return Err(ReportRefused::InvalidLifecycleEventHookExecutionId);
        }
        parse_status(status)?;
        let deployment = self
            .codedeploy
            .deployments()
            .position(|deployment| deployment.id == deployment_id)
            .ok_or(ReportRefused::DeploymentDoesNotExist)?;
        let execution = self.codedeploy.updates[deployment]
            .deployment
            .executions
            .iter_mut()
            .find(|execution| execution.id == execution_id)
            .ok_or(ReportRefused::InvalidLifecycleEventHookExecutionId)?;
        let by = called
            .principal
            .function()
            .map_or("", |(function, _)| function);
        execution.report(status, by)?;
        let event = execution.event;
        let asynchronous = called.invocation.filter(|invocation| {
            let open = self.running.open.get(invocation);
            open.is_some_and(|open| matches!(open.invoke.purpose, Purpose::Event { .. }))
        });
        match asynchronous {
            Some(invocation) => self.asynchronous.reports.push(Reported {
                invocation,
                deployment,
                event,
            }),
            // From elsewhere, and so at the moment at which time stands.
            None => self.schedule(self.now, Decision::TakeReport { deployment, event }),
        }
        Ok(())
    }

    /// The reports that an invocation made take effect once its virtual duration has passed.
    pub(super) fn take_reports_of(&mut self, invocation: InvocationId, lasts_ms: i64) {
        let made = |report: &mut Reported| report.invocation == invocation;
        let reports: Vec<_> = self.asynchronous.reports.extract_if(.., made).collect();
        for Reported {
            deployment, event, ..
        } in reports
        {
            self.schedule(
                self.now + lasts_ms,
                Decision::TakeReport { deployment, event },
            );
        }
    }

    /// Acts on a report, if there is one that was not acted on.
    pub(super) fn take_report(&mut self, deployment: usize, event: LifecycleEventName) {
        let Some(execution) = self.codedeploy.updates[deployment]
            .deployment
            .execution(event)
            .filter(|execution| !execution.has_ended)
        else {
            return;
        };
        let Some(HookReported { succeeded, by }) = execution.reported.clone() else {
            return;
        };
        execution.has_ended = true;
        self.emit(Happening::StatusReported {
            deployment,
            event,
            succeeded,
            by: by.clone(),
        });
        if succeeded {
            self.set_lifecycle(deployment, event, LifecycleEventStatus::Succeeded);
            self.go_on_after(deployment, event);
            return;
        }
        let hook = self.hook_of(deployment, event).unwrap_or_default();
        let message = if by == hook {
            format!("The {event} hook {hook} reported Failed.")
        } else {
            format!("{by} reported Failed for the {event} hook {hook}.")
        };
        self.end_without_success(
            deployment,
            ErrorCode::HookExecutionFailure,
            message,
            Vec::new(),
        );
    }
}
