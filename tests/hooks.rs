//! The real hooks against a CodeDeploy that does not take their report; hooks that die, panic or never answer, and the guard that
//! answers for them.

use serde_json::Value;
use workspace_tests::report::checks;
use workspace_tests::{Rehearse, Report, Scenario, places, scenario};

/// Hooks give up soon, so that waiting for one that hangs is short. The deadline they see is that of their own time.
const IMPATIENT: &str = "[timing]\nhook_hang_after_ms = 2000\n";

fn report_fault(kind: &str, more: &str) -> String {
    format!(
        "[[fault]]\nservice = \"codedeploy\"\noperation = \"PutLifecycleEventHookExecutionStatus\"\nkind = \"{kind}\"\n{more}\n"
    )
}

/// Rehearses the project's template all at once with this at the file's end.
#[track_caller]
fn rehearsed(more: &str, outcome: &str) -> Report {
    let expectation = format!("[expect]\noutcome = \"{outcome}\"\n");
    Scenario::of_contacts(&format!("{more}{expectation}"))
        .run()
        .with_code(0)
        .report()
}

fn invocations(hook: &Value) -> u64 {
    hook["invocations"]
        .as_u64()
        .expect("invocations are counted")
}

/// Each hook's one invocation delivered its report, however often it had to try.
#[track_caller]
fn delivered_at_last(report: &Report) {
    assert_eq!(report.ending(), "Succeeded");
    for event in ["BeforeAllowTraffic", "AfterAllowTraffic"] {
        let hook = report.hook(event);
        assert_eq!(
            (&hook["status"], invocations(hook)),
            (&"Succeeded".into(), 1),
            "{event}: {hook:#}"
        );
    }
}

#[test]
fn a_report_that_fails_three_times_is_delivered_at_the_fourth() {
    delivered_at_last(&Rehearse::of("report-fails-three-times").report());
}

#[test]
fn a_report_whose_connection_is_dropped_is_sent_again() {
    delivered_at_last(&rehearsed(&report_fault("drop", "times = 2"), "Succeeded"));
}

#[test]
fn a_throttled_report_is_sent_again() {
    delivered_at_last(&rehearsed(
        &report_fault("throttle", "times = 3"),
        "Succeeded",
    ));
}

/// A hook's invocations, who reported for it, and what became of its event, in one line.
fn outcome_of(hook: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("no one").to_owned();
    let on_failure = match &hook["on_failure"] {
        Value::Null => "never given up".to_owned(),
        on_failure => format!(
            "{}, told to {} ({})",
            text(&on_failure["condition"]),
            text(&on_failure["function"]),
            invocations(on_failure)
        ),
    };
    let reported_by = text(&hook["reported_by"]);
    format!(
        "{} invocations, {} errors, reported by {reported_by}; {on_failure}",
        invocations(hook),
        hook["errors"].as_array().map_or(0, Vec::len),
    )
}

/// How many whole minutes passed since the deployment's creation, or since its first shift where there was one.
fn minutes(report: &Report) -> usize {
    let minutes = report.minutes();
    minutes.iter().filter(|minute| minute.minute >= 0).count()
}

/// No report arrives, ever, and CodeDeploy waits its hour.
#[track_caller]
fn waited_for_an_hour(report: &Report, what_happened: &str) {
    assert_eq!(report.ending(), "Failed TIMEOUT");
    assert_eq!(report.served("2"), 0);
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(
        (&hook["status"], outcome_of(hook).as_str()),
        (&"Failed".into(), what_happened),
        "{hook:#}"
    );
    // Without a shift, minutes are counted from the deployment's creation.
    assert!(minutes(report) >= 60, "an hour passed");
}

#[test]
fn a_report_that_never_arrives_leaves_the_deployment_to_its_hour() {
    // The same faults as above, without an end; and a black hole. The guard is told, and it fares no better than the hook. At the
    // same time, for they mostly wait.
    let faults = [
        report_fault("error", ""),
        report_fault("drop", ""),
        report_fault("throttle", ""),
        report_fault("delay", "delay_ms = 600000"),
    ];
    let what_happened =
        "2 invocations, 2 errors, reported by no one; RetriesExhausted, told to HookGuard (3)";
    std::thread::scope(|scope| {
        for fault in &faults {
            scope.spawn(move || {
                let report = rehearsed(&format!("{IMPATIENT}{fault}"), "Failed");
                waited_for_an_hour(&report, what_happened);
            });
        }
    });
}

#[test]
fn a_hook_that_always_crashes_leaves_the_deployment_to_its_hour_where_no_one_answers_for_it() {
    waited_for_an_hour(
        &Rehearse::of("hook-never-reports").report(),
        "3 invocations, 3 errors, reported by no one; RetriesExhausted, told to no one (0)",
    );
}

