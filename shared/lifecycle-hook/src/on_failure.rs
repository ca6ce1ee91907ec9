//! The on-failure destination: answers CodeDeploy for a hook that could not.

use std::borrow::Borrow;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context as TaskContext, Poll};
use std::time::SystemTime;

use aws_clients::{Environment, log_timestamp, redact};
use lambda_runtime::{Context, Diagnostic, Error, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::host::{self, function_name};
use crate::log::{Log, metrics};
use crate::panics;
use crate::record::{DestinationRecord, RecordError};
use crate::report::{ReportError, Reporter};
use crate::time::{DEFAULT_TIMEOUT, Times};
use crate::verdict::{Report, Status};

/// A function that is the on-failure destination of hooks, and reports `Failed` in their stead.
///
/// What a hook cannot answer from inside is a process that dies: an exit, a kill for memory, a crash at start. Lambda invokes a hook
/// asynchronously, and once its retries are used up, or its event is too old, hands the event to the function's on-failure
/// destination. This is that function, ready to [`run`](Self::run):
///
/// ```no_run
/// use lifecycle_hook::OnFailureDestination;
///
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() -> Result<(), lambda_runtime::Error> {
///     OnFailureDestination::new().run().await
/// }
/// ```
///
/// It is a [`tower::Service`] from Lambda's record to [`AnsweredFor`].
#[derive(Clone)]
pub struct OnFailureDestination {
    reporter: Reporter,
    log: Log,
}

/// What was answered for a hook: the invocation's response, and a log line.
///
/// ```
/// use lifecycle_hook::{AnsweredFor, Status};
///
/// let answer: AnsweredFor = serde_json::from_str(r#"{
///     "deployment_id": "d-A1B2C3D4E",
///     "hook": "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_pre-traffic:$LATEST",
///     "condition": "RetriesExhausted",
///     "status": "Failed",
///     "report": {"delivered": true, "attempts": 1, "dry_run": false}
/// }"#)?;
/// assert_eq!(answer.status, Status::Failed);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AnsweredFor {
    /// The deployment's id.
    pub deployment_id: String,
    /// The hook that could not answer, by its ARN; `unknown` where the record has none.
    pub hook: String,
    /// Why Lambda gave it up: `RetriesExhausted` or `EventAgeExceeded`.
    pub condition: String,
    /// What CodeDeploy was told: `Failed`. If the report says `already_completed`, CodeDeploy had a status before and keeps it.
    pub status: Status,
    /// What became of the report.
    pub report: Report,
}

/// Why nobody was answered for. Lambda counts it as a function error and tries the record again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnFailureError {
    /// The record is not that of a hook's failed invocation.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// CodeDeploy was not told.
    #[error(
        "{0}. Grant codedeploy:PutLifecycleEventHookExecutionStatus on the deployment group, and let the function reach CodeDeploy"
    )]
    Undeliverable(#[from] ReportError),
    /// The invocation itself panicked.
    #[error("the on-failure destination {0}")]
    Panicked(String),
}

impl OnFailureDestination {
    /// A destination that reports with region, credentials and endpoint of the process's environment, and logs to standard output.
    #[expect(
        clippy::new_without_default,
        reason = "it reads the process's environment"
    )]
    pub fn new() -> Self {
        Self {
            reporter: Reporter::new(Environment::process()),
            log: Log::new(std::io::stdout()),
        }
    }

    /// Reports with region, credentials and endpoint from `environment` rather than the process's.
    #[must_use]
    pub fn environment(mut self, environment: impl Borrow<Environment>) -> Self {
        self.reporter = Reporter::new(environment.borrow());
        self
    }

    /// Writes log lines to `sink` rather than to standard output.
    #[must_use]
    pub fn log_to(mut self, sink: impl std::io::Write + Send + 'static) -> Self {
        self.log = Log::new(sink);
        self
    }

    /// Takes records from Lambda for as long as the sandbox lives.
    ///
    /// # Errors
    /// The process was not started by Lambda, or by a host like `cargo lambda watch`; or Lambda's Runtime API is gone.
    pub async fn run(self) -> Result<(), Error> {
        host::is_there("an on-failure destination")?;
        panics::tell(&self.log);
        lambda_runtime::run(self).await
    }

    async fn handle(self, record: Value, context: Context) -> Result<AnsweredFor, OnFailureError> {
        let started = Instant::now();
        let times = Times::until(context.deadline, SystemTime::now());
        let record = DestinationRecord::from_value(&record)?;
        if times.assumed {
            let seconds = DEFAULT_TIMEOUT.as_secs();
            let warning = format!(
                "the invocation's deadline is in the past; assuming a time-out of {seconds} s"
            );
            self.log.value(&json!({
                "timestamp": log_timestamp(SystemTime::now()),
                "level": "WARN",
                "message": warning,
                "deployment_id": record.event().deployment_id(),
                "request_id": context.request_id,
            }));
        }
        let reported = self
            .reporter
            .report_within(started + times.give_up_at, record.event(), Status::Failed)
            .await;
        self.log
            .value(&line(&record, &context, &reported, SystemTime::now()));
        let report = reported?;
        Ok(AnsweredFor {
            deployment_id: record.event().deployment_id().to_owned(),
            hook: record.hook().to_owned(),
            condition: record.condition().to_owned(),
            status: Status::Failed,
            report,
        })
    }
}

