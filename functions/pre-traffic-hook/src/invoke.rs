//! The road that needs no API Gateway: Lambda's `Invoke` of the new version, which no traffic reaches yet.

use std::time::Duration;

use aws_clients::{AccessDeniedClassifier, Environment};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::Builder;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::operation::RequestId;
use aws_sdk_lambda::operation::invoke::InvokeError;
use aws_sdk_lambda::primitives::Blob;
use contacts_checks::{
    Request, Response, Retries, Target, Transport, TransportError, causes, is_tls,
};

use crate::attempts::Attempts;
use crate::event;

/// How long an invocation may take: the contacts function's own time-out is 10 s, and Lambda's answer that it was
/// reached must still arrive.
const INVOKE_TIMEOUT: Duration = Duration::from_secs(12);

/// How often an invocation is tried when Lambda turns it away: throttled, a 5xx of Lambda's own, or `AccessDenied`
/// while the policy that came with this very update spreads.
const ATTEMPTS: u32 = 5;

/// The first back-off between attempts. It doubles, with jitter: five attempts wait 3 s at most.
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

/// Invokes one function version with API Gateway's events.
///
/// ```no_run
/// use contacts_checks::{Request, Transport};
/// use http::Method;
/// use pre_traffic_hook::Invoke;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let target = "arn:aws:lambda:eu-west-1:123456789012:function:contacts:8".parse()?;
/// let invoke = Invoke::new(target, aws_clients::Environment::process());
/// let answer = invoke.send(Request::new(Method::GET, "/contacts")).await?;
/// assert_eq!(answer.executed_version.as_deref(), Some("8"));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Invoke {
    client: Client,
    target: Target,
}

impl Invoke {
    /// Invokes `target` with the Lambda client that `environment` describes.
    pub fn new(target: Target, environment: &Environment) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(aws_clients::CONNECT_TIMEOUT)
            .operation_attempt_timeout(INVOKE_TIMEOUT)
            .build();
        let retries = RetryConfig::standard()
            .with_max_attempts(ATTEMPTS)
            .with_initial_backoff(INITIAL_BACKOFF);
        let config = Builder::from(&environment.sdk_config("Lambda"))
            .timeout_config(timeouts)
            .retry_config(retries)
            .retry_classifier(AccessDeniedClassifier)
            .build();
        Self {
            client: Client::from_conf(config),
            target,
        }
    }

    /// Invokes another target with the same client.
    pub(crate) fn of(&self, target: Target) -> Self {
        Self {
            client: self.client.clone(),
            target,
        }
    }
}

impl Transport for Invoke {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        let event = serde_json::to_vec(&event::proxy_request(request)).map_err(|error| {
            TransportError::Unsendable {
                reason: format!("it does not fit an API Gateway event: {error}"),
            }
        })?;
        let attempts = Attempts::default();
        let output = self
            .client
            .invoke()
            .function_name(self.target.as_str())
            .payload(Blob::new(event))
            .customize()
            .interceptor(attempts.clone())
            .send()
            .await
            .map_err(|error| failure(&error, &attempts))?;
        let latency = attempts.since_last();
        let request_id = output.request_id().map(str::to_owned);
        let payload = output.payload.map(Blob::into_inner).unwrap_or_default();
        if output.function_error.is_some() {
            return Err(event::function_error(&payload, request_id));
        }
        let answer = event::proxy_response(&payload, output.executed_version, request_id)?;
        let retries = Retries {
            throttled: attempts.throttled(),
            ..Retries::default()
        };
        Ok(Response {
            latency,
            retries,
            ..answer
        })
    }
}

fn failure(error: &SdkError<InvokeError>, attempts: &Attempts) -> TransportError {
    const TARGET: &str = "Lambda";
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
                    attempts: attempts.sent(),
                    reason,
                    request_id,
                };
            }
            TransportError::Refused {
                service: TARGET,
                code,
                message,
                request_id,
            }
        }
        SdkError::TimeoutError(_) => TransportError::TimedOut {
            target: TARGET.to_owned(),
            after: INVOKE_TIMEOUT,
        },
        SdkError::ConstructionFailure(_) => TransportError::Unsendable {
            reason: causes(error),
        },
        SdkError::DispatchFailure(dispatch) if dispatch.is_user() => TransportError::Unsendable {
            reason: causes(error),
        },
        _ if is_tls(error) => TransportError::Tls {
            target: TARGET.to_owned(),
            reason: causes(error),
        },
        _ => TransportError::Unreachable {
            target: TARGET.to_owned(),
            reason: causes(error),
        },
    }
}
