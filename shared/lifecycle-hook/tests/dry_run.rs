//! Checks whose verdict CodeDeploy is not told: dry runs, and runs by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{CodeDeploy, invoke};
use lifecycle_hook::{Check, CheckStatus, Failure, Hook, Status, Verdict};

#[tokio::test]
async fn a_dry_run_tells_codedeploy_nothing() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy
        .hook()
        .dry_run(true)
        .check("fails", async |_cx: Check| Err::<(), _>("no"));
    let verdict = invoke(&hook, Duration::from_secs(5)).await.unwrap();
    assert_eq!(verdict.status, Status::Failed);
    assert!(verdict.report.dry_run && !verdict.report.delivered);
    assert_eq!(codedeploy.calls(), 0);
}

#[tokio::test]
async fn by_hand_the_same_checks_run_and_clean_up_and_codedeploy_is_told_nothing() {
    let codedeploy = CodeDeploy::start();
    let cleaned = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&cleaned);
    let hook = Hook::after_allow_traffic()
        .environment(codedeploy.environment())
        .dry_run(false)
        .check("fails", async |_cx: Check| Err::<(), _>("no"))
        .check("knows its deployment and its time", move |cx: Check| {
            let counted = Arc::clone(&counted);
            cx.on_cleanup("item", async move {
                *counted.lock().unwrap() += 1;
                Ok::<(), Failure>(())
            });
            cx.note("seconds", cx.remaining().as_secs());
            let by_hand = cx.deployment_id() == "d-by-hand";
            async move { by_hand.then_some(()).ok_or("it does not") }
        });
    // 120 s less the margin of 24 s and the 9.6 s for clean-up.
    let verdict = hook.run_once(Duration::from_mins(2)).await;
    assert_eq!(verdict.status, Status::Failed);
    let statuses: Vec<_> = verdict.checks.iter().map(|check| check.status).collect();
    assert_eq!(statuses, [CheckStatus::Failed, CheckStatus::Passed]);
    let seconds = verdict.checks[1].notes["seconds"].as_u64().unwrap();
    assert!((80..=86).contains(&seconds), "{verdict:?}");
    assert_eq!(*cleaned.lock().unwrap(), 1);
    assert!(verdict.report.dry_run && !verdict.report.delivered);
    assert_eq!(codedeploy.calls(), 0);
}

/// A check that keeps its thread for as long as nothing is sent.
fn blocking(hook: Hook, released: std::sync::mpsc::Receiver<()>) -> Hook {
    let released = Arc::new(Mutex::new(released));
    let own = Duration::from_millis(200);
    hook.check_with_timeout("blocks", own, move |cx: Check| {
        let released = Arc::clone(&released);
        cx.on_cleanup("item 7", async { Ok::<(), Failure>(()) });
        cx.on_cleanup("item 8", async { Err::<(), _>("403 from DELETE") });
        async move {
            // Ends when the sender is dropped.
            let _ = released.lock().unwrap().recv();
            Ok::<(), Failure>(())
        }
    })
}

fn ended_as_its_time_out_says(verdict: &Verdict) {
    assert_eq!(verdict.status, Status::Failed);
    let check = &verdict.checks[0];
    assert_eq!(check.status, CheckStatus::TimedOut, "{check:?}");
    assert!((200..5_000).contains(&check.duration_ms), "{check:?}");
    // What it registered is cleaned all the same.
    let left: Vec<_> = verdict
        .cleanup
        .iter()
        .map(|left| (left.name.as_str(), left.detail.as_str()))
        .collect();
    assert_eq!(left, [("item 8", "403 from DELETE")]);
}

#[tokio::test]
async fn a_check_that_blocks_its_thread_in_a_dry_run_ends_as_its_time_out_says() {
    let (release, released) = std::sync::mpsc::channel();
    let hook = Hook::before_allow_traffic()
        .log_to(std::io::sink())
        .dry_run(true);
    let verdict = invoke(&blocking(hook, released), Duration::from_mins(1))
        .await
        .unwrap();
    ended_as_its_time_out_says(&verdict);
    drop(release);
}

#[tokio::test]
async fn a_check_that_blocks_its_thread_by_hand_ends_as_its_time_out_says() {
    let (release, released) = std::sync::mpsc::channel();
    let hook = blocking(Hook::after_allow_traffic(), released);
    ended_as_its_time_out_says(&hook.run_once(Duration::from_mins(1)).await);
    drop(release);
}

#[tokio::test(start_paused = true)]
async fn in_place_the_time_is_the_callers() {
    let hook = Hook::after_allow_traffic().check("waits", async |_cx: Check| {
        tokio::time::sleep(Duration::from_mins(1)).await;
        Ok::<(), Failure>(())
    });
    let begun = std::time::Instant::now();
    let verdict = hook.run_once_in_place(Duration::from_mins(2)).await;
    assert_eq!(verdict.checks[0].status, CheckStatus::Passed);
    assert!(begun.elapsed() < Duration::from_secs(30));
}
