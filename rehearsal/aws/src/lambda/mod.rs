//! AWS Lambda.
//!
//! - [`function_name`]: how a function is named.
//! - [`alias`]: which version serves a request.
//! - [`sandboxes`]: which sandbox serves an invocation, and whether it starts cold.
//! - [`asynchronous`]: when an event is tried again or given up, and the record that is then sent.

pub mod alias;
pub mod asynchronous;
pub mod function_name;
pub mod sandboxes;
