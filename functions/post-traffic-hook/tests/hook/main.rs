//! The hook against an API and a Parameter Store over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod suite;
mod support;
mod texts;
mod transport;
