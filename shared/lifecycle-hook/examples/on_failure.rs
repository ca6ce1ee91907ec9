//! The on-failure destination of a stack's hooks: answers CodeDeploy for those that could not.

use lifecycle_hook::OnFailureDestination;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    OnFailureDestination::new().run().await
}
