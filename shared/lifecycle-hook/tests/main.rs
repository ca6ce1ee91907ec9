//! Hooks against a CodeDeploy of their own, over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod any_event;
mod checks;
mod dry_run;
mod guard;
mod metrics;
mod on_failure;
mod report;
mod support;
