//! What the lints tell apart, beyond the two templates that each has in `lints`.

mod alarms;
mod deployments;
mod hooks;
mod paths;
mod refusals;
mod roles;
mod settings;
mod whole;

use rehearsal_template::{Diagnostic, Inputs};

use crate::common::deployments::{orders, warned, warnings};

/// A preference whose alarm lives elsewhere.
const CANARY: &str = "Type: Canary10Percent5Minutes, Alarms: [shared]";

/// What is found of a canary of `Orders`, with more of its properties, or more resources.
#[track_caller]
fn found_with(more: &str) -> Vec<Diagnostic> {
    warnings(&orders(CANARY, more), &Inputs::new("shop"))
}

/// The lints that it is warned by.
#[track_caller]
fn warned_with(more: &str) -> Vec<&'static str> {
    warned(&orders(CANARY, more))
}
