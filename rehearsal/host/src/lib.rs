//! Where functions run during a rehearsal: real processes, each behind a Lambda Runtime API of its own.
//!
//! - [`guard`]: however the command ends, its processes end with it. [`signals`]: what asks it to end.
//! - [`process`]: processes that never outlive the rehearsal. [`confined`]: where they may write. [`executable`]: what this machine can run.
//! - [`runtimes`]: the program that runs a function, by its runtime.
//! - [`sandbox`]: one process behind the Lambda Runtime API, invoked once at a time. [`credentials`]: what it signs its calls with.
//! - [`listener`]: HTTP on the loopback interface. [`descriptors`]: whether there are enough for all connections.
//! - [`awake`]: time in which this process ran. [`temporary`]: folders that go with it. [`request_id`]: what requests are called by.

// A library prints nothing, and `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod awake;
pub mod confined;
pub mod credentials;
pub mod descriptors;
pub mod executable;
pub mod guard;
pub mod listener;
pub mod process;
pub mod request_id;
pub mod runtimes;
pub mod sandbox;
pub mod signals;
pub mod temporary;

pub use credentials::{Caller, Callers};
pub use runtimes::Program;
pub use sandbox::{Invocation, InvocationReport, Outcome, Sandbox, SandboxSpec};
