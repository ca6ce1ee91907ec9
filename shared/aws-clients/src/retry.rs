//! Retries for a call that must arrive.

use std::time::Duration;

use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_types::retry::RetryConfig;

/// How often a report is tried.
pub const REPORT_ATTEMPTS: u32 = 8;

/// The first back-off before a report is tried again. It doubles each time, with full jitter: eight attempts wait
/// 19 s at most and 9.5 s on average.
pub const REPORT_INITIAL_BACKOFF: Duration = Duration::from_millis(150);

/// The SDK's standard retry with [`REPORT_ATTEMPTS`] and [`REPORT_INITIAL_BACKOFF`], for a report that must arrive.
pub fn reporting_retry_config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(REPORT_ATTEMPTS)
        .with_initial_backoff(REPORT_INITIAL_BACKOFF)
}

/// A retry quota that never runs out, for a report that must arrive.
///
/// The SDK's clients of one service share a quota of 500 tokens, from which every retry takes and little comes back. In a warm sandbox an
/// event would otherwise pay for the failures of those before it.
pub fn reporting_retry_partition() -> RetryPartition {
    RetryPartition::custom("report")
        .token_bucket(TokenBucket::unlimited())
        .build()
}

/// Takes `AccessDenied` and `AccessDeniedException` for errors that pass.
///
/// IAM is eventually consistent: a policy that a deployment has just changed may deny for some seconds what it allows
/// (IAM user guide, "Changes that I make are not always immediately visible").
///
/// ```
/// use aws_clients::{AccessDeniedClassifier, reporting_retry_config, reporting_retry_partition, sdk_config};
///
/// let config = aws_sdk_codedeploy::config::Builder::from(&sdk_config("CodeDeploy"))
///     .retry_config(reporting_retry_config())
///     .retry_partition(reporting_retry_partition())
///     .retry_classifier(AccessDeniedClassifier)
///     .build();
/// # let _ = aws_sdk_codedeploy::Client::from_conf(config);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessDeniedClassifier;

impl ClassifyRetry for AccessDeniedClassifier {
    fn classify_retry(&self, ctx: &InterceptorContext) -> RetryAction {
        let denied = ctx.response().is_some_and(|response| {
            error_type(
                response.headers().get("x-amzn-errortype"),
                response.body().bytes(),
            )
            .is_some_and(|code| is_denial(&code))
        });
        if denied {
            RetryAction::transient_error()
        } else {
            RetryAction::NoActionIndicated
        }
    }

    fn name(&self) -> &'static str {
        "access denied, while IAM settles"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

fn is_denial(code: &str) -> bool {
    matches!(code, "AccessDenied" | "AccessDeniedException")
}

/// The error's code of an AWS JSON or REST JSON response: the `X-Amzn-ErrorType` header, else `__type` or `code` of the
/// body; what stands before `#` and after `:` is a namespace or a URL (Smithy, "AWS JSON 1.1 protocol", operation errors).
pub(crate) fn error_type(header: Option<&str>, body: Option<&[u8]>) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(rename = "__type")]
        kind: Option<String>,
        code: Option<String>,
    }
    let full = if let Some(header) = header {
        header.to_owned()
    } else {
        let body: Body = serde_json::from_slice(body?).ok()?;
        body.kind.or(body.code)?
    };
    let name = full.split(':').next().unwrap_or_default();
    let name = name.rsplit('#').next().unwrap_or_default();
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_code_is_found_wherever_the_protocols_put_it() {
        let in_body = br#"{"__type":"com.amazonaws.ssm#AccessDeniedException","message":"no"}"#;
        assert_eq!(
            error_type(None, Some(in_body)).as_deref(),
            Some("AccessDeniedException")
        );
        assert_eq!(
            error_type(Some("AccessDenied:http://internal.amazon.com/"), None).as_deref(),
            Some("AccessDenied")
        );
        assert_eq!(
            error_type(None, Some(br#"{"code":"ThrottlingException"}"#)).as_deref(),
            Some("ThrottlingException")
        );
        assert_eq!(error_type(None, Some(b"<html>")), None);
    }
}
