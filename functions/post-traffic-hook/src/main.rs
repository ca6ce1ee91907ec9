//! Tests end to end through API Gateway after the shift.

fn main() {}
