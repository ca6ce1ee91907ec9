//! How long `rehearse inspect` takes for a template of 500 resources: prints the median of 21 runs.
//!
//! ```text
//! make build
//! cargo run --package workspace-tests --example inspect_speed
//! ```

use std::time::{Duration, Instant};

use workspace_tests::Printed;
use workspace_tests::large::{MOST_RESOURCES, template};

/// An odd number, so that one of them is in the middle.
const RUNS: usize = 21;

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.yaml");
    let text = template(MOST_RESOURCES);
    std::fs::write(&path, &text)?;
    let mut taken: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let inspected = Printed::inspect(&path, &[]);
            assert_eq!(inspected.code, Some(0), "{inspected}");
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    println!(
        "rehearse inspect, {MOST_RESOURCES} resources, {} lines: {:.1} ms (median of {RUNS}; {:.1} to {:.1})",
        text.lines().count(),
        millis(taken[RUNS / 2]),
        millis(taken[0]),
        millis(taken[RUNS - 1]),
    );
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
