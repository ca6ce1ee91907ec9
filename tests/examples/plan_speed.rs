//! How long `rehearse plan` takes for two templates of 500 resources: prints the median of 21 runs.
//!
//! ```text
//! make build
//! cargo run --package workspace-tests --example plan_speed
//! ```

use std::time::{Duration, Instant};

use workspace_tests::Printed;
use workspace_tests::large::{MOST_RESOURCES, template};

/// An odd number, so that one of them is in the middle.
const RUNS: usize = 21;

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let text = template(MOST_RESOURCES);
    // Every function changes, and what names it.
    std::fs::write(path("live.yaml"), &text)?;
    std::fs::write(
        path("new.yaml"),
        text.replace("S3Key: function", "S3Key: later"),
    )?;
    let mut taken: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let planned = Printed::plan(path("new.yaml"), &["--live", &path("live.yaml")]);
            assert_eq!(planned.code, Some(0), "{planned}");
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    println!(
        "rehearse plan, twice {MOST_RESOURCES} resources, {} lines: {:.1} ms (median of {RUNS}; {:.1} to {:.1})",
        2 * text.lines().count(),
        millis(taken[RUNS / 2]),
        millis(taken[0]),
        millis(taken[RUNS - 1]),
    );
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
