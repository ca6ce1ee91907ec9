//! Whatever a check does, and whatever becomes of the report: CodeDeploy has one status in the end, or two invocations have failed.
//!
//! Every cell of the matrix is a hook of its own, a real process behind the Runtime API, with a CodeDeploy endpoint of its own over
//! HTTP. Where the hook's invocation ends in an error, the real `hook-guard` is invoked with Lambda's record of it, as the hook's
//! on-failure destination would be. Lambda's retry of the hook, a minute later, is left out: it would meet the same check.

mod cell;
mod codedeploy;
mod guard;
mod memory;
mod secrets;
mod table;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use workspace_tests::places;

use cell::{Cell, Sandboxes};
use codedeploy::ReportFault;

/// What the hook's one check does; `examples/faulty_hook.rs` knows these.
const CHECKS: [&str; 9] = [
    "passes",
    "fails",
    "errors",
    "panics",
    "hangs forever",
    "blocks the thread",
    "leaks a task",
    "exits the process",
    "exhausts memory",
];

/// How many cells run at a time. They mostly wait, each with a process or two.
const AT_A_TIME: usize = 12;

/// The most that the whole matrix may take.
const LIMIT: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn codedeploy_gets_one_status_or_both_invocations_fail_in_time() {
    let begun = Instant::now();
    let scripts = tempfile::tempdir().expect("there is room for a script");
    let sandboxes = Arc::new(Sandboxes::new(
        cell::capped(scripts.path(), &places::example("faulty_hook")),
        places::binary("hook-guard"),
    ));
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    // The black hole takes longest, so it comes first.
    let mut running = Vec::new();
    for fault in ReportFault::ALL.into_iter().rev() {
        for check in CHECKS {
            let (sandboxes, room) = (Arc::clone(&sandboxes), Arc::clone(&room));
            running.push(tokio::spawn(async move {
                let _room = room.acquire().await.expect("it is never closed");
                Cell { check, fault }.run(&sandboxes).await
            }));
        }
    }
    let mut cells = Vec::new();
    let mut wrong = Vec::new();
    for cell in running {
        match cell.await {
            Ok(Ok(ended)) => cells.push(ended),
            Ok(Err(reason)) => wrong.push(reason),
            Err(panicked) => wrong.push(panicked.to_string()),
        }
    }
    let taken = begun.elapsed();
    let table = table::of(&cells);
    println!("{table}\n{} cells in {taken:.1?}", cells.len());
    // How often is said, not judged: it depends on how busy the machine is. A cell whose fault never came to bear is in `wrong`.
    let repeated: Vec<_> = cells.iter().filter_map(cell::Ended::repeated).collect();
    println!("{} of them were run again", repeated.len());
    for cell in repeated {
        println!("  {cell}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken < LIMIT, "the matrix took {taken:.1?}");
    table::is_documented(&table);
}
