//! What becomes of processes: functions that die, hang or never begin, and a `rehearse` that is stopped.

use std::time::Duration;

use workspace_tests::command::Running;
use workspace_tests::{Rehearse, Report, Scenario, process, scenario};

/// A process that is killed is gone at once; this is for a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

/// Rehearses a new version that behaves like this under live requests. Nothing that it does may hold the rehearsal up.
#[track_caller]
fn under_traffic(behaviour: &str) -> Report {
    let more = "[timing]\nhang_after_ms = 1500\n[expect]\noutcome = \"Stopped\"\nalarm = \"Failures\"\nlast_minute_served_by = \"old\"\n";
    let report = Scenario::of_greeter(behaviour, more)
        .run()
        .with_code(0)
        .report();
    assert_eq!(report.ending(), "Stopped ALARM_ACTIVE");
    assert!(report.served("2") > 0, "it got requests: {report:?}");
    assert_eq!(
        report.errors("2"),
        report.served("2"),
        "and each of its callers saw an error"
    );
    assert_eq!(report.errors("1"), 0, "the old version knows nothing of it");
    report
}

#[test]
fn a_function_that_ends_is_an_error_to_its_caller_and_the_alarm_brings_the_old_version_back() {
    under_traffic("ends");
    under_traffic("aborts");
}

#[test]
fn a_function_that_ends_at_its_start_is_an_error_to_its_caller() {
    under_traffic("ends at its start");
}

#[test]
fn a_function_that_never_asks_for_an_invocation_is_an_error_to_its_caller() {
    under_traffic("never asks for an invocation");
}

#[test]
fn a_function_that_hangs_is_an_error_to_its_caller() {
    under_traffic("hangs");
    under_traffic("blocks its thread");
}

#[test]
fn a_function_whose_answer_is_no_http_answer_is_an_error_to_callers_and_none_to_lambda() {
    // API Gateway says 502; the function's Errors metric counts nothing, so its alarm stays silent.
    let expectation = "[expect]\noutcome = \"Succeeded\"\nerrors = { at_least = 1 }\n";
    let report = Scenario::of_greeter("answers nonsense", expectation)
        .run()
        .with_code(0)
        .report();
    assert_eq!(report.errors("2"), report.served("2"));
    assert!(
        report
            .alarm("Failures")
            .iter()
            .all(|(_, state)| state != "ALARM")
    );
}

#[test]
fn a_real_function_that_crashes_under_traffic_starts_again_and_the_deployment_goes_on() {
    let more = "[[fault]]\nfunction = \"Contacts\"\ncallers = \"traffic\"\nversion = \"new\"\nkind = \"crash\"\ntimes = 1\n\
                [expect]\noutcome = \"Succeeded\"\nerrors = { at_least = 1, at_most = 1 }\nlast_minute_served_by = \"new\"\n";
    let report = Scenario::of_contacts(more).run().with_code(0).report();
    assert_eq!((report.errors("1"), report.errors("2")), (0, 1));
}

#[test]
fn a_real_function_that_hangs_under_traffic_is_rolled_back() {
    let report = Rehearse::of("hangs-under-traffic").report();
    assert_eq!(report.ending(), "Stopped ALARM_ACTIVE");
    assert_eq!(
        (report.errors("1"), report.errors("2")),
        (0, report.served("2"))
    );
}

#[test]
fn two_rehearsals_at_once_do_not_disturb_each_other() {
    let (first, second) = (Scenario::of_contacts(""), Scenario::of_contacts(""));
    let (first, second) = (first.rehearse().start(), second.rehearse().start());
    let reports = [first, second].map(|running| {
        running
            .finish()
            .with_code(0)
            .report()
            .without_durations_and_ids()
    });
    assert_eq!(reports[0], reports[1], "the same seed, so the same report");
}

