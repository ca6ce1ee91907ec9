//! A hook is a `tower::Service`: here it is wrapped in another one and called without Lambda.

use lambda_runtime::{Context, LambdaEvent};
use lifecycle_hook::{Check, Hook, HookError};
use serde_json::json;
use tower::{Service, ServiceExt, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), HookError> {
    let hook = Hook::after_allow_traffic()
        .dry_run(true)
        .check("answers", async |_cx: Check| {
            Err::<(), _>("expected 200, got 503 (request 4f1c)")
        });

    let mut announced = service_fn(move |event: LambdaEvent<serde_json::Value>| {
        eprintln!("event {}", event.payload);
        hook.clone().oneshot(event)
    });
    let event = json!({"DeploymentId": "d-A1B2C3D4E", "LifecycleEventHookExecutionId": "e1"});
    let verdict = announced
        .ready()
        .await?
        .call(LambdaEvent::new(event, Context::default()))
        .await?;
    eprintln!("{:?}", verdict.status);
    Ok(())
}
