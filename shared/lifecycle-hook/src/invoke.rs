//! The transport that needs no API Gateway: Lambda's `Invoke` of the new version, which no traffic reaches yet.
//!
//! `proxy`: requests as API Gateway events, proxy responses as answers: pure.

mod proxy;

use std::sync::Arc;
use std::time::Duration;

use aws_clients::{
    AccessDeniedClassifier, Environment, TooLong, cause, causes, is_connect, is_tls,
};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_runtime_api::http::StatusCode;
use serde_json::Value;

use crate::attempts::Attempts;
use crate::settings::NEW_VERSION_ARN;
use crate::target::Target;
use crate::transport::{Request, Response, Retries, Transport, TransportError};

/// How long an invocation may take unless another time is given: as long as API Gateway waits for one, and a little.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The most that is read of an answer unless another limit is given: Lambda's own (Lambda developer guide, "Lambda quotas").
const ANSWER_LIMIT: usize = 6_291_556;

/// The stage that events claim to come through unless another is given: the one that SAM gives to an API of its own.
const STAGE: &str = "Prod";

const LAMBDA: &str = "Lambda";

/// How often an invocation is tried that may be tried again: one that was throttled or not started, one without a connection, or `AccessDenied`
/// while the policy that came with this very update spreads.
const ATTEMPTS: u32 = 5;

/// The codes of Lambda's 5xx after which the function may have run, for they do not say what kept it from running: the one among the errors of
/// Invoke (Lambda API model), and those that any operation may answer (Lambda API reference, "Common Error Types"), by either of their names.
const INTERNAL_ERRORS: [&str; 4] = [
    "ServiceException",
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
];

/// The first back-off between attempts. It doubles, with jitter: five attempts wait 3 s at most.
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

/// Invokes one version of a function, by its number, before traffic reaches it; with the feature `invoke`.
///
/// As a [`Transport`] it builds the event that a REST API sends for a request, and reads the answer as API Gateway would; with
/// [`event`](Self::event) it sends any other, as of a queue. An answer of another version than the one that was asked is an error, and so is one
/// of which Lambda does not say the version.
///
/// What was not done is tried again, five times in all: throttled invocations, those for which no connection could be opened, those that Lambda
/// says it could not start, and `AccessDenied`, while a new policy spreads. Where a connection breaks that was open, or Lambda has an internal
/// error, a read is tried again and nothing else, for it may have been done. A function error is not, nor is an invocation that is not answered
/// in time. Of an answer 6 MB are read at most ([`answer_limit`](Self::answer_limit)).
///
/// ```no_run
/// use lifecycle_hook::{Check, Error, Invoke, Request, Transport};
/// use serde_json::json;
///
/// async fn takes_an_order(_cx: Check) -> Result<(), Error> {
///     let version = Invoke::version_under_test()?.routes(["/orders", "/orders/{id}"]);
///     let answer = version.send(Request::post("/orders").json(&json!({"item": 7}))).await?;
///     answer.expect_status(201)?;
///     Ok(())
/// }
///
/// async fn reads_its_queue(_cx: Check) -> Result<(), Error> {
///     let version = Invoke::version_under_test()?;
///     let answer = version.event(&json!({"Records": []})).await?;
///     if answer.payload != json!({"batchItemFailures": []}) {
///         return Err(format!("expected no failures, got {}", answer.payload).into());
///     }
///     Ok(())
/// }
/// # let _ = lifecycle_hook::Hook::before_allow_traffic().check("a", takes_an_order).check("b", reads_its_queue);
/// ```
#[derive(Debug, Clone)]
pub struct Invoke {
    client: Client,
    target: Target,
    stage: Arc<str>,
    routes: Arc<[String]>,
    any_version: bool,
    answer_timeout: Duration,
    answer_limit: usize,
    environment: Environment,
}

/// What a function answered to an event.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Invoked {
    /// What it answered.
    pub payload: Value,
    /// The version that ran, by Lambda's word (Lambda API reference, Invoke: `X-Amz-Executed-Version`).
    pub executed_version: Option<String>,
    /// The invocation's request id.
    pub request_id: Option<String>,
    /// From the last attempt's sending to the whole answer.
    pub latency: Duration,
}

/// An answer as it came.
struct Answer {
    payload: Vec<u8>,
    executed_version: Option<String>,
    request_id: Option<String>,
    latency: Duration,
    throttled: u32,
}

