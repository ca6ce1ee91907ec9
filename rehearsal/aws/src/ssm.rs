//! AWS Systems Manager.

/// Why SSM gives no parameter (API model 2014-11-06, `GetParameter`; common errors).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SsmError {
    /// There is none of this name. AWS gives no message.
    #[error("")]
    ParameterNotFound,
    /// The caller has no permission.
    #[error("{message}")]
    AccessDenied {
        /// Who may not do what.
        message: String,
    },
}

impl SsmError {
    /// The error's code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ParameterNotFound => "ParameterNotFound",
            Self::AccessDenied { .. } => "AccessDeniedException",
        }
    }
}
