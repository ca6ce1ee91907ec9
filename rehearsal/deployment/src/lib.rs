//! A deployment as a pure state machine in virtual time.
//!
//! Nothing here talks, waits or measures. [`World::step`] takes an [`Input`] and gives [`Command`]s; whoever executes them
//! answers each with one input. The same inputs give the same events, with or without a process behind them.
//!
//! What is rehearsed:
//! - [`rehearsal`]: what a person asks for: traffic, faults, expectations. [`release`]: several updates, one after another.
//!   (`update_overrides`: one of them by itself). `parameter`: a parameter's value. [`gate_inputs`]: states and data points that nothing here can
//!   know. [`emulator`]: services that a person runs. [`request`]: kinds of live request. [`bounds`]: how
//!   much may be asked for. `expectation`: what should come of it.
//! - [`revision`]: what an update changes: before it has come to it, and afterwards.
//! - [`plan`]: what the template means for it: functions, versions, alias, hooks, alarms, the order of the update.
//!
//! Between two updates: [`deployed`], what runs and which versions there are.
//!
//! What is decided of the alarms that deployment groups name: [`gates`].
//!
//! Beside it, [`change`]: what an update from one stack to another would do, and why, without a rehearsal. [`odds`]: how often the
//! gates stop a version that fails so many of its requests.
//!
//! How it goes:
//! - [`world`]: the queue of virtual time; the only part that knows all others.
//! - [`fault`]: what goes wrong on purpose, and when. [`stub`]: functions without code.
//!
//! What comes out:
//! - [`event`]: what happened, in order. `rehearsal-report` folds it into what people and tools read.
//!
//! What AWS itself does, from an alias's draw to an alarm's state, is `rehearsal-aws`.

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod bounds;
pub mod change;
pub mod deployed;
pub mod emulator;
pub mod event;
pub mod expectation;
pub mod fault;
pub mod gate_inputs;
pub mod gates;
pub mod made_up;
pub mod odds;
mod parameter;
pub mod plan;
pub mod rehearsal;
pub mod release;
pub mod request;
pub mod revision;
pub mod stub;
pub mod traffic;
mod update_overrides;
pub mod world;

pub use event::{Event, Happening};
pub use plan::{Plan, PlanError};
pub use rehearsal::Rehearsal;
pub use revision::{Changing, Revision};
pub use world::{Command, Input, World};
