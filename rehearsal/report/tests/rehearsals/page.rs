//! The page and the picture of a rehearsal.

use rehearsal_report::html;
use rehearsal_report::{CheckReport, MinuteReport, Point};

use super::*;

fn stopped() -> Report {
    let (world, _) = run(
        plan(CANARY, &[errors(&json!({"version": "new"}))]),
        Hooks::Succeed,
        0,
    );
    let mut report = report(&world);
    "errors".clone_into(&mut report.name);
    report
}

/// The text of a page, without its elements.
fn text_of(page: &str) -> String {
    let body = page.split("<body>").nth(1).expect("it has a body");
    let mut text = String::new();
    let mut inside = false;
    for character in body.chars() {
        match character {
            '<' => inside = true,
            '>' => inside = false,
            other if !inside => text.push(other),
            _ => {}
        }
    }
    text
}

#[test]
fn the_first_sentence_says_what_came_of_it() {
    let report = stopped();
    let deployment = &report.deployments[0];
    let of = |counts: &BTreeMap<String, u64>| counts[&deployment.new_version];
    let all: u64 = deployment.served.values().sum();
    let met = format!(
        "{} of {all} requests met the new version, {} failed.",
        of(&deployment.served),
        of(&deployment.errors)
    );
    let page = text_of(&html::page(std::slice::from_ref(&report)));
    assert!(
        page.contains("after the first shift by VersionErrors; "),
        "{page}"
    );
    assert!(page.contains(&met), "{met} is not in {page}");
}

#[test]
fn a_page_of_what_was_read_back_is_the_same_to_the_byte() {
    for hooks in [
        Hooks::Succeed,
        Hooks::Fail(LifecycleEventName::BeforeAllowTraffic),
        Hooks::End(InvocationOutcome::TimedOut),
    ] {
        let (world, _) = run(
            plan(CANARY, &[errors(&json!({"version": "any", "rate": 0.3}))]),
            hooks,
            0,
        );
        let mut report = report(&world);
        // Numbers that have no short form.
        report.deployments[0].gates[0].points.push(Point {
            at_seconds: 100.0 / 3.0,
            value: Some(0.1 + 0.2),
        });
        report.wall_seconds = 1.0 / 3.0;
        let json = serde_json::to_string_pretty(&[&report]).expect("a report is JSON");
        let again: Vec<Report> = serde_json::from_str(&json).expect("it reads what it writes");
        assert_eq!(
            html::page(&again),
            html::page(std::slice::from_ref(&report))
        );
        assert_eq!(html::picture(&again[0]), html::picture(&report));
    }
}

#[test]
fn whatever_others_named_nothing_of_it_acts() {
    let evil =
        "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u{1b}[2J\u{202e}\n";
    let mut report = stopped();
    let text = serde_json::to_string(&report).expect("a report is JSON");
    // Every text that is no word of the report's own contract.
    let mut value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    spoil(&mut value, evil);
    report = serde_json::from_value(value).expect("a report may have any texts");
    for made in [
        html::page(std::slice::from_ref(&report)),
        html::picture(&report),
    ] {
        for never in ["<script>alert", "<img", "\u{1b}", "\u{202e}"] {
            assert!(!made.contains(never), "{never:?}");
        }
        // None of them closed an attribute.
        assert!(
            !made.contains("onerror=alert(1)>\""),
            "a quote stands as it is"
        );
        assert!(made.contains("&lt;/script&gt;"));
    }
}

