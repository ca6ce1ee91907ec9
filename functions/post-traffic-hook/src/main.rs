//! The `AfterAllowTraffic` hook of the contacts stack: end-to-end tests through the API's front door, once all traffic goes to the
//! new version. What it tests, and which variables it reads, is in the crate `contacts-https`, for `make smoke` runs the same by hand.
//!
//! One thread is enough for it, and starts faster than several.

use aws_clients::Environment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    let lookup = |name: &str| std::env::var(name).ok();
    contacts_https::hook(lookup, Environment::process())
        .run()
        .await
}
