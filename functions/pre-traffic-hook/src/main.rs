//! Integration-tests the new version before it gets traffic.

fn main() {}
