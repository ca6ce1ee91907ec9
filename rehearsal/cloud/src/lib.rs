//! The AWS that functions see during a rehearsal.
//!
//! Real function binaries run as real processes here, and meet AWS's own wire protocols on the loopback interface.
//! This crate talks; it decides nothing about a deployment. What an endpoint is asked, it asks of a [`Backend`].
//!
//! - [`guard`]: however the command ends, its processes end with it. [`signals`]: what asks it to end.
//! - [`process`]: processes that never outlive the rehearsal. [`executable`]: what this machine can run.
//! - [`sandbox`]: one process behind the Lambda Runtime API, invoked once at a time.
//! - [`caller`]: who is calling, told from the access key id of a request's signature.
//! - [`backend`]: what the endpoints ask of whoever runs the deployment.
//! - [`endpoints`]: Lambda, `CodeDeploy`, SSM and `DynamoDB`, as an AWS SDK talks to them.
//! - [`gateway`]: REST and HTTP APIs in front of functions: routes, events, answers, signatures.
//! - [`dynamodb`]: the embedded database behind the `DynamoDB` endpoint.
//! - [`conductor`]: all of it together, to run a deployment's plan.

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod backend;
pub mod caller;
#[cfg(feature = "dynamodb")]
pub mod conductor;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
pub mod endpoints;
pub mod executable;
pub mod gateway;
pub mod guard;
pub mod process;
pub mod sandbox;
pub mod signals;

mod awake;
mod descriptors;
mod listener;

pub use backend::Backend;
pub use caller::{Caller, Callers};
pub use sandbox::{Invocation, InvocationReport, Outcome, Sandbox, SandboxSpec};
