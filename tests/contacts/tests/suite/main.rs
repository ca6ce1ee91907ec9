//! The suite against the real API on an embedded DynamoDB.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod bake;
mod clean_up;
mod contract;
mod large;
mod load;
mod old_data;
mod support;
mod texts;
mod versions;
