//! Reads what a SAM or `CloudFormation` template means for its deployments.

mod diagnostics;
mod inputs;
mod place;
mod read;
pub mod stack;
mod value;

pub use diagnostics::{Diagnostic, Refusal, Severity};
pub use inputs::Inputs;
pub use place::Place;
pub use read::{read, read_str};
pub use stack::Stack;
pub use value::{Field, Kind, Unknown, Value};
