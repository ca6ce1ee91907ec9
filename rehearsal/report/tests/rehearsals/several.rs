//! Several functions in one update, each with a deployment, or an alias, of its own.

use std::collections::BTreeSet;

use rehearsal_aws::codedeploy::deployment::CANCELLED_AFTER_MS;

use super::*;

const LINEAR: &str = "CodeDeployDefault.LambdaLinear10PercentEvery1Minute";

/// The plan of `F`, without its hooks, and beside it `G` with a linear shift, an alarm of its own and half of the requests.
fn two(faults: &[serde_json::Value]) -> Plan {
    let mut plan = plan(CANARY, faults);
    plan.deployments[0].before_allow_traffic = None;
    plan.deployments[0].after_allow_traffic = None;
    let mut other = plan::Deployment {
        function: "G".to_owned(),
        alias_logical_id: "GAliaslive".to_owned(),
        config: LINEAR.to_owned(),
        shift: predefined(LINEAR),
        alarms: Vec::new(),
        ..plan.deployments[0].clone()
    };
    "5".clone_into(&mut other.old_version);
    "6".clone_into(&mut other.new_version);
    plan.deployments.push(other);
    add(&mut plan, "G", "F", |function| {
        "stack-G".clone_into(&mut function.name);
    });
    for front in plan.apis[0].front.each_mut() {
        let routes = &mut front.api.routes;
        routes.push(Route {
            path: "/g".to_owned(),
            function: "G".to_owned(),
            ..routes[0].clone()
        });
    }
    if let RequestKind::Http(request) = &mut plan.traffic.requests[1].kind {
        "/g".clone_into(&mut request.path);
    }
    plan.traffic.requests[1].weight = 3;
    plan.update_levels[1].push("G".to_owned());
    plan.update_levels[3].push("GAliaslive".to_owned());
    plan
}

/// The same, but `G` refers to the alias of `F`.
fn one_after_the_other(faults: &[serde_json::Value]) -> Plan {
    let mut plan = two(faults);
    let behind: BTreeSet<usize> = [0].into();
    plan.waits_for.insert("G".to_owned(), behind.clone());
    plan.waits_for.insert("GAliaslive".to_owned(), behind);
    plan.update_levels = vec![
        vec!["F".to_owned(), "VersionErrors".to_owned()],
        vec!["FAliaslive".to_owned()],
        vec!["G".to_owned()],
        vec!["GAliaslive".to_owned()],
    ];
    plan
}

/// Makes the alarm watch `G`, whichever version serves.
fn watch_g(plan: &mut Plan) {
    let WatchedAlarm { before, after, .. } = &mut plan.alarms[0];
    for judged in before.iter_mut().chain([after]) {
        let Judged::Metric(alarm) = judged else {
            continue;
        };
        alarm.watched = Watched::Metric {
            metric: Metric::new("AWS/Lambda", "Errors", &[("FunctionName", "stack-G")]),
            statistic: Statistic::Sum,
            period_ms: MINUTE_MS,
        };
    }
}

fn time_of(world: &World, wanted: impl Fn(&Happening) -> bool) -> Option<VirtualTime> {
    let event = world.events().iter().find(|event| wanted(&event.happening));
    event.map(|event| event.at)
}

fn created(world: &World, index: usize) -> Option<VirtualTime> {
    time_of(
        world,
        |happening| matches!(happening, Happening::DeploymentCreated { deployment, .. } if *deployment == index),
    )
}

fn ended(world: &World, index: usize) -> Option<VirtualTime> {
    time_of(
        world,
        |happening| matches!(happening, Happening::DeploymentEnded { deployment, .. } if *deployment == index),
    )
}

fn broken(function: &str) -> serde_json::Value {
    json!({"function": function, "version": "new", "kind": "error", "callers": "traffic"})
}

#[test]
fn deployments_that_do_not_wait_for_each_other_shift_side_by_side() {
    let (world, _) = run(two(&[]), Hooks::Succeed, 0);
    assert_eq!(created(&world, 0), created(&world, 1));
    let report = report(&world);
    assert_eq!(report.outcome, DeploymentStatus::Succeeded);
    let weights = |index: usize, version: &str| -> Vec<f64> {
        let minutes = report.deployments[index].minutes.iter();
        let shifting = minutes.filter(|minute| (0..5).contains(&minute.minute));
        shifting.map(|minute| minute.weights[version]).collect()
    };
    assert_eq!(weights(0, "2"), [0.1; 5]);
    assert_eq!(weights(1, "6"), [0.1, 0.2, 0.3, 0.4, 0.5]);
    for deployment in &report.deployments {
        assert!(
            deployment.served.values().all(|served| *served > 50),
            "{deployment:?}"
        );
    }
}