/// Appends to each text that may be any.
fn spoil(value: &mut serde_json::Value, evil: &str) {
    const FREE: [&str; 23] = [
        "name",
        "verdict",
        "expected",
        "function",
        "alias",
        "id",
        "config",
        "error_message",
        "alarm",
        "why",
        "old_version",
        "new_version",
        "text",
        "route",
        "error_type",
        "message",
        "request",
        "service",
        "operation",
        "code",
        "command",
        "rehearse_version",
        "reported_by",
    ];
    match value {
        serde_json::Value::Object(members) => {
            for (key, member) in members {
                match member {
                    serde_json::Value::String(text)
                        if FREE.contains(&key.as_str()) && !is_event(text) =>
                    {
                        text.push_str(evil);
                    }
                    serde_json::Value::Array(texts)
                        if [
                            "differences",
                            "not_begun",
                            "log",
                            "errors",
                            "stubs",
                            "stopped_by",
                            "resources",
                        ]
                        .contains(&key.as_str()) =>
                    {
                        texts.push(json!(evil));
                    }
                    member => spoil(member, evil),
                }
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(|value| spoil(value, evil)),
        _ => {}
    }
}

fn is_event(text: &str) -> bool {
    LifecycleEventName::ALL
        .iter()
        .any(|event| event.to_string() == text)
}

#[test]
fn a_page_is_bounded_for_a_million_requests_in_a_day_and_for_any_number_of_checks_and_points() {
    let mut report = stopped();
    let deployment = &mut report.deployments[0];
    let minute = deployment.minutes[2].clone();
    deployment.minutes = (0..1_440)
        .map(|number| MinuteReport {
            minute: number,
            at_seconds: 60.0 * f64::from(u32::try_from(number).unwrap()),
            requests: BTreeMap::from([("1".to_owned(), 500), ("2".to_owned(), 200)]),
            ..minute.clone()
        })
        .collect();
    let gate = &mut deployment.gates[0];
    gate.points = (0..100_000)
        .map(|number| Point {
            at_seconds: f64::from(number),
            value: Some(f64::from(number % 7)),
        })
        .collect();
    let evaluation = gate.evaluations[0].clone();
    gate.evaluations = vec![evaluation; 100_000];
    let check = CheckReport {
        name: "a".to_owned(),
        status: "Failed".to_owned(),
        duration_ms: 1.0,
        detail: Some("why".to_owned()),
    };
    deployment.hooks[0].checks = vec![check; 100_000];
    deployment.hooks[0].log = vec!["x".repeat(100_000); 1_000];
    report.virtual_seconds = 86_400.0;
    report.timeline = vec![report.timeline[0].clone(); 10_000];
    report.failures = vec![report.failures[0].clone(); 100];
    report.differences = vec!["other".to_owned(); 10_000];
    let page = html::page(std::slice::from_ref(&report));
    assert!(page.len() < 500_000, "{} bytes", page.len());
    let canary = html::page(&[stopped()]);
    assert!(canary.len() < 100_000, "{} bytes", canary.len());
}

#[test]
fn what_was_not_judged_stands_under_the_sentence_and_before_all_other_gates() {
    let mut report = stopped();
    let mut gate = report.deployments[0].gates[0].clone();
    "TrafficAnomaly".clone_into(&mut gate.alarm);
    gate.decision = Decision::NotJudged;
    report.deployments[0].gates.push(gate);
    let words = "1 of 2 alarms was not judged (TrafficAnomaly)";
    let not_judged = reservation(ReservationKind::GatesNotJudged, "TrafficAnomaly", words);
    report.reservations = vec![not_judged];
    let page = html::page(&[report]);
    let at = |text: &str| {
        page.find(text)
            .unwrap_or_else(|| panic!("{text} is not in the page"))
    };
    assert!(at("1 of 2 alarms was not judged (Traffic<wbr>Anomaly)") < at("<figure"));
    assert!(at("<strong>Traffic<wbr>Anomaly</strong>") < at("<strong>Version<wbr>Errors</strong>"));
    assert!(at("Gate TrafficAnomaly was not judged") > at("</figure>"));
}

#[test]
fn a_page_asks_for_nothing_and_runs_no_script_but_its_own() {
    let page = html::page(&[stopped()]);
    for never in ["http:", "https:", "src=", "url(", "@import", "onclick"] {
        assert!(!page.contains(never), "{never}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn several_deployments_and_none_at_all_have_a_page() {
    let mut report = stopped();
    let deployment = report.deployments[0].clone();
    report.deployments.push(deployment);
    "Other".clone_into(&mut report.deployments[1].function);
    report.not_begun = vec!["Third".to_owned()];
    let page = text_of(&html::page(&[report.clone(), stopped()]));
    assert!(
        page.contains("0 of 3 deployments succeeded. F: Stopped"),
        "{page}"
    );
    report.deployments.clear();
    let page = text_of(&html::page(&[report]));
    assert!(page.contains("no deployment was begun"), "{page}");
}

/// A release: the same update so many times, one after another.
fn release(updates: u32) -> Report {
    let mut report = stopped();
    let takes = report.virtual_seconds;
    let one = report.update.clone();
    let updates = (0..updates).map(|number| {
        let begins_at_seconds = f64::from(number) * takes;
        let mut report = one.clone();
        report.name = format!("update {number}");
        for deployment in &mut report.deployments {
            deployment.created_seconds += begins_at_seconds;
            for minute in &mut deployment.minutes {
                minute.at_seconds += begins_at_seconds;
            }
            for shift in &mut deployment.shifts {
                shift.at_seconds += begins_at_seconds;
            }
        }
        rehearsal_report::ReleaseUpdate {
            report,
            begins_at_seconds,
        }
    });
    report.updates = updates.collect();
    report.virtual_seconds = takes * f64::from(u32::try_from(report.updates.len()).unwrap());
    report
}

#[test]
fn the_updates_of_a_release_share_their_lanes() {
    let page = html::page(&[release(3)]);
    for (lane, count) in [
        ("Updates", 1),
        ("Traffic", 1),
        ("Requests a minute", 1),
        ("Errors a minute", 1),
        ("Deployment", 0),
    ] {
        let lanes = page.matches(&format!("<strong>{lane}</strong>")).count();
        assert_eq!(lanes, count, "{lane}");
    }
    for update in ["update 0", "update 2"] {
        assert!(
            page.contains(&format!("<caption>Requests a minute, {update}</caption>")),
            "{update} has its values"
        );
    }
}

#[test]
fn an_update_without_a_deployment_has_the_shares_that_the_next_one_begins_with() {
    let unknown = "no record of who served";
    let failed = || {
        let reason = "A version for this Lambda function exists".to_owned();
        let logical_id = "Version".to_owned();
        Some(rehearsal_report::UpdateFailedReport { logical_id, reason })
    };
    let mut report = release(3);
    report.updates[1].report.deployments.clear();
    assert!(!html::page(&[report.clone()]).contains(unknown));
    // Where nothing comes after it, it may have moved the alias…
    report.updates[2].report.deployments.clear();
    assert!(html::page(&[report.clone()]).contains(unknown));
    // … and has not, where it failed.
    for update in &mut report.updates[1..] {
        update.report.update_failed = failed();
    }
    assert!(!html::page(&[report]).contains(unknown));
    // Who served before the first deployment is not known.
    let mut report = release(3);
    report.updates[0].report.deployments.clear();
    assert!(html::page(&[report]).contains(unknown));
}

#[test]
fn a_version_that_an_earlier_deployment_left_behind_the_alias_is_drawn_and_counted() {
    let mut report = release(2);
    let deployment = &mut report.updates[1].report.deployments[0];
    deployment.minutes[0].weights = BTreeMap::from([("1".to_owned(), 0.9), ("9".to_owned(), 0.1)]);
    deployment.minutes[0].requests.insert("9".to_owned(), 5);
    deployment.served.insert("9".to_owned(), 5);
    deployment.shifts.clear();
    let page = html::page(&[report]);
    for wanted in [
        "version 1 90 %, version 9 10 %",
        "v9 10 %",
        " · v9 5",
        "requests of v9",
    ] {
        assert!(page.contains(wanted), "{wanted}");
    }
}

#[test]
fn a_gate_that_one_update_leaves_out_is_marked_there_and_nowhere_else() {
    let mut report = release(3);
    report.updates[1].report.deployments[0].gates[0].decision = Decision::NotJudged;
    let page = html::page(&[report.clone()]);
    assert_eq!(page.matches("class=\"unjudged\"").count(), 1);
    assert!(page.contains("not judged in update 1: "), "{page}");
    assert!(
        !page.contains("it could not stop anything"),
        "it could in the others"
    );
    for update in &mut report.updates {
        update.report.deployments[0].gates[0].decision = Decision::NotJudged;
    }
    assert!(html::page(&[report]).contains("it could not stop anything"));
}

#[test]
fn a_page_of_many_updates_and_many_gates_is_bounded_too() {
    let mut report = release(100);
    for update in &mut report.updates {
        let deployment = &mut update.report.deployments[0];
        let gate = deployment.gates[0].clone();
        deployment.gates = (0..30)
            .map(|number| {
                let mut gate = gate.clone();
                gate.alarm = format!("Gate{number}");
                gate
            })
            .collect();
    }
    let page = html::page(&[report]);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    let mut one = stopped();
    let gate = one.deployments[0].gates[0].clone();
    one.deployments[0].gates = vec![gate; 30];
    let page = html::page(&[one]);
    assert!(page.len() < 500_000, "{} bytes", page.len());
}