/// The log line, which is CloudWatch metrics too.
fn line(
    record: &DestinationRecord,
    context: &Context,
    reported: &Result<Report, ReportError>,
    now: SystemTime,
) -> Value {
    let (attempts, came_of_it) = match reported {
        Ok(report) if report.already_completed => (
            report.attempts,
            "CodeDeploy had a status already".to_owned(),
        ),
        Ok(report) => (report.attempts, "CodeDeploy was told Failed".to_owned()),
        Err(error) => (error.attempts, error.to_string()),
    };
    json!({
        "timestamp": log_timestamp(now),
        "level": if reported.is_ok() { "WARN" } else { "ERROR" },
        "message": "a hook did not answer",
        "deployment_id": record.event().deployment_id(),
        "execution_id": record.event().execution_id(),
        "request_id": context.request_id,
        "hook": record.hook(),
        "condition": record.condition(),
        "hook_request_id": record.request_id(),
        "hook_invocations": record.invocations(),
        "hook_error": record.error(),
        "outcome": came_of_it,
        "FunctionName": function_name(context),
        "AnsweredFor": u8::from(reported.is_ok()),
        "ReportAttempts": attempts,
        "ReportFailures": u8::from(reported.is_err()),
        "_aws": metrics(now, &["FunctionName"], &[("AnsweredFor", "Count"), ("ReportAttempts", "Count"), ("ReportFailures", "Count")]),
    })
}

impl AnsweredFor {
    /// The same without credentials and signatures: the record that it quotes is another's.
    fn redacted(self) -> Self {
        Self {
            deployment_id: redact(&self.deployment_id).into_owned(),
            hook: redact(&self.hook).into_owned(),
            condition: redact(&self.condition).into_owned(),
            ..self
        }
    }
}

impl OnFailureError {
    fn redacted(self) -> Self {
        match self {
            Self::Record(error) => Self::Record(RecordError {
                expected: redact(&error.expected).into_owned(),
                got: redact(&error.got).into_owned(),
            }),
            Self::Undeliverable(error) => Self::Undeliverable(error.redacted()),
            Self::Panicked(reason) => Self::Panicked(redact(&reason).into_owned()),
        }
    }
}

impl From<OnFailureError> for Diagnostic {
    fn from(error: OnFailureError) -> Self {
        let kind = match error {
            OnFailureError::Record(_) => "HookGuard.NotADestinationRecord",
            OnFailureError::Undeliverable(_) => "HookGuard.ReportUndeliverable",
            OnFailureError::Panicked(_) => "HookGuard.Panicked",
        };
        Self {
            error_type: kind.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl std::fmt::Debug for OnFailureDestination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OnFailureDestination")
            .finish_non_exhaustive()
    }
}

impl tower::Service<LambdaEvent<Value>> for OnFailureDestination {
    type Response = AnsweredFor;
    type Error = OnFailureError;
    type Future = Pin<Box<dyn Future<Output = Result<AnsweredFor, OnFailureError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut TaskContext<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: LambdaEvent<Value>) -> Self::Future {
        let (payload, context) = event.into_parts();
        let handling = self.clone().handle(payload, context);
        // What leaves, leaves here.
        Box::pin(async {
            let handled = panics::caught(handling).await;
            let panicked =
                |panicked: panics::Panicked| Err(OnFailureError::Panicked(panicked.to_string()));
            match handled.unwrap_or_else(panicked) {
                Ok(answer) => Ok(answer.redacted()),
                Err(error) => Err(error.redacted()),
            }
        })
    }
}
