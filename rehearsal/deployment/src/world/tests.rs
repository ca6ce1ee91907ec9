//! Whole rehearsals without a process: a puppet answers every command.

mod direct;
mod several;

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::alarm::{Comparison, Judgement, MissingData};
use crate::asynchronous::AsyncRetries;
use crate::code_deploy::{AutoRollbackEvent, DeploymentStatus, ErrorCode};
use crate::fault::{Fault, FaultKind};
use crate::metric::{Metric, Statistic};
use crate::plan::{self, Target, WatchedAlarm};
use crate::rehearsal::{Timing, Traffic};
use crate::report::Report;
use crate::request::{HttpRequest, Request, RequestKind};
use crate::service_metrics::{ApiKind, ApiStage};
use crate::traffic_shift::TrafficShift;

mod given_up;
mod hook_calls;

fn version_alarm(version: &str) -> Alarm {
    Alarm {
        name: "stack-VersionErrors".to_owned(),
        logical_id: "VersionErrors".to_owned(),
        metric: Metric::new(
            "AWS/Lambda",
            "Errors",
            &[
                ("FunctionName", "stack-F"),
                ("Resource", "stack-F:live"),
                ("ExecutedVersion", version),
            ],
        ),
        statistic: Statistic::Sum,
        period_ms: MINUTE_MS,
        threshold: 1.0,
        comparison: Comparison::GreaterThanOrEqualToThreshold,
        judgement: Judgement {
            evaluation_periods: 3,
            datapoints_to_alarm: 2,
            missing_data: MissingData::NotBreaching,
        },
    }
}

fn plan(config: &str, faults: &[serde_json::Value]) -> Plan {
    let function = |name: &str, timeout_ms| plan::Function {
        name: name.to_owned(),
        timeout_ms,
        retries: AsyncRetries::default(),
        on_failure: None,
    };
    let request = |weight, expect_status| Request {
        weight,
        kind: RequestKind::Http(HttpRequest {
            method: "GET".to_owned(),
            path: "/".to_owned(),
            headers: BTreeMap::new(),
            body: None,
            expect_status,
        }),
    };
    let target = Target {
        function: "F".to_owned(),
        qualifier: Some("live".to_owned()),
        api: Some(ApiStage {
            kind: ApiKind::Rest,
            api: "api".to_owned(),
            stage: "live".to_owned(),
        }),
    };
    Plan {
        seed: 7,
        traffic: Traffic {
            requests_per_minute: 60,
            minutes_before: 2,
            minutes_after: 2,
            requests: vec![request(3, None), request(1, Some(200))],
        },
        targets: vec![target.clone(), target],
        faults: faults
            .iter()
            .map(|fault| serde_json::from_value(fault.clone()).unwrap())
            .collect(),
        timing: Timing::default(),
        functions: BTreeMap::from([
            ("F".to_owned(), function("stack-F", 10_000)),
            (
                "Before".to_owned(),
                function("CodeDeployHook_before", 120_000),
            ),
            (
                "After".to_owned(),
                function("CodeDeployHook_after", 900_000),
            ),
        ]),
        deployments: vec![plan::Deployment {
            function: "F".to_owned(),
            alias: "live".to_owned(),
            alias_logical_id: "FAliaslive".to_owned(),
            config: config.to_owned(),
            shift: TrafficShift::predefined(config).unwrap(),
            old_version: "1".to_owned(),
            new_version: "2".to_owned(),
            before_allow_traffic: Some("Before".to_owned()),
            after_allow_traffic: Some("After".to_owned()),
            alarms: vec!["VersionErrors".to_owned()],
            auto_rollback: vec![
                AutoRollbackEvent::DeploymentFailure,
                AutoRollbackEvent::DeploymentStopOnAlarm,
            ],
        }],
        alarms: vec![WatchedAlarm {
            before: Some(version_alarm("1")),
            after: version_alarm("2"),
        }],
        update_levels: vec![
            vec!["Table".to_owned(), "Before".to_owned(), "After".to_owned()],
            vec!["F".to_owned()],
            vec!["VersionErrors".to_owned()],
            vec!["FAliaslive".to_owned()],
            vec!["Api".to_owned()],
        ],
        waits_for: BTreeMap::from([("Api".to_owned(), [0].into())]),
        aliases: Vec::new(),
        not_rehearsed: Vec::new(),
    }
}

