//! AWS Lambda.
//!
//! - [`alias`]: which version serves a request.
//! - [`sandboxes`]: which sandbox serves an invocation, and whether it starts cold.
//! - [`asynchronous`]: when an event is tried again or given up, and the record that is then sent.

pub mod alias;
pub mod asynchronous;
pub mod sandboxes;
