//! Starts the guard. One thread is enough for it, and starts faster than several.

use aws_clients::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    hook_guard::guard(Environment::process()).run().await
}
