//! A template's reading.

use std::hint::black_box;

use anyhow::anyhow;
use rehearsal_template::{Inputs, read_str};

/// The project's own, with transform, parameters, conditions and every kind of resource that a deployment has.
const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Reads it so many times.
pub fn take(times: u32) -> anyhow::Result<u64> {
    let inputs = Inputs::new("contacts");
    for _ in 0..times {
        let stack = read_str("template.yaml", black_box(TEMPLATE), &inputs);
        black_box(stack).map_err(|errors| anyhow!("{errors:?}"))?;
    }
    Ok(u64::from(times))
}
