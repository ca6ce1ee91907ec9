//! The contacts API as a Lambda function, behind API Gateway (REST or HTTP) or a function URL.

use contacts_api::{Api, Gateway};

fn main() -> Result<(), lambda_runtime::Error> {
    // One thread: Lambda hands a sandbox one invocation at a time, and a second worker only adds switches between threads.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(lambda_runtime::run(Gateway::new(Api::from_environment())))
}