/// The guard answered for a hook, in minutes.
#[track_caller]
fn answered_for(report: &Report, event: &str, what_happened: &str, at_most_minutes: usize) {
    assert_eq!(report.ending(), "Failed HOOK_EXECUTION_FAILURE");
    let hook = report.hook(event);
    assert_eq!(
        (&hook["status"], outcome_of(hook).as_str()),
        (&"Failed".into(), what_happened),
        "{hook:#}"
    );
    let errors = &hook["on_failure"]["errors"];
    assert_eq!(*errors, Value::Array(Vec::new()), "the guard did not err");
    let message = report.text("/deployments/0/error_message");
    let function = hook["function"].as_str().expect("a hook has a function");
    assert!(
        message.starts_with("HookGuard reported Failed") && message.contains(function),
        "{message}"
    );
    assert!(minutes(report) <= at_most_minutes, "{}", minutes(report));
}

const TRIED_AGAIN: &str =
    "2 invocations, 2 errors, reported by HookGuard; RetriesExhausted, told to HookGuard (1)";
const TOO_OLD: &str =
    "1 invocations, 1 errors, reported by HookGuard; EventAgeExceeded, told to HookGuard (1)";

#[test]
fn a_hook_that_crashes_at_its_start_or_is_killed_for_its_memory_is_answered_for_in_minutes() {
    for name in ["hook-crashes-at-start", "hook-killed-for-memory"] {
        let report = Rehearse::of(name).report();
        answered_for(&report, "BeforeAllowTraffic", TRIED_AGAIN, 5);
        assert_eq!(report.served("2"), 0, "{name}");
    }
}

#[test]
fn a_hook_that_exits_after_the_shift_is_answered_for_and_the_old_version_comes_back() {
    let report = Rehearse::of("hook-exits").report();
    answered_for(&report, "AfterAllowTraffic", TRIED_AGAIN, 5);
    assert_eq!(report.text("/deployments/0/rollback/status"), "Succeeded");
}

#[test]
fn a_hook_that_hangs_beyond_its_events_age_is_not_tried_again_before_it_is_answered_for() {
    let report = Rehearse::of("hook-hangs-past-its-timeout").report();
    answered_for(&report, "AfterAllowTraffic", TOO_OLD, 19);
}

/// The report of a rehearsal whose PreTraffic hook is a process that does this, with more text at the file's end.
fn with_hook(behaviour: &str, more: &str) -> Report {
    let more =
        format!("[builds]\nnew = \"build\"\n{IMPATIENT}{more}[expect]\noutcome = \"Failed\"\n");
    let scenario = Scenario::new(&scenario::contacts("AllAtOnce", &more));
    scenario.build(
        "build",
        &[("pre-traffic-hook", places::example("odd_function"))],
    );
    scenario.write("build/behaviour", behaviour);
    scenario.run().with_code(0).report()
}

#[test]
fn the_guard_answers_for_processes_that_end_abort_or_hang() {
    let hooks = [
        ("ends at its start", "exit status 3"),
        ("ends", "exit status 3"),
        ("aborts", "signal: aborted"),
        ("hangs", "timed out after 120.00 seconds"),
        ("blocks its thread", "timed out after 120.00 seconds"),
        (
            "never asks for an invocation",
            "timed out after 120.00 seconds",
        ),
    ];
    std::thread::scope(|scope| {
        for (behaviour, error) in hooks {
            scope.spawn(move || {
                let report = with_hook(behaviour, "");
                // A hook that hangs hangs twice: two minutes each, and one between them.
                answered_for(&report, "BeforeAllowTraffic", TRIED_AGAIN, 8);
                let hook = report.hook("BeforeAllowTraffic");
                let message = hook["errors"][0].as_str().unwrap_or_default();
                assert!(message.contains(error), "{behaviour}: {hook:#}");
            });
        }
    });
}

#[test]
fn a_hook_that_answers_and_never_reports_is_no_failure_to_lambda_and_no_one_answers_for_it() {
    let report = with_hook("answers", "");
    waited_for_an_hour(
        &report,
        "1 invocations, 0 errors, reported by no one; never given up",
    );
}

#[test]
fn a_guard_that_crashes_is_tried_again_too() {
    let crashes = "[[fault]]\nfunction = \"HookGuard\"\nkind = \"crash\"\ntimes = 2\n";
    let report = with_hook("ends", crashes);
    assert_eq!(report.ending(), "Failed HOOK_EXECUTION_FAILURE");
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(
        outcome_of(hook),
        "2 invocations, 2 errors, reported by HookGuard; RetriesExhausted, told to HookGuard (3)"
    );
    let errors = hook["on_failure"]["errors"].as_array();
    assert_eq!(errors.map(Vec::len), Some(2), "{hook:#}");
}

