//! The project's rehearsals, by their reports: each shows what it is there to show.

use std::sync::LazyLock;

use workspace_tests::report::checks;
use workspace_tests::{Finished, Rehearse, Report, Scenario, contract, places, scenario};

/// One run of each, which the tests share.
static HEALTHY: LazyLock<Finished> = LazyLock::new(|| run("healthy"));
static ERRORS_UNDER_TRAFFIC: LazyLock<Finished> = LazyLock::new(|| run("errors-under-traffic"));
static BROKEN_BEFORE_TRAFFIC: LazyLock<Finished> = LazyLock::new(|| run("broken-before-traffic"));
static ALARM_BLOCKS_THE_FIX: LazyLock<Finished> = LazyLock::new(|| run("alarm-blocks-the-fix"));

fn run(name: &str) -> Finished {
    Rehearse::new()
        .file(places::rehearsal(name))
        .option("--format", "json")
        .run()
}

/// The report of a rehearsal that went as it expects itself.
fn as_expected(finished: &Finished) -> Report {
    assert_eq!(finished.code, Some(0), "{finished}");
    let report = finished.report();
    assert!(report.is_as_expected(), "{finished}");
    report
}

#[test]
fn a_healthy_canary_gives_the_new_version_a_tenth_for_five_minutes_and_then_everything() {
    let report = as_expected(&HEALTHY);
    assert_eq!(report.ending(), "Succeeded");
    assert_eq!(
        *report.at("/deployments/0/rollback"),
        serde_json::Value::Null
    );
    assert_eq!(
        report.text("/deployments/0/config"),
        "CodeDeployDefault.LambdaCanary10Percent5Minutes"
    );
    let minutes = report.minutes();
    let (mut canary, mut all) = (0, 0);
    for minute in &minutes {
        let (old, new) = (minute.requests("1"), minute.requests("2"));
        let weight = minute.weight("2");
        match minute.minute {
            ..0 => assert_eq!((weight, new), (0.0, 0), "{minute:?}"),
            0..5 => {
                assert_eq!((weight, minute.weight("1")), (0.1, 0.9), "{minute:?}");
                canary += new;
                all += old + new;
            }
            5.. => assert_eq!((weight, old), (1.0, 0), "{minute:?}"),
        }
    }
    // Requests are spread over the minutes of the clock, and these begin with the shift.
    assert!(
        (295..=305).contains(&all),
        "{all} in the first five minutes"
    );
    // A tenth, within three standard deviations.
    assert!(
        (15..=45).contains(&canary),
        "{canary} of {all} in the first five minutes"
    );
    assert!(
        minutes
            .last()
            .is_some_and(|minute| minute.minute >= 6 && minute.requests("2") > 0)
    );
    assert_eq!((report.errors("1"), report.errors("2")), (0, 0));
}

#[test]
fn both_hooks_of_a_healthy_deployment_pass_every_check() {
    let report = as_expected(&HEALTHY);
    for (event, function) in [
        ("BeforeAllowTraffic", "PreTrafficHook"),
        ("AfterAllowTraffic", "PostTrafficHook"),
    ] {
        let hook = report.hook(event);
        assert_eq!(
            (&hook["status"], &hook["function"]),
            (&"Succeeded".into(), &function.into())
        );
        let all = hook["checks"].as_array().map_or(0, Vec::len);
        let passed = checks(hook, "Passed");
        assert!(all >= 6 && passed.len() == all, "{event}: {hook:#}");
    }
}

#[test]
fn errors_under_traffic_raise_the_versions_alarm_and_the_alias_goes_back() {
    let report = as_expected(&ERRORS_UNDER_TRAFFIC);
    assert_eq!(report.ending(), "Stopped ALARM_ACTIVE");
    assert_eq!(report.text("/deployments/0/rollback/status"), "Succeeded");
    assert_ne!(
        report.text("/deployments/0/rollback/id"),
        report.text("/deployments/0/id"),
        "a rollback is a deployment of its own"
    );
    let alarm = report.alarm("VersionErrors");
    assert!(alarm.iter().any(|(_, state)| state == "ALARM"), "{alarm:?}");
    assert!(report.errors("2") > 0, "callers saw the errors");
    assert_eq!(report.errors("1"), 0);
    let before = report.hook("BeforeAllowTraffic");
    assert_eq!(
        before["status"], "Succeeded",
        "the version works until it gets live requests: {before:#}"
    );
    assert_eq!(report.hook("AfterAllowTraffic")["status"], "Skipped");
}

#[test]
fn the_old_version_serves_everything_after_a_rollback() {
    let report = as_expected(&ERRORS_UNDER_TRAFFIC);
    let minutes = report.minutes();
    let back = minutes
        .iter()
        .skip_while(|minute| minute.minute < 0)
        .position(|minute| minute.weight("1") >= 1.0);
    let back = minutes.iter().filter(|minute| minute.minute < 0).count()
        + back.expect("the alias went back");
    assert!(minutes[back..].len() >= 2, "{minutes:?}");
    for minute in &minutes[back..] {
        assert_eq!(
            (minute.requests("2"), minute.errors("1")),
            (0, 0),
            "{minute:?}"
        );
        assert!(minute.requests("1") > 0, "{minute:?}");
    }
}

