//! Many events in one sandbox. A program of its own, because it counts the process's threads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test's helper fails its test")]

mod support;

use std::time::Duration;

use lambda_runtime::LambdaEvent;
use lifecycle_hook::{Check, Failure, Status};
use support::{CodeDeploy, context, event};
use tower::ServiceExt;

/// The names of this process's threads.
fn threads() -> Vec<String> {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
        .collect()
}

fn guards() -> usize {
    let threads = threads();
    threads
        .iter()
        .filter(|name| name.trim() == "hook-guard")
        .count()
}

#[tokio::test]
async fn successive_events_share_one_guard_and_nothing_else() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("counts", async |cx: Check| {
        cx.note(cx.deployment_id().to_owned(), 1);
        Ok::<(), Failure>(())
    });
    assert_eq!(guards(), 0, "a guard is started by the first event");
    let mut took = Vec::new();
    let mut threads_after = Vec::new();
    for n in 0..20 {
        let id = format!("d-{n}");
        let begun = std::time::Instant::now();
        let verdict = hook
            .clone()
            .oneshot(LambdaEvent::new(
                event(&id),
                context(Duration::from_mins(1)),
            ))
            .await
            .unwrap();
        took.push(codedeploy.reports().last().unwrap().at - begun);
        assert_eq!(verdict.status, Status::Succeeded);
        assert_eq!(verdict.checks[0].notes.len(), 1, "{verdict:?}");
        assert_eq!(guards(), 1);
        threads_after.push(threads().len());
    }
    assert_eq!(
        threads_after,
        [threads_after[0]; 20],
        "an event left a thread behind: {:?}",
        threads()
    );
    assert_eq!(codedeploy.reports().len(), 20);
    println!(
        "first status {:?} after its event, then {:?}",
        took[0], took[10]
    );
}
