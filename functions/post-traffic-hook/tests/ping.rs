//! The pure part of the example `ping`, with its unit tests. Cargo builds an example either to run it or to test it, and the tests of
//! the whole run it.

#[path = "../examples/ping/answer.rs"]
mod answer;
#[path = "../examples/ping/tally.rs"]
mod tally;
