//! What becomes of a check, whatever it does.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::{CodeDeploy, EXECUTION, context, event, invoke};
use lambda_runtime::LambdaEvent;
use lifecycle_hook::{
    Check, CheckStatus, Failure, Hook, HookError, LifecycleEvent, Status, Verdict,
};
use serde_json::json;
use tower::ServiceExt;

/// Two seconds for the checks, three for the report.
const TIMEOUT: Duration = Duration::from_secs(5);
/// 0.45 s for the checks.
const SHORT: Duration = Duration::from_secs(1);

async fn passes(_cx: Check) -> Result<(), Failure> {
    Ok(())
}

fn statuses(verdict: &Verdict) -> Vec<CheckStatus> {
    verdict.checks.iter().map(|check| check.status).collect()
}

#[tokio::test]
async fn a_passing_check_is_reported_as_succeeded_once_with_both_ids() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("passes", passes);
    let verdict = invoke(&hook, TIMEOUT).await.unwrap();

    assert_eq!(verdict.status, Status::Succeeded);
    assert_eq!(verdict.lifecycle_event, LifecycleEvent::BeforeAllowTraffic);
    assert_eq!(statuses(&verdict), [CheckStatus::Passed]);
    assert!(verdict.report.delivered && !verdict.report.dry_run);
    assert_eq!(verdict.report.attempts, 1);
    let reports = codedeploy.reports();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].status, "Succeeded");
    assert_eq!(reports[0].deployment_id, "d-1");
    assert_eq!(reports[0].execution_id, EXECUTION);
}

#[tokio::test]
async fn every_check_is_reported_and_not_only_the_first_to_fail() {
    use CheckStatus::{Failed, Panicked, Passed, Skipped};

    let codedeploy = CodeDeploy::start();
    let hook = Hook::after_allow_traffic()
        .environment(codedeploy.environment())
        .log_to(std::io::sink())
        .check("says no", async |_cx: Check| {
            Err::<(), _>("expected 200, got 500")
        })
        .check("passes", passes)
        .check("panics", async |_cx: Check| -> Result<(), Failure> {
            panic!("no item {}", 7)
        })
        .check("errs", async |_cx: Check| "x".parse::<u8>().map(|_| ()))
        .check("is skipped", async |_cx: Check| {
            Err::<(), _>(Failure::skipped("no version to ask"))
        });
    let verdict = invoke(&hook, TIMEOUT).await.unwrap();

    assert_eq!(
        statuses(&verdict),
        [Failed, Passed, Panicked, Failed, Skipped]
    );
    let details: Vec<_> = verdict.checks.iter().map(|c| c.detail.as_deref()).collect();
    let panicked = details[2].unwrap_or_default();
    assert!(
        panicked.starts_with(&format!("panicked: no item 7, at {}:", file!())),
        "{panicked}"
    );
    assert_eq!(
        details,
        [
            Some("expected 200, got 500"),
            None,
            Some(panicked),
            Some("invalid digit found in string"),
            Some("no version to ask"),
        ]
    );
    assert_eq!(codedeploy.reports()[0].status, "Failed");
}

#[tokio::test]
async fn a_panic_before_the_first_await_is_a_failed_check_too() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check(
        "panics at once",
        |_cx: Check| -> std::future::Ready<Result<(), Failure>> { panic!("at once") },
    );
    let verdict = invoke(&hook, TIMEOUT).await.unwrap();
    let detail = verdict.checks[0].detail.as_deref().unwrap_or_default();
    assert!(detail.starts_with("panicked: at once, at "), "{detail}");
    assert_eq!(codedeploy.reports()[0].status, "Failed");
}

#[tokio::test]
async fn a_check_that_hangs_has_timed_out_and_the_others_count() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy
        .hook()
        .check("hangs", async |_cx: Check| {
            std::future::pending::<Result<(), Failure>>().await
        })
        .check("passes", passes);
    let verdict = invoke(&hook, SHORT).await.unwrap();
    assert_eq!(
        statuses(&verdict),
        [CheckStatus::TimedOut, CheckStatus::Passed]
    );
    assert!(
        verdict.reason.is_none(),
        "the verdict was in time: {verdict:?}"
    );
    assert_eq!(codedeploy.reports()[0].status, "Failed");
}

