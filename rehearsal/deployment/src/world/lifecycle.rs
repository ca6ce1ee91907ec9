//! A deployment from one lifecycle event to the next.

use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};

use super::World;
use crate::event::Happening;

impl World {
    /// Begins a lifecycle event that may have a hook. One without a hook succeeds at once.
    pub(super) fn begin_hook_event(&mut self, deployment: usize, event: LifecycleEventName) {
        if self.hook_of(deployment, event).is_some() {
            self.set_lifecycle(deployment, event, LifecycleEventStatus::InProgress);
            self.begin_hook(deployment, event);
        } else {
            self.set_lifecycle(deployment, event, LifecycleEventStatus::Succeeded);
            self.go_on_after(deployment, event);
        }
    }

    /// What follows once a lifecycle event has succeeded.
    pub(super) fn go_on_after(&mut self, deployment: usize, event: LifecycleEventName) {
        match event {
            LifecycleEventName::BeforeAllowTraffic => self.begin_shift(deployment),
            LifecycleEventName::AllowTraffic => {
                self.begin_hook_event(deployment, LifecycleEventName::AfterAllowTraffic);
            }
            LifecycleEventName::AfterAllowTraffic => self.succeed(deployment),
        }
    }

    pub(super) fn set_lifecycle(
        &mut self,
        deployment: usize,
        event: LifecycleEventName,
        status: LifecycleEventStatus,
    ) {
        self.codedeploy.updates[deployment].deployment.lifecycle[event as usize] = status;
        self.emit(Happening::LifecycleEvent {
            deployment,
            event,
            status,
        });
    }
}
