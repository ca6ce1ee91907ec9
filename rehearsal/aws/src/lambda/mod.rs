//! AWS Lambda.
//!
//! - [`function_name`]: how a function is named.
//! - [`invoke`]: how it is invoked, and what comes of that.
//! - [`variables`]: environment variables that mean something to Lambda, or to the SDKs in a function.
//! - [`alias`]: which version serves a request.
//! - [`sandboxes`]: which sandbox serves an invocation, and whether it starts cold.
//! - [`asynchronous`]: when an event is tried again or given up, and the record that is then sent.
//! - [`concurrency`]: how many invocations run at once.
//! - [`platform_log`]: what Lambda itself writes into a function's log group.

pub mod alias;
pub mod asynchronous;
pub mod concurrency;
pub mod function_name;
pub mod invoke;
pub mod platform_log;
pub mod sandboxes;
pub mod variables;
