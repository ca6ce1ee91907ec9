//! A deployment as a pure state machine in virtual time.
//!
//! Nothing here talks, waits or measures. [`World::step`] takes an [`Input`] and gives [`Command`]s; whoever executes them
//! answers each with one input. The same inputs give the same events, with or without a process behind them.
//!
//! What is rehearsed:
//! - [`rehearsal`]: what a person asks for: traffic, faults, expectations. [`request`]: kinds of live request. [`bounds`]: how
//!   much may be asked for.
//! - [`plan`]: what the template means for it: functions, versions, alias, hooks, alarms, the order of the update.
//!
//! How it goes:
//! - [`world`]: the queue of virtual time; the only part that knows all others.
//! - [`code_deploy`]: one deployment through its lifecycle events, to its status and its rollback.
//! - [`lifecycle`]: the lifecycle events. [`hook`]: executions of their hooks: who may report, what a report means, when a
//!   silent hook has failed.
//! - [`asynchronous`]: Lambda's events in waiting: when one is tried again or given up, and the record that is then sent.
//! - [`traffic_shift`]: which share of the traffic the new version has, from which minute on.
//! - [`alias`]: which version serves a request.
//! - [`sandboxes`]: which sandbox serves an invocation, and whether it starts cold.
//! - [`fault`]: what goes wrong on purpose, and when.
//! - [`metric`]: data points as `CloudWatch` keeps them. [`service_metrics`]: which ones an invocation leaves.
//! - [`alarm`]: data points to alarm state.
//!
//! What comes out:
//! - [`event`]: what happened, in order.
//! - [`report`]: the events folded into the report that people and tools read.
//! - [`expectation`]: whether it is what was expected.
//!
//! Underneath: [`time`] and [`draw`], random numbers by key.

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod alarm;
pub mod alias;
pub mod asynchronous;
pub mod bounds;
pub mod code_deploy;
pub mod draw;
pub mod event;
pub mod expectation;
pub mod fault;
pub mod hook;
pub mod lifecycle;
pub mod metric;
pub mod plan;
pub mod rehearsal;
pub mod report;
pub mod request;
pub mod sandboxes;
pub mod service_metrics;
pub mod time;
pub mod traffic;
pub mod traffic_shift;
pub mod world;

pub use event::{Event, Happening};
pub use plan::{Plan, PlanError};
pub use rehearsal::Rehearsal;
pub use report::Report;
pub use time::VirtualTime;
pub use world::{Command, Input, World};
