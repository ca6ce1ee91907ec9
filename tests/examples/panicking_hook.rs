//! A hook before any traffic is shifted, of which one check panics.

use lifecycle_hook::{Check, Failure, Hook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    Hook::before_allow_traffic()
        .check("passes", async |_cx: Check| Ok::<(), Failure>(()))
        .check("panics", panics)
        .run()
        .await
}

async fn panics(_cx: Check) -> Result<(), Failure> {
    let contacts: Vec<String> = Vec::new();
    Err(Failure::from(contacts[0].as_str()))
}
