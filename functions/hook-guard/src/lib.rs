//! Answers CodeDeploy for a hook of the contacts stack that could not: one that crashed at its start, exited, was killed for its
//! memory, or hung past its time-out.
//!
//! It is the on-failure destination of both hooks. Lambda invokes a hook asynchronously; once the hook's retries are used up, or
//! its event is too old, Lambda sends a record of it here. The function reads the deployment and the hook's execution from the
//! record's `requestPayload` and reports `Failed`, so that the deployment ends in minutes and not after CodeDeploy's hour. That
//! CodeDeploy has a status already is success. A record without the ids is refused.
//!
//! All of it is [`lifecycle_hook::OnFailureDestination`].
//!
//! # The answer
//!
//! The invocation's response says whom it answered for, and what came of it:
//!
//! ```json
//! {
//!   "deployment_id": "d-A1B2C3D4E",
//!   "hook": "arn:aws:lambda:eu-west-1:123456789012:function:CodeDeployHook_7d9a2c40-cb1e-11f0-9f3a-0a1b2c3d4e5f_pre-traffic:$LATEST",
//!   "condition": "RetriesExhausted",
//!   "status": "Failed",
//!   "report": {"delivered": true, "attempts": 1, "dry_run": false}
//! }
//! ```
//!
//! `condition` is Lambda's: `RetriesExhausted` or `EventAgeExceeded`. `report.already_completed` is there, and true, where CodeDeploy had a
//! status before. A report that cannot be delivered is an invocation error before the function's own time-out, and Lambda tries the
//! record again.
//!
//! Its one log line has `deployment_id`, `hook` and `condition` too, how the hook failed (`hook_error`), and what came of the report in words
//! (`outcome`). It is also the guard's metrics, in CloudWatch's embedded metric format.

use aws_clients::Environment;
use lifecycle_hook::OnFailureDestination;

/// The guard, with the region, credentials and endpoint that `environment` describes.
///
/// ```no_run
/// # async fn example() -> Result<(), lambda_runtime::Error> {
/// hook_guard::guard(aws_clients::Environment::process()).run().await
/// # }
/// ```
pub fn guard(environment: &Environment) -> OnFailureDestination {
    OnFailureDestination::new().environment(environment)
}
