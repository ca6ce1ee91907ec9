//! The report of a hook's status to CodeDeploy: the call that must arrive.

use std::time::Duration;

use aws_clients::{
    AccessDeniedClassifier, Environment, causes, redact, reporting_retry_config,
    reporting_retry_partition,
};
use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::config::Builder;
use aws_sdk_codedeploy::config::timeout::TimeoutConfig;
use aws_sdk_codedeploy::error::SdkError;
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_sdk_codedeploy::types::LifecycleEventStatus;

use crate::attempts::Attempts;
use crate::event::HookEvent;
use crate::panics::caught;
use crate::report_answer::{ReportAnswers, ReportClassifier};
use crate::text::cut;
use crate::verdict::{Report, Status};

/// How long one attempt may take. CodeDeploy answers in some hundred milliseconds; in the smallest usual margin, 5 s, a lost attempt leaves room for another.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);

/// The most that is read of an answer. CodeDeploy's holds one id, and its refusals a code and a sentence.
const LONGEST_ANSWER: usize = 64 << 10;

/// The most characters of a reason that are kept.
const LONGEST_REASON: usize = 2_000;

/// Tells CodeDeploy a hook's status.
///
/// Tried up to [`REPORT_ATTEMPTS`](aws_clients::REPORT_ATTEMPTS) times by the SDK's standard retry, on all but a refusal in CodeDeploy's own words: on
/// throttling, 5xx, lost and refused connections, names that do not resolve, what is no HTTP, answers that are too long or not CodeDeploy's,
/// and `AccessDenied`, for IAM is eventually consistent. Usable by itself, to answer for a hook that could not:
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
#[non_exhaustive]
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

/// What is seen of a report while it is tried.
#[derive(Default)]
struct Watched {
    attempts: Attempts,
    answers: ReportAnswers,
}

impl Reporter {
    /// A reporter with region, credentials and endpoint from `environment`. What is missing there fails the report, not this call.
    pub fn new(environment: &Environment) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(aws_clients::CONNECT_TIMEOUT)
            .operation_attempt_timeout(ATTEMPT_TIMEOUT)
            .build();
        let environment = environment.with_answer_limit(LONGEST_ANSWER);
        let config = Builder::from(&environment.sdk_config("CodeDeploy"))
            .timeout_config(timeouts)
            .retry_config(reporting_retry_config())
            .retry_partition(reporting_retry_partition())
            .retry_classifier(AccessDeniedClassifier)
            .retry_classifier(ReportClassifier)
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
        self.report_watched(event, status, &Watched::default())
            .await
    }

    /// The same within `limit`; after it, the report is given up.
    pub(crate) async fn report_within(
        &self,
        limit: tokio::time::Instant,
        event: &HookEvent,
        status: Status,
    ) -> Result<Report, ReportError> {
        let watched = Watched::default();
        let reporting = self.report_watched(event, status, &watched);
        let reason = match caught(tokio::time::timeout_at(limit, reporting)).await {
            Ok(Ok(outcome)) => return outcome,
            Ok(Err(_)) => match watched.answers.last_failure() {
                None => "the function's time is up before CodeDeploy has answered".to_owned(),
                Some(failure) => format!("the function's time is up; last, {failure}"),
            },
            // Of a client, as when no thread can be started to look a name up.
            Err(panicked) => format!("the report {panicked}"),
        };
        Err(ReportError::of(event, status, &watched, &reason))
    }

    async fn report_watched(
        &self,
        event: &HookEvent,
        status: Status,
        watched: &Watched,
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
            .interceptor(watched.attempts.clone())
            .interceptor(watched.answers.clone())
            .send()
            .await;
        let already_completed = match &outcome {
            Ok(_) => false,
            Err(error) if is_already_completed(error) => true,
            Err(error) => {
                let reason = watched.answers.last_failure();
                let reason = reason.unwrap_or_else(|| causes(error));
                return Err(ReportError::of(event, status, watched, &reason));
            }
        };
        Ok(Report {
            delivered: true,
            attempts: watched.attempts.count(),
            dry_run: false,
            already_completed,
        })
    }
}

impl ReportError {
    fn of(event: &HookEvent, status: Status, watched: &Watched, reason: &str) -> Self {
        Self {
            deployment_id: event.deployment_id().to_owned(),
            status,
            attempts: watched.attempts.count(),
            reason: cut(reason.to_owned(), LONGEST_REASON),
        }
        .redacted()
    }

    /// The same without credentials and signatures in any of its texts.
    pub(crate) fn redacted(self) -> Self {
        Self {
            deployment_id: redact(&self.deployment_id).into_owned(),
            reason: redact(&self.reason).into_owned(),
            ..self
        }
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
