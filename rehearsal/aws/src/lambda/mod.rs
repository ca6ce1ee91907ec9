//! AWS Lambda.
//!
//! - [`function_name`]: how a function is named.
//! - [`variables`]: environment variables that mean something to Lambda, or to the SDKs in a function.
//! - [`alias`]: which version serves a request.
//! - [`sandboxes`]: which sandbox serves an invocation, and whether it starts cold.
//! - [`asynchronous`]: when an event is tried again or given up, and the record that is then sent.

pub mod alias;
pub mod asynchronous;
pub mod function_name;
pub mod sandboxes;
pub mod variables;
