//! What the whole-workspace tests share: the real `rehearse`, real function binaries, and what they leave behind.
//!
//! - [`places`]: where things are: the workspace, its binaries, its rehearsals.
//! - [`command`]: `rehearse`, run to its end or held while it runs.
//! - [`application`]: those of `tests/applications`. [`moto`]: services that a rehearsal does not serve itself.
//! - [`report`]: the JSON report, by what a test asks of it. [`contract`]: its shape.
//! - [`printed`]: `rehearse inspect` and `rehearse plan`. [`large`]: a template as large as CloudFormation takes.
//! - [`files`]: those that a test makes.
//! - [`interpreters`]: those of this machine, by Lambda's names.
//! - [`repository`]: a git repository made for one test.
//! - [`scenario`]: rehearsals, templates and builds made for one test.
//! - [`process`]: the processes of this machine, by what stands on their command line or in their environment.
//! - [`python`]: Python that asks SAM's own translator.
//! - [`refusal`]: what `rehearse` says of input that it cannot use.
//! - [`browser`]: Chromium without a window. [`page`]: what a page of the documentation tells its reader to type.

#![allow(
    clippy::missing_panics_doc,
    reason = "a helper that fails fails its test, by panicking"
)]

pub mod application;
pub mod browser;
pub mod command;
pub mod contract;
pub mod files;
pub mod interpreters;
pub mod large;
pub mod moto;
pub mod page;
pub mod places;
pub mod printed;
pub mod process;
pub mod python;
pub mod refusal;
pub mod report;
pub mod repository;
pub mod scenario;

pub use application::Application;
pub use browser::Browser;
pub use command::{Finished, Rehearse};
pub use printed::Printed;
pub use report::Report;
pub use scenario::Scenario;