/// A rehearsal whose hook waits for CodeDeploy, so that functions run while something is done to them; from a build of its own,
/// so that its functions are known by their paths. The fault has more text at its end.
fn waiting_for_its_hook(more: &str) -> Scenario {
    let text = format!(
        "[builds]\nold = \"build\"\nnew = \"build\"\n\
         [[fault]]\nservice = \"codedeploy\"\nkind = \"delay\"\ndelay_ms = 600000\n{more}"
    );
    let scenario = Scenario::new(&scenario::contacts("AllAtOnce", &text));
    scenario.build("build", &[]);
    scenario
}

/// Starts it, and waits until the hook and the function that it invokes run. Gives the hook's process too.
fn with_functions_running(scenario: &Scenario) -> (Running, u32) {
    let mut running = scenario.rehearse().start();
    let hook = process::within(SOON, "the hook and the function it invokes run", || {
        assert!(!running.has_ended(), "it waits for its hook");
        process::with(&in_build(scenario, "contacts-api")).first()?;
        process::with(&in_build(scenario, "pre-traffic-hook"))
            .first()
            .copied()
    });
    (running, hook)
}

fn in_build(scenario: &Scenario, name: &str) -> String {
    scenario.path("build").join(name).display().to_string()
}

#[track_caller]
fn no_function_is_left(scenario: &Scenario) {
    process::within(SOON, "no function is left", || {
        process::with(&in_build(scenario, ""))
            .is_empty()
            .then_some(())
    });
}

#[test]
fn a_rehearsal_that_is_killed_leaves_no_function_behind() {
    let scenario = waiting_for_its_hook("");
    let (running, _) = with_functions_running(&scenario);
    process::signal(running.id(), "KILL");
    let finished = running.finish();
    assert_eq!((finished.code, finished.kept), (None, None));
    no_function_is_left(&scenario);
}

#[test]
fn a_rehearsal_that_is_killed_takes_a_function_with_it_that_would_never_notice() {
    // It talks to no one, so nothing but the operating system can tell it.
    let scenario = Scenario::of_greeter(
        "never asks for an invocation",
        "[timing]\nhang_after_ms = 60000\n",
    );
    let running = scenario.rehearse().start();
    let function = scenario.path("new/greeter").display().to_string();
    let runs = || !process::with(&function).is_empty();
    process::within(SOON, "the function runs", || runs().then_some(()));
    process::signal(running.id(), "KILL");
    assert_eq!(running.finish().code, None);
    process::within(SOON, "the function is gone", || (!runs()).then_some(()));
}

#[test]
fn a_rehearsal_that_is_interrupted_ends_and_leaves_no_function_behind() {
    let scenario = waiting_for_its_hook("");
    let (running, _) = with_functions_running(&scenario);
    // As Ctrl-C does.
    process::signal(running.id(), "INT");
    let finished = running.finish().with_code(130);
    assert_eq!(finished.kept, None);
    no_function_is_left(&scenario);
}

#[test]
fn a_rehearsal_that_is_over_leaves_no_function_behind() {
    let scenario = Scenario::new(&scenario::contacts(
        "AllAtOnce",
        "[builds]\nold = \"build\"\nnew = \"build\"\n",
    ));
    scenario.build("build", &[]);
    let finished = scenario.run();
    assert_eq!(finished.code, Some(0), "{finished}");
    no_function_is_left(&scenario);
}

#[test]
fn a_hook_that_is_killed_from_outside_is_invoked_again_and_the_deployment_succeeds() {
    let scenario = waiting_for_its_hook("times = 1\n");
    let (running, hook) = with_functions_running(&scenario);
    process::signal(hook, "KILL");
    let report = running.finish().with_code(0).report();
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(
        (&hook["status"], &hook["invocations"]),
        (&"Succeeded".into(), &2.into()),
        "{hook:#}"
    );
    let errors = hook["errors"].to_string();
    assert!(errors.contains("signal: killed"), "{errors}");
}
