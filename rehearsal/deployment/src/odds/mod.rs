//! How often the gates of a deployment stop a version that fails so many of its requests.
//!
//! Nothing runs here but chance: every function answers as a stub. Of each minute the requests are drawn as counts, by version and
//! outcome, and become the data points that the deployment's alarms are evaluated on, by the code that evaluates them in a
//! [`World`](crate::World). When traffic shifts, how long hooks take and when a deployment is over is taken from a world too, run
//! once without traffic.
//!
//! - [`setting`]: a deployment with its gates and requests, made ready. [`course`]: when its traffic shifts.
//! - [`gates`]: which gates stubs alone can make fire. [`requests`]: what can become of a request, and what its metrics are.
//! - [`rollout`]: one rollout, from the traffic before it to its end. [`tally`]: what came of many.
//!
//! Underneath: `arrivals`, how many requests come until when; `sandboxes`, how many of them start cold; `minutes`, what alarms see.
//!
//! Assumed, beside what [`World`](crate::World) assumes: requests fail independently of each other; which requests start cold is drawn
//! from how many overlap on average.

mod arrivals;
pub mod course;
pub mod gates;
mod minutes;
pub mod requests;
pub mod rollout;
mod sandboxes;
pub mod setting;
pub mod tally;

pub use course::{Course, Courses};
pub use gates::{Gates, LeftOut};
pub use requests::Failure;
pub use rollout::{Chances, Memory, Rollout};
pub use setting::{NoOdds, Setting};
pub use tally::{Interval, Tally};

#[cfg(test)]
mod tests;
