//! The lifecycle events of a Lambda deployment. Names and values are CodeDeploy's API's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A lifecycle event of a Lambda deployment. `GetDeploymentTarget` lists these three, no start and no end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LifecycleEventName {
    /// Its hook runs before any traffic shifts.
    BeforeAllowTraffic,
    /// The shift itself.
    AllowTraffic,
    /// Its hook runs once all traffic has shifted.
    AfterAllowTraffic,
}

impl fmt::Display for LifecycleEventName {
    /// The API's name, which is the variant's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl LifecycleEventName {
    /// All three, in order.
    pub const ALL: [Self; 3] = [
        Self::BeforeAllowTraffic,
        Self::AllowTraffic,
        Self::AfterAllowTraffic,
    ];
}

/// A lifecycle event's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LifecycleEventStatus {
    /// It has not begun.
    Pending,
    /// It runs.
    InProgress,
    /// It worked. An event without a hook succeeds at once.
    Succeeded,
    /// It failed.
    Failed,
    /// The deployment ended before it.
    Skipped,
}
