//! What became of a deployment's lifecycle events, and of its alias's weights.

use std::collections::BTreeMap;

use rehearsal_aws::codedeploy::lifecycle::{LifecycleEventName, LifecycleEventStatus};
use serde::{Deserialize, Serialize};

/// What became of a lifecycle event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LifecycleEventReport {
    /// Which.
    pub name: LifecycleEventName,
    /// Its last status.
    pub status: LifecycleEventStatus,
    /// When it began, in virtual seconds since the rehearsal began; `None` where it did not.
    pub began_seconds: Option<f64>,
    /// When it ended; `None` where it did not.
    pub ended_seconds: Option<f64>,
}

/// An alias got new weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShiftReport {
    /// When, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// The versions' shares from then on.
    pub weights: BTreeMap<String, f64>,
}

impl LifecycleEventReport {
    /// All three, before anything happened.
    pub(crate) fn all() -> Vec<Self> {
        LifecycleEventName::ALL
            .into_iter()
            .map(|name| Self {
                name,
                status: LifecycleEventStatus::Pending,
                began_seconds: None,
                ended_seconds: None,
            })
            .collect()
    }

    /// It has a new status.
    pub(crate) fn becomes(&mut self, status: LifecycleEventStatus, at_seconds: f64) {
        self.status = status;
        match status {
            LifecycleEventStatus::Pending | LifecycleEventStatus::Skipped => {}
            LifecycleEventStatus::InProgress => self.began_seconds = Some(at_seconds),
            LifecycleEventStatus::Succeeded | LifecycleEventStatus::Failed => {
                // An event without a hook succeeds at once.
                self.began_seconds.get_or_insert(at_seconds);
                self.ended_seconds = Some(at_seconds);
            }
        }
    }
}
