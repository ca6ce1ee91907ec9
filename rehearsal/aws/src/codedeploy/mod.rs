//! AWS CodeDeploy, for the Lambda compute platform.
//!
//! - [`deployment`]: one deployment through its lifecycle events, to its status and its rollback.
//! - [`lifecycle`]: the lifecycle events. [`hook_execution`]: who may report for their hooks, what a report means, when a silent
//!   hook has failed. [`refusal`]: why a report is refused.
//! - [`traffic_routing`]: a configuration. [`traffic_shift`]: its steps.

pub mod deployment;
pub mod hook_execution;
pub mod lifecycle;
pub mod refusal;
pub mod traffic_routing;
pub mod traffic_shift;