impl Invoke {
    /// The version that `NEW_VERSION_ARN` names, with the process's Region and credentials.
    ///
    /// # Errors
    /// The variable is not set, or names no function. Use it in a check, and not before the hook runs: then it is a failed check.
    pub fn version_under_test() -> Result<Self, TransportError> {
        let unsendable = |reason: String| TransportError::Unsendable { reason };
        let text = std::env::var(NEW_VERSION_ARN).unwrap_or_default();
        if text.trim().is_empty() {
            return Err(unsendable(format!(
                "{NEW_VERSION_ARN} is not set, expected the ARN of the version under test"
            )));
        }
        let target = text.trim().parse::<Target>();
        let target = target.map_err(|error| unsendable(format!("{NEW_VERSION_ARN}: {error}")))?;
        Ok(Self::new(target, Environment::process()))
    }

    /// Invokes `target` with the Lambda client that `environment` describes.
    pub fn new(target: Target, environment: &Environment) -> Self {
        Self {
            client: client(environment, ANSWER_TIMEOUT, ANSWER_LIMIT),
            target,
            stage: STAGE.into(),
            routes: Arc::default(),
            any_version: false,
            answer_timeout: ANSWER_TIMEOUT,
            answer_limit: ANSWER_LIMIT,
            environment: environment.clone(),
        }
    }

    /// Invokes another target with the same client and settings.
    #[must_use]
    pub fn of(&self, target: Target) -> Self {
        Self {
            target,
            ..self.clone()
        }
    }