#[tokio::test]
async fn a_checks_own_time_out_ends_it_and_is_what_remains() {
    let codedeploy = CodeDeploy::start();
    let own = Duration::from_millis(100);
    let hook = codedeploy
        .hook()
        .check_with_timeout("hangs", own, async |cx: Check| {
            cx.note(
                "remaining_ms",
                u64::try_from(cx.remaining().as_millis()).unwrap(),
            );
            std::future::pending::<Result<(), Failure>>().await
        });
    let verdict = invoke(&hook, Duration::from_mins(1)).await.unwrap();
    let check = &verdict.checks[0];
    assert_eq!(check.status, CheckStatus::TimedOut);
    assert!((90..5_000).contains(&check.duration_ms), "{check:?}");
    assert!(
        check.notes["remaining_ms"].as_u64().unwrap() <= 100,
        "{check:?}"
    );
}

#[tokio::test]
async fn checks_run_at_the_same_time() {
    let codedeploy = CodeDeploy::start();
    let meeting = Arc::new(tokio::sync::Barrier::new(2));
    let mut hook = codedeploy.hook();
    for name in ["one", "the other"] {
        let meeting = Arc::clone(&meeting);
        hook = hook.check(name, move |_cx| {
            let meeting = Arc::clone(&meeting);
            async move {
                meeting.wait().await;
                Ok::<(), Failure>(())
            }
        });
    }
    let verdict = invoke(&hook, TIMEOUT).await.unwrap();
    assert_eq!(verdict.status, Status::Succeeded);
}

#[tokio::test]
async fn a_task_that_a_check_leaves_running_holds_nothing_up() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("leaks", async |_cx: Check| {
        tokio::spawn(std::future::pending::<()>());
        Ok::<(), Failure>(())
    });
    assert_eq!(
        invoke(&hook, TIMEOUT).await.unwrap().status,
        Status::Succeeded
    );
}

#[tokio::test]
async fn clean_up_runs_last_in_first_out_however_the_check_ends() {
    let codedeploy = CodeDeploy::start();
    let done = Arc::new(Mutex::new(Vec::new()));
    let register = {
        let done = Arc::clone(&done);
        move |cx: &Check, of: &'static str| {
            for step in [1, 2] {
                let done = Arc::clone(&done);
                cx.on_cleanup(format!("{of} {step}"), async move {
                    done.lock().unwrap().push(format!("{of} {step}"));
                    Ok::<(), Failure>(())
                });
            }
        }
    };
    let (a, b, c) = (register.clone(), register.clone(), register);
    let hook = codedeploy
        .hook()
        .check("passes", move |cx| {
            a(&cx, "passes");
            async { Ok::<(), Failure>(()) }
        })
        .check("panics", move |cx| {
            b(&cx, "panics");
            async { panic!("now") as Result<(), Failure> }
        })
        .check("hangs", move |cx| {
            c(&cx, "hangs");
            std::future::pending::<Result<(), Failure>>()
        });
    let verdict = invoke(&hook, SHORT).await.unwrap();
    assert!(verdict.cleanup.is_empty(), "{verdict:?}");
    let done = done.lock().unwrap();
    for of in ["passes", "panics", "hangs"] {
        let mine: Vec<_> = done.iter().filter(|step| step.starts_with(of)).collect();
        assert_eq!(mine, [&format!("{of} 2"), &format!("{of} 1")]);
    }
}

#[tokio::test]
async fn what_could_not_be_cleaned_is_named_and_fails_nothing() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("creates", async |cx: Check| {
        cx.on_cleanup("first", async { Ok::<(), Failure>(()) });
        cx.on_cleanup("item 7", async { Err::<(), _>("403 from DELETE") });
        cx.on_cleanup("item 8", async { panic!("gone") as Result<(), Failure> });
        cx.on_cleanup("item 9", std::future::pending::<Result<(), Failure>>());
        Ok::<(), Failure>(())
    });
    let verdict = invoke(&hook, SHORT).await.unwrap();
    assert_eq!(verdict.status, Status::Succeeded);
    let named: Vec<_> = verdict
        .cleanup
        .iter()
        .map(|left| (left.check.as_str(), left.name.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("creates", "item 9"),
            ("creates", "item 8"),
            ("creates", "item 7")
        ]
    );
    assert!(
        verdict.cleanup[0].detail.starts_with("not done after"),
        "{verdict:?}"
    );
    let detail = &verdict.cleanup[1].detail;
    assert!(detail.starts_with("panicked: gone, at "), "{detail}");
    assert_eq!(verdict.cleanup[2].detail, "403 from DELETE");
}

