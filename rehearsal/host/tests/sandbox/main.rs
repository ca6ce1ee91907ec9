//! Real processes behind the Runtime API: each way an invocation can end.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod environment;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rehearsal_host::process::Exit;
use rehearsal_host::{Invocation, Outcome, Sandbox};
use serde_json::json;
use support::{ARN, Fixture, event, gone, payload};

#[tokio::test]
async fn a_function_answers_again_and_again() {
    let mut sandbox = Fixture::new().start().await;
    let first = sandbox.invoke(event(&json!({ "n": 1 }))).await;
    assert_eq!(payload(&first), json!({ "n": 1 }));
    assert!(first.init.is_some());
    let second = sandbox.invoke(event(&json!({ "n": 2 }))).await;
    assert_eq!(payload(&second), json!({ "n": 2 }));
    assert_eq!(second.init, None);
    assert!(!sandbox.is_dead());
}

#[tokio::test]
async fn the_context_carries_id_arn_trace_and_a_deadline_of_now_plus_budget() {
    let mut sandbox = Fixture::new().start().await;
    let mut invocation = event(&json!({ "do": "context" }));
    invocation.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    let now = u64::try_from(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap();
    let answer = payload(&sandbox.invoke(invocation).await);
    assert_eq!(answer["request_id"], "8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    assert_eq!(answer["arn"], ARN);
    assert_eq!(
        answer["trace"],
        "Root=1-8476a536-e9f411e897392dfe598c3fcd;Parent=97392dfe598c3fcd;Sampled=0"
    );
    let left = answer["deadline"].as_u64().unwrap() - now;
    assert!((20_000..25_000).contains(&left), "{left} ms");
}

#[tokio::test]
async fn a_process_that_is_stopped_for_longer_than_its_budget_answers_when_it_goes_on() {
    let mut sandbox = Fixture::new().start().await;
    sandbox.invoke(event(&json!({ "n": 1 }))).await;
    let process = sandbox.process_id().to_string();
    let send = |signal: &str| {
        let sent = std::process::Command::new("kill")
            .args(["-s", signal, &process])
            .status();
        assert!(sent.unwrap().success());
    };
    let mut invocation = event(&json!({ "n": 2 }));
    invocation.budget = Duration::from_millis(500);
    send("STOP");
    let goes_on = async {
        // What is tested is that this time does not count.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        send("CONT");
    };
    let (report, ()) = tokio::join!(sandbox.invoke(invocation), goes_on);
    assert_eq!(payload(&report), json!({ "n": 2 }));
}

#[tokio::test]
async fn an_error_is_reported_and_the_function_lives_on() {
    let mut sandbox = Fixture::new().start().await;
    let report = sandbox.invoke(event(&json!({ "do": "fail" }))).await;
    assert!(
        matches!(&report.outcome, Outcome::FunctionError { .. }),
        "{report:?}"
    );
    assert_eq!(report.outcome.function_error(), Some("Unhandled"));
    assert_eq!(payload(&report)["errorMessage"], "as asked");
    assert!(sandbox.invoke(event(&json!({}))).await.outcome.is_success());
}

#[tokio::test]
async fn an_exit_is_lambdas_exit_error_with_the_last_lines() {
    let mut sandbox = Fixture::new().start().await;
    let report = sandbox
        .invoke(event(&json!({ "do": "exit", "code": 4 })))
        .await;
    assert_eq!(
        report.outcome,
        Outcome::Exited {
            how: Exit::Code(4),
            during_init: false
        }
    );
    assert_eq!(payload(&report)["errorType"], "Runtime.ExitError");
    let message = payload(&report)["errorMessage"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        message,
        format!(
            "RequestId: {} Error: Runtime exited with error: exit status 4",
            report.request_id
        )
    );
    assert_eq!(report.log.last().unwrap().text, "about to exit");
    assert!(sandbox.is_dead());
    assert!(matches!(
        sandbox.invoke(event(&json!({}))).await.outcome,
        Outcome::Exited { .. }
    ));
}

#[tokio::test]
async fn a_signal_is_named() {
    let mut sandbox = Fixture::new().start().await;
    let report = sandbox.invoke(event(&json!({ "do": "abort" }))).await;
    assert_eq!(
        report.outcome,
        Outcome::Exited {
            how: Exit::Signal(6),
            during_init: false
        }
    );
    assert!(
        payload(&report)["errorMessage"]
            .as_str()
            .unwrap()
            .ends_with("signal: aborted")
    );
}

#[tokio::test]
async fn a_function_that_hangs_or_spins_is_killed_at_its_budget() {
    let fixture = Fixture::new();
    for how in ["hang", "spin"] {
        let mut sandbox = fixture.start().await;
        assert!(sandbox.invoke(event(&json!({}))).await.outcome.is_success());
        let started = Instant::now();
        let invocation = Invocation::new(
            ARN,
            json!({ "do": how }).to_string(),
            Duration::from_millis(150),
        );
        let report = sandbox.invoke(invocation).await;
        assert_eq!(report.outcome, Outcome::TimedOut);
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{:?}",
            started.elapsed()
        );
        assert!(
            payload(&report)["errorMessage"]
                .as_str()
                .unwrap()
                .ends_with("Task timed out after 3.00 seconds")
        );
        gone(sandbox.process_id()).await;
    }
}

#[tokio::test]
async fn a_process_that_never_asks_is_an_init_time_out_whatever_its_invocation_gets() {
    let mut sandbox = Fixture::new().start_with("hang").await;
    let mut invocation = Invocation::new(ARN, "{}", Duration::from_millis(1));
    invocation.init_limit = Duration::from_millis(100);
    let report = sandbox.invoke(invocation).await;
    assert_eq!(report.outcome, Outcome::InitTimedOut);
    assert!(report.wall >= Duration::from_millis(100), "{report:?}");
    gone(sandbox.process_id()).await;
}

#[tokio::test]
async fn what_takes_longer_to_start_than_the_init_phase_has_its_invocation_s_time() {
    let mut sandbox = Fixture::new().start().await;
    let mut invocation = event(&json!({ "n": 1 }));
    invocation.init_limit = Duration::ZERO;
    let report = sandbox.invoke(invocation).await;
    assert_eq!(payload(&report), json!({ "n": 1 }));
}

#[tokio::test]
async fn an_extension_within_the_process_is_registered_and_holds_nothing_up() {
    let mut sandbox = Fixture::new().start().await;
    let registered = event(&json!({ "do": "register", "events": [] }));
    let answer = payload(&sandbox.invoke(registered).await);
    let answer = answer.as_str().unwrap();
    assert!(answer.contains("lambda-extension-identifier: "), "{answer}");
    assert!(
        answer
            .ends_with(r#""functionName":"fixture","functionVersion":"7","handler":"bootstrap"}"#),
        "{answer}"
    );
    let report = sandbox.invoke(event(&json!({ "n": 2 }))).await;
    assert_eq!(payload(&report), json!({ "n": 2 }));
    sandbox.kill().await;
}

#[tokio::test]
async fn a_process_that_ends_before_it_asks_is_an_exit_at_init() {
    let fixture = Fixture::new();
    let mut logs = Vec::new();
    for (behaviour, code) in [("exit", 3), ("panic", 101)] {
        let mut sandbox = fixture.start_with(behaviour).await;
        let report = sandbox.invoke(event(&json!({}))).await;
        let how = Exit::Code(code);
        assert_eq!(
            report.outcome,
            Outcome::Exited {
                how,
                during_init: true
            },
            "{behaviour}"
        );
        logs = report.log;
    }
    assert!(
        logs.iter().any(|line| line.text.contains("panicked")),
        "{logs:?}"
    );
}

#[tokio::test]
async fn an_error_at_start_is_the_functions_own() {
    let report = Fixture::new()
        .start_with("report")
        .await
        .invoke(event(&json!({})))
        .await;
    assert!(
        matches!(&report.outcome, Outcome::InitError { error_type, .. } if error_type == "Config.Missing"),
        "{report:?}"
    );
    assert_eq!(payload(&report)["errorMessage"], "no table");
}

#[tokio::test]
async fn what_the_runtime_api_refuses_does_not_end_the_invocation_and_is_told_with_its_end() {
    let fixture = Fixture::new();
    for (what_it_does, expected) in [
        ("wrong id", "which is not under way"),
        ("ask twice", "before it answered this one"),
    ] {
        let mut sandbox = fixture.start().await;
        let mut invocation = event(&json!({ "do": what_it_does }));
        invocation.budget = Duration::from_secs(1);
        let report = sandbox.invoke(invocation).await;
        assert_eq!(report.outcome, Outcome::TimedOut, "{report:?}");
        assert!(
            report
                .log
                .last()
                .is_some_and(|line| line.text.ends_with(expected)),
            "{report:?}"
        );
        gone(sandbox.process_id()).await;
    }
}

#[tokio::test]
async fn what_is_no_http_ends_the_invocation_and_says_what_it_was() {
    let mut sandbox = Fixture::new().start_with("garbage").await;
    let report = sandbox.invoke(event(&json!({}))).await;
    assert!(
        matches!(&report.outcome, Outcome::Nonsense { what } if what.contains("not HTTP")),
        "{report:?}"
    );
    assert!(sandbox.is_dead());
    gone(sandbox.process_id()).await;
}

#[tokio::test]
async fn an_answer_over_six_megabytes_is_refused_and_the_function_lives_on() {
    let mut sandbox = Fixture::new().start().await;
    let report = sandbox.invoke(event(&json!({ "do": "large" }))).await;
    assert_eq!(report.outcome, Outcome::ResponseTooLarge);
    assert_eq!(
        payload(&report)["errorType"],
        "Function.ResponseSizeTooLarge"
    );
    assert!(
        sandbox
            .invoke(event(&json!({ "do": "large", "bytes": 6_000_000 })))
            .await
            .outcome
            .is_success()
    );
}

#[tokio::test]
async fn an_answer_counts_even_if_the_process_ends_right_after_it() {
    let mut sandbox = Fixture::new().start().await;
    let report = sandbox
        .invoke(event(&json!({ "do": "answer and exit" })))
        .await;
    assert_eq!(payload(&report), json!("last words"));
    assert!(
        !sandbox.takes_next().await,
        "the next invocation is another process's"
    );
}

#[tokio::test]
async fn a_function_that_answered_is_ready_for_the_next_invocation() {
    let mut sandbox = Fixture::new().start().await;
    for _ in 0..2 {
        assert!(sandbox.invoke(event(&json!({}))).await.outcome.is_success());
        assert!(sandbox.takes_next().await);
    }
}

#[tokio::test]
async fn what_ends_a_function_between_two_invocations_fails_the_second() {
    let mut sandbox = Fixture::new().start().await;
    assert!(sandbox.invoke(event(&json!({}))).await.outcome.is_success());
    assert!(sandbox.takes_next().await);
    let process = sandbox.process_id().to_string();
    let killed = Command::new("kill")
        .args(["-9", &process])
        .status()
        .unwrap();
    assert!(killed.success());
    while !sandbox.is_dead() {
        tokio::task::yield_now().await;
    }
    assert!(sandbox.takes_next().await, "it had asked before");
    let report = sandbox.invoke(event(&json!({}))).await;
    assert!(
        matches!(
            report.outcome,
            Outcome::Exited {
                during_init: false,
                ..
            }
        ),
        "{report:?}"
    );
    assert!(
        !sandbox.takes_next().await,
        "the third is another process's"
    );
}

#[tokio::test]
async fn every_line_is_handed_on_as_it_comes() {
    let fixture = Fixture::new();
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let mut spec = fixture.spec();
    spec.on_line = Some(Arc::new(move |line| {
        sink.lock().unwrap().push(line.text.clone());
    }));
    let mut sandbox = Sandbox::start(spec).await.unwrap();
    sandbox
        .invoke(event(&json!({ "do": "say", "text": "hello" })))
        .await;
    let report = sandbox.invoke(event(&json!({ "do": "exit" }))).await;
    assert_eq!(report.log.last().unwrap().text, "about to exit");
    assert_eq!(*lines.lock().unwrap(), ["hello", "about to exit"]);
}

#[tokio::test]
async fn two_sandboxes_work_side_by_side() {
    let fixture = Fixture::new();
    let (mut one, mut two) = (fixture.start().await, fixture.start().await);
    let ask = json!({ "do": "environment" });
    let (first, second) = tokio::join!(one.invoke(event(&ask)), two.invoke(event(&ask)));
    let key = |report| {
        payload(report)["environment"]["AWS_ACCESS_KEY_ID"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_ne!(key(&first), key(&second));
    assert_eq!(
        fixture.callers.find(&key(&first)).unwrap().function_name,
        "fixture"
    );
}

#[tokio::test]
async fn a_dropped_sandbox_leaves_neither_process_nor_grandchild() {
    let mut sandbox = Fixture::new().start().await;
    let report = sandbox
        .invoke(event(&json!({ "do": "start a child" })))
        .await;
    let grandchild = u32::try_from(payload(&report).as_u64().unwrap()).unwrap();
    let process = sandbox.process_id();
    assert!(support::alive(grandchild) && support::alive(process));
    drop(sandbox);
    gone(process).await;
    gone(grandchild).await;
}

#[tokio::test]
async fn an_abandoned_invocation_leaves_a_dead_sandbox() {
    let mut sandbox = Fixture::new().start().await;
    assert!(sandbox.invoke(event(&json!({}))).await.outcome.is_success());
    let abandoned = sandbox.invoke(event(&json!({ "do": "hang" })));
    assert!(
        tokio::time::timeout(Duration::from_millis(50), abandoned)
            .await
            .is_err()
    );
    assert!(sandbox.is_dead());
}
