//! Services whose answers have no end, and what they take of a function's memory.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use rehearsal_host::{Callers, Invocation, InvocationReport, Sandbox, SandboxSpec};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use workspace_tests::places;

use crate::cell::{self, GUARD_ARN, HOOK_ARN};
use crate::codedeploy::{CodeDeploy, ReportFault, endless};

const TIMEOUT: Duration = Duration::from_secs(20);

/// The most that a function may take: half of the `MemorySize` that the template gives it.
const MOST_KIB: u64 = 128 << 10;

/// A server whose every answer has no end; its URL.
async fn endless_service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let app = Router::new().fallback(async || endless());
    tokio::spawn(async move { axum::serve(listener, app).await });
    format!("http://{address}")
}

/// One invocation of a function, and the most memory that it had.
async fn invoked(
    binary: &Path,
    arn: &str,
    event: &Value,
    variables: &[(&str, &str)],
) -> (InvocationReport, u64) {
    let credentials = Callers::default().issue("function", "$LATEST");
    let mut spec = SandboxSpec::new(binary, credentials);
    spec.timeout = TIMEOUT;
    for (name, value) in variables {
        let of = if name.starts_with("AWS_ENDPOINT_URL") {
            &mut spec.endpoints
        } else {
            &mut spec.environment
        };
        of.insert((*name).to_owned(), (*value).to_owned());
    }
    let mut sandbox = Sandbox::start(spec)
        .await
        .expect("the function can be started");
    let invocation = Invocation::new(arn, event.to_string(), TIMEOUT);
    let report = sandbox.invoke(invocation).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", sandbox.process_id()))
        .expect("the function lives on");
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .and_then(|kib| kib.trim().parse().ok())
        .expect("Linux tells a process's peak memory");
    sandbox.kill().await;
    (report, peak)
}

fn function(name: &str) -> PathBuf {
    places::binary(name)
}

/// What the function said, after the memory that it took was seen to be little.
#[track_caller]
fn modest(what: &str, (report, peak): (InvocationReport, u64)) -> String {
    println!("{what}: {} MiB at most", peak >> 10);
    assert!(peak < MOST_KIB, "{what} took {peak} KiB: {report:?}");
    String::from_utf8_lossy(&report.payload()).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_without_an_end_are_failures_that_say_so_and_take_little_memory() {
    let url = endless_service().await;
    let event = json!({"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "e-1"});
    // Its report meets an endless answer first, too.
    let codedeploy = CodeDeploy::start(ReportFault::NotCodeDeploys);
    let target = "arn:aws:lambda:us-east-1:123456789012:function:contacts:8";
    let common = [
        ("NEW_VERSION_ARN", target),
        ("AWS_ENDPOINT_URL_CODEDEPLOY", &codedeploy.url()),
    ];

    // As many at once as may be asked for.
    let mut variables = common.to_vec();
    variables.extend([
        ("AWS_ENDPOINT_URL_LAMBDA", url.as_str()),
        ("CONCURRENT_INVOCATIONS", "20"),
        ("LATENCY_BUDGET_MS", "1000"),
    ]);
    let hook = function("pre-traffic-hook");
    let output = modest(
        "PreTraffic",
        invoked(&hook, HOOK_ARN, &event, &variables).await,
    );
    let too_long = "the answer of Lambda is longer than 3145728 bytes";
    assert!(output.contains(too_long), "{output}");
    assert_eq!(codedeploy.accepted().len(), 1);
    assert_eq!(codedeploy.accepted()[0].status, "Failed");

    let mut variables = common.to_vec();
    variables.extend([
        ("API_URL", url.as_str()),
        ("API_AUTHORIZATION", "AWS_IAM"),
        ("SAMPLE_REQUESTS", "20"),
    ]);
    let hook = function("post-traffic-hook");
    let output = modest(
        "PostTraffic",
        invoked(&hook, HOOK_ARN, &event, &variables).await,
    );
    assert!(output.contains("is longer than 3145728 bytes"), "{output}");

    let mut variables = common.to_vec();
    variables.extend([
        ("API_URL_PARAMETER", "/contacts/api-url"),
        ("AWS_ENDPOINT_URL_SSM", url.as_str()),
        ("API_AUTHORIZATION", "AWS_IAM"),
    ]);
    let output = modest(
        "its parameter",
        invoked(&hook, HOOK_ARN, &event, &variables).await,
    );
    assert!(
        output.contains("the answer is longer than 65536 bytes"),
        "{output}"
    );

    // Nobody else answers, so that it is asked again until time is up.
    let (report, _) = invoked(&hook, HOOK_ARN, &json!({}), &common).await;
    let record = cell::record(&event, &report);
    let variables = [("AWS_ENDPOINT_URL_CODEDEPLOY", url.as_str())];
    let guard = function("hook-guard");
    let output = modest(
        "hook-guard",
        invoked(&guard, GUARD_ARN, &record, &variables).await,
    );
    assert!(output.contains("HookGuard.ReportUndeliverable"), "{output}");
    assert!(
        output.contains("the answer is longer than 65536 bytes"),
        "{output}"
    );
}
