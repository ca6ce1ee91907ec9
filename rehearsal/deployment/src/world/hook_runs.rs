//! Hooks: invoked asynchronously, answered by a report, failed after an hour of silence.

use super::{Decision, World};
use crate::asynchronous::Payload;
use crate::code_deploy::{ErrorCode, execution_id};
use crate::event::Happening;
use crate::hook::{HOOK_INVOKED_AFTER_MS, HOOK_TIMEOUT_MS, HookExecution};
use crate::lifecycle::{LifecycleEventName, LifecycleEventStatus};

impl World {
    pub(super) fn begin_lifecycle(&mut self, deployment: usize) {
        self.begin_hook_event(deployment, LifecycleEventName::BeforeAllowTraffic);
    }

    /// Begins a lifecycle event that may have a hook. One without a hook succeeds at once.
    pub(super) fn begin_hook_event(&mut self, deployment: usize, event: LifecycleEventName) {
        if self.hook_of(deployment, event).is_none() {
            self.set_lifecycle(deployment, event, LifecycleEventStatus::Succeeded);
            self.after_hook_event(deployment, event);
            return;
        }
        self.set_lifecycle(deployment, event, LifecycleEventStatus::InProgress);
        let id = execution_id(
            self.draws,
            deployment as u64 * 2 + u64::from(event == LifecycleEventName::AfterAllowTraffic),
        );
        let began = self.now;
        self.deployments[deployment].executions.push(HookExecution {
            event,
            id,
            began,
            reported: None,
            over: false,
        });
        let wait = match event {
            LifecycleEventName::BeforeAllowTraffic => HOOK_INVOKED_AFTER_MS,
            LifecycleEventName::AllowTraffic | LifecycleEventName::AfterAllowTraffic => 0,
        };
        self.schedule(self.now + wait, Decision::InvokeHook { deployment, event });
        self.schedule(
            self.now + HOOK_TIMEOUT_MS,
            Decision::HookTimesOut { deployment, event },
        );
    }

    fn hook_of(&self, deployment: usize, event: LifecycleEventName) -> Option<String> {
        let planned = &self.plan.deployments[deployment];
        match event {
            LifecycleEventName::BeforeAllowTraffic => planned.before_allow_traffic.clone(),
            LifecycleEventName::AllowTraffic => None,
            LifecycleEventName::AfterAllowTraffic => planned.after_allow_traffic.clone(),
        }
    }

    /// `CodeDeploy` invokes the hook, unless the deployment has ended meanwhile.
    pub(super) fn invoke_hook(&mut self, deployment: usize, event: LifecycleEventName) {
        let Some(function) = self.hook_of(deployment, event) else {
            return;
        };
        if self.deployments[deployment].is_over() {
            return;
        }
        let deployment_id = self.deployments[deployment].id.clone();
        let Some(execution) = self.deployments[deployment].execution(event) else {
            return;
        };
        let payload = Payload::Hook {
            deployment_id,
            execution_id: execution.id.clone(),
        };
        self.send_event(function, payload, deployment, event);
    }

    /// Acts on a report, if there is one that was not acted on.
    pub(super) fn take_report(&mut self, deployment: usize, event: LifecycleEventName) {
        let Some(execution) = self.deployments[deployment]
            .execution(event)
            .filter(|execution| !execution.over)
        else {
            return;
        };
        let Some((succeeded, by)) = execution.reported.clone() else {
            return;
        };
        execution.over = true;
        self.emit(Happening::StatusReported {
            deployment,
            event,
            succeeded,
            by: by.clone(),
        });
        if succeeded {
            self.set_lifecycle(deployment, event, LifecycleEventStatus::Succeeded);
            self.after_hook_event(deployment, event);
        } else {
            let function = self.hook_of(deployment, event).unwrap_or_default();
            self.end_without_success(
                deployment,
                ErrorCode::HookExecutionFailure,
                if by == function {
                    format!("The {event:?} hook {function} reported Failed.")
                } else {
                    format!("{by} reported Failed for the {event:?} hook {function}.")
                },
                Vec::new(),
            );
        }
    }

    pub(super) fn hook_times_out(&mut self, deployment: usize, event: LifecycleEventName) {
        if self.deployments[deployment]
            .execution(event)
            .is_none_or(|execution| execution.over)
        {
            return;
        }
        let function = self.hook_of(deployment, event).unwrap_or_default();
        self.end_without_success(
            deployment,
            ErrorCode::Timeout,
            format!("The {event:?} hook {function} did not report within an hour."),
            Vec::new(),
        );
    }

    fn after_hook_event(&mut self, deployment: usize, event: LifecycleEventName) {
        match event {
            LifecycleEventName::BeforeAllowTraffic => self.begin_shift(deployment),
            LifecycleEventName::AllowTraffic | LifecycleEventName::AfterAllowTraffic => {
                self.succeed(deployment);
            }
        }
    }

    pub(super) fn set_lifecycle(
        &mut self,
        deployment: usize,
        event: LifecycleEventName,
        status: LifecycleEventStatus,
    ) {
        self.deployments[deployment].lifecycle[event as usize] = status;
        self.emit(Happening::LifecycleEvent {
            deployment,
            event,
            status,
        });
    }
}
