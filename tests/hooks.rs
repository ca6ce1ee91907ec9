//! The real hooks against a CodeDeploy that does not take their report, and hooks that die, panic or never answer.

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

/// No report arrives, ever: Lambda tries the hook's event twice more, and CodeDeploy waits its hour.
#[track_caller]
fn waited_for_an_hour(report: &Report) {
    assert_eq!(report.ending(), "Failed TIMEOUT");
    assert_eq!(report.served("2"), 0);
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(
        (&hook["status"], invocations(hook)),
        (&"Failed".into(), 3),
        "{hook:#}"
    );
    assert_eq!(
        hook["errors"].as_array().map(Vec::len),
        Some(3),
        "each invocation ended in an error: {hook:#}"
    );
    assert_eq!(hook["reported_by"], Value::Null);
    let minutes = report.minutes();
    // Without a shift, minutes are counted from the deployment's creation.
    assert!(
        minutes.iter().filter(|minute| minute.minute >= 0).count() >= 60,
        "an hour passed: {minutes:?}"
    );
}

#[test]
fn a_report_that_never_arrives_leaves_the_deployment_to_its_hour() {
    // The same faults as above, without an end; and a black hole. At the same time, for they mostly wait.
    let faults = [
        report_fault("error", ""),
        report_fault("drop", ""),
        report_fault("throttle", ""),
        report_fault("delay", "delay_ms = 600000"),
    ];
    std::thread::scope(|scope| {
        for fault in &faults {
            scope.spawn(move || {
                waited_for_an_hour(&rehearsed(&format!("{IMPATIENT}{fault}"), "Failed"));
            });
        }
    });
}

#[test]
fn a_hook_that_always_crashes_leaves_the_deployment_to_its_hour() {
    waited_for_an_hour(&Rehearse::of("hook-never-reports").report());
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
