//! A hook's dry run, and what came of its checks.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{CheckResult, CheckStatus, Hook, TransportError, Verdict};
use serde_json::json;
use tower::ServiceExt;

/// Runs a hook in a dry run, with `timeout` until its deadline.
pub async fn run(hook: Hook, timeout: Duration) -> Verdict {
    let event = json!({
        "DeploymentId": "d-A1B2C3D4E",
        "LifecycleEventHookExecutionId": "eyJlbmNyeXB0ZWREYXRhIjoi",
    });
    let mut context = Context::default();
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + timeout;
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    hook.dry_run(true)
        .oneshot(LambdaEvent::new(event, context))
        .await
        .unwrap()
}

/// Asserts that nobody listens where a request was sent.
#[track_caller]
pub fn assert_refused(error: &TransportError) {
    let is_unreachable = matches!(error, TransportError::Unreachable { .. });
    let text = error.to_string().to_lowercase();
    assert!(
        is_unreachable && text.contains("connection refused"),
        "{error}"
    );
}

/// A function's environment of these variables.
pub fn lookup<'v>(variables: &'v [(&str, &str)]) -> impl Fn(&str) -> Option<String> + 'v {
    move |name: &str| {
        let (_, value) = variables.iter().find(|(known, _)| *known == name)?;
        Some((*value).to_owned())
    }
}

/// One check's result.
pub fn result<'a>(verdict: &'a Verdict, name: &str) -> &'a CheckResult {
    let found = verdict.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check {name} in {verdict:?}"))
}

/// Asserts how a check ended, and that its detail says all of `words`.
#[track_caller]
pub fn assert_ended(verdict: &Verdict, name: &str, status: CheckStatus, words: &[&str]) {
    let check = result(verdict, name);
    assert_eq!(check.status, status, "{check:?}");
    let detail = check.detail.as_deref().unwrap_or_default();
    for word in words {
        assert!(
            detail.contains(word),
            "{name} does not say {word:?}: {detail}"
        );
    }
}
