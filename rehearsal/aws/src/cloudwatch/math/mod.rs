//! Metric math: the expressions that alarms compute their data points with.
//!
//! Source: CloudWatch user guide, "Using math expressions with CloudWatch metrics" (`using-metric-math`). Its examples are this
//! module's tests.
//!
//! - [`parse`]: text to an [`Expression`]; a wrong one is an error at its column.
//! - [`evaluate`]: an expression over time series.
//! - [`queries`]: the `Metrics` of an alarm, which are metrics and expressions that refer to each other.
//! - [`function`]: the functions, and those that are refused by name. [`series`]: single series. `token`: words and signs. [`calendar`]: dates.

pub mod calendar;
pub mod evaluate;
pub mod function;
pub mod parse;
pub mod queries;
pub mod series;
mod token;

pub use evaluate::{Inputs, Value};
pub use parse::Expression;
pub use queries::{Queries, Query, QueryError, Source};
pub use series::{Grid, Series};

#[cfg(test)]
mod tests;
