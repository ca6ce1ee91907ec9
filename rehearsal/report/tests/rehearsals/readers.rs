//! Reports as other tools and people take them: snapshots of each, and what holds of all.

use std::time::Duration;

use rehearsal_aws::cloudwatch::composite_alarm::AlarmRule;
use rehearsal_deployment::expectation::Expectation;
use rehearsal_deployment::gate_inputs::{GivenAlarm, GivenMetric, GivenValues, Minutes};
use rehearsal_deployment::plan::NotPermitted;
use rehearsal_report::section::Section;
use rehearsal_report::{CheckReport, UpdateFailedReport, html, junit, markdown, summary, timeline};

use super::*;

fn check(name: &str, status: &str, detail: Option<&str>) -> CheckReport {
    CheckReport {
        name: name.to_owned(),
        status: status.to_owned(),
        duration_ms: 12.5,
        detail: detail.map(str::to_owned),
    }
}

/// The report of a plan, with a verdict of its first hook and an expectation in words of the file.
fn rehearsed(name: &str, faults: &[serde_json::Value], hooks: Hooks, expect: &str) -> Report {
    let (world, _) = run(plan(CANARY, faults), hooks, 0);
    let mut report = report(&world);
    name.clone_into(&mut report.name);
    report.wall_seconds = 1.5;
    report.deployments[0].hooks[0].checks = match hooks {
        Hooks::Succeed => vec![check("configuration", "Passed", None)],
        Hooks::Fail(_) => vec![
            check("configuration", "Passed", None),
            check(
                "read-own-writes",
                "Failed",
                Some("GET /contacts/1 answered 404 <not & found>"),
            ),
            check("pages", "Skipped", Some("`read-own-writes` did not pass")),
        ],
        _ => Vec::new(),
    };
    let expectation: Expectation = toml::from_str(expect).unwrap();
    report.held_against(&expectation)
}

fn stopped() -> Report {
    let faults = [errors(&json!({"version": "new", "rate": 0.8}))];
    let expect = "outcome = 'Stopped'\nalarm = 'VersionErrors'\nerrors = {at_most = 40}";
    rehearsed("errors-under-traffic", &faults, Hooks::Succeed, expect)
}

fn failed_against_expectation() -> Report {
    let hooks = Hooks::Fail(LifecycleEventName::BeforeAllowTraffic);
    rehearsed("the hook fails", &[], hooks, "")
}

fn failed_as_expected() -> Report {
    let hooks = Hooks::Fail(LifecycleEventName::BeforeAllowTraffic);
    let expect = "outcome = 'Failed'\nfailed_check = 'read-own-writes'";
    rehearsed("the hook fails as it should", &[], hooks, expect)
}

