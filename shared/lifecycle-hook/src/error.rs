//! Why an event has no verdict.

use aws_clients::redact;
use lambda_runtime::Diagnostic;

use crate::event::EventError;
use crate::report::ReportError;
use crate::verdict::Verdict;

/// Why an event has no verdict. Lambda counts it as a function error and tries the event again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HookError {
    /// The event is not a lifecycle hook's.
    #[error(transparent)]
    Event(#[from] EventError),
    /// The checks are done, but CodeDeploy was not told.
    #[error(
        "{error}. Grant codedeploy:PutLifecycleEventHookExecutionStatus on the deployment group, and let the function reach CodeDeploy"
    )]
    Undeliverable {
        /// What came of the report.
        error: ReportError,
        /// What the checks found.
        verdict: Box<Verdict>,
    },
    /// The guard's thread could not be started or has ended.
    #[error("no status can be reported: {0}")]
    Guard(String),
    /// The invocation itself panicked, and no check. The guard reports `Failed`, if it has the event.
    #[error("the hook {0}")]
    Panicked(String),
}

impl HookError {
    /// The same without credentials and signatures in any of its texts.
    pub(crate) fn redacted(self) -> Self {
        match self {
            Self::Event(error) => Self::Event(EventError {
                expected: redact(&error.expected).into_owned(),
                got: redact(&error.got).into_owned(),
            }),
            Self::Undeliverable { error, verdict } => Self::Undeliverable {
                error: error.redacted(),
                verdict: Box::new(verdict.redacted()),
            },
            Self::Guard(reason) => Self::Guard(redact(&reason).into_owned()),
            Self::Panicked(reason) => Self::Panicked(redact(&reason).into_owned()),
        }
    }
}

impl From<HookError> for Diagnostic {
    fn from(error: HookError) -> Self {
        let kind = match error {
            HookError::Event(_) => "Hook.NotALifecycleEvent",
            HookError::Undeliverable { .. } => "Hook.ReportUndeliverable",
            HookError::Guard(_) => "Hook.GuardUnavailable",
            HookError::Panicked(_) => "Hook.Panicked",
        };
        Self {
            error_type: kind.to_owned(),
            error_message: error.to_string(),
        }
    }
}
