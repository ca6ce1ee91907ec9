//! Live requests: through an API, and directly.

use rehearsal_deployment::expectation::{Count, Expectation};
use rehearsal_deployment::fault::WhichVersion;
use rehearsal_deployment::request::DirectInvocation;
use rehearsal_deployment::stub::{Stub, Stubs};

use super::*;

/// The plan of `F`, whose requests invoke its alias, without an API.
fn direct(expect_error: bool, faults: &[serde_json::Value]) -> Plan {
    let mut plan = plan(CANARY, faults);
    plan.traffic.requests = vec![Request {
        weight: 1,
        kind: RequestKind::Invoke(DirectInvocation {
            function: "F".to_owned(),
            qualifier: None,
            event: "{}".into(),
            event_file: None,
            expect_error,
        }),
    }];
    plan
}

#[test]
fn direct_ones_leave_lambdas_metrics_and_none_of_an_api() {
    let (world, _) = run(direct(false, &[]), Hooks::Succeed, 0);
    let minute = |metric: Metric| {
        world.metrics().data_point(
            &metric,
            Statistic::Sum,
            VirtualTime::from_seconds(60),
            MINUTE_MS,
        )
    };
    let alias = [("FunctionName", "stack-F"), ("Resource", "stack-F:live")];
    assert_eq!(
        minute(Metric::new("AWS/Lambda", "Invocations", &alias)),
        Some(60.0)
    );
    assert_eq!(
        minute(Metric::new(
            "AWS/ApiGateway",
            "Count",
            &[("ApiName", "api")]
        )),
        None
    );
}