/// A call of all kinds.
fn with_all<T>(look: impl FnOnce(&[Section<'_>]) -> T) -> T {
    let reports = [
        stopped(),
        failed_against_expectation(),
        failed_as_expected(),
    ];
    let problems = ["\n  × bad.toml cannot be read: no such file\n".to_owned()];
    let mut sections = Section::all(&reports);
    sections.push(Section::Unusable {
        name: "bad",
        problems: &problems,
    });
    sections.push(Section::NotRun { name: "good" });
    look(&sections)
}

#[test]
fn a_call_as_junit() {
    insta::assert_snapshot!(with_all(junit::xml));
}

#[test]
fn a_call_as_markdown() {
    insta::assert_snapshot!(with_all(markdown::text));
}

#[test]
fn quiet_text_of_what_went_as_expected_has_only_what_its_verdict_leaves_out_once() {
    let mut report = stopped();
    assert_eq!(summary::text(std::slice::from_ref(&report), true, 80), "");
    report.verdict = "Stopped; a stub stood for F".to_owned();
    report.reservations = vec![reservation(
        ReservationKind::Stubs,
        "F",
        "a stub stood for F",
    )];
    let text = summary::text(&[report.clone(), report], true, 80);
    assert_eq!(
        text,
        "✓ errors-under-traffic: Stopped; a stub stood for F\n"
    );
}

#[test]
fn nothing_counts_as_passed_that_was_not_judged_or_not_run() {
    let mut report = stopped();
    report.deployments[0].gates[0].decision = Decision::NotJudged;
    report.reservations = vec![reservation(
        ReservationKind::Stubs,
        "F",
        "a stub stood for F",
    )];
    let xml = junit::xml(&[Section::Ran(&report)]);
    let skipped = |name: &str| {
        let (_, case) = xml.split_once(name).unwrap();
        case.split_once("</testcase>")
            .unwrap()
            .0
            .contains("<skipped")
    };
    assert!(
        skipped("F: gate VersionErrors") && skipped("F runs"),
        "{xml}"
    );
    let text = markdown::text(&[Section::Ran(&report)]);
    assert!(text.contains("(**not judged**)"), "{text}");
}

#[test]
fn an_update_that_fails_after_its_deployment_succeeded_is_shown_as_failed_by_every_reader() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::Succeed, 0);
    let mut report = report(&world);
    report.update_failed = Some(UpdateFailedReport {
        logical_id: "Limit".to_owned(),
        reason: "/limit already exists".to_owned(),
    });
    report.verdict = "Failed: Limit: /limit already exists".to_owned();
    let text = summary::text(std::slice::from_ref(&report), false, 200);
    assert!(text.contains(&format!("✓ {}", report.verdict)), "{text}");
    for text in [
        markdown::text(&[Section::Ran(&report)]),
        html::page(&[report]),
    ] {
        assert!(text.contains("/limit already exists"), "{text}");
        assert!(!text.contains("before any deployment"), "{text}");
    }
}

#[test]
fn what_aws_does_not_permit_is_in_the_verdict_and_counts_for_no_reader_as_passed() {
    let mut plan = plan(CANARY, &[]);
    plan.not_permitted = vec![NotPermitted {
        code: "hook-without-prefix".to_owned(),
        logical_id: "Before".to_owned(),
        message: "CodeDeploy may not invoke the hook".to_owned(),
        place: Place::default(),
    }];
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    let denied = "not permitted on AWS: Before (hook-without-prefix)";
    assert_eq!(report.verdict, format!("Succeeded; {denied}"));
    assert!(summary::text(std::slice::from_ref(&report), false, 200).contains(denied));
    let xml = junit::xml(&[Section::Ran(&report)]);
    let (_, case) = xml
        .split_once("AWS permits Before (hook-without-prefix)")
        .unwrap();
    assert!(
        case.split_once("</testcase>")
            .unwrap()
            .0
            .contains("<skipped")
    );
}

#[test]
fn more_at_once_than_are_reserved_is_in_the_verdict() {
    let of = |before: Option<u32>, after: Option<u32>| {
        let mut plan = plan(CANARY, &[]);
        let function = plan.functions.get_mut("F").unwrap();
        let both = [(&mut function.before, before), (&mut function.after, after)];
        for (function, at_most) in both {
            let reserved = |at_most| plan::Reserved {
                at_most,
                place: Place::default(),
            };
            function.as_mut().unwrap().reserved_concurrency = at_most.map(reserved);
        }
        let (world, _) = run(plan, Hooks::Succeed, 0);
        report(&world)
    };
    let denied = "Succeeded; not permitted on AWS: F (reserved-concurrency)";
    let none = of(Some(0), Some(0));
    assert_eq!(none.verdict, denied);
    assert_eq!(
        none.not_permitted[0].message,
        "its reserved concurrency is 0: Lambda throttles every invocation"
    );
    let many = of(Some(1_000), Some(1_000));
    assert_eq!(many.verdict, "Succeeded");
    // What the update takes away held before it, and what it brings holds while it is there.
    assert_eq!(of(Some(0), None).verdict, denied);
    assert_eq!(of(None, Some(0)).verdict, denied);
}

