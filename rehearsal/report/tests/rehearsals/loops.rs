//! Functions that would run for ever.

use super::*;

/// A call of a function's, as it is made while an invocation runs, or with no one knowing by whom.
fn call(number: u64, by: Option<&Invoke>, function: &str, through_api: bool) -> Input {
    Input::Called(Called {
        id: CallId(number),
        principal: by.map_or(Principal::Unknown, Invoke::principal),
        invocation: by.map(|invoke| invoke.invocation),
        call: if through_api {
            let api = ApiStage {
                kind: ApiKind::Rest,
                api: "api".to_owned(),
                stage: "live".to_owned(),
                detailed: None,
            };
            Call::Request {
                function: function.to_owned(),
                qualifier: None,
                api,
            }
        } else {
            invoke_of(function)
        },
    })
}

/// A world whose first live request runs, and that request.
fn with_a_request() -> (World, Invoke) {
    let mut world = World::new(plan(CANARY, &[]));
    let first = first_request(&mut world);
    (world, first)
}

fn first_request(world: &mut World) -> Invoke {
    let commands = world.step(Input::Begin);
    let Some(Command::Invoke(first)) = commands.first().cloned() else {
        panic!("requests arrive: {commands:?}")
    };
    first
}

/// Goes down from a request, each invocation calling the next of these functions, until there is no next one. Gives how often
/// there was, and what came instead.
fn down(functions: &[&str], through_api: bool) -> (World, usize, Vec<Command>) {
    down_in(World::new(plan(CANARY, &[])), functions, through_api)
}

fn down_in(
    mut world: World,
    functions: &[&str],
    through_api: bool,
) -> (World, usize, Vec<Command>) {
    let mut caller = first_request(&mut world);
    for number in 0..1_000 {
        let function = functions[number % functions.len()];
        let commands = world.step(call(number as u64, Some(&caller), function, through_api));
        match &commands[..] {
            [Command::Invoke(invoke)] => caller = invoke.clone(),
            _ => return (world, number, commands),
        }
    }
    panic!("it goes on for ever")
}

fn stopped(world: &World) -> Vec<&str> {
    let stopped = world
        .events()
        .iter()
        .filter_map(|event| match &event.happening {
            Happening::RecursionStopped { function } => Some(function.as_str()),
            _ => None,
        });
    stopped.collect()
}

fn is_stopped(commands: &[Command]) -> bool {
    let stopped = |command: &Command| {
        matches!(
            command,
            Command::Answer {
                answer: Answer::Aws(AwsAnswer::Invoked(Err(LambdaError::RecursiveInvocation))),
                ..
            }
        )
    };
    commands.len() == 1 && commands.iter().all(stopped)
}

#[test]
fn a_function_that_invokes_itself_is_stopped_by_lambda_after_sixteen_invocations() {
    let (world, calls, answer) = down(&["F"], false);
    assert!(is_stopped(&answer), "{answer:?}");
    // The live request is the first.
    assert_eq!(calls, RECURSION_STOPPED_AFTER - 1);
    assert_eq!((stopped(&world), world.endless()), (vec!["F"], None));
}

#[test]
fn a_function_that_may_recur_is_stopped_by_the_longest_chain_alone() {
    let mut plan = plan(CANARY, &[]);
    change(&mut plan, "F", |function| function.may_recur = true);
    let (world, calls, _) = down_in(World::new(plan), &["F"], false);
    assert_eq!(calls, LONGEST_CHAIN - 1);
    assert!(matches!(world.endless(), Some(Endless::Chain { function, .. }) if function == "F"));
}

#[test]
fn functions_that_invoke_each_other_are_stopped_when_one_has_run_sixteen_times() {
    let (world, calls, answer) = down(&["Before", "F"], false);
    assert!(is_stopped(&answer), "{answer:?}");
    assert_eq!(calls, 2 * RECURSION_STOPPED_AFTER - 1);
    assert_eq!(stopped(&world), ["F"]);
}