/// What the puppet's hooks do.
#[derive(Clone, Copy, PartialEq)]
enum Hooks {
    Succeed,
    Fail(LifecycleEventName),
    SaySilent,
    CrashOnce,
    /// Every attempt ends so, and no hook reports.
    End(InvocationOutcome),
}

const CANARY: &str = "CodeDeployDefault.LambdaCanary10Percent5Minutes";

/// The ids of a hook's event, also of the one that a record is about.
fn hook_event(payload: &Payload) -> (&String, &String) {
    match payload {
        Payload::Hook {
            deployment_id,
            execution_id,
        } => (deployment_id, execution_id),
        Payload::Record(record) => hook_event(&record.request),
    }
}

/// Runs a plan. `shuffle` reorders the answers of each batch. Also gives the inputs, for replays.
fn run(plan: Plan, hooks: Hooks, shuffle: u64) -> (World, Vec<Input>) {
    let mut world = World::new(plan);
    let mut inputs = vec![Input::Begin];
    let mut pending = world.step(Input::Begin);
    let mut calls = 0;
    let mut hook_attempts = 0;
    while !pending.is_empty() {
        let draws = Draws::new(shuffle);
        if shuffle > 0 {
            pending.sort_by_key(|command| match command {
                Command::Invoke(invoke) => draws.number("shuffle", invoke.invocation.0),
                Command::Answer { .. } => 0,
            });
        }
        let mut next = Vec::new();
        for command in std::mem::take(&mut pending) {
            let Command::Invoke(invoke) = command else {
                continue;
            };
            let mut outcome = match invoke.fault.map(|fault| fault.kind) {
                Some(FaultKind::Error) => InvocationOutcome::FunctionError,
                Some(FaultKind::Hang) => InvocationOutcome::TimedOut,
                Some(FaultKind::Throttle) => InvocationOutcome::Throttled,
                _ => InvocationOutcome::Answered,
            };
            if let Purpose::Event { payload, .. } = &invoke.purpose {
                hook_attempts += 1;
                let event = if invoke.function == "Before" {
                    LifecycleEventName::BeforeAllowTraffic
                } else {
                    LifecycleEventName::AfterAllowTraffic
                };
                let (deployment_id, execution_id) = hook_event(payload);
                let is_record = matches!(payload, Payload::Record(_));
                let status = match hooks {
                    // A fault acts, so it does not run.
                    _ if outcome != InvocationOutcome::Answered => None,
                    _ if is_record => Some("Failed"),
                    Hooks::End(how) => {
                        outcome = how;
                        None
                    }
                    Hooks::SaySilent => None,
                    Hooks::CrashOnce if hook_attempts == 1 => {
                        outcome = InvocationOutcome::Exited;
                        None
                    }
                    Hooks::Fail(failing) if failing == event => Some("Failed"),
                    _ => Some("Succeeded"),
                };
                if let Some(status) = status {
                    calls += 1;
                    let input = Input::Called(Called {
                        id: CallId(calls),
                        function: invoke.function.clone(),
                        version: "$LATEST".to_owned(),
                        invocation: Some(invoke.invocation),
                        call: Call::Report {
                            deployment_id: deployment_id.clone(),
                            execution_id: execution_id.clone(),
                            status: status.to_owned(),
                        },
                    });
                    inputs.push(input.clone());
                    let answers = world.step(input);
                    if !is_record {
                        assert_eq!(
                            answers,
                            [Command::Answer {
                                call: CallId(calls),
                                answer: Answer::Report(Ok(()))
                            }]
                        );
                    }
                }
            }
            let status = match outcome {
                InvocationOutcome::Answered => 200,
                InvocationOutcome::Throttled => 500,
                _ => 502,
            };
            let ended = Ended {
                invocation: invoke.invocation,
                outcome,
                status: Some(status),
                answer: None,
                detail: None,
            };
            inputs.push(Input::Ended(ended.clone()));
            next.extend(world.step(Input::Ended(ended)));
        }
        pending = next;
    }
    assert!(world.is_finished());
    (world, inputs)
}

