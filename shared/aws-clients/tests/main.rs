//! Clients against servers of their own, over real HTTP and TLS.

#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod answer_limit;
mod connector;
mod parameter_store;
mod sdk_clients;
mod support;
mod tls;
