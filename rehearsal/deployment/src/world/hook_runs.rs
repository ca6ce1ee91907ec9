//! What happens when a lifecycle event has a hook: it is invoked asynchronously, and after an hour of silence it has failed.

use rehearsal_aws::codedeploy::deployment::{ErrorCode, execution_id};
use rehearsal_aws::codedeploy::hook_execution::{
    HOOK_INVOKED_AFTER_MS, HOOK_TIMEOUT_MS, HookExecution,
};
use rehearsal_aws::codedeploy::lifecycle::LifecycleEventName;
use rehearsal_aws::lambda::asynchronous::Payload;

use super::World;
use super::chain::Chain;
use super::clock::Decision;

impl World {
    /// Begins a hook's execution.
    pub(super) fn begin_hook(&mut self, deployment: usize, event: LifecycleEventName) {
        let id = execution_id(
            self.draws,
            (self.codedeploy.deployments_before + deployment as u64) * 2
                + u64::from(event == LifecycleEventName::AfterAllowTraffic),
        );
        self.codedeploy.updates[deployment]
            .deployment
            .executions
            .push(HookExecution {
                event,
                id,
                began: self.now,
                reported: None,
                has_ended: false,
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

    /// The logical id of the function that is a lifecycle event's hook.
    pub(super) fn hook_of(&self, deployment: usize, event: LifecycleEventName) -> Option<String> {
        let planned = &self.plan.deployments[deployment];
        match event {
            LifecycleEventName::BeforeAllowTraffic => planned.before_allow_traffic.clone(),
            LifecycleEventName::AllowTraffic => None,
            LifecycleEventName::AfterAllowTraffic => planned.after_allow_traffic.clone(),
        }
    }

    /// CodeDeploy invokes the hook, unless the deployment has ended meanwhile.
    pub(super) fn invoke_hook(&mut self, deployment: usize, event: LifecycleEventName) {
        let Some(function) = self.hook_of(deployment, event) else {
            return;
        };
        if self.codedeploy.updates[deployment].deployment.is_over() {
            return;
        }
        let deployment_id = self.codedeploy.updates[deployment].deployment.id.clone();
        let Some(execution) = self.codedeploy.updates[deployment]
            .deployment
            .execution(event)
        else {
            return;
        };
        let payload = Payload::Hook {
            deployment_id,
            execution_id: execution.id.clone(),
        };
        self.send_event(function, payload, (deployment, event), Chain::default());
    }

    /// The hook's hour is over.
    pub(super) fn hook_times_out(&mut self, deployment: usize, event: LifecycleEventName) {
        if self.codedeploy.updates[deployment]
            .deployment
            .execution(event)
            .is_none_or(|execution| execution.has_ended)
        {
            return;
        }
        let function = self.hook_of(deployment, event).unwrap_or_default();
        self.end_without_success(
            deployment,
            ErrorCode::Timeout,
            format!("The {event} hook {function} did not report within an hour."),
            Vec::new(),
        );
    }
}
