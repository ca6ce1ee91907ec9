//! What the endpoints and the gateway ask of whoever runs the deployment.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use rehearsal_aws::codedeploy::refusal::ReportRefused;
use rehearsal_host::Caller;

use crate::gateway::ApiRequest;

/// Whoever runs the deployment: endpoints parse, ask here, and answer in AWS's words.
///
/// The methods are called concurrently. A future that is dropped means that the caller went away.
pub trait Backend: Send + Sync + 'static {
    /// Lambda's `Invoke`. The endpoint turns the answer into a status by the call's [`InvocationType`].
    fn invoke(
        &self,
        caller: Arc<Caller>,
        call: InvokeCall,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>>;

    /// A request that the gateway matched with a route and, where the route asks for it, found well signed. The gateway
    /// maps the function's answer to HTTP; a refused invocation is a 500 there, a function error a 502.
    fn request(
        &self,
        caller: Option<Arc<Caller>>,
        request: ApiRequest,
    ) -> BoxFuture<'_, Result<Invoked, LambdaError>>;

    /// `CodeDeploy`'s `PutLifecycleEventHookExecutionStatus`, as it came: whether it is well-formed is decided here.
    fn put_lifecycle_status(
        &self,
        caller: Arc<Caller>,
        report: LifecycleReport,
    ) -> BoxFuture<'_, Result<(), ReportRefused>>;

    /// SSM's `GetParameter`: the value of the parameter with this name or ARN.
    fn get_parameter(
        &self,
        caller: Arc<Caller>,
        name: String,
    ) -> BoxFuture<'_, Result<String, SsmError>>;

    /// Asked before every call to a service, an emulator's included: here faults act. `service` is its signing name, `operation`
    /// the service's own name for it, such as `PutItem`; method and path where the call does not name it.
    fn service_call(
        &self,
        caller: Arc<Caller>,
        service: &str,
        operation: &str,
    ) -> BoxFuture<'_, Verdict>;

    /// A call that got an error, and not from a fault, from the database or from an emulator: the service is not served, its operation is
    /// not, or it refused what it was asked; or an emulator did not answer.
    fn refused(&self, caller: Option<&Caller>, refusal: Refusal) {
        let _ = (caller, refusal);
    }

    /// Whether [`database_answered`](Self::database_answered) counts anything. Where it does not, no one looks which tables a call is
    /// about.
    fn counts_database_calls(&self) -> bool {
        false
    }

    /// A call to `DynamoDB` got its answer, from the database or from a fault. Told before the caller has it.
    fn database_answered(&self, caller: &Caller, call: DatabaseCall) {
        let _ = (caller, call);
    }

    /// Whether [`item_call`](Self::item_call) looks at who wrote an item. Where it does not, no one keeps count.
    fn asks_for_writers(&self) -> bool {
        false
    }

    /// The names of a `DynamoDB` table's key attributes, in their order; `None` for a table that is not known.
    fn key_attributes(&self, table: &str) -> Option<Vec<String>> {
        let _ = table;
        None
    }

    /// Whether a global secondary index of a table is still being filled, so that it answers no query.
    fn is_index_being_filled(&self, table: &str, index: &str) -> bool {
        let _ = (table, index);
        false
    }

    /// Asked instead of [`service_call`](Self::service_call) about a call to `DynamoDB` that is about items: before one that
    /// changes items, after one that reads them. `writers` says who wrote each of them last, where it is known.
    fn item_call(
        &self,
        caller: Arc<Caller>,
        operation: &str,
        writers: Vec<Option<Arc<Caller>>>,
    ) -> BoxFuture<'_, Verdict> {
        let _ = writers;
        self.service_call(caller, Service::DynamoDb.name(), operation)
    }
}

/// A call that got an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The service, by its signing name.
    pub service: String,
    /// The operation; method and path where a request does not name it.
    pub operation: String,
    /// The error's code.
    pub code: String,
    /// The error's message.
    pub message: String,
}

/// A call to `DynamoDB` that got its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseCall {
    /// The operation, such as `PutItem`.
    pub operation: String,
    /// The names of the tables that it is about, as its request names them.
    pub tables: Vec<String>,
    /// The answer's HTTP status.
    pub status: u16,
    /// The error's code, where it is one.
    pub code: Option<String>,
    /// How long a fault held it up.
    pub delay: Duration,
}

/// A service that is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// AWS Lambda.
    Lambda,
    /// AWS `CodeDeploy`.
    CodeDeploy,
    /// AWS Systems Manager.
    Ssm,
    /// Amazon `DynamoDB`.
    DynamoDb,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lambda, Self::CodeDeploy, Self::Ssm, Self::DynamoDb];

    /// The name in a signature's scope, and in a rehearsal file: `lambda`, `codedeploy`, `ssm`, `dynamodb`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lambda => "lambda",
            Self::CodeDeploy => "codedeploy",
            Self::Ssm => "ssm",
            Self::DynamoDb => "dynamodb",
        }
    }

    /// The service with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is to become of a call to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on.
    Pass,
    /// It goes on after this wall time.
    Delay(Duration),
    /// The service's own throttling error.
    Throttle,
    /// This error, in the service's own form.
    Error {
        /// The HTTP status.
        status: u16,
        /// The error's code, such as `InternalServerError`.
        code: String,
        /// Its message.
        message: String,
    },
    /// The connection is closed; the service never saw the call.
    Drop,
    /// The service does what it was asked, and its answer is lost.
    DropAnswer,
    /// Items come back without what was stored in them. For [`Backend::item_call`] after a read alone.
    Corrupt {
        /// Which, by their places among the writers that it was asked with.
        items: Vec<usize>,
    },
}

/// One call of Lambda's `Invoke`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvokeCall {
    /// The function's name, without account, region or qualifier.
    pub function_name: String,
    /// A version, an alias or `$LATEST`, if one was named.
    pub qualifier: Option<String>,
    /// How the caller wants it.
    pub invocation_type: InvocationType,
    /// The event.
    pub payload: Bytes,
    /// Base64 of the client context, if there is one.
    pub client_context: Option<String>,
}

/// The header `X-Amz-Invocation-Type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// What the function answered, or Lambda on its behalf: see [`InvocationReport::payload`].
    ///
    /// [`InvocationReport::payload`]: rehearsal_host::sandbox::InvocationReport::payload
    pub payload: Bytes,
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
            executed_version: Some(executed_version.into()),
            function_error: None,
            log: Vec::new(),
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

/// A hook's report, as it came. What it lacks is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifecycleReport {
    /// The deployment, such as `d-ABCDEF123`.
    pub deployment_id: String,
    /// The hook's execution, as its event named it.
    pub execution_id: String,
    /// What it says of itself: `Succeeded` or `Failed`, where it is well-formed.
    pub status: String,
}

/// Why SSM gives no parameter.
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
