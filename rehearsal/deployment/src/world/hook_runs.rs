//! Hooks: invoked asynchronously, answered by a report, failed after an hour of silence.

use super::{Context, Decision, Ended, HookEnd, Open, Purpose, World};
use crate::code_deploy::{ErrorCode, LifecycleEventName, LifecycleEventStatus, execution_id};
use crate::event::{Happening, InvocationOutcome};
use crate::hook::{HOOK_INVOKED_AFTER_MS, HOOK_TIMEOUT_MS, HookExecution, throttled_wait_ms};

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
            refusals: 0,
            over: false,
        });
        let wait = match event {
            LifecycleEventName::BeforeAllowTraffic => HOOK_INVOKED_AFTER_MS,
            LifecycleEventName::AllowTraffic | LifecycleEventName::AfterAllowTraffic => 0,
        };
        self.schedule(
            self.now + wait,
            Decision::InvokeHook {
                deployment,
                event,
                attempt: 1,
            },
        );
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

    /// Lambda invokes the hook, or invokes it again with the same ids. A first invocation whose deployment has ended meanwhile is
    /// not made; a retry is, for Lambda does not know.
    pub(super) fn invoke_hook(
        &mut self,
        deployment: usize,
        event: LifecycleEventName,
        attempt: u32,
    ) {
        let Some(function) = self.hook_of(deployment, event) else {
            return;
        };
        if attempt == 1 && self.deployments[deployment].is_over() {
            return;
        }
        let deployment_id = self.deployments[deployment].id.clone();
        let Some(execution_id) = self.deployments[deployment]
            .execution(event)
            .map(|execution| execution.id.clone())
        else {
            return;
        };
        self.emit(Happening::HookInvoked {
            deployment,
            event,
            function: function.clone(),
            attempt,
        });
        let purpose = Purpose::Hook {
            deployment_id,
            execution_id,
        };
        let context = Context::Hook {
            deployment,
            event,
            attempt,
        };
        self.invoke(&function, None, purpose, context, self.now);
    }

    /// A hook's process is done. What it did takes effect once its virtual duration has passed.
    pub(super) fn hook_ended(
        &mut self,
        open: &Open,
        deployment: usize,
        event: LifecycleEventName,
        attempt: u32,
        ended: Ended,
    ) {
        self.leave_sandbox(open, ended.outcome);
        let lasts = self.lasts_ms(open, ended.outcome);
        // A hook that reports and then hangs has reported all the same.
        let reports = lasts.min(open.lasts_ms);
        let ended = HookEnd {
            outcome: ended.outcome,
            answer: ended.answer,
            detail: ended.detail,
        };
        self.schedule(
            self.now + lasts,
            Decision::HookEnds {
                deployment,
                event,
                attempt,
                ended,
            },
        );
        self.schedule(
            self.now + reports,
            Decision::TakeReport { deployment, event },
        );
    }

    pub(super) fn hook_ends(
        &mut self,
        deployment: usize,
        event: LifecycleEventName,
        attempt: u32,
        ended: HookEnd,
    ) {
        let outcome = ended.outcome;
        self.emit(Happening::HookEnded {
            deployment,
            event,
            outcome,
            answer: ended.answer,
            detail: ended.detail,
        });
        let Some(function) = self.hook_of(deployment, event) else {
            return;
        };
        let Some(execution) = self.deployments[deployment].execution(event) else {
            return;
        };
        // A throttled event has not been tried: it waits in Lambda's queue.
        let (next, wait) = if outcome == InvocationOutcome::Throttled {
            execution.refusals += 1;
            (attempt, Some(throttled_wait_ms(execution.refusals)))
        } else if outcome.is_function_error() {
            let began = execution.began;
            let retries = self.plan.functions[&function].retries;
            (attempt + 1, retries.wait_after(attempt, began, self.now))
        } else {
            return;
        };
        if let Some(wait) = wait {
            self.schedule(
                self.now + wait,
                Decision::InvokeHook {
                    deployment,
                    event,
                    attempt: next,
                },
            );
        }
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
            by,
        });
        if succeeded {
            self.set_lifecycle(deployment, event, LifecycleEventStatus::Succeeded);
            self.after_hook_event(deployment, event);
        } else {
            let function = self.hook_of(deployment, event).unwrap_or_default();
            self.end_without_success(
                deployment,
                ErrorCode::HookExecutionFailure,
                format!("The {event:?} hook {function} reported Failed."),
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