#[test]
fn a_function_error_is_an_error_that_the_caller_saw() {
    let fault = errors(&json!({"version": "new", "rate": 0.8}));
    let (world, _) = run(direct(false, &[fault]), Hooks::Succeed, 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(deployment.error_code, Some(ErrorCode::AlarmActive));
    assert!(deployment.errors["2"] > 0);
    assert_eq!(deployment.errors["1"], 0);
}

#[test]
fn a_caller_that_expects_function_errors_counts_the_answers_instead() {
    let fault = errors(&json!({"version": "old"}));
    let mut plan = direct(true, &[fault]);
    plan.deployments[0].alarms.clear();
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(deployment.errors["1"], 0);
    assert_eq!(deployment.errors["2"], deployment.served["2"]);
}

#[test]
fn a_success_while_every_request_failed_says_so_in_its_verdict() {
    let verdict = |faults: &[serde_json::Value]| {
        let mut plan = plan(CANARY, faults);
        plan.deployments[0].alarms.clear();
        let (world, _) = run(plan, Hooks::Succeed, 0);
        let report = report(&world);
        let served = report.deployments[0].served.values().sum::<u64>();
        (report.update.verdict, served)
    };
    let (always, served) = verdict(&[errors(&json!({}))]);
    let every = format!("Succeeded; every request to F failed ({served} of {served})");
    assert!(served > 0 && always == every, "{always}");
    // One version's errors are what a rehearsal is for, and counted.
    assert_eq!(
        verdict(&[errors(&json!({"version": "new"}))]).0,
        "Succeeded"
    );
    assert_eq!(verdict(&[]).0, "Succeeded");
}

#[test]
fn a_success_that_no_request_reached_and_a_deployment_of_another_template_are_in_the_verdict() {
    let mut plan = plan(CANARY, &[]);
    plan.deployments[0].alarms.clear();
    plan.traffic.requests.clear();
    plan.nested_deployments = vec!["Network/Edge".to_owned()];
    let (world, _) = run(plan, Hooks::Succeed, 0);
    assert_eq!(
        report(&world).update.verdict,
        "Succeeded; not rehearsed is the deployment Network/Edge; no live request reached the new version of F"
    );
}

#[test]
fn a_route_that_no_deployment_took_to_a_stage_is_in_the_verdict() {
    let mut plan = plan(CANARY, &[]);
    plan.deployments[0].alarms.clear();
    plan.not_deployed = vec!["GET / of Api".to_owned()];
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let verdict = report(&world).update.verdict;
    assert_eq!(verdict, "Succeeded; not deployed: GET / of Api");
}

#[test]
fn macros_that_were_not_run_and_rules_that_were_not_judged_are_in_the_verdict() {
    let mut plan = plan(CANARY, &[]);
    plan.deployments[0].alarms.clear();
    let left_out = |name, kind| {
        NotRehearsed::new(name, "its type", "only AWS does it", Place::default()).of_kind(kind)
    };
    plan.not_rehearsed = vec![
        left_out("Transform Count", NotRehearsedKind::NotExpanded),
        left_out("Fn::ForEach::Topics", NotRehearsedKind::NotExpanded),
        left_out("OwnVpc", NotRehearsedKind::Rule),
        left_out("Role", NotRehearsedKind::Other),
    ];
    let (world, _) = run(plan, Hooks::Succeed, 0);
    assert_eq!(
        report(&world).update.verdict,
        "Succeeded; rules not judged: OwnVpc; not expanded: Count, Fn::ForEach::Topics"
    );
}

#[test]
fn what_ran_without_a_layer_an_extension_its_wrapper_or_its_weights_is_in_the_verdict() {
    for (kind, words) in [
        (
            NotRehearsedKind::WithoutLayers,
            "without layers that are not here: F",
        ),
        (
            NotRehearsedKind::WithoutExtensions,
            "without the extensions of F",
        ),
        (NotRehearsedKind::WithoutWrapper, "without the wrapper of F"),
        (
            NotRehearsedKind::UnknownWeights,
            "not known how F shares its traffic",
        ),
    ] {
        let mut plan = plan(CANARY, &[]);
        plan.deployments[0].alarms.clear();
        let left_out = NotRehearsed::new("F", "its type", "it has none", Place::default());
        plan.not_rehearsed = vec![left_out.of_kind(kind)];
        let (world, _) = run(plan, Hooks::Succeed, 0);
        let verdict = report(&world).update.verdict;
        assert_eq!(verdict, format!("Succeeded; {words}"));
    }
}

/// What differs of a rehearsal without a gate, in which both versions answer with these statuses by themselves.
fn differences_of(
    (old, new): (u16, u16),
    faults: &[serde_json::Value],
    expected: &Expectation,
) -> Vec<String> {
    let mut plan = plan(CANARY, faults);
    plan.deployments[0].alarms.clear();
    let answering = |status, version| Stub {
        version,
        answer: Some(json!({"statusCode": status})),
        ..Stub::plain("F")
    };
    plan.stubs = Stubs {
        named: vec![
            answering(old, WhichVersion::Old),
            answering(new, WhichVersion::New),
        ],
        ..Stubs::default()
    };
    let (world, _) = run(plan, Hooks::Succeed, 0);
    report(&world).held_against(expected).differences.clone()
}

#[test]
fn a_success_of_what_is_dead_by_itself_is_not_as_expected_unless_the_file_says_so() {
    let plain = Expectation::default();
    let old_may_fail = Expectation {
        old_version_fails: true,
        ..Expectation::default()
    };
    let many = Expectation {
        errors: Some(Count {
            at_least: Some(1),
            at_most: None,
        }),
        ..Expectation::default()
    };
    let first = |statuses, expected: &Expectation| {
        let all = differences_of(statuses, &[], expected);
        assert!(all.len() < 2, "{all:?}");
        all.into_iter().next().unwrap_or_default()
    };
    let both = first((500, 404), &plain);
    assert!(both.starts_with("every request to F failed, "), "{both}");
    assert!(both.contains("and no fault acted on them"), "{both}");
    let new = first((200, 500), &plain);
    assert!(
        new.starts_with(
            "the deployment of F succeeded, and every request to its new version failed, "
        ),
        "{new}"
    );
    // A fix of what is dead is one if it lives.
    assert_eq!(first((500, 200), &plain), "");
    assert_eq!(first((500, 200), &old_may_fail), "");
    assert!(first((500, 500), &old_may_fail).contains("to its new version failed"));
    for statuses in [(500, 404), (200, 500)] {
        assert_eq!(first(statuses, &many), "");
    }
    assert_eq!(first((200, 200), &plain), "");
}

#[test]
fn what_faults_make_of_all_requests_is_as_the_file_has_it() {
    let plain = Expectation::default();
    let of_faults = |statuses, fault| differences_of(statuses, &[fault], &plain);
    assert_eq!(of_faults((200, 200), errors(&json!({}))), [""; 0]);
    assert_eq!(
        of_faults((200, 200), errors(&json!({"version": "new"}))),
        [""; 0]
    );
    // What the fault leaves alone fails by itself.
    let half = of_faults((500, 500), errors(&json!({"rate": 0.5})));
    assert!(
        half.len() == 1 && half[0].contains(" of them: this says nothing"),
        "{half:?}"
    );
}

#[test]
fn a_hang_is_booked_with_the_functions_whole_time_out() {
    let (world, _) = run(
        plan(CANARY, &[errors(&json!({"kind": "hang", "times": 1}))]),
        Hooks::Succeed,
        0,
    );
    let metric = Metric::new("AWS/Lambda", "Duration", &[("FunctionName", "stack-F")]);
    let slowest = world.metrics().data_point(
        &metric,
        Statistic::Maximum,
        VirtualTime::from_seconds(60),
        MINUTE_MS,
    );
    assert_eq!(slowest, Some(10_000.0));
}

#[test]
fn a_fault_on_a_service_is_timed_by_the_minute_of_the_request_that_calls() {
    let fault = json!({"service": "dynamodb", "kind": "error", "from_minute": 1});
    let (mut world, mut calls) = (World::new(plan(CANARY, &[fault])), Vec::new());
    let mut commands = world.step(Input::Begin);
    while !commands.is_empty() {
        let mut next = Vec::new();
        for command in commands {
            let Command::Invoke(invoke) = command else {
                continue;
            };
            let call = match &invoke.purpose {
                Purpose::Event { payload, .. } => report_of(payload),
                Purpose::Request { .. } | Purpose::Call(_) => before_database("GetItem"),
            };
            let answers = world.step(Input::Called(Called {
                id: CallId(invoke.invocation.0),
                principal: invoke.principal(),

                invocation: Some(invoke.invocation),
                call,
            }));
            if let [
                Command::Answer {
                    answer: Answer::Interference(fault),
                    ..
                },
            ] = &answers[..]
            {
                calls.push((invoke.at, fault.is_some()));
            }
            next.extend(world.step(answered(invoke.invocation)));
        }
        commands = next;
    }
    let mut events = world.events().iter();
    let shift = events
        .find(|event| matches!(event.happening, Happening::TrafficShifted { .. }))
        .unwrap();
    for (at, acted) in calls {
        assert_eq!(acted, at.minute_since(shift.at) >= 1, "{at}");
    }
}

fn report_of(payload: &Payload) -> Call {
    let (deployment_id, execution_id) = hook_event(payload);
    Call::Aws(AwsCall::PutLifecycleEventHookExecutionStatus {
        deployment_id: deployment_id.clone(),
        execution_id: execution_id.clone(),
        status: "Succeeded".to_owned(),
    })
}
