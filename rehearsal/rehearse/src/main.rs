//! Rehearses a whole Lambda deployment on one machine.

fn main() {}
