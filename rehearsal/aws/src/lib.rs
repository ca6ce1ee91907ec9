//! AWS's words and rules, as far as a deployment meets them. Pure: no template, no world, no I/O.
//!
//! Names are those of AWS's APIs. Each rule has its source beside it; what no document says is a named constant that says
//! "Assumed", and is listed in `docs/fidelity.md`.
//!
//! - [`lambda`]: which version an alias serves, which sandbox runs an invocation, when an asynchronous event is tried again.
//! - [`codedeploy`]: a deployment through its lifecycle events and hooks; which share of the traffic the new version has, and when.
//! - [`cloudformation`]: how long it is about a resource.
//! - [`cloudwatch`]: data points to metrics, metrics to alarm states.
//! - [`apigateway`]: an API's stage, and the metrics that it sends. [`dynamodb`]: which operations read items. [`ssm`]: parameters.
//! - [`call`]: what a function asks of AWS, and what it is answered. [`principal`]: who asks, and on whose account. [`service`]: what is
//!   served.
//!
//! Underneath: [`arn`]s, [`account`]s, [`time`], virtual and in milliseconds, and [`random`], numbers by key.

pub mod account;
pub mod apigateway;
pub mod arn;
pub mod call;
pub mod cloudformation;
pub mod cloudwatch;
pub mod codedeploy;
pub mod dynamodb;
pub mod lambda;
pub mod principal;
pub mod random;
pub mod service;
pub mod ssm;
pub mod time;

pub use time::VirtualTime;
