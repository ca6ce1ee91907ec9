//! How long `rehearse inspect` and `rehearse plan` take for templates of 500 resources: prints the median of 21 runs of each.
//!
//! ```text
//! make build
//! cargo run --package workspace-tests --example reading_speed
//! ```

use std::time::{Duration, Instant};

use workspace_tests::Printed;
use workspace_tests::large::{MOST_RESOURCES, template};

/// An odd number, so that one of them is in the middle.
const RUNS: usize = 21;

fn main() -> std::io::Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (live, new) = (path("live.yaml"), path("new.yaml"));
    let text = template(MOST_RESOURCES);
    std::fs::write(&live, &text)?;
    // Every function changes, and what names it.
    std::fs::write(&new, text.replace("S3Key: function", "S3Key: later"))?;
    let lines = text.lines().count();
    let inspect = || Printed::inspect(&live, &[]);
    print("inspect, ", lines, inspect);
    let plan = || Printed::plan(&new, &["--live", &live]);
    print("plan, twice ", 2 * lines, plan);
    Ok(())
}

fn print(what: &str, lines: usize, call: impl Fn() -> Printed) {
    let mut taken: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            let printed = call();
            assert_eq!(printed.code, Some(0), "{printed}");
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    let millis = |run: usize| taken[run].as_secs_f64() * 1000.0;
    println!(
        "rehearse {what}{MOST_RESOURCES} resources, {lines} lines: {:.1} ms (median of {RUNS}; {:.1} to {:.1})",
        millis(RUNS / 2),
        millis(0),
        millis(RUNS - 1),
    );
}
