//! Starts the hook. One thread is enough for it, and starts faster than several.

use aws_clients::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    post_traffic_hook::hook(lookup, Environment::process())
        .run()
        .await
}