fn report(world: &World) -> Report {
    Report::fold("test", world.plan(), world.events())
}

fn errors(extra: &serde_json::Value) -> serde_json::Value {
    let mut fault = json!({"function": "F", "kind": "error", "callers": "traffic"});
    fault
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    fault
}

#[test]
fn a_healthy_canary_shifts_a_tenth_for_five_minutes_and_then_everything() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::Succeed, 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (report.outcome, deployment.error_code, &deployment.rollback),
        (DeploymentStatus::Succeeded, None, &None)
    );
    for minute in &deployment.minutes {
        let expected = match minute.minute {
            ..0 => 0.0,
            0..5 => 0.1,
            _ => 1.0,
        };
        assert!((minute.weights["2"] - expected).abs() < 1e-9, "{minute:?}");
        assert!((minute.weights["1"] + minute.weights["2"] - 1.0).abs() < 1e-9);
        if minute.minute < 0 {
            assert_eq!(minute.requests["2"], 0);
        }
        if minute.minute >= 5 {
            assert_eq!(minute.requests["1"], 0);
        }
    }
    let in_canary: u64 = deployment
        .minutes
        .iter()
        .filter(|m| (0..5).contains(&m.minute))
        .map(|m| m.requests["2"])
        .sum();
    assert!((15..=45).contains(&in_canary), "{in_canary} of 300");
}

#[test]
fn each_of_the_nine_preferences_succeeds_and_ends_with_the_new_version_alone() {
    for name in [
        "AllAtOnce",
        "Canary10Percent5Minutes",
        "Canary10Percent10Minutes",
        "Canary10Percent15Minutes",
        "Canary10Percent30Minutes",
        "Linear10PercentEvery1Minute",
        "Linear10PercentEvery2Minutes",
        "Linear10PercentEvery3Minutes",
        "Linear10PercentEvery10Minutes",
    ] {
        let config = format!("CodeDeployDefault.Lambda{name}");
        let shift = TrafficShift::predefined(&config).unwrap();
        let (world, _) = run(plan(&config, &[]), Hooks::Succeed, 0);
        let report = report(&world);
        assert_eq!(report.outcome, DeploymentStatus::Succeeded, "{name}");
        let minutes = &report.deployments[0].minutes;
        for step in shift.steps() {
            let row = minutes
                .iter()
                .find(|row| row.minute == i64::from(step.minute))
                .unwrap();
            assert!(
                (row.weights["2"] - step.share).abs() < 1e-9,
                "{name}: {row:?}"
            );
        }
        assert_eq!(minutes.last().unwrap().requests["1"], 0, "{name}");
    }
}

#[test]
fn errors_of_the_new_version_fire_its_alarm_and_the_old_version_comes_back() {
    let (world, _) = run(
        plan(CANARY, &[errors(&json!({"version": "new", "rate": 0.8}))]),
        Hooks::Succeed,
        0,
    );
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (DeploymentStatus::Stopped, Some(ErrorCode::AlarmActive))
    );
    assert_eq!(deployment.stopped_by, ["VersionErrors"]);
    assert_eq!(
        deployment.rollback.as_ref().map(|rollback| rollback.status),
        Some(DeploymentStatus::Succeeded)
    );
    let last = deployment.minutes.last().unwrap();
    assert_eq!((last.weights["1"], last.requests["2"]), (1.0, 0));
    assert_eq!(
        deployment.hooks[1].status,
        crate::lifecycle::LifecycleEventStatus::Skipped
    );
    assert_eq!(
        report.alarms[0].transitions.last().map(|t| t.state),
        Some(AlarmState::Ok),
        "back to OK by itself"
    );
}

#[test]
fn a_failed_first_hook_keeps_every_live_request_from_the_new_version() {
    let (world, _) = run(
        plan(CANARY, &[]),
        Hooks::Fail(LifecycleEventName::BeforeAllowTraffic),
        0,
    );
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (
            DeploymentStatus::Failed,
            Some(ErrorCode::HookExecutionFailure)
        )
    );
    assert_eq!(deployment.served["2"], 0);
    assert!(deployment.served["1"] > 200);
    assert!(deployment.rollback.is_some());
}