#[tokio::test]
async fn a_hook_that_has_tested_nothing_fails_the_deployment_and_says_why() {
    let without = |hook: Hook| hook;
    let all_skipped = |hook: Hook| {
        hook.check("is skipped", async |_cx: Check| {
            Err::<(), _>(Failure::skipped("no version to ask"))
        })
    };
    for (checks, reason) in [
        (without as fn(Hook) -> Hook, "no checks"),
        (all_skipped, "every check was skipped"),
    ] {
        let codedeploy = CodeDeploy::start();
        let hook = checks(codedeploy.hook());
        let verdict = invoke(&hook, TIMEOUT).await.unwrap();
        assert_eq!(verdict.status, Status::Failed);
        assert!(verdict.reason.unwrap().contains(reason));
        assert_eq!(codedeploy.reports()[0].status, "Failed");
    }
}

#[tokio::test]
async fn an_event_without_ids_is_refused_and_nobody_is_told() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("passes", passes);
    let error = hook
        .oneshot(LambdaEvent::new(
            json!({"deploymentId": "d-1"}),
            context(TIMEOUT),
        ))
        .await
        .unwrap_err();
    assert!(matches!(error, HookError::Event(_)), "{error}");
    assert_eq!(codedeploy.calls(), 0);
}

#[tokio::test]
async fn a_deadline_in_the_past_leaves_the_default_time() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy.hook().check("has time", async |cx: Check| {
        cx.note("seconds", cx.remaining().as_secs());
        Ok::<(), Failure>(())
    });
    let mut context = context(TIMEOUT);
    context.deadline = 60_000;
    let verdict = hook
        .oneshot(LambdaEvent::new(event("d-1"), context))
        .await
        .unwrap();
    assert_eq!(verdict.status, Status::Succeeded);
    // 120 s less the margin of 24 s and the 9.6 s for clean-up.
    assert!((80..=86).contains(&verdict.checks[0].notes["seconds"].as_u64().unwrap()));
}

#[tokio::test]
async fn two_events_at_once_are_told_apart() {
    let codedeploy = CodeDeploy::start();
    let hook = codedeploy
        .hook()
        .check("is the good one", async |cx: Check| {
            match cx.deployment_id() {
                "d-good" => Ok(()),
                other => Err(format!("{other} is not")),
            }
        });
    let one = |id: &str| {
        hook.clone()
            .oneshot(LambdaEvent::new(event(id), context(TIMEOUT)))
    };
    let (good, bad) = tokio::join!(one("d-good"), one("d-bad"));
    assert_eq!(good.unwrap().status, Status::Succeeded);
    assert_eq!(bad.unwrap().status, Status::Failed);
    let mut reports: Vec<_> = codedeploy
        .reports()
        .into_iter()
        .map(|reports| (reports.deployment_id, reports.status))
        .collect();
    reports.sort();
    assert_eq!(
        reports,
        [
            ("d-bad".to_owned(), "Failed".to_owned()),
            ("d-good".to_owned(), "Succeeded".to_owned())
        ]
    );
}

/// A check as the README writes it.
async fn takes_any_error(cx: Check) -> Result<(), lifecycle_hook::Error> {
    match cx.deployment_id() {
        "d-parse" => drop("x".parse::<u32>()?),
        "d-failure" => Err(Failure::skipped("nothing to ask"))?,
        "d-text" => Err("a text")?,
        "d-string" => Err(format!("{} texts", 2))?,
        _ => {}
    }
    Ok(())
}

#[tokio::test]
async fn the_question_mark_takes_any_error_a_failure_and_a_text() {
    for (deployment, status, detail) in [
        ("d-1", CheckStatus::Passed, None),
        (
            "d-parse",
            CheckStatus::Failed,
            Some("invalid digit found in string"),
        ),
        ("d-failure", CheckStatus::Skipped, Some("nothing to ask")),
        ("d-text", CheckStatus::Failed, Some("a text")),
        ("d-string", CheckStatus::Failed, Some("2 texts")),
    ] {
        let hook = Hook::before_allow_traffic()
            .log_to(std::io::sink())
            .dry_run(true)
            .check("takes any error", takes_any_error);
        let event = LambdaEvent::new(event(deployment), context(TIMEOUT));
        let check = hook.oneshot(event).await.unwrap().checks.remove(0);
        assert_eq!((check.status, check.detail.as_deref()), (status, detail));
    }
}

#[test]
fn what_a_hook_is_made_of_goes_from_thread_to_thread() {
    fn goes<T: Send + Sync + 'static>() {}
    goes::<Hook>();
    goes::<Check>();
    goes::<Failure>();
    goes::<HookError>();
    goes::<Verdict>();
    goes::<lifecycle_hook::Invoke>();
    goes::<lifecycle_hook::Https>();
    goes::<lifecycle_hook::OnFailureDestination>();
    goes::<lifecycle_hook::Reporter>();
    goes::<lifecycle_hook::TransportError>();
}