#[test]
fn a_gate_that_no_data_reached_is_no_passed_case() {
    let mut plan = plan(CANARY, &[]);
    let Judged::Metric(alarm) = &mut plan.alarms[0].after else {
        panic!("it is a metric alarm")
    };
    let metric = Metric::new("AWS/SQS", "Age", &[]);
    alarm.watched = Watched::Metric {
        metric: metric.clone(),
        statistic: Statistic::Sum,
        period_ms: MINUTE_MS,
    };
    plan.alarms[0].before = Some(plan.alarms[0].after.clone());
    // The file gives its first point long after the end.
    plan.given_metrics = vec![GivenMetric {
        namespace: metric.namespace,
        name: metric.name,
        dimensions: metric.dimensions,
        values: GivenValues {
            from_minute: Some(1_000),
            every_minute: vec![5.0],
        },
    }];
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    let without = "Succeeded; nothing was ever sent that VersionErrors waits for";
    assert_eq!(report.verdict, without);
    let xml = junit::xml(&[Section::Ran(&report)]);
    let (_, case) = xml.split_once("VersionErrors is judged by data").unwrap();
    let (case, _) = case.split_once("</testcase>").unwrap();
    assert!(case.contains("<skipped"), "{xml}");
}

#[test]
fn an_alarm_that_is_given_for_a_minute_after_the_deployment_is_no_passed_case() {
    let given_from = |minute| {
        let mut plan = plan(CANARY, &[]);
        let given = Judged::Given(GivenAlarm {
            name: "VersionErrors".to_owned(),
            in_alarm: Some(Minutes {
                from_minute: Some(minute),
                to_minute: None,
            }),
        });
        plan.alarms[0].before = Some(given.clone());
        plan.alarms[0].after = given;
        let (world, _) = run(plan, Hooks::Succeed, 0);
        report(&world)
    };
    // The deployment ends in minute 5, and the traffic in minute 7.
    for (minute, not_met) in [(2, 0), (6, 1), (30, 1)] {
        let report = given_from(minute);
        assert_eq!(report.alarms_not_met.len(), not_met, "minute {minute}");
        if not_met == 0 {
            assert_eq!(report.verdict, "Stopped");
            continue;
        }
        assert_eq!(
            report.verdict,
            "Succeeded; VersionErrors, given as in ALARM, was not while a deployment ran"
        );
        let xml = junit::xml(&[Section::Ran(&report)]);
        let (_, case) = xml
            .split_once("VersionErrors is in ALARM as given")
            .unwrap();
        let (case, _) = case.split_once("</testcase>").unwrap();
        assert!(case.contains("<skipped"), "{xml}");
    }
}

#[test]
fn an_alarm_that_is_given_is_met_where_the_rule_of_a_gate_names_it() {
    let mut plan = plan(CANARY, &[]);
    let given = Judged::Given(GivenAlarm {
        name: "feed".to_owned(),
        in_alarm: Some(Minutes {
            from_minute: Some(1),
            to_minute: None,
        }),
    });
    let rule = "ALARM(feed) AND ALARM(stack-VersionErrors)";
    let rule = Judged::Composite(AlarmRule::parse(rule).unwrap());
    let watched = |id: &str, judged: Judged| WatchedAlarm {
        id: id.to_owned(),
        name: id.to_owned(),
        before: Some(judged.clone()),
        after: judged,
    };
    plan.alarms.insert(0, watched("feed", given));
    plan.alarms.push(watched("Both", rule));
    plan.deployments[0].alarms = vec!["Both".to_owned()];
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    assert_eq!(report.alarms_not_met, Vec::<String>::new());
    assert_eq!(report.outcome, DeploymentStatus::Succeeded);
}

