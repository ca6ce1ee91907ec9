//! What becomes of processes: functions that die, hang or never begin, and a `rehearse` that is stopped.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use workspace_tests::command::Running;
use workspace_tests::{Rehearse, Report, Scenario, process, scenario};

/// A process that is killed is gone at once; this is for a machine that is busy.
const SOON: Duration = Duration::from_secs(20);

/// The number of openat(2), as `/proc/<id>/task/<id>/syscall` begins with it.
#[cfg(target_arch = "x86_64")]
const OPENAT: &str = "257 ";
#[cfg(not(target_arch = "x86_64"))]
const OPENAT: &str = "56 ";

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
fn a_rehearsal_that_is_asked_to_end_does_with_the_signals_exit_code_and_leaves_no_function_behind()
{
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
        let scenario = waiting_for_its_hook("");
        let (running, _) = with_functions_running(&scenario);
        process::signal(running.id(), signal);
        let finished = running.finish().with_code(code);
        assert_eq!(finished.kept, None);
        no_function_is_left(&scenario);
    }
}

#[test]
fn a_rehearsal_whose_worker_is_killed_says_so_and_leaves_no_function_behind() {
    let scenario = waiting_for_its_hook("");
    let (running, _) = with_functions_running(&scenario);
    process::signal(running.worker(), "KILL");
    let finished = running.finish().with_code(137);
    assert!(finished.stderr.contains("ended by signal 9"), "{finished}");
    no_function_is_left(&scenario);
}

#[test]
fn what_a_wrapper_script_and_a_daemon_leave_behind_ends_with_the_rehearsal() {
    // The script goes on as the function itself; what it started is its children, or was given away.
    let scenario = Scenario::of_greeter("answers", "[expect]\noutcome = \"Succeeded\"\n");
    let mark = format!("1000.{}", std::process::id());
    let script = format!(
        "#!/bin/sh\nsleep {mark} &\n(setsid sleep {mark} &)\nexec '{}'\n",
        workspace_tests::places::example("odd_function").display()
    );
    scenario.replace("new/greeter", &script);
    let started = scenario.rehearse().start();
    process::within(SOON, "it leaves a process behind", || {
        let left = process::with(&mark);
        left.iter()
            .any(|process| !process::children(*process).contains(process))
            .then_some(())
    });
    assert_eq!(started.finish().code, Some(0));
    process::within(SOON, "none is left", || {
        process::with(&mark).is_empty().then_some(())
    });
}

#[test]
fn a_rehearsal_that_still_reads_its_input_ends_at_once() {
    let scenario = Scenario::new("");
    let fifo = scenario.path("fifo.toml");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.is_ok_and(|status| status.success()));
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let running = Rehearse::new().file(&fifo).start();
        let worker = running.worker();
        process::within(SOON, "it waits for the file", || {
            let waits = |thread: std::fs::DirEntry| {
                let file = std::fs::read_to_string(thread.path().join("syscall"));
                // openat(2) of the FIFO, which waits for a writer.
                file.is_ok_and(|text| text.starts_with(OPENAT))
            };
            let threads = std::fs::read_dir(format!("/proc/{worker}/task")).ok()?;
            threads.flatten().any(waits).then_some(())
        });
        process::signal(running.id(), signal);
        assert_eq!(running.finish().code, Some(code));
    }
}

#[test]
fn a_rehearsal_that_waits_for_cargo_ends_at_once_and_cargo_with_it() {
    let scenario = Scenario::of_contacts("");
    let mark = format!("1001.{}", std::process::id());
    scenario.replace("cargo", &format!("#!/bin/sh\nsleep {mark}\n"));
    let running = scenario
        .rehearse()
        .environment("CARGO", scenario.path("cargo"))
        .start();
    let asked = || !process::with(&mark).is_empty();
    process::within(SOON, "cargo is asked", || asked().then_some(()));
    process::signal(running.id(), "TERM");
    assert_eq!(running.finish().code, Some(143));
    process::within(SOON, "cargo is gone", || (!asked()).then_some(()));
}

#[test]
fn a_function_that_invokes_itself_fails_as_lambda_fails_it() {
    let more = "[expect]\noutcome = \"Stopped\"\nalarm = \"Failures\"\n";
    let finished = Scenario::of_greeter("invokes itself", more)
        .run()
        .with_code(0);
    let expected = "recursive loop: Greeter was invoked 16 times in one chain";
    assert_eq!(finished.stderr.matches(expected).count(), 1, "{finished}");
    let report = finished.report();
    assert_eq!(report.errors("2"), report.served("2"));
}

#[test]
fn a_binary_that_cannot_start_is_refused_before_anything_runs() {
    #[rustfmt::skip] // A table.
    let cases = [
        ("echo hello\n", "it is neither a program for Linux nor a script"),
        ("#!/nowhere/node\n", "its interpreter /nowhere/node cannot be run"),
        ("#!/usr/bin/env no-such-program\n", "asks env for no-such-program"),
        ("", "it is empty"),
    ];
    for (content, reason) in cases {
        let scenario = Scenario::of_greeter("answers", "");
        scenario.replace("new/greeter", content);
        let finished = scenario.run().with_code(2);
        assert!(finished.stderr.contains(reason), "{finished}");
        assert!(
            finished.stderr.contains("new = \"new\""),
            "its place: {finished}"
        );
        assert!(
            !finished.stderr.contains("served"),
            "nothing ran: {finished}"
        );
        assert_eq!(finished.kept, None);
    }
}

