//! Why things happened: what functions wrote, which calls were refused, which failures there were, and in which order.

use rehearsal_deployment::event::RefusedCall;
use rehearsal_deployment::expectation::{Count, Expectation};
use rehearsal_report::EntryKind;
use rehearsal_report::fold::Fold;

use super::*;

/// Plays a plan again, and every invocation of a hook writes a line and has a call refused.
fn with_words(plan: &Plan, hooks: Hooks) -> Report {
    let (_, inputs) = run(plan.clone(), hooks, 0);
    let mut world = World::new(plan.clone());
    let mut of_hooks = Vec::new();
    for mut input in inputs {
        if let Input::Ended(ended) = &mut input
            && of_hooks.contains(&ended.invocation)
        {
            ended.evidence.log = vec!["hook got its event".to_owned(), "hook returns".to_owned()];
            let call = RefusedCall {
                function: "Before".to_owned(),
                service: "codedeploy".to_owned(),
                operation: "PutLifecycleEventHookExecutionStatus".to_owned(),
                code: "InvalidLifecycleEventHookExecutionStatusException".to_owned(),
                message: "only Succeeded and Failed are taken".to_owned(),
            };
            let invocation = Some(ended.invocation);
            world.step(Input::Refused { call, invocation });
        }
        for command in world.step(input) {
            if let Command::Invoke(invoke) = command
                && matches!(invoke.purpose, Purpose::Event { .. })
            {
                of_hooks.push(invoke.invocation);
            }
        }
    }
    assert!(world.is_finished());
    report(&world)
}

#[test]
fn a_hook_that_returns_without_reporting_shows_what_it_wrote_and_what_was_refused() {
    let report = with_words(&plan(CANARY, &[]), Hooks::SaySilent);
    let hook = &report.deployments[0].hooks[0];
    assert_eq!(hook.reported_by, None);
    assert_eq!(hook.log, ["hook got its event", "hook returns"]);
    let [refused] = &report.refused_calls[..] else {
        panic!("{:?}", report.refused_calls)
    };
    assert_eq!((refused.function.as_str(), refused.count), ("Before", 1));
    assert_eq!(
        refused.code,
        "InvalidLifecycleEventHookExecutionStatusException"
    );
    let text = rehearsal_report::summary::text(
        &[report.held_against(&Expectation::default())],
        false,
        400,
    );
    for line in [
        "Before wrote: hook returns",
        "Before: codedeploy PutLifecycleEventHookExecutionStatus refused 1 times: InvalidLifecycleEventHookExecutionStatusException",
    ] {
        assert!(text.contains(line), "{line:?} is not in {text}");
    }
}

#[test]
fn a_hook_that_reports_a_failure_and_no_check_shows_what_it_wrote() {
    let report = |hooks| {
        let mut report = with_words(&plan(CANARY, &[]), hooks);
        for hook in &mut report.deployments[0].hooks {
            hook.checks.clear();
        }
        rehearsal_report::summary::evidence(&report)
    };
    let failed = report(Hooks::Fail(LifecycleEventName::BeforeAllowTraffic));
    assert!(failed.contains("Before wrote: hook returns"), "{failed}");
    let succeeded = report(Hooks::Succeed);
    assert!(!succeeded.contains("wrote"), "{succeeded}");
}

#[test]
fn the_timeline_is_in_order_and_its_minutes_count_from_the_first_shift() {
    let report = with_words(&plan(CANARY, &[]), Hooks::Succeed);
    let kinds: Vec<EntryKind> = report.timeline.iter().map(|entry| entry.kind).collect();
    let position = |kind| {
        kinds
            .iter()
            .position(|there| *there == kind)
            .expect("it is there")
    };
    assert!(position(EntryKind::Deployment) < position(EntryKind::Hook));
    assert!(position(EntryKind::Refused) < position(EntryKind::Report));
    assert!(position(EntryKind::Report) < position(EntryKind::Traffic));
    assert!(
        report
            .timeline
            .is_sorted_by(|a, b| a.at_seconds <= b.at_seconds)
    );
    let first_shift = &report.timeline[position(EntryKind::Traffic)];
    assert_eq!(
        (first_shift.minute, first_shift.function.as_deref()),
        (Some(0), Some("F"))
    );
    assert!(report.timeline[0].minute.is_some_and(|minute| minute <= 0));
}