#[test]
fn a_version_that_its_hook_fails_never_sees_a_live_request() {
    let report = as_expected(&BROKEN_BEFORE_TRAFFIC);
    assert_eq!(report.ending(), "Failed HOOK_EXECUTION_FAILURE");
    assert_eq!(report.served("2"), 0);
    assert!(
        report
            .minutes()
            .iter()
            .all(|minute| minute.weight("2") <= 0.0)
    );
    assert!(report.served("1") > 0);
    let hook = report.hook("BeforeAllowTraffic");
    assert_eq!(hook["status"], "Failed");
    assert_eq!(report.hook("AfterAllowTraffic")["status"], "Skipped");
    let failed: Vec<_> = hook["checks"]
        .as_array()
        .expect("checks are an array")
        .iter()
        .filter(|check| check["status"] == "Failed")
        .collect();
    assert!(!failed.is_empty(), "{hook:#}");
    for check in failed {
        assert!(
            check["name"].is_string() && check["detail"].is_string(),
            "a failed check says which and why: {check:#}"
        );
    }
}

#[test]
fn an_alarm_that_the_old_version_raised_stops_the_fix_before_its_first_hook() {
    let report = as_expected(&ALARM_BLOCKS_THE_FIX);
    assert_eq!(report.ending(), "Stopped ALARM_ACTIVE");
    assert_eq!(report.served("2"), 0);
    assert!(report.errors("1") > 0);
    assert!(
        report
            .alarm("AliasErrors")
            .iter()
            .any(|(_, state)| state == "ALARM")
    );
    for event in ["BeforeAllowTraffic", "AfterAllowTraffic"] {
        let hook = report.hook(event);
        assert!(
            checks(hook, "Passed").is_empty(),
            "{event} never ran: {hook:#}"
        );
        assert_ne!(hook["status"], "Succeeded");
    }
}

#[test]
fn what_is_printed_as_json_is_what_is_kept() {
    for finished in [
        &HEALTHY,
        &ERRORS_UNDER_TRAFFIC,
        &BROKEN_BEFORE_TRAFFIC,
        &ALARM_BLOCKS_THE_FIX,
    ] {
        assert_eq!(Some(&finished.stdout), finished.kept.as_ref());
    }
}

