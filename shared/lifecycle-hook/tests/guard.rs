//! The guard answers when nobody else can.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use crate::support::{CodeDeploy, Lines, context, event, invoke};
use lambda_runtime::LambdaEvent;
use lifecycle_hook::{Check, Failure, Hook, Status, Verdict};
use tower::ServiceExt;

const TIMEOUT: Duration = Duration::from_secs(4);

/// Runs a hook whose checks block every thread of the runtime until CodeDeploy has been told.
fn blocked(runtime: &tokio::runtime::Runtime, threads: usize, codedeploy: &CodeDeploy) -> Verdict {
    let begun = Instant::now();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let log = Lines::default();
    let mut hook = Hook::before_allow_traffic()
        .environment(codedeploy.environment())
        .log_to(log.clone());
    for index in 0..threads {
        let released = Arc::clone(&released);
        hook = hook.check(format!("blocks {index}"), move |_cx| {
            let released = Arc::clone(&released);
            async move {
                // Ends when the sender is dropped.
                let _ = released.lock().unwrap().recv();
                Ok::<(), Failure>(())
            }
        });
    }
    std::thread::scope(|scope| {
        let invocation = scope.spawn(|| runtime.block_on(invoke(&hook, TIMEOUT)));
        let report = codedeploy.next(TIMEOUT);
        assert_eq!(report.status, "Failed");
        assert!(report.at - begun < TIMEOUT, "too late");
        assert!(!invocation.is_finished(), "nothing was blocked");
        said_by_the_guard(&log);
        drop(release);
        invocation.join().unwrap().unwrap()
    })
}

/// Waits for the line without which a function that Lambda ends would have said nothing.
fn said_by_the_guard(log: &Lines) {
    let begun = Instant::now();
    while !log.text().contains(
        "no verdict in time, so the guard reported Failed in its stead: delivered at attempt 1",
    ) {
        assert!(begun.elapsed() < TIMEOUT, "the guard said nothing");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn reported_in_stead(verdict: &Verdict, codedeploy: &CodeDeploy) {
    assert_eq!(verdict.status, Status::Failed);
    assert!(
        verdict
            .reason
            .as_ref()
            .unwrap()
            .contains("no verdict in time"),
        "{verdict:?}"
    );
    assert!(verdict.report.delivered);
    assert_eq!(codedeploy.calls(), 1);
}

#[test]
fn a_check_that_blocks_the_only_thread_is_answered_for_in_time() {
    let codedeploy = CodeDeploy::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let verdict = blocked(&runtime, 1, &codedeploy);
    reported_in_stead(&verdict, &codedeploy);
}

#[test]
fn checks_that_block_all_of_several_threads_are_answered_for_in_time() {
    let codedeploy = CodeDeploy::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    // More than there are threads: the runtime moves tasks to whichever is free.
    let verdict = blocked(&runtime, 4, &codedeploy);
    reported_in_stead(&verdict, &codedeploy);
}

#[tokio::test]
async fn an_invocation_that_is_dropped_is_answered_with_failed() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("hangs", async |_cx: Check| {
        std::future::pending::<Result<(), Failure>>().await
    });
    let invocation = hook.clone().oneshot(LambdaEvent::new(
        event("d-1"),
        context(Duration::from_mins(10)),
    ));
    tokio::time::timeout(Duration::from_millis(100), invocation)
        .await
        .unwrap_err();
    // Long before the guard's own time.
    let report = codedeploy.next(Duration::from_secs(20));
    assert_eq!(report.status, "Failed");
}