#[test]
fn failures_are_told_by_kind_with_their_version_and_their_route() {
    let (world, _) = run(
        plan(CANARY, &[errors(&json!({"version": "new"}))]),
        Hooks::Succeed,
        0,
    );
    let report = report(&world);
    let seen: u64 = report.deployments[0].errors.values().sum();
    let reported: u64 = report.failures.iter().map(|failure| failure.count).sum();
    assert_eq!(reported, seen);
    for failure in &report.failures {
        assert_eq!(
            (failure.function.as_str(), failure.version.as_str()),
            ("F", "2")
        );
        assert_eq!(failure.route.as_deref(), Some("GET /"));
        assert_eq!(failure.status, Some(502));
        assert_eq!(failure.error_type.as_deref(), Some("FunctionError"));
        assert!(failure.first_minute.is_some_and(|minute| minute >= 0));
    }
}

/// A plan whose requests invoke the function past its alias, with an error in each that a fault makes.
fn past_the_alias() -> Report {
    let mut plan = plan(CANARY, &[errors(&json!({}))]);
    for front in plan.apis[0].front.each_mut() {
        for route in &mut front.api.routes {
            route.qualifier = None;
        }
    }
    let (world, _) = run(plan, Hooks::Succeed, 0);
    report(&world)
}

#[test]
fn errors_past_the_alias_are_counted_and_not_as_expected_unless_they_are_named() {
    let report = past_the_alias();
    assert!(
        report.errors_past_alias > 100,
        "{}",
        report.errors_past_alias
    );
    let plain = report.clone().held_against(&Expectation::default());
    assert!(!plain.as_expected);
    assert!(
        plain
            .differences
            .iter()
            .any(|text| text.contains("met no alias that is shifted")),
        "{:?}",
        plain.differences
    );
    let named = Expectation {
        errors_past_alias: Some(Count {
            at_least: Some(1),
            at_most: None,
        }),
        ..Expectation::default()
    };
    assert_eq!(report.held_against(&named).differences, [""; 0]);
}

#[test]
fn what_fails_before_the_update_by_itself_is_broken_and_what_a_fault_makes_is_not() {
    let folded = |plan: &Plan, breaks: InvocationOutcome, status: u16| {
        let mut fold = Fold::new("test", plan);
        let mut world = World::new(plan.clone());
        let mut pending = world.step(Input::Begin);
        for _ in 0..1_000 {
            let Some(Command::Invoke(invoke)) = pending.pop() else {
                break;
            };
            let (outcome, status) = match &invoke.fault {
                None => (breaks, status),
                Some(_) => (InvocationOutcome::FunctionError, 502),
            };
            pending.extend(world.step(Input::Ended(Ended {
                invocation: invoke.invocation,
                outcome,
                status: Some(status),
                answer: None,
                detail: None,
                evidence: Evidence {
                    error_type: Some("TypeError".to_owned()),
                    message: Some("orders is not defined".to_owned()),
                    log: vec!["ReferenceError".to_owned()],
                },
            })));
            for event in &world.take_events() {
                fold.observe(event);
            }
        }
        fold
    };
    let broken = |fold: &Fold| {
        let broken = fold.broken_before()?;
        Some((broken.message.clone(), broken.version.clone()))
    };
    let (healthy, faulty) = (
        plan(CANARY, &[]),
        plan(CANARY, &[errors(&json!({"version": "old"}))]),
    );
    let (answers, fails) = (
        InvocationOutcome::Answered,
        InvocationOutcome::FunctionError,
    );
    assert_eq!(broken(&folded(&healthy, answers, 200)), None);
    assert_eq!(
        broken(&folded(&healthy, fails, 502)),
        Some(("orders is not defined".to_owned(), "1".to_owned()))
    );
    assert_eq!(broken(&folded(&faulty, answers, 200)), None);

    // A status alone is no broken function. It is in the verdict's line, unless it may be.
    let badly = folded(&healthy, answers, 503);
    assert_eq!(broken(&badly), None);
    let named = "; before the update F answered 503 to ";
    let verdict = badly.clone().finish().update.verdict;
    assert!(verdict.contains(named), "{verdict}");
    let verdict = badly.allowing_failures_before(true).finish().update.verdict;
    assert!(!verdict.contains(named), "{verdict}");
    for fine in [
        folded(&healthy, answers, 200),
        folded(&faulty, answers, 200),
    ] {
        let verdict = fine.finish().update.verdict;
        assert!(!verdict.contains("before the update"), "{verdict}");
    }
}

