//! What came of a report's attempts: whether CodeDeploy itself has answered, and whether there is to be another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_clients::causes;
use aws_sdk_codedeploy::error::ProvideErrorMetadata;
use aws_sdk_codedeploy::operation::RequestId;
use aws_sdk_codedeploy::operation::put_lifecycle_event_hook_execution_status::PutLifecycleEventHookExecutionStatusError as PutError;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    FinalizerInterceptorContextMut, FinalizerInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

/// Sees to it that only CodeDeploy's own answer to a call counts as success, and keeps why the last attempt failed: a call that is given up
/// returns no error of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReportAnswers {
    last_failure: Arc<Mutex<Option<String>>>,
}

impl ReportAnswers {
    pub(crate) fn last_failure(&self) -> Option<String> {
        self.failure().clone()
    }

    fn failure(&self) -> MutexGuard<'_, Option<String>> {
        self.last_failure
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that says success in words that are not CodeDeploy's: of a proxy, a sign-in page, another service.
#[derive(Debug, thiserror::Error)]
#[error("HTTP {status} with an answer that is not CodeDeploy's ({what})")]
struct NotCodeDeploys {
    status: u16,
    what: &'static str,
}

#[dyn_dispatch_hint]
impl Intercept for ReportAnswers {
    fn name(&self) -> &'static str {
        "report answers"
    }

    /// The SDK takes any body for an empty answer, so it is read here.
    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _runtime_components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(response) = context.response() else {
            return Ok(());
        };
        let (status, body) = (response.status(), response.body().bytes());
        // A body that was not read whole is an error already.
        if let (true, Some(body)) = (status.is_success(), body)
            && let Err(what) = is_codedeploys(body)
        {
            let status = status.as_u16();
            let error = OrchestratorError::other(NotCodeDeploys { status, what });
            context.inner_mut().set_output_or_error(Err(error));
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _runtime_components: &RuntimeComponents,
        _cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(Err(error)) = context.output_or_error() {
            let refused = error
                .as_operation_error()
                .and_then(|error| error.downcast_ref::<PutError>());
            let response = context.response();
            // Of a refusal whose body is no JSON the SDK only says that it is an error.
            let status = response
                .map(HttpResponse::status)
                .filter(|status| !status.is_success() && !error.is_response_error());
            *self.failure() = Some(match (refused, status) {
                (Some(refused), _) => refusal(refused, response),
                (None, Some(status)) => without_code(status.as_u16()),
                (None, None) => causes(error),
            });
        }
        Ok(())
    }
}

/// Whether the body of a success is the operation's: an object with the id of the execution. That member may be left out by the model, so an
/// empty object is taken, but not one that says something else.
fn is_codedeploys(body: &[u8]) -> Result<(), &'static str> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members))
            if members.is_empty() || members.contains_key("lifecycleEventHookExecutionId") =>
        {
            Ok(())
        }
        Ok(_) => Err("JSON without lifecycleEventHookExecutionId"),
        Err(_) if body.is_empty() => Err("no body"),
        Err(_) => Err("no JSON"),
    }
}

/// CodeDeploy's code, words and request id; the HTTP status where there is no code.
fn refusal(refused: &PutError, response: Option<&HttpResponse>) -> String {
    let status = response.map_or(0, |response| response.status().as_u16());
    let code = refused
        .code()
        .map_or_else(|| without_code(status), str::to_owned);
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

fn without_code(status: u16) -> String {
    format!("HTTP {status} with an answer without a code")
}

/// Lets a report be tried again unless CodeDeploy refused it in its own words, which it would do again.
///
/// A status may be reported as often as one likes: the first one counts. So whatever else came is worth another attempt: a 429 or a 5xx
/// whatever its code, an answer without a code, one that is not CodeDeploy's or no HTTP at all, or one that is too long.
#[derive(Debug)]
pub(crate) struct ReportClassifier;

impl ClassifyRetry for ReportClassifier {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        if let Some(connector) = error.as_connector_error() {
            // A request that cannot be sent is the same the next time.
            return if connector.is_user() {
                RetryAction::NoActionIndicated
            } else {
                RetryAction::transient_error()
            };
        }
        let Some(response) = context.response() else {
            return RetryAction::NoActionIndicated;
        };
        let status = response.status();
        let refused = error
            .as_operation_error()
            .and_then(|error| error.downcast_ref::<PutError>());
        if status.as_u16() == 429 {
            RetryAction::throttling_error()
        } else if status.is_server_error() || refused.is_none_or(|refused| refused.code().is_none())
        {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "all but CodeDeploy's own refusals"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}
