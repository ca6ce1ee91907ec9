//! The API as its callers see it: gateway events in, HTTP answers out, with a real DynamoDB API behind.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows a test function as a test, but not the functions that it calls"
)]

mod any_event;
mod bad_input;
mod bounds;
mod events;
mod failures;
mod listing;
mod logs;
mod lost_answers;
mod merging;
mod moto;
mod network;
mod operations;
mod preconditions;
mod process;
mod support;
mod values;
