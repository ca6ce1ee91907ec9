//! What comes in: in any order, twice, or about nothing.

use rehearsal_deployment::fault::Fault;

use super::*;

#[test]
fn an_input_about_an_unknown_invocation_changes_nothing() {
    let mut world = World::new(plan(CANARY, &[]));
    world.step(Input::Begin);
    let before = (world.events().to_vec(), world.now());
    let ended = Ended {
        invocation: InvocationId(999_999),
        outcome: InvocationOutcome::Answered,
        status: None,
        answer: None,
        detail: None,
        evidence: Evidence::default(),
    };
    assert!(world.step(Input::Ended(ended)).is_empty());
    assert_eq!((world.events().to_vec(), world.now()), before);
}

#[test]
fn a_second_answer_to_an_invocation_changes_nothing() {
    let answered = |invocation, outcome| {
        Input::Ended(Ended {
            invocation,
            outcome,
            status: Some(200),
            answer: None,
            detail: None,
            evidence: Evidence::default(),
        })
    };
    let minute = |repeated: bool| {
        let mut world = World::new(plan(CANARY, &[]));
        for command in world.step(Input::Begin) {
            let Command::Invoke(invoke) = command else {
                continue;
            };
            world.step(answered(invoke.invocation, InvocationOutcome::Answered));
            if repeated {
                world.step(answered(invoke.invocation, InvocationOutcome::Exited));
            }
        }
        (world.events().to_vec(), world.now())
    };
    assert_eq!(minute(true), minute(false));
}

fn any_fault() -> impl Strategy<Value = Fault> {
    (
        prop::sample::select(vec!["error", "hang", "throttle"]),
        prop::sample::select(vec!["old", "new", "any"]),
        0.0..=1.0_f64,
        -3_i64..8,
    )
        .prop_map(|(kind, version, rate, from_minute)| {
            serde_json::from_value(json!({
                "function": "F", "kind": kind, "version": version, "rate": rate, "from_minute": from_minute,
            }))
            .unwrap()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn the_order_in_which_answers_arrive_changes_no_event(seed in 0_u64..1_000, shuffle in 1_u64..1_000, fault in any_fault()) {
        let mut plan = plan(CANARY, &[]);
        plan.seed = seed;
        plan.faults = vec![fault];
        let (in_order, inputs) = run(plan.clone(), Hooks::Succeed, 0);
        let (shuffled, _) = run(plan.clone(), Hooks::Succeed, shuffle);
        prop_assert_eq!(in_order.events(), shuffled.events());

        let mut replayed = World::new(plan);
        for input in inputs {
            replayed.step(input);
        }
        prop_assert_eq!(replayed.events(), in_order.events());
    }

    #[test]
    fn whatever_goes_wrong_every_request_is_served_once_and_the_alias_ends_on_one_version(
        seed in 0_u64..1_000,
        fault in any_fault(),
        fails in any::<bool>(),
    ) {
        let mut plan = plan(CANARY, &[]);
        plan.seed = seed;
        plan.faults = vec![fault];
        let hooks = if fails { Hooks::Fail(LifecycleEventName::AfterAllowTraffic) } else { Hooks::Succeed };
        let (world, _) = run(plan, hooks, 0);
        let report = report(&world);
        let deployment = &report.deployments[0];
        let mut served: Vec<_> = world.events().iter().filter_map(|event| match event.happening {
            Happening::RequestServed { index, .. } => Some(index),
            _ => None,
        }).collect();
        let count = served.len();
        served.sort_unstable();
        served.dedup();
        prop_assert_eq!(served.len(), count);
        prop_assert_eq!(deployment.served.values().sum::<u64>(), count as u64);
        prop_assert!(deployment.served.iter().all(|(version, served)| deployment.errors[version] <= *served));
        let succeeded = deployment.status == DeploymentStatus::Succeeded;
        prop_assert_eq!(world.aliases().next(), Some(&Alias::new(if succeeded { "2" } else { "1" })));
        prop_assert_eq!(deployment.rollback.is_some(), !succeeded);
    }
}