#[test]
fn without_a_terminal_what_happened_is_plain_lines_on_standard_error_that_name_their_minute() {
    let lines: Vec<_> = HEALTHY
        .stderr
        .lines()
        .filter(|line| line.contains(" served "))
        .collect();
    let minutes: Vec<i64> = lines
        .iter()
        .filter_map(|line| {
            line.trim_start()
                .strip_prefix("minute ")?
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .collect();
    let reported: Vec<_> = HEALTHY
        .report()
        .minutes()
        .iter()
        .map(|minute| minute.minute)
        .collect();
    // Those in the midst of the canary are alike, and one line.
    assert_eq!(
        (minutes.first(), minutes.last(), minutes.len()),
        (reported.first(), reported.last(), lines.len())
    );
    assert!(minutes.contains(&0) && minutes.contains(&5), "{minutes:?}");
    assert!(!HEALTHY.stderr.contains('\u{1b}'), "no escape codes");
    assert!(!HEALTHY.stderr.contains(": OK"), "{}", HEALTHY.stderr);
}

#[test]
fn the_table_at_the_end_says_what_decided() {
    let finished = Rehearse::new()
        .file(places::rehearsal("healthy"))
        .file(places::rehearsal("errors-under-traffic"))
        .file(places::rehearsal("broken-before-traffic"))
        .run()
        .with_code(0);
    let row = |name: &str| {
        finished
            .stdout
            .lines()
            .position(|line| line.contains(name))
            .expect("each rehearsal has a row")
    };
    let (healthy, errors, broken) = (
        row("healthy"),
        row("errors-under-traffic"),
        row("broken-before-traffic"),
    );
    let rows: Vec<_> = finished.stdout.lines().collect();
    assert!(rows[healthy].contains("Succeeded"), "{finished}");
    // A row may have several lines.
    assert!(
        rows[errors..broken].concat().contains("VersionErrors"),
        "{finished}"
    );
    assert!(
        rows[broken..].concat().contains("PreTrafficHook"),
        "{finished}"
    );
}

#[test]
fn a_report_has_every_key_of_the_contract_in_its_type() {
    for finished in [
        &HEALTHY,
        &ERRORS_UNDER_TRAFFIC,
        &BROKEN_BEFORE_TRAFFIC,
        &ALARM_BLOCKS_THE_FIX,
    ] {
        let report = finished.report();
        contract::report(&report.0);
    }
}

#[test]
fn minutes_add_up_to_what_was_served() {
    for finished in [
        &HEALTHY,
        &ERRORS_UNDER_TRAFFIC,
        &BROKEN_BEFORE_TRAFFIC,
        &ALARM_BLOCKS_THE_FIX,
    ] {
        let report = finished.report();
        for version in ["1", "2"] {
            let minutes = report.minutes();
            let requests: u64 = minutes.iter().map(|minute| minute.requests(version)).sum();
            let errors: u64 = minutes.iter().map(|minute| minute.errors(version)).sum();
            assert_eq!(
                (requests, errors),
                (report.served(version), report.errors(version))
            );
        }
    }
}

#[test]
fn a_rehearsal_is_named_after_its_file_and_says_its_seed() {
    let report = as_expected(&HEALTHY);
    assert_eq!(
        (report.text("/name"), report.at("/seed").as_u64()),
        ("healthy", Some(7))
    );
}

#[test]
fn the_same_seed_gives_the_same_report_but_for_durations_and_ids() {
    for (name, first) in [
        ("errors-under-traffic", &ERRORS_UNDER_TRAFFIC),
        ("healthy", &HEALTHY),
    ] {
        let again = run(name);
        assert_eq!(
            first.report().without_durations_and_ids(),
            again.report().without_durations_and_ids(),
            "{name}"
        );
    }
}

#[test]
fn another_seed_gives_another_split() {
    let other = Rehearse::new()
        .file(places::rehearsal("healthy"))
        .option("--seed", "8")
        .run();
    let other = other.report();
    assert_eq!(
        other.at("/seed").as_u64(),
        Some(8),
        "the option overrides the file"
    );
    assert_ne!(split(&other), split(&HEALTHY.report()));
}

/// Which version served how many, minute by minute.
fn split(report: &Report) -> Vec<(u64, u64)> {
    report
        .minutes()
        .iter()
        .map(|minute| (minute.requests("1"), minute.requests("2")))
        .collect()
}

#[test]
fn every_rehearsal_of_the_project_goes_as_it_expects() {
    let names = places::rehearsals();
    assert!(names.len() >= 9, "{names:?}");
    let all = names.iter().fold(Rehearse::new(), |all, name| {
        all.file(places::rehearsal(name))
    });
    let finished = all.run().with_code(0);
    let reports = finished.reports();
    let rehearsed: Vec<_> = reports.iter().map(|report| report.text("/name")).collect();
    assert_eq!(rehearsed, names);
    for report in &reports {
        assert!(report.is_as_expected());
        contract::report(&report.0);
    }
}

#[test]
fn the_alarms_of_the_table_fire_at_what_dynamodb_answers_and_at_no_less() {
    for (name, fires) in [
        ("table-system-errors-fire", Some("TableSystemErrors")),
        ("table-throttles-fire", Some("TableThrottles")),
        ("table-alarms-stay-silent", None),
    ] {
        let report = as_expected(&run(name));
        for alarm in ["TableSystemErrors", "TableThrottles"] {
            let states = report.alarm(alarm);
            let has_fired = states.iter().any(|(_, state)| state == "ALARM");
            assert_eq!(
                has_fired,
                fires == Some(alarm),
                "{name}: {alarm} {states:?}"
            );
        }
    }
}

#[test]
fn several_files_give_one_report_each_in_their_order() {
    let first = Scenario::of_greeter("answers", "");
    let second = Scenario::of_greeter("ends", "[expect]\noutcome = \"Stopped\"\n");
    let finished = Rehearse::new()
        .file(first.file())
        .file(second.file())
        .run()
        .with_code(0);
    let outcomes: Vec<_> = finished
        .reports()
        .iter()
        .map(|report| report.text("/outcome").to_owned())
        .collect();
    assert_eq!(outcomes, ["Succeeded", "Stopped"]);
}

#[test]
fn other_preferences_shift_as_their_names_say() {
    for (preference, weights) in [
        ("AllAtOnce", vec![1.0]),
        (
            "Linear10PercentEvery1Minute",
            (1..=10).map(|step| f64::from(step) / 10.0).collect(),
        ),
        (
            "Canary10Percent30Minutes",
            [vec![0.1; 30], vec![1.0]].concat(),
        ),
    ] {
        let finished = Scenario::new(&scenario::contacts(preference, ""))
            .run()
            .with_code(0);
        let report = finished.report();
        assert_eq!(report.ending(), "Succeeded", "{preference}");
        let minutes = report.minutes();
        let shifted: Vec<_> = minutes
            .iter()
            .filter(|minute| minute.minute >= 0)
            .map(|minute| minute.weight("2"))
            .collect();
        assert!(
            shifted.len() > weights.len(),
            "{preference}: traffic goes on after the deployment: {shifted:?}"
        );
        for (minute, weight) in shifted.iter().enumerate() {
            let expected = weights.get(minute).copied().unwrap_or(1.0);
            assert!(
                (weight - expected).abs() < 1e-9,
                "{preference}, minute {minute}: {weight}, not {expected}"
            );
        }
    }
}
