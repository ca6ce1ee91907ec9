//! What the tests of the checks, of the hooks and of the probes stand on: the real contacts API, in a test's own process.
//!
//! | item | what it is |
//! |---|---|
//! | [`Table`] | a table of contacts on an embedded DynamoDB, and the real API on it |
//! | [`Direct`] | a road that ends in this process |
//! | [`api_gateway`], [`stage`], [`CALLER`] | the real API behind a stage, over HTTP, and who may ask it |
//! | [`Server`], [`Canned`] | an HTTP server on a free port, and what it may answer |
//! | [`lookup`], [`run`], [`result`], [`assert_ended`], [`assert_refused`] | a hook's variables, its dry run, and what came of its checks |

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "a test's helper fails its test"
)]

mod direct;
mod gateway;
mod server;
mod table;
mod verdict;

pub use direct::Direct;
pub use gateway::{CALLER, api_gateway, stage};
pub use server::{Canned, Server};
pub use table::Table;
pub use verdict::{assert_ended, assert_refused, lookup, result, run};
