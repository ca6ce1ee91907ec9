//! A hook whose guard cannot start.

use std::time::Duration;

use rehearsal_host::{Callers, Invocation, Outcome, Sandbox, SandboxSpec};
use serde_json::{Value, json};
use workspace_tests::places;

use crate::cell::{self, HOOK_ARN};
use crate::codedeploy::{CodeDeploy, ReportFault};

const TIMEOUT: Duration = Duration::from_secs(6);

#[tokio::test]
async fn a_guard_that_cannot_start_is_an_invocation_error_that_says_why() {
    let scripts = tempfile::tempdir().expect("there is room for a script");
    let endpoint = CodeDeploy::start(ReportFault::None);
    let hook = cell::capped(scripts.path(), &places::example("faulty_hook"));
    let credentials = Callers::default().issue("CodeDeployHook_faulty", "$LATEST");
    let mut spec = SandboxSpec::new(&hook, credentials);
    spec.timeout = TIMEOUT;
    spec.environment
        .insert("CHECK".to_owned(), "passes".to_owned());
    // A stack of this many bytes does not fit into what the hook may take.
    spec.environment
        .insert("RUST_MIN_STACK".to_owned(), (1_u64 << 30).to_string());
    spec.endpoints
        .insert("AWS_ENDPOINT_URL_CODEDEPLOY".to_owned(), endpoint.url());
    let mut sandbox = Sandbox::start(spec)
        .await
        .expect("the function can be started");
    let event = json!({"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "e-1"});
    // It lives on, and its next event may find a thread.
    for _ in 0..2 {
        let invocation = Invocation::new(HOOK_ARN, event.to_string(), TIMEOUT);
        let report = sandbox.invoke(invocation).await;
        let Outcome::FunctionError { payload, .. } = &report.outcome else {
            panic!("{report:?}");
        };
        let error: Value = serde_json::from_slice(payload).expect("an error is JSON");
        assert_eq!(error["errorType"], "Hook.GuardUnavailable");
        let message = error["errorMessage"].as_str().unwrap_or_default();
        assert!(
            message
                .starts_with("no status can be reported: the guard's thread cannot be started: ")
                && message.contains("os error"),
            "{message}"
        );
        // The log says it too.
        let logged: Vec<Value> = report
            .log
            .iter()
            .filter_map(|line| serde_json::from_str(&line.text).ok())
            .collect();
        assert!(
            logged
                .iter()
                .any(|line| line["level"] == "ERROR" && line["message"] == message),
            "{report:?}"
        );
    }
    assert_eq!(endpoint.calls(), 0);
}
