//! What is unknown, or missing, where a plan needs it.

use rehearsal_template::{Missing, Place};

/// Something unknown, or missing, on a deployment's path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{logical_id}: {what}")]
pub struct PlanError {
    /// The resource.
    pub logical_id: String,
    /// What is wrong, and where an unknown begins.
    pub what: String,
    /// Where in the template.
    pub place: Place,
    /// What a person may say to make it known.
    pub missing: Option<Missing>,
    /// What to do about it, where there is something to say.
    pub help: Option<String>,
}
