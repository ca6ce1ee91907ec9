//! A step that failed: which, what was expected, what came, and the request id to look up.

use std::borrow::Cow;
use std::fmt;

use lifecycle_hook::{Failure, TransportError};

/// A step of a check that did not go as the contract says.
///
/// It reads as an operator needs it in a report:
///
/// ```
/// use contacts_checks::{Reason, StepError};
///
/// let error = StepError {
///     step: "read the contact back".into(),
///     reason: Reason::Unexpected { expected: "status 200".into(), got: "status 404".into() }.into(),
///     request_id: Some("c6af9ac6-7b61-11e6-9a41-93e8deadbeef".into()),
/// };
/// assert_eq!(
///     error.to_string(),
///     "read the contact back: expected status 200, got status 404 (request id c6af9ac6-7b61-11e6-9a41-93e8deadbeef)"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepError {
    /// The step, as an imperative: "create a contact".
    pub step: Cow<'static, str>,
    /// What was wrong.
    pub reason: Box<Reason>,
    /// What to search the logs for, where a service gave it.
    pub request_id: Option<String>,
}

/// What was wrong with a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// An answer came, and it was not the one that the contract promises.
    #[error("expected {expected}, got {got}")]
    Unexpected {
        /// What the contract promises.
        expected: String,
        /// What came instead.
        got: String,
    },
    /// Another version answered than the one under test.
    #[error("expected an answer of version {expected}, got one of version {got}")]
    OtherVersion {
        /// The version under test.
        expected: String,
        /// The version that answered.
        got: String,
    },
    /// No HTTP answer of the API came.
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl StepError {
    /// Whether another version answered than the one under test. While an alias settles that is no finding yet.
    pub fn is_other_version(&self) -> bool {
        matches!(*self.reason, Reason::OtherVersion { .. })
    }

    /// Whether the request was turned away to its last attempt because too many were on their way: inconclusive.
    pub fn is_throttled(&self) -> bool {
        matches!(
            *self.reason,
            Reason::Transport(TransportError::Throttled { .. })
        )
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.reason)?;
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for StepError {}

impl From<StepError> for Failure {
    fn from(error: StepError) -> Self {
        Self::new(error.to_string())
    }
}