#[test]
fn too_few_descriptors_are_one_clear_error() {
    let scenario = Scenario::of_greeter("answers", "");
    let script = format!(
        "ulimit -n 8; exec '{}' run '{}'",
        workspace_tests::places::binary("rehearse").display(),
        scenario.file().display()
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("may have 8 files open at once"), "{stderr}");
}

#[test]
fn too_few_processes_are_one_clear_error() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let scenario = Scenario::of_greeter("answers", "");
    // Root has no such limit, so it is tried as another user, who may not look into this one's folders.
    let rehearse = scenario.path("rehearse");
    std::fs::copy(workspace_tests::places::binary("rehearse"), &rehearse).unwrap();
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(scenario.path(""), open).unwrap();
    let is_root = std::fs::metadata("/proc/self").unwrap().uid() == 0;
    let nobody = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
    ];
    for limit in [1, 4] {
        let line = [format!("--nproc={limit}"), rehearse.display().to_string()];
        let output = Command::new(if is_root { nobody[0] } else { "prlimit" })
            .args(if is_root { &nobody[1..] } else { &[] })
            .args(is_root.then_some("prlimit"))
            .args(line)
            .arg("run")
            .arg(scenario.file())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{limit}: {stderr}");
        assert!(stderr.contains("ulimit -u"), "{limit}: {stderr}");
        assert!(!stderr.contains("panicked"), "{limit}: {stderr}");
    }
}

/// Rehearses a function that answers once it may. While the first request waits, the processes that `which` names are stopped for
/// longer than any function may take; then they go on, and it may.
#[track_caller]
fn nothing_is_lost_while_stopped(which: impl Fn(u32, u32) -> Vec<u32>) {
    let more = "[timing]\nhang_after_ms = 1500\n[expect]\noutcome = \"Succeeded\"\nerrors = { at_most = 0 }\n";
    let scenario = Scenario::of_greeter("answers once it may", more);
    let running = scenario.rehearse().start();
    let worker = running.worker();
    let path = scenario.path("new/greeter").display().to_string();
    let function = process::within(SOON, "the new version runs", || {
        process::with(&path).first().copied()
    });
    let stopped = which(worker, function);
    for process in &stopped {
        process::signal(*process, "STOP");
    }
    // What is tested is that this time does not count.
    std::thread::sleep(Duration::from_secs(3));
    scenario.write("new/go", "");
    for process in &stopped {
        process::signal(*process, "CONT");
    }
    let report = running.finish().with_code(0).report();
    assert_eq!((report.errors("1"), report.errors("2")), (0, 0));
    assert!(report.served("2") > 0);
}

#[test]
fn a_function_that_is_stopped_for_a_while_does_not_hang() {
    nothing_is_lost_while_stopped(|_, function| vec![function]);
}

#[test]
fn a_machine_that_sleeps_costs_no_false_error() {
    nothing_is_lost_while_stopped(|worker, function| vec![worker, function]);
}

#[test]
fn a_rehearsal_that_is_stopped_alone_for_a_while_costs_no_false_error() {
    nothing_is_lost_while_stopped(|worker, _| vec![worker]);
}

/// Each request takes five virtual seconds, so that fifty run at once in virtual time, each in a sandbox of its own.
#[test]
fn there_are_never_more_processes_than_a_rehearsal_may_have_and_the_report_is_the_same_again() {
    let more =
        "[limits]\nprocesses = 4\n[timing]\nbase_ms = 4800\n[expect]\noutcome = \"Succeeded\"\n";
    let scenario = Scenario::of_greeter("answers", more);
    let text = std::fs::read_to_string(scenario.file()).unwrap();
    let text = text.replace("requests_per_minute = 30", "requests_per_minute = 120");
    scenario.write("rehearsal.toml", &text);
    let paths =
        ["old", "new"].map(|build| scenario.path(build).join("greeter").display().to_string());
    let mut reports = Vec::new();
    for _ in 0..2 {
        let mut running = scenario.rehearse().start();
        let mut most = 0;
        while !running.has_ended() {
            // Whoever is there in both looks was there between them: one look takes a while, in which one may end and another begin.
            let look =
                || -> BTreeSet<u32> { paths.iter().flat_map(|path| process::with(path)).collect() };
            let (first, second) = (look(), look());
            most = most.max(first.intersection(&second).count());
            // The processors are for those that are counted.
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!((1..=4).contains(&most), "{most} were alive at once");
        let report = running.finish().with_code(0).report();
        reports.push((report.minutes(), report.at("/virtual_seconds").clone()));
    }
    assert_eq!(format!("{:?}", reports[0]), format!("{:?}", reports[1]));
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
