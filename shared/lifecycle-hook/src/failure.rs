//! Why a check did not pass.

use aws_clients::causes;
use lambda_runtime::Error;

/// Why a check did not pass: it failed, or it was skipped.
///
/// A check may return any [`Error`]: a `&str`, a `String`, any [`std::error::Error`]. This type is for what those cannot say. A good reason says what was expected, what came, and the request id to look up.
///
/// ```
/// use lifecycle_hook::Failure;
///
/// fn identity(executed: Option<&str>) -> Result<(), Failure> {
///     match executed {
///         None => Err(Failure::skipped("the target names no version")),
///         Some("7") => Ok(()),
///         Some(other) => Err(format!("expected version 7 to answer, got {other}").into()),
///     }
/// }
/// # assert!(identity(Some("6")).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    reason: String,
    skipped: bool,
}

impl Failure {
    /// A failure for `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            skipped: false,
        }
    }

    /// The check cannot be made here, and says why. It counts neither for nor against the version: where all are skipped, nothing speaks for it,
    /// and the hook reports `Failed`.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            skipped: true,
        }
    }

    /// What went wrong, or why the check was skipped.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether the check was skipped rather than failed.
    pub fn is_skipped(&self) -> bool {
        self.skipped
    }

    /// A boxed error as a failure: itself if it is one, else its text and that of its causes.
    pub(crate) fn from_error(error: Error) -> Self {
        match error.downcast::<Self>() {
            Ok(failure) => *failure,
            Err(error) => Self::new(causes(&*error)),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reason)
    }
}

impl std::error::Error for Failure {}

impl From<&str> for Failure {
    fn from(reason: &str) -> Self {
        Self::new(reason)
    }
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from_error(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("the request failed")]
        struct Outer(#[source] std::io::Error);
        let error = Outer(std::io::Error::other("connection refused"));
        assert_eq!(
            Failure::from_error(error.into()).reason(),
            "the request failed: connection refused"
        );
    }

    #[test]
    fn a_boxed_failure_keeps_being_skipped() {
        let boxed: Error = Failure::skipped("nothing to ask").into();
        assert!(Failure::from_error(boxed).is_skipped());
    }
}