    /// The API's routes, as the template writes them: `/orders/{id}`, `/files/{path+}`. An event names the first that fits, with its
    /// parameters; without any it came by `/{proxy+}`.
    #[must_use]
    pub fn routes<R: Into<String>>(self, routes: impl IntoIterator<Item = R>) -> Self {
        Self {
            routes: routes.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// The stage that events name, rather than `Prod`.
    #[must_use]
    pub fn stage(self, stage: &str) -> Self {
        Self {
            stage: stage.into(),
            ..self
        }
    }

    /// Takes the answer of any version, and leaves it to the caller to look at which it was.
    #[must_use]
    pub fn any_version(self) -> Self {
        Self {
            any_version: true,
            ..self
        }
    }

    /// Waits this long for an answer, rather than 30 s.
    #[must_use]
    pub fn answer_timeout(self, limit: Duration) -> Self {
        Self {
            client: client(&self.environment, limit, self.answer_limit),
            answer_timeout: limit,
            ..self
        }
    }

    /// Reads this many bytes of an answer, rather than 6 MB; one that is longer is [`TransportError::TooLong`].
    #[must_use]
    pub fn answer_limit(self, bytes: usize) -> Self {
        Self {
            client: client(&self.environment, self.answer_timeout, bytes),
            answer_limit: bytes,
            ..self
        }
    }

    /// Invokes the version with an event of any kind.
    ///
    /// # Errors
    /// The function ended in an error, its answer is no JSON, another version ran, or Lambda did not invoke it.
    pub async fn event(&self, event: &Value) -> Result<Invoked, TransportError> {
        // What an event does is not known.
        let answer = self.invoke(event.to_string().into_bytes(), false).await?;
        let payload = serde_json::from_slice(&answer.payload);
        let payload = payload.map_err(|error| TransportError::MalformedAnswer {
            reason: error.to_string(),
            request_id: answer.request_id.clone(),
        })?;
        Ok(Invoked {
            payload,
            executed_version: answer.executed_version,
            request_id: answer.request_id,
            latency: answer.latency,
        })
    }

    async fn invoke(&self, event: Vec<u8>, is_read: bool) -> Result<Answer, TransportError> {
        let attempts = Attempts::default();
        let output = self
            .client
            .invoke()
            .function_name(self.target.as_str())
            .payload(Blob::new(event))
            .customize()
            .interceptor(attempts.clone())
            .config_override(Builder::new().retry_classifier(LostAnswerClassifier { is_read }))
            .send()
            .await
            .map_err(|error| self.failure(&error, &attempts))?;
        let latency = attempts.since_last();
        let request_id = output.request_id().map(str::to_owned);
        let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
        if output.function_error.is_some() {
            return Err(proxy::function_error(&payload, request_id));
        }
        self.answers(output.executed_version.as_deref(), request_id.as_deref())?;
        Ok(Answer {
            payload,
            executed_version: output.executed_version,
            request_id,
            latency,
            throttled: attempts.throttled(),
        })
    }

    /// Whether the version that was asked is the one that answered, by Lambda's word.
    fn answers(
        &self,
        executed_version: Option<&str>,
        request_id: Option<&str>,
    ) -> Result<(), TransportError> {
        let Some(expected) = self.target.version().filter(|_| !self.any_version) else {
            return Ok(());
        };
        if executed_version == Some(expected) {
            return Ok(());
        }
        let (expected, request_id) = (expected.to_owned(), request_id.map(str::to_owned));
        Err(match executed_version {
            Some(got) => TransportError::OtherVersion {
                expected,
                got: got.to_owned(),
                request_id,
            },
            None => TransportError::UnknownVersion {
                expected,
                request_id,
            },
        })
    }
}

/// A client whose calls wait as long as a function may take, and read no more than they may.
fn client(environment: &Environment, answer_timeout: Duration, answer_limit: usize) -> Client {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(aws_clients::CONNECT_TIMEOUT)
        .operation_attempt_timeout(answer_timeout)
        .build();
    let retries = RetryConfig::standard()
        .with_max_attempts(ATTEMPTS)
        .with_initial_backoff(INITIAL_BACKOFF);
    let environment = environment.with_answer_limit(answer_limit);
    let config = Builder::from(&environment.sdk_config(LAMBDA))
        .timeout_config(timeouts)
        .retry_config(retries)
        .retry_classifier(AccessDeniedClassifier)
        .build();
    Client::from_conf(config)
}

/// Lets no invocation be repeated whose answer was lost: the function may have run, and what it has done would be done twice.
///
/// One that did not come in time may be the version's own doing, and one that is too long is an answer all the same. A connection that broke
/// says nothing of the version, nor does an error of Lambda's own: a read is sent again. Where no connection was opened nothing was done, so anything
/// is sent again; but not where TLS failed, for it would fail the next time too. The SDK by itself repeats all of them.
#[derive(Debug)]
struct LostAnswerClassifier {
    is_read: bool,
}

impl ClassifyRetry for LostAnswerClassifier {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let late = error.is_timeout_error();
        let too_long = cause::<TooLong>(error).is_some();
        let broken =
            (error.is_response_error() || error.is_connector_error()) && !is_connect(error);
        let may_have_run = broken || is_internal(context);
        if late || too_long || is_tls(error) || may_have_run && !self.is_read {
            RetryAction::RetryForbidden
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "an answer that was lost"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// Whether the answer is a 5xx that does not say what kept the function from running: Lambda's internal error, or the word of something between.
fn is_internal(context: &InterceptorContext) -> bool {
    let status = context.response().map(HttpResponse::status);
    let error = context.output_or_error().and_then(Result::err);
    let refusal = error
        .and_then(OrchestratorError::as_operation_error)
        .and_then(|error| error.downcast_ref::<InvokeError>());
    let code = refusal.and_then(ProvideErrorMetadata::code);
    status.is_some_and(StatusCode::is_server_error)
        && code.is_none_or(|code| INTERNAL_ERRORS.contains(&code))
}

impl Transport for Invoke {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let is_read = request.method.is_safe();
        let event = proxy::proxy_request(request, &self.stage, &self.routes);
        let event = serde_json::to_vec(&event).map_err(|error| TransportError::Unsendable {
            reason: format!("it does not fit an API Gateway event: {error}"),
        })?;
        let answer = self.invoke(event, is_read).await?;
        let response =
            proxy::proxy_response(&answer.payload, answer.executed_version, answer.request_id)?;
        Ok(Response {
            latency: answer.latency,
            retries: Retries {
                throttled: answer.throttled,
                ..Retries::default()
            },
            ..response
        })
    }
}

impl Invoke {
    fn failure(&self, error: &SdkError<InvokeError>, attempts: &Attempts) -> TransportError {
        if let Some(TooLong { limit }) = cause(error) {
            return TransportError::TooLong {
                target: LAMBDA.to_owned(),
                limit: *limit,
            };
        }
        match error {
            SdkError::ServiceError(refused) => {
                let request_id = error.request_id().map(str::to_owned);
                let status = refused.raw().status().as_u16();
                let code = error
                    .code()
                    .map_or_else(|| format!("HTTP {status}"), str::to_owned);
                let message = error.message().unwrap_or("no message").to_owned();
                if status == 429 {
                    let reason = format!("{code}: {message}");
                    return TransportError::Throttled {
                        attempts: attempts.count(),
                        reason,
                        request_id,
                    };
                }
                TransportError::Refused {
                    service: LAMBDA,
                    code,
                    message,
                    request_id,
                }
            }
            SdkError::TimeoutError(_) => TransportError::TimedOut {
                target: LAMBDA.to_owned(),
                after: self.answer_timeout,
            },
            SdkError::ConstructionFailure(_) => TransportError::Unsendable {
                reason: causes(error),
            },
            SdkError::DispatchFailure(dispatch) if dispatch.is_user() => {
                TransportError::Unsendable {
                    reason: causes(error),
                }
            }
            _ if is_tls(error) => TransportError::Tls {
                target: LAMBDA.to_owned(),
                reason: causes(error),
            },
            _ => TransportError::Unreachable {
                target: LAMBDA.to_owned(),
                reason: causes(error),
            },
        }
    }
}