#[test]
fn data_points_that_come_after_the_deployment_are_none_for_its_gate() {
    for (minute, verdict) in [
        (0, "Succeeded"),
        (
            6,
            "Succeeded; nothing was ever sent that VersionErrors waits for",
        ),
    ] {
        let mut plan = plan(CANARY, &[]);
        let Judged::Metric(alarm) = &mut plan.alarms[0].after else {
            panic!("it is a metric alarm")
        };
        alarm.watched = Watched::Metric {
            metric: Metric::new("AWS/SQS", "Age", &[]),
            statistic: Statistic::Sum,
            period_ms: MINUTE_MS,
        };
        plan.alarms[0].before = Some(plan.alarms[0].after.clone());
        plan.given_metrics = vec![GivenMetric {
            namespace: "AWS/SQS".to_owned(),
            name: "Age".to_owned(),
            dimensions: BTreeMap::new(),
            values: GivenValues {
                from_minute: Some(minute),
                every_minute: vec![0.0],
            },
        }];
        let (world, _) = run(plan, Hooks::Succeed, 0);
        assert_eq!(report(&world).verdict, verdict, "minute {minute}");
    }
}

#[test]
fn seeds_of_one_rehearsal_are_told_apart() {
    let (mut one, mut other) = (stopped(), stopped());
    (one.seed, other.seed) = (1, 2);
    let reports = [one, other];
    let sections = Section::all(&reports);
    for text in [junit::xml(&sections), markdown::text(&sections)] {
        assert!(text.contains("errors-under-traffic, seed 1"), "{text}");
        assert!(text.contains("errors-under-traffic, seed 2"), "{text}");
    }
}

#[test]
fn texts_of_others_are_no_markup_and_no_characters_that_xml_has_not() {
    let mut report = failed_against_expectation();
    report.name = "<b>]]>&\u{1b}[31m\u{0}\u{fffe}|`".to_owned();
    report.deployments[0].hooks[0].checks[1].detail =
        Some("]]></failure>\u{8}\n```\n@all".to_owned());
    let xml = junit::xml(&[Section::Ran(&report)]);
    assert!(
        !xml.contains(['\u{1b}', '\u{0}', '\u{8}', '\u{fffe}']),
        "{xml}"
    );
    assert!(
        xml.contains("&lt;b&gt;") && !xml.contains("<b>") && !xml.contains("]]></failure>"),
        "{xml}"
    );
    let text = markdown::text(&[Section::Ran(&report)]);
    assert!(text.contains(r"\<b\>"), "{text}");
}

/// What a terminal of this width shows of two rehearsals, while they run and at the end.
fn shown(width: usize) -> String {
    let reports = [stopped(), failed_against_expectation()];
    let mut text: String = reports
        .iter()
        .map(|report| timeline::text(report, &[], &report.not_rehearsed, width))
        .collect();
    text.push_str(&summary::text(&reports, false, width));
    text.push_str(&summary::last_line(
        &reports,
        1,
        Duration::from_secs(25),
        width,
    ));
    text
}

#[test]
fn two_rehearsals_in_eighty_columns() {
    console::set_colors_enabled_stderr(false);
    insta::assert_snapshot!(shown(80));
}

#[test]
fn two_rehearsals_in_a_hundred_and_twenty_columns() {
    console::set_colors_enabled_stderr(false);
    insta::assert_snapshot!(shown(120));
}

#[test]
fn no_line_is_wider_than_the_terminal_but_a_name_that_is() {
    console::set_colors_enabled_stderr(false);
    for width in [30, 40, 60, 80, 100] {
        for line in shown(width).lines() {
            let is_one_word = line.split_whitespace().count() == 1;
            assert!(
                line.chars().count() <= width || is_one_word,
                "{width}: {line}"
            );
        }
    }
}

#[test]
fn seeds_that_went_otherwise_are_named_before_the_last_line() {
    let with_seed = |seed| Report {
        seed,
        ..failed_against_expectation()
    };
    let reports = [with_seed(3), with_seed(4), stopped()];
    let text = summary::last_line(&reports, 0, Duration::from_millis(24_600), 80);
    assert_eq!(
        text,
        "the hook fails: 2 of 2 seeds not as expected: 3, 4\n1 as expected, 2 not, in 25 s\n"
    );
}
