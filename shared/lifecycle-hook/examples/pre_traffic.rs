//! A hook of twenty lines: two checks before any traffic is shifted.
//!
//! Built for Lambda, it is a function's `bootstrap`. Locally: `cargo lambda watch -A 127.0.0.1` with `HOOK_DRY_RUN=true`, then
//! `cargo lambda invoke -A 127.0.0.1 --data-ascii '{"DeploymentId": "d-EXAMPLE", "LifecycleEventHookExecutionId": "e"}'`.

use std::time::Duration;

use lifecycle_hook::{Check, Error, Hook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Hook::before_allow_traffic()
        .check("has a version to test", has_a_version)
        .check_with_timeout("stores an order", Duration::from_secs(10), stores_an_order)
        .run()
        .await
}

async fn has_a_version(cx: Check) -> Result<(), Error> {
    let version = cx.version().ok_or("NEW_VERSION_ARN names no version")?;
    cx.note("version", version);
    Ok(())
}

async fn stores_an_order(cx: Check) -> Result<(), Error> {
    let order = "order-1";
    cx.on_cleanup(order, async { Ok::<(), Error>(()) });
    Ok(())
}
