//! The AWS that functions see during a rehearsal.
//!
//! Real function binaries run as real processes here, and meet AWS's own wire protocols on the loopback interface.
//! This crate talks; it decides nothing about a deployment.
//!
//! - [`spawner`]: processes that never outlive the rehearsal.
//! - [`sandbox`]: one process behind the Lambda Runtime API, invoked once at a time.
//! - [`caller`]: who is calling, told from the access key id of a request's signature.

pub mod caller;
pub mod sandbox;
pub mod spawner;

mod listener;

pub use caller::{Caller, Callers};
pub use sandbox::{Invocation, InvocationReport, Outcome, Sandbox, SandboxSpec};
pub use spawner::Spawner;
