//! Hooks whose events Lambda gives up, with and without a function that answers for them.

use rehearsal_aws::lambda::asynchronous::Condition;

use super::*;

/// A plan whose hooks have one retry within five minutes, and a destination that answers for them.
fn guarded(faults: &[serde_json::Value]) -> Plan {
    let mut plan = plan(CANARY, faults);
    let guard = plan::Function {
        name: "guard".to_owned(),
        timeout_ms: 60_000,
        retries: AsyncRetries::default(),
        on_failure: None,
        may_recur: false,
        unset_variables: Vec::new(),
        reserved_concurrency: None,
    };
    plan.functions
        .insert("Guard".to_owned(), Changing::unchanged(guard));
    for hook in ["Before", "After"] {
        change(&mut plan, hook, |hook| {
            hook.on_failure = Some("Guard".to_owned());
            hook.retries = AsyncRetries {
                maximum_retry_attempts: 1,
                maximum_event_age_ms: 300_000,
            };
        });
    }
    plan
}

/// How long after its creation the first deployment ended.
fn ended_after(world: &World) -> i64 {
    let at = |wanted: fn(&Happening) -> bool| {
        let mut events = world.events().iter();
        events.find(|event| wanted(&event.happening)).unwrap().at
    };
    at(|happening| matches!(happening, Happening::DeploymentEnded { .. }))
        - at(|happening| matches!(happening, Happening::DeploymentCreated { .. }))
}

#[test]
fn a_hook_that_dies_is_tried_again_after_a_minute_and_then_answered_for() {
    let (world, _) = run(guarded(&[]), Hooks::End(InvocationOutcome::Exited), 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (
            DeploymentStatus::Failed,
            Some(ErrorCode::HookExecutionFailure)
        )
    );
    let hook = &deployment.hooks[0];
    assert_eq!(
        (hook.invocations, hook.reported_by.as_deref()),
        (2, Some("Guard"))
    );
    assert_eq!(hook.answered_for_by(), Some("Guard"));
    let on_failure = hook.on_failure.as_ref().unwrap();
    assert_eq!(
        (on_failure.condition, on_failure.invocations),
        (Condition::RetriesExhausted, 1)
    );
    assert_eq!(on_failure.function.as_deref(), Some("Guard"));
    assert_eq!(deployment.served["2"], 0);
    // Two seconds to the hook, two runs of three seconds, a minute between them, cold starts, and the guard's run.
    let took = ended_after(&world);
    assert!((68_000..70_000).contains(&took), "{took}");
    let message = deployment.error_message.as_deref().unwrap();
    assert_eq!(
        message,
        "Guard reported Failed for the BeforeAllowTraffic hook Before."
    );
}

#[test]
fn a_hook_that_hangs_beyond_its_events_age_is_not_tried_again() {
    let mut plan = guarded(&[]);
    change(&mut plan, "Before", |hook| hook.timeout_ms = 900_000);
    let (world, _) = run(plan, Hooks::End(InvocationOutcome::TimedOut), 0);
    let report = report(&world);
    let hook = &report.deployments[0].hooks[0];
    assert_eq!(hook.invocations, 1);
    assert_eq!(
        hook.on_failure.as_ref().unwrap().condition,
        Condition::EventAgeExceeded
    );
    assert_eq!(hook.reported_by.as_deref(), Some("Guard"));
    let took = ended_after(&world);
    assert!((902_000..903_000).contains(&took), "{took}");
}

#[test]
fn a_hook_that_is_throttled_for_as_long_as_its_event_lives_never_runs_and_is_answered_for() {
    let throttled = json!({"function": "Before", "kind": "throttle"});
    let (world, _) = run(guarded(&[throttled]), Hooks::Succeed, 0);
    let report = report(&world);
    let hook = &report.deployments[0].hooks[0];
    let on_failure = hook.on_failure.as_ref().unwrap();
    assert_eq!(
        (on_failure.condition, hook.reported_by.as_deref()),
        (Condition::EventAgeExceeded, Some("Guard"))
    );
    let attempts = world
        .events()
        .iter()
        .find_map(|event| match event.happening {
            Happening::EventGivenUp { attempts, .. } => Some(attempts),
            _ => None,
        });
    assert_eq!(attempts, Some(0));
    assert_eq!(ended_after(&world), 302_170, "the age, and the guard's run");
}

