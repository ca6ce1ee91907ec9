//! The faults that act on an invocation itself.

use std::time::Duration;

use rehearsal_aws::lambda::invoke::{Invoked, LambdaError};
use rehearsal_aws::principal::OnBehalfOf;
use rehearsal_deployment::event::{Evidence, InvocationOutcome};
use rehearsal_deployment::fault::{FaultKind, Injected};
use rehearsal_deployment::world::Invoke;
use rehearsal_host::sandbox::Sandbox;
use serde_json::json;

use super::done::{Done, injected, injected_with};
use super::functions::Function;

/// What a fault makes of an invocation; `None` where it goes on all the same.
pub(super) async fn act_out(
    sandbox: &mut Option<Sandbox>,
    function: &Function,
    invoke: &Invoke,
    fault: &Injected,
    budget: Duration,
) -> Option<Done> {
    let timed_out = || {
        let message = format!(
            "Task timed out after {:.2} seconds",
            function.timeout.as_secs_f64()
        );
        injected_with(
            invoke,
            InvocationOutcome::TimedOut,
            "Sandbox.Timedout",
            &message,
        )
    };
    match fault.kind {
        // The last two act on services alone.
        FaultKind::Error | FaultKind::Drop | FaultKind::Corrupt => Some(injected(
            invoke,
            InvocationOutcome::FunctionError,
            "Rehearsed.Error",
        )),
        FaultKind::Status => {
            let status = fault.status.unwrap_or(500);
            let body = json!({"title": "a rehearsed answer", "status": status}).to_string();
            let headers = json!({"content-type": "application/problem+json"});
            let payload =
                json!({"statusCode": status, "headers": headers, "body": body}).to_string();
            Some(Done {
                outcome: InvocationOutcome::Answered,
                answer: Ok(Invoked::new(payload, invoke.version.clone())),
                status: None,
                detail: None,
                evidence: Evidence::default(),
            })
        }
        FaultKind::Crash | FaultKind::OutOfMemory => {
            Some(exited(sandbox, invoke, "signal: killed").await)
        }
        FaultKind::Exit => Some(exited(sandbox, invoke, "exit status 1").await),
        FaultKind::Hang => {
            end(sandbox).await;
            Some(timed_out())
        }
        FaultKind::Throttle => Some(Done {
            outcome: InvocationOutcome::Throttled,
            answer: Err(LambdaError::throttled()),
            status: None,
            detail: Some("throttled".to_owned()),
            evidence: Evidence::default(),
        }),
        // On live traffic a delay is virtual, and the world has booked it.
        FaultKind::Delay if invoke.on_behalf_of == OnBehalfOf::Traffic => None,
        FaultKind::Delay => {
            let delay = Duration::from_millis(fault.delay_ms.into());
            tokio::time::sleep(delay.min(budget)).await;
            if delay < budget {
                return None;
            }
            end(sandbox).await;
            Some(timed_out())
        }
    }
}

/// The process ended, in Lambda's words.
async fn exited(sandbox: &mut Option<Sandbox>, invoke: &Invoke, how: &str) -> Done {
    end(sandbox).await;
    injected_with(
        invoke,
        InvocationOutcome::Exited,
        "Runtime.ExitError",
        &format!("Runtime exited with error: {how}"),
    )
}

/// Ends a sandbox's process.
pub(super) async fn end(sandbox: &mut Option<Sandbox>) {
    if let Some(mut running) = sandbox.take() {
        running.kill().await;
    }
}