#[test]
fn a_function_that_refers_to_anothers_alias_is_deployed_after_that_ones_whole_shift() {
    let (world, _) = run(one_after_the_other(&[]), Hooks::Succeed, 0);
    assert!(
        created(&world, 1) >= ended(&world, 0),
        "{:?}",
        created(&world, 1)
    );
    let reached = time_of(
        &world,
        |happening| matches!(happening, Happening::UpdateReached { resources } if resources.contains(&"G".to_owned())),
    );
    assert_eq!(
        reached,
        ended(&world, 0),
        "its code too is renewed only then"
    );
    assert_eq!(report(&world).outcome, DeploymentStatus::Succeeded);
}

#[test]
fn when_one_deployment_fails_those_that_run_are_cancelled_and_go_back() {
    let (world, _) = run(two(&[broken("F")]), Hooks::Succeed, 0);
    let report = report(&world);
    let [failed, cancelled] = report.deployments.as_slice() else {
        panic!("both were created: {report:?}")
    };
    assert_eq!(failed.error_code, Some(ErrorCode::AlarmActive));
    assert_eq!(
        (cancelled.status, cancelled.error_code),
        (DeploymentStatus::Stopped, Some(ErrorCode::ManualStop))
    );
    let message = cancelled.error_message.as_deref().unwrap_or_default();
    assert!(message.contains("the deployment of F failed"), "{message}");
    assert_eq!(
        cancelled.rollback.as_ref().map(|rollback| rollback.status),
        Some(DeploymentStatus::Succeeded)
    );
    assert_eq!(
        ended(&world, 1).unwrap() - ended(&world, 0).unwrap(),
        CANCELLED_AFTER_MS
    );
    assert!(world.aliases().eq(&[Alias::new("1"), Alias::new("5")]));
    assert_eq!(cancelled.minutes.last().unwrap().requests["6"], 0);
}

#[test]
fn when_one_deployment_fails_those_that_succeeded_are_taken_back() {
    let mut plan = two(&[broken("G")]);
    // F is done at once; G's alarm fires minutes later.
    plan.deployments[0].shift = predefined("CodeDeployDefault.LambdaAllAtOnce");
    plan.deployments[0].alarms.clear();
    plan.deployments[1].alarms = vec!["VersionErrors".to_owned()];
    watch_g(&mut plan);
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    assert_eq!(report.deployments[0].status, DeploymentStatus::Succeeded);
    assert_eq!(
        report.deployments[1].error_code,
        Some(ErrorCode::AlarmActive)
    );
    assert!(world.aliases().eq(&[Alias::new("1"), Alias::new("5")]));
    let back = world
        .events()
        .iter()
        .find_map(|event| match &event.happening {
            Happening::UpdateRolledBack { resources, .. } => Some(resources.clone()),
            _ => None,
        });
    let back = back.expect("the stack goes back");
    assert_eq!(
        back[..2],
        ["Api", "FAliaslive"],
        "the last that was reached goes back first"
    );
    assert!(!back.contains(&"GAliaslive".to_owned()), "{back:?}");
}

#[test]
fn an_expectation_may_look_at_one_deployment_of_several() {
    let (world, _) = run(two(&[broken("F")]), Hooks::Succeed, 0);
    let report = report(&world);
    let expectation = |of_g: &serde_json::Value| -> rehearsal_deployment::expectation::Expectation {
        let all = json!({"outcome": "Stopped", "deployment": {"G": of_g}});
        serde_json::from_value(all).unwrap()
    };
    let cancelled =
        json!({"outcome": "Stopped", "error_code": "MANUAL_STOP", "last_minute_served_by": "old"});
    let differences = report
        .clone()
        .held_against(&expectation(&cancelled))
        .update
        .differences;
    assert!(differences.is_empty(), "{differences:?}");
    let wrong = json!({"errors": {"at_least": 1}, "last_minute_served_by": "new"});
    let differences = report
        .clone()
        .held_against(&expectation(&wrong))
        .update
        .differences;
    assert_eq!(
        differences[..2],
        [
            "G: outcome: expected Succeeded, got Stopped",
            "G: errors that callers saw: expected at least 1, got 0",
        ]
    );
    assert!(
        differences[2].starts_with("G: expected version 6 alone"),
        "{differences:?}"
    );

    let (world, _) = run(one_after_the_other(&[broken("F")]), Hooks::Succeed, 0);
    let never = super::report(&world)
        .held_against(&expectation(&cancelled))
        .update
        .differences;
    assert_eq!(never, ["G: expected a deployment, and none was begun"]);
}

#[test]
fn after_a_failure_nothing_new_is_begun() {
    let (world, _) = run(one_after_the_other(&[broken("F")]), Hooks::Succeed, 0);
    assert_eq!(created(&world, 1), None);
    let report = report(&world);
    assert_eq!(report.deployments.len(), 1);
    assert_eq!(report.not_begun, ["G"]);
    assert_eq!(report.outcome, DeploymentStatus::Stopped);
}

/// An alias without a deployment, with this second version after the update.
fn plain_alias(additional: Option<(String, f64)>) -> plan::PlainAlias {
    let named = |version: &str, additional| plan::NamedVersions {
        version: version.to_owned(),
        additional,
    };
    plan::PlainAlias {
        logical_id: "GAliaslive".to_owned(),
        function: "G".to_owned(),
        name: "live".to_owned(),
        is_deployed: false,
        names: Changing {
            before: Some(named("5", None)),
            after: Some(named("6", additional)),
        },
    }
}