#[test]
fn a_function_that_is_stopped_is_told_of_once() {
    let (mut world, mut deepest) = with_a_request();
    while let [Command::Invoke(deeper)] = &world.step(call(0, Some(&deepest), "F", false))[..] {
        deepest = deeper.clone();
    }
    let again = world.step(call(1, Some(&deepest), "F", false));
    assert!(is_stopped(&again), "{again:?}");
    assert_eq!(stopped(&world), ["F"]);
}

#[test]
fn a_loop_through_an_api_which_lambda_does_not_see_ends_the_rehearsal_and_names_the_function() {
    let (world, calls, answer) = down(&["Before", "F"], true);
    assert_eq!((calls, answer), (LONGEST_CHAIN - 1, Vec::new()));
    let Some(Endless::Chain {
        function, circle, ..
    }) = world.endless()
    else {
        panic!("{:?}", world.endless())
    };
    assert_eq!(
        (function.as_str(), circle.as_str()),
        ("F", "F → Before → F")
    );
    assert_eq!(stopped(&world), Vec::<&str>::new());
    assert!(!world.is_finished());
}

#[test]
fn functions_that_invoke_each_other_more_and_more_often_end_the_rehearsal() {
    let (mut world, first) = with_a_request();
    let mut running = std::collections::VecDeque::from([first]);
    let mut calls = 0;
    // Each invokes the other function twice, and does not wait.
    while world.endless().is_none() {
        let caller = running.pop_front().expect("there are more and more");
        let other = if caller.function == "F" {
            "Before"
        } else {
            "F"
        };
        for _ in 0..2 {
            calls += 1;
            for command in world.step(call(calls, Some(&caller), other, false)) {
                if let Command::Invoke(invoke) = command {
                    running.push_back(invoke);
                }
            }
        }
        world.step(answered(caller.invocation));
    }
    let Some(Endless::Avalanche {
        began_with,
        at_once,
        ..
    }) = world.endless()
    else {
        panic!("{:?}", world.endless())
    };
    assert_eq!(
        (began_with.as_deref(), *at_once),
        (Some("F"), MOST_AT_ONCE + 1)
    );
}

#[test]
fn a_hook_may_invoke_many_functions_at_once_and_one_after_another() {
    let (mut world, hook) = with_a_request();
    let mut running = std::collections::VecDeque::new();
    let mut most = 0;
    let mut begun = 0;
    for number in 0..u64::from(4 * MOST_AT_ONCE) {
        running.extend(world.step(call(number, Some(&hook), "Before", false)));
        most = most.max(running.len());
    }
    // The others wait until one has ended.
    while let Some(command) = running.pop_front() {
        let Command::Invoke(invoke) = command else {
            panic!("{command:?}")
        };
        begun += 1;
        running.extend(world.step(answered(invoke.invocation)));
        most = most.max(running.len());
    }
    assert_eq!(begun, 4 * MOST_AT_ONCE);
    assert!((40..64).contains(&most), "{most} ran at once");
    let (mut world, hook) = with_a_request();
    for number in 0..u64::from(2 * MOST_IN_ALL) {
        let commands = world.step(call(number, Some(&hook), "Before", false));
        let [Command::Invoke(invoke)] = &commands[..] else {
            panic!("{commands:?}")
        };
        world.step(answered(invoke.invocation));
    }
    assert_eq!(world.endless(), None);
}

#[test]
fn functions_of_which_each_waits_for_one_that_finds_no_process_end_the_rehearsal() {
    let mut plan = plan(CANARY, &[]);
    plan.traffic.requests_per_minute = 1;
    plan.limits.processes = 4;
    let mut world = World::new(plan);
    let first = first_request(&mut world);
    let mut number = 0;
    let mut step = |world: &mut World, by: &Invoke| {
        number += 1;
        world.step(call(number, Some(by), "Before", false))
    };
    let mut running = step(&mut world, &first);
    running.extend(step(&mut world, &first));
    assert_eq!(
        running.len(),
        2,
        "one stays, beside the request's own, and one passes"
    );
    for command in &running {
        assert_eq!(world.endless(), None);
        let Command::Invoke(invoke) = command else {
            panic!("{command:?}")
        };
        assert_eq!(step(&mut world, invoke), []);
    }
    let Some(Endless::NoProcess { function, .. }) = world.endless() else {
        panic!("{:?}", world.endless())
    };
    assert_eq!(function, "Before");
}