#[test]
fn a_throttled_hook_waits_in_lambdas_queue_and_answers_for_itself() {
    let delayed = "[[fault]]\nfunction = \"PostTrafficHook\"\nkind = \"throttle\"\ntimes = 3\n";
    let report = rehearsed(delayed, "Succeeded");
    let hook = report.hook("AfterAllowTraffic");
    assert_eq!(hook["reported_by"], "PostTrafficHook", "{hook:#}");
    assert_eq!(hook["on_failure"], Value::Null, "{hook:#}");
}

#[test]
fn a_hook_that_crashes_once_is_invoked_again_and_the_deployment_succeeds() {
    for (hook, event) in [
        ("PreTrafficHook", "BeforeAllowTraffic"),
        ("PostTrafficHook", "AfterAllowTraffic"),
    ] {
        let report = rehearsed(
            &format!("[[fault]]\nfunction = \"{hook}\"\nkind = \"crash\"\ntimes = 1\n"),
            "Succeeded",
        );
        let hook = report.hook(event);
        assert_eq!(
            (&hook["status"], invocations(hook)),
            (&"Succeeded".into(), 2),
            "{hook:#}"
        );
        assert_eq!(hook["errors"].as_array().map(Vec::len), Some(1), "{hook:#}");
    }
}

#[test]
fn a_panic_in_a_check_is_a_failed_check_beside_the_others() {
    let more =
        "[builds]\nnew = \"build\"\n[expect]\noutcome = \"Failed\"\nfailed_check = \"panics\"\n";
    let scenario = Scenario::new(&scenario::contacts("AllAtOnce", more));
    scenario.build(
        "build",
        &[("pre-traffic-hook", places::example("panicking_hook"))],
    );
    let report = scenario.run().with_code(0).report();
    assert_eq!(report.ending(), "Failed HOOK_EXECUTION_FAILURE");
    assert_eq!(report.served("2"), 0);
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(
        (checks(hook, "Panicked"), checks(hook, "Passed")),
        (vec!["panics".to_owned()], vec!["passes".to_owned()])
    );
    assert_eq!(invocations(hook), 1, "it did not die of it: {hook:#}");
    let detail = hook["checks"][1]["detail"].as_str();
    assert!(
        detail.is_some_and(|detail| detail.contains("index out of bounds")),
        "{hook:#}"
    );
}

/// Of all the checks before the shift `old-data` alone failed; what it says.
#[track_caller]
fn only_old_data_failed(report: &Report) -> String {
    assert_eq!(report.ending(), "Failed HOOK_EXECUTION_FAILURE");
    assert_eq!(report.served("2"), 0);
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(checks(hook, "Failed"), ["old-data"], "{hook:#}");
    let all = hook["checks"].as_array().expect("checks are an array");
    let failed = all.iter().find(|check| check["name"] == "old-data");
    let detail = failed.and_then(|check| check["detail"].as_str());
    detail.expect("a failed check says why").to_owned()
}

#[test]
fn a_version_that_does_not_find_what_the_other_one_stored_is_caught_whichever_of_them_it_is() {
    let report = Rehearse::of("new-version-misreads-old-items").report();
    let detail = only_old_data_failed(&report);
    assert!(
        detail.starts_with("version 2 reads what version 1 wrote"),
        "{detail}"
    );
    let old_misreads_new = "[[fault]]\nservice = \"dynamodb\"\nversion = \"old\"\nkind = \"corrupt\"\nwritten_by = \"new\"\n";
    let detail = only_old_data_failed(&rehearsed(old_misreads_new, "Failed"));
    assert!(
        detail.starts_with("version 1 reads what version 2"),
        "{detail}"
    );
}

#[test]
fn a_check_that_fails_after_all_traffic_has_shifted_brings_the_old_version_back() {
    // The hook's own requests fail, and no live one: only the checks can decide.
    let report = Rehearse::of("broken-after-traffic").report();
    assert_eq!(report.ending(), "Failed HOOK_EXECUTION_FAILURE");
    assert_eq!(report.hook("BeforeAllowTraffic")["status"], "Succeeded");
    let hook = report.hook("AfterAllowTraffic");
    assert_eq!(hook["status"], "Failed");
    assert!(!checks(hook, "Failed").is_empty(), "{hook:#}");
    assert_eq!(report.text("/deployments/0/rollback/status"), "Succeeded");
    let last = report.minutes().pop().expect("there are minutes");
    assert_eq!((last.requests("2"), last.weight("1")), (0, 1.0));
    assert!(last.requests("1") > 0);
}

#[test]
fn the_release_profile_says_that_panics_unwind() {
    // Where it is silent, cargo-lambda, and so `sam build`, builds with "abort", and a panic is the hook's end.
    let manifest = std::fs::read_to_string(places::root().join("Cargo.toml"))
        .expect("the workspace's manifest can be read");
    let release = manifest.split("[profile.release]\n").nth(1);
    let release = release
        .and_then(|rest| rest.split("\n[").next())
        .expect("there is a release profile");
    assert!(
        release.lines().any(|line| line == "panic = \"unwind\""),
        "{release}"
    );
}
