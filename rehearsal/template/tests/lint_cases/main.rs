//! What the lints tell apart, beyond the two templates that each has in `lints`.

mod alarms;
#[path = "../common/mod.rs"]
mod common;
mod deployments;
mod hooks;
