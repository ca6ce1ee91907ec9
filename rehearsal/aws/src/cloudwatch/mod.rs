//! Amazon `CloudWatch`.
//!
//! - [`metric`]: data points as they are kept. [`metrics_of`]: which ones an invocation leaves.
//! - [`metric_alarm`]: data points to alarm state.

pub mod metric;
pub mod metric_alarm;
pub mod metrics_of;