#[test]
fn a_failed_last_hook_takes_the_alias_back() {
    let (world, _) = run(
        plan(CANARY, &[]),
        Hooks::Fail(LifecycleEventName::AfterAllowTraffic),
        0,
    );
    let report = report(&world);
    assert_eq!(report.outcome, DeploymentStatus::Failed);
    assert_eq!(
        report.deployments[0].minutes.last().unwrap().requests["2"],
        0
    );
}

#[test]
fn an_alarm_that_the_old_version_raised_stops_the_fix_at_its_start() {
    let mut plan = plan(CANARY, &[errors(&json!({"version": "old"}))]);
    plan.traffic.minutes_before = 4;
    // An alarm on the alias, whichever version serves.
    let before = plan.alarms[0].before.as_mut().unwrap();
    before.metric.dimensions.remove("ExecutedVersion");
    plan.alarms[0]
        .after
        .metric
        .dimensions
        .remove("ExecutedVersion");
    let (world, _) = run(plan, Hooks::Succeed, 0);
    let report = report(&world);
    let deployment = &report.deployments[0];
    assert_eq!(
        (deployment.status, deployment.error_code),
        (DeploymentStatus::Stopped, Some(ErrorCode::AlarmActive))
    );
    assert_eq!(
        (deployment.served["2"], deployment.hooks[0].invocations),
        (0, 0)
    );
}

#[test]
fn a_silent_hook_fails_its_deployment_after_an_hour() {
    let mut plan = plan(CANARY, &[]);
    plan.traffic.requests_per_minute = 1;
    let (world, _) = run(plan, Hooks::SaySilent, 0);
    let report = report(&world);
    assert_eq!(report.deployments[0].error_code, Some(ErrorCode::Timeout));
    let ended = world
        .events()
        .iter()
        .find(|event| matches!(event.happening, Happening::DeploymentEnded { .. }))
        .unwrap();
    assert_eq!(ended.at, VirtualTime::from_seconds(120 + 3_600));
}

#[test]
fn a_hook_that_crashed_is_invoked_again_after_a_minute_with_the_same_ids() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::CrashOnce, 0);
    let report = report(&world);
    assert_eq!(
        (report.outcome, report.deployments[0].hooks[0].invocations),
        (DeploymentStatus::Succeeded, 2)
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
    let slowest = world.metrics.data_point(
        &metric,
        Statistic::Maximum,
        VirtualTime::from_seconds(60),
        MINUTE_MS,
    );
    assert_eq!(slowest, Some(10_000.0));
}

#[test]
fn the_api_comes_after_the_whole_shift() {
    let (world, _) = run(plan(CANARY, &[]), Hooks::Succeed, 0);
    let position = |wanted: fn(&Happening) -> bool| {
        world
            .events()
            .iter()
            .position(|event| wanted(&event.happening))
            .unwrap()
    };
    let table = position(
        |happening| matches!(happening, Happening::UpdateReached { resources } if resources[0] == "Table"),
    );
    let created = position(|happening| matches!(happening, Happening::DeploymentCreated { .. }));
    let ended = position(|happening| matches!(happening, Happening::DeploymentEnded { .. }));
    let api = position(
        |happening| matches!(happening, Happening::UpdateReached { resources } if resources[0] == "Api"),
    );
    assert!(table < created && created < ended && ended < api);
}

#[test]
fn an_input_about_an_unknown_invocation_changes_nothing() {
    let mut world = World::new(plan(CANARY, &[]));
    world.step(Input::Begin);
    let before = world.events().len();
    let ended = Ended {
        invocation: InvocationId(999_999),
        outcome: InvocationOutcome::Answered,
        status: None,
        answer: None,
        detail: None,
    };
    assert!(world.step(Input::Ended(ended)).is_empty());
    assert_eq!(world.events().len(), before);
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
        prop_assert_eq!(world.aliases[0].clone(), Alias::new(if succeeded { "2" } else { "1" }));
        prop_assert_eq!(deployment.rollback.is_some(), !succeeded);
    }
}
