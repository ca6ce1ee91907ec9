//! The AWS that functions see during a rehearsal.
//!
//! Functions that run on `rehearsal-host` meet AWS's own wire protocols on the loopback interface.
//! This crate talks; it decides nothing about a deployment. What an endpoint is asked, it asks of a [`Backend`].
//!
//! - [`backend`]: what the endpoints ask of whoever runs the deployment.
//! - [`services`]: Lambda, CodeDeploy, SSM and DynamoDB, as an AWS SDK talks to them.
//! - [`gateway`]: REST and HTTP APIs in front of functions: routes, events, answers, signatures.
//! - `authorization`: the header by which a request says who signed it.

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod backend;
pub mod gateway;
pub mod services;

mod authorization;

pub use backend::Backend;
