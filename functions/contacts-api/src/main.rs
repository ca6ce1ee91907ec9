//! The contacts API.

fn main() {}
