//! The contacts API as a Lambda function, behind API Gateway (REST or HTTP) or a function URL.

use contacts_api::{Api, Gateway};

fn main() -> Result<(), lambda_runtime::Error> {
    // One thread: Lambda hands a sandbox one invocation at a time, and a second worker only adds switches between threads.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let api = Api::from_environment();
    runtime.block_on(async {
        api.prepare().await;
        // As a task of its own: each time that the runtime's first future is woken, it looks for other events before it goes on, which are three
        // system calls of an event.
        tokio::spawn(lambda_runtime::run(Gateway::new(api))).await?
    })
}
