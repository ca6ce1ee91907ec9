//! `Invoke`: how a function is invoked, and what comes of it (API model 2015-03-31).

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The header `X-Amz-Invocation-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum InvocationType {
    /// Wait for the answer: 200.
    RequestResponse,
    /// Take the event and answer at once: 202.
    Event,
    /// Only check that it could be done: 204.
    DryRun,
}

/// What came of an invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoked {
    /// What the function answered, or Lambda on its behalf.
    pub payload: Bytes,
    /// The type of media that the function's runtime said the answer is of; nothing where no function answered.
    pub content_type: Option<String>,
    /// The version that answered, for the header `X-Amz-Executed-Version`.
    pub executed_version: Option<String>,
    /// The header `X-Amz-Function-Error`, for an answer that is an error.
    pub function_error: Option<String>,
    /// The last lines of the log, given to a caller who asked for the tail.
    pub log: Vec<String>,
}

impl Invoked {
    /// A function's good answer.
    pub fn new(payload: impl Into<Bytes>, executed_version: impl Into<String>) -> Self {
        Self {
            payload: payload.into(),
            content_type: None,
            executed_version: Some(executed_version.into()),
            function_error: None,
            log: Vec::new(),
        }
    }

    /// What a caller sees of an invocation that it does not wait for.
    pub fn unseen() -> Self {
        Self {
            executed_version: None,
            ..Self::new(Bytes::new(), String::new())
        }
    }
}

/// Why Lambda refuses a call. Statuses and codes are the API model's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LambdaError {
    /// 404: no such function, version or alias.
    #[error("Function not found: {arn}")]
    ResourceNotFound {
        /// The ARN that was asked for.
        arn: String,
    },
    /// 429: the function, or the account, has no concurrency left.
    #[error("Rate Exceeded.")]
    TooManyRequests {
        /// `ConcurrentInvocationLimitExceeded`, `ReservedFunctionConcurrentInvocationLimitExceeded` and the like.
        reason: String,
    },
    /// 403: the caller has no permission.
    #[error("{message}")]
    AccessDenied {
        /// Who may not do what.
        message: String,
    },
    /// 400: a parameter has a value that it cannot have.
    #[error("{message}")]
    InvalidParameterValue {
        /// Which, and why.
        message: String,
    },
    /// 400: the event is not JSON.
    #[error("Could not parse request body into json: {message}")]
    InvalidRequestContent {
        /// What the parser said.
        message: String,
    },
    /// 400: the function would go round in a loop.
    #[error(
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web Services resources and stopped your function's invocation."
    )]
    RecursiveInvocation,
    /// 413: the event is too long.
    #[error("Request must be smaller than {limit} bytes for the InvokeFunction operation")]
    RequestTooLarge {
        /// The longest that is taken.
        limit: usize,
    },
    /// 500: Lambda's own failure.
    #[error("{message}")]
    Service {
        /// What failed.
        message: String,
    },
}

impl LambdaError {
    /// A function that has no concurrency left.
    pub fn throttled() -> Self {
        Self::TooManyRequests {
            reason: "ReservedFunctionConcurrentInvocationLimitExceeded".to_owned(),
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::ResourceNotFound { .. } => 404,
            Self::TooManyRequests { .. } => 429,
            Self::AccessDenied { .. } => 403,
            Self::InvalidParameterValue { .. }
            | Self::InvalidRequestContent { .. }
            | Self::RecursiveInvocation => 400,
            Self::RequestTooLarge { .. } => 413,
            Self::Service { .. } => 500,
        }
    }

    /// The error's code, the header `x-amzn-ErrorType`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ResourceNotFound { .. } => "ResourceNotFoundException",
            Self::TooManyRequests { .. } => "TooManyRequestsException",
            Self::AccessDenied { .. } => "AccessDeniedException",
            Self::InvalidParameterValue { .. } => "InvalidParameterValueException",
            Self::InvalidRequestContent { .. } => "InvalidRequestContentException",
            Self::RecursiveInvocation => "RecursiveInvocationException",
            Self::RequestTooLarge { .. } => "RequestTooLargeException",
            Self::Service { .. } => "ServiceException",
        }
    }
}
