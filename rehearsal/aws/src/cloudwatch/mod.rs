//! Amazon CloudWatch.
//!
//! - [`metric`]: data points as they are kept; `statistic`: what one makes of them. [`metrics_of`]: which ones an invocation leaves. [`catalogue`]: which metrics exist.
//! - [`log_filter`]: which log lines a metric filter counts. [`embedded`]: log lines that are metrics.
//! - [`put_metric_data`]: metrics that functions send.
//! - [`math`]: expressions over metrics. [`period`]: the lengths of data points.
//! - [`syntax`]: texts in its languages, and what is wrong with one.
//! - [`metric_alarm`]: data points to alarm state. [`composite_alarm`]: alarm states to alarm state.

pub mod catalogue;
pub mod composite_alarm;
pub mod embedded;
pub mod log_filter;
pub mod math;
pub mod metric;
pub mod metric_alarm;
pub mod metrics_of;
pub mod period;
pub mod put_metric_data;
mod statistic;
pub mod syntax;
