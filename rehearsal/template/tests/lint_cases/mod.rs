//! What the lints tell apart, beyond the two templates that each has in `lints`.

mod alarms;
mod deployments;
mod hooks;
mod paths;
mod refusals;
mod roles;
mod settings;
mod whole;
