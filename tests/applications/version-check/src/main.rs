//! A hook of both applications: invokes the new version with the event in `PROBE`, and looks whether it answers.

use aws_sdk_lambda::Client;
use aws_sdk_lambda::primitives::Blob;
use lifecycle_hook::{Check, Failure, Hook};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    Hook::before_allow_traffic()
        .check("new-version-answers", new_version_answers)
        .run()
        .await
}

async fn new_version_answers(_: Check) -> Result<(), Failure> {
    let variable =
        |name| std::env::var(name).map_err(|error| Failure::from(format!("{name}: {error}")));
    let answer = Client::new(&aws_clients::sdk_config("Lambda"))
        .invoke()
        .function_name(variable("NEW_VERSION")?)
        .payload(Blob::new(variable("PROBE")?))
        .send()
        .await
        .map_err(|error| Failure::from(format!("the version cannot be invoked: {error:?}")))?;
    match answer.function_error() {
        None => Ok(()),
        Some(kind) => Err(Failure::from(format!(
            "the version answers with an error: {kind}"
        ))),
    }
}