#[test]
fn without_a_destination_a_hook_that_dies_leaves_the_deployment_to_its_hour() {
    let mut plan = plan(CANARY, &[]);
    plan.traffic.requests_per_minute = 1;
    let (world, _) = run(plan, Hooks::End(InvocationOutcome::Exited), 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(deployment.error_code, Some(ErrorCode::Timeout));
    let hook = &deployment.hooks[0];
    assert_eq!((hook.invocations, &hook.reported_by), (3, &None));
    assert_eq!(hook.on_failure.as_ref().unwrap().function, None);
    assert_eq!(ended_after(&world), 3_600_000);
}

#[test]
fn a_hook_that_answers_without_a_report_is_no_failure_to_lambda_and_waits_for_its_hour() {
    let mut plan = guarded(&[]);
    plan.traffic.requests_per_minute = 1;
    let (world, _) = run(plan, Hooks::SaySilent, 0);
    let report = report(&world);
    let hook = &report.deployments[0].hooks[0];
    assert_eq!((hook.invocations, &hook.on_failure), (1, &None));
    assert_eq!(report.deployments[0].error_code, Some(ErrorCode::Timeout));
}

#[test]
fn a_destination_that_fails_is_tried_again_by_its_own_retries() {
    let dies = json!({"function": "Guard", "kind": "error", "times": 2});
    let (world, _) = run(guarded(&[dies]), Hooks::End(InvocationOutcome::Exited), 0);
    let report = report(&world);
    let hook = &report.deployments[0].hooks[0];
    let on_failure = hook.on_failure.as_ref().unwrap();
    assert_eq!(
        (on_failure.invocations, on_failure.errors.len()),
        (3, 2),
        "{on_failure:?}"
    );
    assert_eq!(hook.reported_by.as_deref(), Some("Guard"));
    let took = ended_after(&world);
    assert!(
        (248_000..250_000).contains(&took),
        "one minute, then two: {took}"
    );
}

#[test]
fn an_attempt_and_its_retry_have_the_same_request_id_and_the_record_names_it() {
    let mut world = World::new(guarded(&[]));
    let mut pending = world.step(Input::Begin);
    let mut ids = Vec::new();
    while !world.is_finished() && ids.len() < 3 {
        let mut next = Vec::new();
        for command in std::mem::take(&mut pending) {
            let Command::Invoke(invoke) = command else {
                continue;
            };
            let mut outcome = InvocationOutcome::Answered;
            if let Purpose::Event {
                request_id,
                payload,
                ..
            } = &invoke.purpose
            {
                outcome = InvocationOutcome::Exited;
                ids.push(match payload {
                    Payload::Hook { .. } => request_id.clone(),
                    Payload::Record(record) => {
                        assert_eq!(record.attempts, 2);
                        assert_eq!(record.response.as_deref(), Some("gone"));
                        assert_ne!(*request_id, record.request_id, "a request of its own");
                        record.request_id.clone()
                    }
                });
            }
            next.extend(world.step(Input::Ended(Ended {
                invocation: invoke.invocation,
                outcome,
                status: Some(200),
                answer: Some("gone".to_owned()),
                detail: None,
                evidence: Evidence::default(),
            })));
        }
        pending = next;
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(
        ids[0].split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
}

#[test]
fn a_hooks_failures_are_among_lambdas_metrics_of_it() {
    let (world, _) = run(guarded(&[]), Hooks::End(InvocationOutcome::Exited), 0);
    let errors = |function| {
        let metric = Metric::new("AWS/Lambda", "Errors", &[("FunctionName", function)]);
        let end = VirtualTime(60 * MINUTE_MS);
        let hour = 60 * MINUTE_MS;
        world
            .metrics()
            .data_point(&metric, Statistic::Sum, end, hour)
    };
    assert_eq!(errors("CodeDeployHook_before"), Some(2.0));
    assert_eq!(errors("guard"), Some(0.0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_guard_that_works_answers_whatever_kills_its_hook_and_long_before_the_hour(
        how in prop::sample::select(vec![
            InvocationOutcome::Exited,
            InvocationOutcome::FunctionError,
            InvocationOutcome::InitFailed,
            InvocationOutcome::TimedOut,
        ]),
        timeout_ms in 1_000_i64..=900_000,
        maximum_retry_attempts in 0_u32..=1,
        maximum_event_age_ms in 60_000_i64..=600_000,
        throttled in 0_u32..12,
    ) {
        let throttle = json!({"function": "Before", "kind": "throttle", "times": throttled});
        let mut plan = guarded(&[throttle]);
        plan.traffic.requests_per_minute = 0;
        change(&mut plan, "Before", |hook| {
            hook.timeout_ms = timeout_ms;
            hook.retries = AsyncRetries { maximum_retry_attempts, maximum_event_age_ms };
        });
        let (world, _) = run(plan, Hooks::End(how), 0);
        let report = report(&world);
        let deployment = &report.deployments[0];
        prop_assert_eq!(deployment.error_code, Some(ErrorCode::HookExecutionFailure));
        let hook = &deployment.hooks[0];
        prop_assert_eq!(hook.answered_for_by(), Some("Guard"));
        prop_assert_eq!(hook.on_failure.as_ref().unwrap().invocations, 1);
        // The last attempt begins within the event's age; after it the guard runs.
        let longest = 2_000 + maximum_event_age_ms + timeout_ms.max(3_150) + 170;
        let took = ended_after(&world);
        prop_assert!(took <= longest, "{took} of {longest}");
    }
}