#[test]
fn an_alias_without_a_deployment_moves_at_once_and_goes_back_with_the_stack() {
    let with_plain = |faults: &[serde_json::Value]| {
        let mut plan = two(faults);
        plan.deployments.truncate(1);
        plan.aliases.push(plain_alias(None));
        plan
    };
    let served = |world: &World| -> Vec<(i64, String)> {
        let events = world.events().iter();
        events
            .filter_map(|event| match &event.happening {
                Happening::RequestServed {
                    deployment: None,
                    version,
                    ..
                } => Some((event.at.minute_since(VirtualTime::ZERO), version.clone())),
                _ => None,
            })
            .collect()
    };
    let (world, _) = run(with_plain(&[]), Hooks::Succeed, 0);
    let all = served(&world);
    assert!(all.len() > 100, "no request is lost");
    for (minute, version) in all {
        assert_eq!(
            version,
            if minute < 2 { "5" } else { "6" },
            "minute {minute}"
        );
    }
    let (world, _) = run(with_plain(&[broken("F")]), Hooks::Succeed, 0);
    assert_eq!(
        served(&world).last().map(|(_, version)| version.as_str()),
        Some("5")
    );
}

#[test]
fn an_alias_without_a_deployment_keeps_the_weights_that_its_template_gives_it() {
    let mut plan = two(&[]);
    plan.deployments.truncate(1);
    plan.aliases.push(plain_alias(Some(("3".to_owned(), 0.75))));
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let mut served = std::collections::BTreeMap::<String, u32>::new();
    for event in world.events() {
        if let Happening::RequestServed {
            deployment: None,
            version,
            ..
        } = &event.happening
            && event.at.minute_since(VirtualTime::ZERO) >= 2
        {
            *served.entry(version.clone()).or_default() += 1;
        }
    }
    let all: u32 = served.values().sum();
    assert!(all > 100, "no request is lost");
    let share = f64::from(served["3"]) / f64::from(all);
    assert!((0.65..0.85).contains(&share), "{served:?}");
    assert_eq!(served.keys().collect::<Vec<_>>(), ["3", "6"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever fails and whenever: the update ends, every alias is on one version, and all of them are of one stack.
    #[test]
    fn an_update_leaves_all_aliases_of_one_stack(
        in_a_row: bool,
        rate_of_f in 0.0..1.0_f64,
        rate_of_g in 0.0..1.0_f64,
        from_minute in 0_i64..6,
        seed: u64,
    ) {
        let faults: Vec<_> = [("F", rate_of_f), ("G", rate_of_g)]
            .into_iter()
            .map(|(function, rate)| {
                let mut fault = broken(function);
                fault["rate"] = json!(rate);
                fault["from_minute"] = json!(from_minute);
                fault
            })
            .collect();
        let mut plan = if in_a_row { one_after_the_other(&faults) } else { two(&faults) };
        plan.seed = seed;
        plan.traffic.requests_per_minute = 12;
        plan.deployments[1].alarms = vec!["VersionErrors".to_owned()];
        watch_g(&mut plan);
        let (world, _) = run(plan, Hooks::Succeed, 0);
        let report = report(&world);
        let new = [Alias::new("2"), Alias::new("6")];
        let old = [Alias::new("1"), Alias::new("5")];
        let succeeded = report.outcome == DeploymentStatus::Succeeded && report.not_begun.is_empty();
        let expected = if succeeded { &new } else { &old };
        prop_assert!(world.aliases().eq(expected));
        let ends = world.events().iter().filter(|event| {
            matches!(event.happening, Happening::UpdateCompleted | Happening::UpdateRolledBack { .. })
        });
        prop_assert_eq!(ends.count(), 1);
        prop_assert!(report.deployments.iter().all(|d| d.status != DeploymentStatus::InProgress));
    }
}

#[test]
fn the_verdict_of_several_is_told_once_and_a_shared_hook_with_the_deployment_that_it_ran_for() {
    let hook = plan(CANARY, &[]).deployments[0]
        .before_allow_traffic
        .clone();
    let mut both = two(&[]);
    for deployment in &mut both.deployments {
        deployment.before_allow_traffic.clone_from(&hook);
    }
    let (world, _) = run(both, Hooks::Succeed, 0);
    let mut report = report(&world);
    "Succeeded; made up: parameter Stage".clone_into(&mut report.verdict);
    let made_up = reservation(
        ReservationKind::MadeUp,
        "parameter Stage",
        "made up: parameter Stage",
    );
    report.reservations = vec![made_up];
    let text = rehearsal_report::summary::text(std::slice::from_ref(&report), false, 80);
    assert_eq!(text.matches("made up").count(), 1, "{text}");
    assert_eq!(text.matches("✓ Succeeded").count(), 3, "{text}");
    let text = rehearsal_report::timeline::text(&report, &[], &[], 80);
    assert_eq!(text.matches("reported Succeeded").count(), 2, "{text}");
}