#[test]
fn what_follows_one_after_another_from_the_same_invocation_is_bounded_too() {
    let (mut world, first) = with_a_request();
    let commands = world.step(call(0, Some(&first), "Before", false));
    let [Command::Invoke(second)] = &commands[..] else {
        panic!("{commands:?}")
    };
    let mut calls = 0_u32;
    while world.endless().is_none() {
        calls += 1;
        for command in world.step(call(calls.into(), Some(second), "F", false)) {
            if let Command::Invoke(invoke) = command {
                world.step(answered(invoke.invocation));
            }
        }
    }
    assert_eq!(calls, MOST_IN_ALL + 1);
}

#[test]
fn a_loop_of_calls_that_nobody_signed_ends_the_rehearsal() {
    let (mut world, _) = with_a_request();
    let mut calls = 0_u32;
    while world.endless().is_none() {
        calls += 1;
        world.step(call(calls.into(), None, "F", true));
    }
    assert_eq!(calls, MOST_UNKNOWN_AT_ONCE + 1);
    let message = world.endless().unwrap().to_string();
    assert!(
        message.starts_with("F is invoked too often") && message.contains("not known"),
        "{message}"
    );
}

/// A world in which nothing takes any time, every invocation fails, and what each of these functions could not do goes to the
/// next, round and round; and how many were invoked.
fn round_of_destinations(functions: &[String]) -> (World, usize) {
    let mut plan = plan(CANARY, &[]);
    plan.traffic.requests_per_minute = 0;
    (
        plan.timing.base_ms,
        plan.timing.cold_start_ms,
        plan.timing.hook_ms,
    ) = (0, 0, 0);
    for (function, destination) in functions.iter().zip(functions.iter().cycle().skip(1)) {
        add(&mut plan, function, "Before", |planned| {
            planned.name = format!("stack-{function}");
            planned.on_failure = Some(destination.clone());
            planned.retries.maximum_retry_attempts = 0;
        });
    }
    let mut world = World::new(plan);
    let mut commands = world.step(Input::Begin);
    let mut invocations = 0;
    while let Some(command) = commands.pop() {
        let Command::Invoke(invoke) = command else {
            continue;
        };
        invocations += 1;
        commands.extend(world.step(Input::Ended(Ended {
            invocation: invoke.invocation,
            outcome: InvocationOutcome::FunctionError,
            status: None,
            answer: None,
            detail: None,
            evidence: Evidence::default(),
        })));
    }
    (world, invocations)
}

#[test]
fn on_failure_destinations_in_a_circle_are_stopped_also_where_nothing_takes_any_time() {
    let (world, invocations) = round_of_destinations(&["Before", "After"].map(str::to_owned));
    assert!(world.is_finished());
    assert_eq!(invocations, 2 * RECURSION_STOPPED_AFTER);
    assert_eq!(stopped(&world), ["Before"]);
}

#[test]
fn a_circle_of_many_on_failure_destinations_ends_with_the_longest_chain() {
    let mut functions = vec!["Before".to_owned()];
    functions.extend((1..60).map(|number| format!("F{number}")));
    let (world, invocations) = round_of_destinations(&functions);
    assert_eq!(invocations, LONGEST_CHAIN);
    let Some(Endless::Chain { function, .. }) = world.endless() else {
        panic!("it goes on: {:?}", world.endless());
    };
    assert_eq!(function, "F50");
}

#[test]
fn a_rehearsal_of_more_than_a_week_is_given_up() {
    let mut plan = plan(CANARY, &[]);
    plan.traffic.requests_per_minute = 0;
    plan.traffic.minutes_before = 7 * 24 * 60 - 3;
    let mut world = World::new(plan);
    let mut commands = world.step(Input::Begin);
    while let Some(command) = commands.pop() {
        if let Command::Invoke(invoke) = command {
            commands.extend(world.step(answered(invoke.invocation)));
        }
    }
    assert_eq!(
        world.endless(),
        Some(&Endless::TooLong {
            functions: vec!["F".to_owned()]
        })
    );
    assert!(world.now() <= VirtualTime(LONGEST_REHEARSAL_MS));
}
