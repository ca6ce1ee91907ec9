//! Why CodeDeploy refuses a hook's report.

use serde::{Deserialize, Serialize};

/// Why CodeDeploy refuses a report: the operation's modelled errors, each HTTP 400 (CodeDeploy API model,
/// `PutLifecycleEventHookExecutionStatus`). Displays as the model's text for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ReportRefused {
    /// No deployment id was given.
    #[error("At least one deployment ID must be specified.")]
    DeploymentIdRequired,
    /// The deployment id is malformed.
    #[error("At least one of the deployment IDs was specified in an invalid format.")]
    InvalidDeploymentId,
    /// There is no such deployment.
    #[error("The deployment does not exist with the user or AWS account.")]
    DeploymentDoesNotExist,
    /// The execution id is none of this deployment's.
    #[error(
        "A lifecycle event hook is invalid. Review the hooks section in your AppSpec file to ensure the lifecycle events and hooks functions are valid."
    )]
    InvalidLifecycleEventHookExecutionId,
    /// The status is neither `Succeeded` nor `Failed`.
    #[error(
        "The result of a Lambda validation function that verifies a lifecycle event is invalid. It should return Succeeded or Failed."
    )]
    InvalidLifecycleEventHookExecutionStatus,
    /// The lifecycle event has its result already.
    #[error("An attempt to return the status of an already completed lifecycle event occurred.")]
    LifecycleEventAlreadyCompleted,
    /// The deployment has no hooks to report.
    #[error("A call was submitted that is not supported for the specified deployment type.")]
    UnsupportedActionForDeploymentType,
}

impl ReportRefused {
    /// The error's code, such as `InvalidDeploymentIdException`.
    pub fn code(self) -> &'static str {
        match self {
            Self::DeploymentIdRequired => "DeploymentIdRequiredException",
            Self::InvalidDeploymentId => "InvalidDeploymentIdException",
            Self::DeploymentDoesNotExist => "DeploymentDoesNotExistException",
            Self::InvalidLifecycleEventHookExecutionId => {
                "InvalidLifecycleEventHookExecutionIdException"
            }
            Self::InvalidLifecycleEventHookExecutionStatus => {
                "InvalidLifecycleEventHookExecutionStatusException"
            }
            Self::LifecycleEventAlreadyCompleted => "LifecycleEventAlreadyCompletedException",
            Self::UnsupportedActionForDeploymentType => {
                "UnsupportedActionForDeploymentTypeException"
            }
        }
    }
}