#[test]
fn a_report_is_read_back_as_it_was_written() {
    let new_errs = errors(&json!({"version": "new"}));
    for (faults, hooks) in [
        (&[][..], Hooks::Succeed),
        (&[new_errs][..], Hooks::Succeed),
        (&[][..], Hooks::End(InvocationOutcome::TimedOut)),
    ] {
        let report = with_words(&plan(CANARY, faults), hooks);
        let json = serde_json::to_string(&report).expect("a report is JSON");
        let again: Report = serde_json::from_str(&json).expect("it reads what it writes");
        assert_eq!(again, report);
        assert_eq!(serde_json::to_string(&again).expect("it is JSON"), json);
    }
}
/// A call that S3 refused, of one of many operations.
fn refused(operation: u64) -> RefusedCall {
    RefusedCall {
        function: "F".to_owned(),
        service: "s3".to_owned(),
        operation: format!("PutObject{operation}"),
        code: "UnknownOperationException".to_owned(),
        message: "s3 is not served".to_owned(),
    }
}

/// Plays a plan again: each live request has calls refused, the last of them after its end.
fn with_refusals(plan: &Plan, operations: u64) -> (Report, u64) {
    let (_, inputs) = run(plan.clone(), Hooks::Succeed, 0);
    let mut world = World::new(plan.clone());
    let (mut requests, mut count) = (Vec::new(), 0);
    for input in inputs {
        let of_request = match &input {
            Input::Ended(ended) => Some(ended.invocation).filter(|ended| requests.contains(ended)),
            _ => None,
        };
        let mut refuse = |world: &mut World| {
            let call = refused(count % operations);
            let commands = world.step(Input::Refused {
                call,
                invocation: of_request,
            });
            assert_eq!(commands, [], "nothing follows from it");
            count += 1;
        };
        if of_request.is_some() {
            refuse(&mut world);
        }
        let commands = world.step(input);
        // Where more is given out, one that came too late is among open ones; else the clock has gone on.
        if of_request.is_some() && commands.is_empty() && !world.is_finished() {
            refuse(&mut world);
        }
        for command in commands {
            if let Command::Invoke(invoke) = command
                && matches!(invoke.purpose, Purpose::Request { .. })
            {
                requests.push(invoke.invocation);
            }
        }
    }
    assert!(world.is_finished());
    (report(&world), count)
}

#[test]
fn refused_calls_of_live_requests_are_told_in_the_order_of_virtual_time_and_once_each() {
    let (report, count) = with_refusals(&plan(CANARY, &[]), 3);
    assert!(count > 400, "{count}");
    let counted = report.refused_calls.iter().map(|call| call.count);
    assert_eq!(counted.sum::<u64>(), count);
    assert_eq!(report.refused_calls.len(), 3);
    let entries: Vec<_> = report
        .timeline
        .iter()
        .filter(|entry| entry.kind == rehearsal_report::EntryKind::Refused)
        .collect();
    assert_eq!(entries.len(), 3);
    assert!(entries[0].at_seconds < 5.0, "{entries:?}");
    assert!(
        report
            .timeline
            .is_sorted_by(|a, b| a.at_seconds <= b.at_seconds)
    );
}

#[test]
fn calls_that_nobody_signed_and_those_by_other_credentials_are_in_the_verdict() {
    let plan = plan(CANARY, &[]);
    let (_, inputs) = run(plan.clone(), Hooks::Succeed, 0);
    let mut world = World::new(plan);
    for (number, input) in inputs.into_iter().enumerate() {
        world.step(input);
        let calls = [
            (
                "sqs.us-east-1.amazonaws.com",
                "MissingAuthenticationTokenException",
            ),
            ("s3", "UnrecognizedClientException"),
            ("ssm", "ParameterNotFound"),
        ];
        for (service, code) in calls.into_iter().filter(|_| number == 0) {
            let call = RefusedCall {
                service: service.to_owned(),
                code: code.to_owned(),
                ..refused(0)
            };
            world.step(Input::Refused {
                call,
                invocation: None,
            });
        }
    }
    let verdict = report(&world).update.verdict;
    let ending = "; no one served s3 with other credentials, sqs.us-east-1.amazonaws.com without a signature";
    assert!(verdict.ends_with(ending), "{verdict}");
}
