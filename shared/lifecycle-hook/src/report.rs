//! The one call that counts.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_clients::{
    AccessDeniedClassifier, Environment, reporting_retry_config, reporting_retry_partition,
};
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::config::Builder;
use aws_sdk_codedeploy::config::timeout::TimeoutConfig;
use aws_sdk_codedeploy::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_codedeploy::operation::RequestId;
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_sdk_codedeploy::types::LifecycleEventStatus;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::event::HookEvent;
use crate::failure::with_causes;
use crate::verdict::{Report, Status};

/// How long one attempt may take. CodeDeploy answers in some hundred milliseconds; in the smallest usual margin, 5 s, a lost attempt leaves room for another.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// Tells CodeDeploy a hook's status.
///
/// Tried up to [`REPORT_ATTEMPTS`](aws_clients::REPORT_ATTEMPTS) times by the SDK's standard retry, on throttling, 5xx, lost and refused connections,
/// names that do not resolve, and `AccessDenied`. Usable by itself, to answer for a hook that could not:
///
/// ```no_run
/// use lifecycle_hook::{HookEvent, Reporter, Status};
///
/// # async fn example(request_payload: serde_json::Value) -> Result<(), Box<dyn std::error::Error>> {
/// let event = HookEvent::from_value(&request_payload)?;
/// let report = Reporter::new(aws_clients::Environment::process()).report(&event, Status::Failed).await?;
/// assert!(report.delivered);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Reporter {
    client: Client,
}

/// A status that CodeDeploy did not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "CodeDeploy was not told {status} for deployment {deployment_id} after {attempts} attempts: {reason}",
    status = .status.as_str()
)]
pub struct ReportError {
    /// The deployment that waits.
    pub deployment_id: String,
    /// What was to be reported.
    pub status: Status,
    /// How often it was tried.
    pub attempts: u32,
    /// What came of the last attempt, with CodeDeploy's code, words and request id where it answered.
    pub reason: String,
}

impl Reporter {
    /// A reporter with region, credentials and endpoint from `environment`. What is missing there fails the report, not this call.
    pub fn new(environment: &Environment) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(aws_clients::CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let config = Builder::from(&environment.sdk_config("CodeDeploy"))
            .timeout_config(timeouts)
            .retry_config(reporting_retry_config())
            .retry_partition(reporting_retry_partition())
            .retry_classifier(AccessDeniedClassifier)
            .build();
        Self {
            client: Client::from_conf(config),
        }
    }

    /// Reports `status` for `event`. That the event is answered already is success, and said so.
    ///
    /// # Errors
    /// CodeDeploy refuses the report or cannot be reached.
    pub async fn report(&self, event: &HookEvent, status: Status) -> Result<Report, ReportError> {
        let attempts = Attempts::default();
        self.report_counted(event, status, &attempts).await
    }

    /// The same within `limit`; after it, the report is given up.
    pub(crate) async fn report_within(
        &self,
        limit: tokio::time::Instant,
        event: &HookEvent,
        status: Status,
    ) -> Result<Report, ReportError> {
        let attempts = Attempts::default();
        let reporting = self.report_counted(event, status, &attempts);
        match tokio::time::timeout_at(limit, reporting).await {
            Ok(outcome) => outcome,
            Err(_) => Err(ReportError {
                deployment_id: event.deployment_id().to_owned(),
                status,
                attempts: attempts.count(),
                reason: match attempts.last_failure() {
                    None => "the function's time is up before CodeDeploy has answered".to_owned(),
                    Some(failure) => format!("the function's time is up; last, {failure}"),
                },
            }),
        }
    }

    async fn report_counted(
        &self,
        event: &HookEvent,
        status: Status,
        attempts: &Attempts,
    ) -> Result<Report, ReportError> {
        let outcome = self
            .client
            .put_lifecycle_event_hook_execution_status()
            .deployment_id(event.deployment_id())
            .lifecycle_event_hook_execution_id(event.execution_id())
            .status(match status {
                Status::Succeeded => LifecycleEventStatus::Succeeded,
                Status::Failed => LifecycleEventStatus::Failed,
            })
            .customize()
            .interceptor(attempts.clone())
            .send()
            .await;
        let already_completed = match &outcome {
            Ok(_) => false,
            Err(error) if is_already_completed(error) => true,
            Err(error) => {
                return Err(ReportError {
                    deployment_id: event.deployment_id().to_owned(),
                    status,
                    attempts: attempts.count(),
                    reason: described(error),
                });
            }
        };
        Ok(Report {
            delivered: true,
            attempts: attempts.count(),
            dry_run: false,
            already_completed,
        })
    }
}

impl std::fmt::Debug for Reporter {
    // The client's configuration holds the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reporter").finish_non_exhaustive()
    }
}

fn is_already_completed<R>(error: &SdkError<PutError, R>) -> bool {
    error
        .as_service_error()
        .is_some_and(PutError::is_lifecycle_event_already_completed_exception)
}

fn described<R>(error: &SdkError<PutError, R>) -> String
where
    R: std::fmt::Debug,
    SdkError<PutError, R>: std::error::Error,
{
    match error.as_service_error() {
        Some(refused) => refusal(refused),
        None => with_causes(error),
    }
}

/// CodeDeploy's code, words and request id.
fn refusal(refused: &PutError) -> String {
    let code = refused.code().unwrap_or("an answer without a code");
    let message = refused
        .message()
        .map(|m| format!(": {m}"))
        .unwrap_or_default();
    let request = refused
        .meta()
        .request_id()
        .map(|id| format!(" (request {id})"))
        .unwrap_or_default();
    format!("{code}{message}{request}")
}

/// Counts the attempts of one call, and keeps why the last of them failed: a call that is given up returns no error of its own.
#[derive(Clone, Debug, Default)]
struct Attempts {
    made: Arc<AtomicU32>,
    last_failure: Arc<Mutex<Option<String>>>,
}

impl Attempts {
    fn count(&self) -> u32 {
        self.made.load(Ordering::Relaxed)
    }

    fn last_failure(&self) -> Option<String> {
        self.failure().clone()
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "attempts"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _runtime_components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.made.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _runtime_components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Err(error)) = context.output_or_error() else {
            return Ok(());
        };
        let refused = error
            .as_operation_error()
            .and_then(|error| error.downcast_ref::<PutError>());
        *self.failure() = Some(refused.map_or_else(|| with_causes(error), refusal));
        Ok(())
    }
}
