//! What makes a success less than one, as every reader has it.

use rehearsal_aws::time::VirtualTime;
use rehearsal_deployment::event::{CallBetweenInvocations, Event};
use rehearsal_report::{Section, junit};

use super::*;

fn succeeded() -> Report {
    let mut plan = plan(CANARY, &[]);
    plan.deployments[0].alarms.clear();
    let (world, _) = run(plan, Hooks::Succeed, 0);
    report(&world)
}

#[test]
fn a_call_between_invocations_is_in_the_verdict_and_is_not_called_a_permission() {
    let mut plan = plan(CANARY, &[]);
    plan.deployments[0].alarms.clear();
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let mut events = world.events().to_vec();
    events.push(Event {
        at: world.now(),
        happening: Happening::CalledBetweenInvocations {
            calls: vec![CallBetweenInvocations {
                function: "F".to_owned(),
                call: "sqs SendMessage".to_owned(),
                line: 7,
            }],
        },
    });
    let report = Report::fold("test", world.plan(), &events);
    assert_eq!(
        report.verdict,
        "Succeeded; after its answer, where Lambda freezes it, F called a service"
    );
    assert!(report.not_permitted.is_empty());
    let page = rehearsal_report::html::page(&[report]);
    assert!(page.contains("line 7 called sqs SendMessage"), "{page}");
}

#[test]
fn what_was_made_up_and_what_was_not_confined_while_it_ran_is_in_the_verdict() {
    let mut plan = plan(CANARY, &[]);
    plan.deployments[0].alarms.clear();
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let mut events = world.events().to_vec();
    for happening in [
        Happening::NotConfined {
            functions: vec!["F".to_owned()],
        },
        Happening::MadeUp {
            values: vec!["caller of GET /orders".to_owned()],
        },
    ] {
        let at = world.now();
        events.push(Event { at, happening });
    }
    let report = Report::fold("test", world.plan(), &events);
    assert_eq!(
        report.verdict,
        "Succeeded; not known whether F writes outside /tmp; made up: caller of GET /orders"
    );
    assert_eq!(report.not_confined, ["F"]);
    assert_eq!(report.made_up, ["caller of GET /orders"]);
}

#[test]
fn a_function_that_is_slow_here_is_in_the_verdict_where_a_gate_on_durations_let_it_pass() {
    let verdict = |metric: &str, hooks| {
        let mut plan = plan(CANARY, &[]);
        let Judged::Metric(alarm) = &mut plan.alarms[0].after else {
            unreachable!("the puppet's alarm watches a metric");
        };
        if let Watched::Metric {
            metric: watched, ..
        } = &mut alarm.watched
        {
            metric.clone_into(&mut watched.name);
        }
        alarm.threshold = 1e6;
        let (world, _) = run(plan, hooks, 0);
        let mut events = world.events().to_vec();
        events.push(Event {
            at: world.now(),
            happening: Happening::SlowHere {
                functions: vec!["F".to_owned()],
            },
        });
        let report = Report::fold("test", world.plan(), &events);
        report.verdict.clone()
    };
    let expected = "Succeeded; VersionErrors judged modelled durations, and F is slow here";
    assert_eq!(verdict("Duration", Hooks::Succeed), expected);
    assert_eq!(verdict("Errors", Hooks::Succeed), "Succeeded");
    let before = LifecycleEventName::BeforeAllowTraffic;
    assert_eq!(verdict("Duration", Hooks::Fail(before)), "Failed");
}

#[test]
fn the_page_has_among_what_is_not_known_what_no_other_part_of_it_names() {
    let mut report = succeeded();
    let section = |report: &Report| {
        let page = rehearsal_report::html::page(std::slice::from_ref(report));
        let (_, section) = page.split_once("section class=\"unknown\"").unwrap();
        section.split("</section>").next().unwrap().to_owned()
    };
    for kind in [
        ReservationKind::NotAsked,
        ReservationKind::NotCompared,
        ReservationKind::BuiltAlike,
        ReservationKind::NotConfined,
        ReservationKind::SlowHere,
        ReservationKind::NotDeployed,
        ReservationKind::NoRequestReached,
    ] {
        report.reservations.clear();
        assert!(!section(&report).contains("in words"), "{kind:?}");
        report.reservations = vec![reservation(kind, "Orders", "in words")];
        assert!(section(&report).contains("in words"), "{kind:?}");
    }
}

#[test]
fn none_of_them_counts_as_passed() {
    let mut report = succeeded();
    for kind in ReservationKind::ALL {
        report.reservations = vec![reservation(*kind, "Orders", "in words")];
        let skipped = |report: &Report| {
            let xml = junit::xml(&[Section::Ran(report)]);
            xml.matches("<skipped").count()
        };
        let mut without = report.clone();
        without.reservations.clear();
        // Those have cases of their own: a gate with its deployment, a permission with what is wrong.
        let is_elsewhere = [
            ReservationKind::GatesNotJudged,
            ReservationKind::NotPermitted,
        ]
        .contains(kind);
        let more = skipped(&report) - skipped(&without);
        assert_eq!(more, usize::from(!is_elsewhere), "{kind:?}");
    }
}

#[test]
fn a_release_names_what_all_its_updates_have_once_and_of_the_others_the_update() {
    let with = |name: &str, own: &str| {
        let mut report = succeeded();
        name.clone_into(&mut report.name);
        report.reservations = vec![
            reservation(
                ReservationKind::MadeUp,
                "parameter Stage",
                "made up: parameter Stage",
            ),
            reservation(
                ReservationKind::Stubs,
                own,
                &format!("a stub stood for {own}"),
            ),
        ];
        (VirtualTime::ZERO, report)
    };
    let updates = [with("first", "A"), with("second", "B"), with("last", "C")];
    let release = Report::of_release("shop", &updates).unwrap();
    let of: Vec<_> = release
        .reservations
        .iter()
        .map(|one| (one.update.as_deref(), one.names[0].as_str()))
        .collect();
    let expected = [
        (None, "parameter Stage"),
        (None, "C"),
        (Some("first"), "A"),
        (Some("second"), "B"),
    ];
    assert_eq!(of, expected);
    assert_eq!(
        release.verdict,
        "Succeeded; made up: parameter Stage; a stub stood for C; first: a stub stood for A; second: a stub stood for B"
    );
}
