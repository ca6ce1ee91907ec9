//! The two programs as real processes, against the contacts API over real HTTP.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod ping;
mod smoke;
mod support;
