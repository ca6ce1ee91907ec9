//! What came of an alarm.

use rehearsal_aws::cloudwatch::metric_alarm::AlarmState;
use serde::{Deserialize, Serialize};

/// What came of an alarm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlarmReport {
    /// Its logical id.
    pub name: String,
    /// Its changes of state, in order.
    pub transitions: Vec<Transition>,
}

/// A change of an alarm's state.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Transition {
    /// When, in virtual seconds since the rehearsal began.
    pub at_seconds: f64,
    /// The new state.
    pub state: AlarmState,
}
