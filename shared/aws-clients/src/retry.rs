//! Retries for a call that must arrive.

use std::time::Duration;

use aws_smithy_runtime::client::retries::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_types::retry::RetryConfig;

/// How often a report is tried.
///
/// An endpoint may be away for longer than a few back-offs last: connections that are refused at once use up attempts in no time.
/// Eight attempts wait 7 s on average and never longer than 15 s. Twenty-four outlast an outage of 20 s in all but two of a million
/// cases (1.7 × 10⁻⁶, by convolution of the waits' distributions), and one that does not end, such as a permission that is
/// missing, is given up after 47 s on average and 95 s at most.
pub const REPORT_ATTEMPTS: u32 = 24;

/// The most that is waited before the second attempt. It doubles with each that follows, up to [`REPORT_MAX_BACKOFF`]; of this
/// the SDK waits a random part, any part being as likely as any other ("full jitter").
pub const REPORT_INITIAL_BACKOFF: Duration = Duration::from_millis(150);

/// The most that is waited before any attempt. Once an endpoint is back it is found within this; the SDK's own 20 s would let the
/// smallest margin that a hook keeps for its report go by without an attempt.
pub const REPORT_MAX_BACKOFF: Duration = Duration::from_secs(5);

/// The SDK's standard retry with [`REPORT_ATTEMPTS`], [`REPORT_INITIAL_BACKOFF`] and [`REPORT_MAX_BACKOFF`], for a report that
/// must arrive.
pub fn reporting_retry_config() -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(REPORT_ATTEMPTS)
        .with_initial_backoff(REPORT_INITIAL_BACKOFF)
        .with_max_backoff(REPORT_MAX_BACKOFF)
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

    /// The most that is waited before each attempt but the first, as the SDK's standard retry has it: min(initial × 2ⁿ, max).
    fn longest_waits() -> impl Iterator<Item = Duration> {
        let config = reporting_retry_config();
        (0..config.max_attempts() - 1).map(move |n| {
            config
                .initial_backoff()
                .saturating_mul(2_u32.saturating_pow(n))
                .min(config.max_backoff())
        })
    }

    /// The probability that all waits together are shorter than `outage`, each being uniform from zero to its longest.
    ///
    /// The convolution of their distributions, in steps of 10 ms, every wait rounded down: an upper bound.
    fn gives_up_within(outage: Duration) -> f64 {
        const STEP: Duration = Duration::from_millis(10);
        let steps = |time: Duration| usize::try_from(time.as_millis() / STEP.as_millis()).unwrap();
        let mut waited = vec![0.0; steps(outage)];
        waited[0] = 1.0;
        for longest in longest_waits() {
            let width = steps(longest);
            let share = STEP.as_secs_f64() / longest.as_secs_f64();
            let mut window = 0.0;
            waited = (0..waited.len())
                .map(|at| {
                    window += waited[at];
                    window -= at.checked_sub(width).map_or(0.0, |left| waited[left]);
                    window * share
                })
                .collect();
        }
        waited.iter().sum()
    }

    #[test]
    fn a_report_outlasts_twenty_seconds_of_refused_connections() {
        let lost = gives_up_within(Duration::from_secs(20));
        println!("not delivered after an outage of 20 s: {lost:.1e}");
        assert!((1e-7..2e-6).contains(&lost), "{lost:e}");
    }

    #[test]
    fn a_report_that_nobody_takes_is_given_up_in_the_time_that_is_documented() {
        let longest: Duration = longest_waits().sum();
        assert_eq!(longest.as_secs(), 94);
        assert_eq!((longest / 2).as_secs(), 47);
    }

    #[test]
    fn the_smallest_margin_of_a_hook_holds_five_attempts_when_each_fails_at_once() {
        let five: Duration = longest_waits().take(4).sum();
        assert!(five < Duration::from_secs(5), "{five:?}");
    }

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
