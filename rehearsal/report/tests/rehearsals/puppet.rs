//! A puppet that answers every command, and the plan it plays.

use super::*;

pub(super) fn version_alarm(version: &str) -> Alarm {
    Alarm {
        name: "stack-VersionErrors".to_owned(),
        logical_id: "VersionErrors".to_owned(),
        watched: Watched::Metric {
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
        },
        threshold: 1.0,
        comparison: Comparison::GreaterThanOrEqualToThreshold,
        judgement: Judgement {
            evaluation_periods: 3,
            datapoints_to_alarm: 2,
            missing_data: MissingData::NotBreaching,
        },
    }
}

#[expect(clippy::too_many_lines, reason = "a plan, written out")]
pub(super) fn plan(config: &str, faults: &[serde_json::Value]) -> Plan {
    let function = |logical_id: &str, timeout_ms| {
        let function = Changing::unchanged(plan::Function {
            name: name_of(logical_id),
            timeout_ms,
            retries: AsyncRetries::default(),
            on_failure: None,
            may_recur: false,
            unset_variables: Vec::new(),
            reserved_concurrency: None,
        });
        (logical_id.to_owned(), function)
    };
    let request = |weight, expect_status| Request {
        weight,
        kind: RequestKind::Http(HttpRequest {
            to: Front::default(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            headers: BTreeMap::new(),
            body: None,
            claims: None,
            expect_status,
        }),
    };
    let route = Route {
        method: "GET".to_owned(),
        path: "/".to_owned(),
        authorization: Authorization::None,
        needs_api_key: false,
        function: "F".to_owned(),
        qualifier: Some("live".to_owned()),
        payload_format: PayloadFormat::V1,
        invoke_mode: InvokeMode::Buffered,
    };
    let api = FrontApi {
        logical_id: "Api".to_owned(),
        api: Api {
            id: "a1b2c3d4e5".to_owned(),
            kind: ApiKind::Rest,
            stage: "live".to_owned(),
            account_id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
            variables: Vec::new(),
            binary_media_types: Vec::new(),
            routes: vec![route],
        },
        name: "api".to_owned(),
        settings: rehearsal_template::stack::Stage {
            logical_id: "Stage".to_owned(),
            name: rehearsal_template::Field::known("live".to_owned(), Place::default()),
            detailed_metrics: Vec::new(),
            variables: rehearsal_template::stack::StageVariables::default(),
            place: Place::default(),
        },
    };
    Plan {
        seed: 7,
        traffic: Traffic {
            requests_per_minute: 60,
            minutes_before: 2,
            minutes_after: 2,
            requests: vec![request(3, None), request(1, Some(200))],
        },
        apis: vec![ChangingApi::unchanged(api)],
        tables: BTreeMap::new(),
        kept_resources: std::collections::BTreeSet::new(),
        parameters: BTreeMap::new(),
        given_parameters: Vec::new(),
        failures: BTreeMap::new(),
        event_invoke_configs: BTreeMap::new(),
        leaves: Vec::new(),
        changes_more_than_code: false,
        kept_versions: BTreeMap::new(),
        version_ids: BTreeMap::new(),
        keeps: std::collections::BTreeSet::new(),
        faults: faults
            .iter()
            .map(|fault| serde_json::from_value(fault.clone()).unwrap())
            .collect(),
        timing: Timing::default(),
        not_permitted: Vec::new(),
        nested_deployments: Vec::new(),
        not_deployed: Vec::new(),
        stubs: rehearsal_deployment::stub::Stubs::default(),
        limits: Limits::default(),
        functions: BTreeMap::from([
            function("F", 10_000),
            function("Before", 120_000),
            function("After", 900_000),
        ]),
        deployments: vec![plan::Deployment {
            function: "F".to_owned(),
            alias: "live".to_owned(),
            alias_logical_id: "FAliaslive".to_owned(),
            config: config.to_owned(),
            shift: predefined(config),
            old_version: "1".to_owned(),
            new_version: "2".to_owned(),
            before_allow_traffic: Some("Before".to_owned()),
            after_allow_traffic: Some("After".to_owned()),
            alarms: vec!["VersionErrors".to_owned()],
            gates: vec![Gate {
                alarm: "VersionErrors".to_owned(),
                decision: Decision::Evaluated,
                why: "computed from AWS/Lambda Errors".to_owned(),
                line: 1,
                place: Place::default(),
            }],
            beside_old: None,
            weights_refused: None,
            auto_rollback: vec![
                AutoRollbackEvent::DeploymentFailure,
                AutoRollbackEvent::DeploymentStopOnAlarm,
            ],
        }],
        alarms: vec![WatchedAlarm {
            id: "VersionErrors".to_owned(),
            name: "stack-VersionErrors".to_owned(),
            before: Some(Judged::Metric(Box::new(version_alarm("1")))),
            after: Judged::Metric(Box::new(version_alarm("2"))),
        }],
        update_levels: vec![
            vec!["Table".to_owned(), "Before".to_owned(), "After".to_owned()],
            vec!["F".to_owned()],
            vec!["VersionErrors".to_owned()],
            vec!["FAliaslive".to_owned()],
            vec!["Api".to_owned()],
        ],
        waits_for: BTreeMap::from([("Api".to_owned(), [0].into())]),
        pace: rehearsal_deployment::plan::Pace::default(),
        aliases: Vec::new(),
        given_metrics: Vec::new(),
        logs: rehearsal_deployment::plan::Logs::default(),
        keep_kib: 64,
        account: Account {
            id: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
        },
        not_rehearsed: Vec::new(),
        step: rehearsal_deployment::plan::Step::default(),
    }
}

/// What the puppet's hooks do.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hooks {
    Succeed,
    Fail(LifecycleEventName),
    SaySilent,
    CrashOnce,
    /// Every attempt ends so, and no hook reports.
    End(InvocationOutcome),
}

/// The shift of a configuration that CodeDeploy defines.
pub(super) fn predefined(config: &str) -> TrafficShift {
    TrafficShift::of(TrafficRouting::predefined(config).unwrap())
}

pub(super) const CANARY: &str = "CodeDeployDefault.LambdaCanary10Percent5Minutes";

/// The ids of a hook's event, also of the one that a record is about.
pub(super) fn hook_event(payload: &Payload) -> (&String, &String) {
    match payload {
        Payload::Hook {
            deployment_id,
            execution_id,
        } => (deployment_id, execution_id),
        Payload::Record(record) => hook_event(&record.request),
    }
}

/// Runs a plan. `shuffle` reorders the answers of each batch. Also gives the inputs, for replays.
pub(super) fn run(plan: Plan, hooks: Hooks, shuffle: u64) -> (World, Vec<Input>) {
    let mut world = World::new(plan).keeping_all_metrics();
    let mut inputs = vec![Input::Begin];
    let mut pending = world.step(Input::Begin);
    let mut calls = 0;
    let mut hook_attempts = 0;
    while !pending.is_empty() {
        let draws = Draws::new(shuffle);
        if shuffle > 0 {
            pending.sort_by_key(|command| match command {
                Command::Invoke(invoke) => draws.number("shuffle", invoke.invocation.0),
                _ => 0,
            });
        }
        let mut next = Vec::new();
        for command in std::mem::take(&mut pending) {
            let Command::Invoke(invoke) = command else {
                continue;
            };
            let mut outcome = match invoke.fault.as_ref().map(|fault| fault.kind) {
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
                        principal: invoke.principal(),

                        invocation: Some(invoke.invocation),
                        call: Call::Aws(AwsCall::PutLifecycleEventHookExecutionStatus {
                            deployment_id: deployment_id.clone(),
                            execution_id: execution_id.clone(),
                            status: status.to_owned(),
                        }),
                    });
                    inputs.push(input.clone());
                    let answers = world.step(input);
                    if !is_record {
                        assert_eq!(
                            answers,
                            [Command::Answer {
                                call: CallId(calls),
                                answer: Answer::Aws(AwsAnswer::Reported(Ok(())))
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
                evidence: Evidence::default(),
            };
            inputs.push(Input::Ended(ended.clone()));
            next.extend(world.step(Input::Ended(ended)));
        }
        pending = next;
    }
    assert!(world.is_finished());
    (world, inputs)
}

/// An invocation that answers 200 and nothing else.
pub(super) fn answered(invocation: InvocationId) -> Input {
    Input::Ended(Ended {
        invocation,
        outcome: InvocationOutcome::Answered,
        status: Some(200),
        answer: None,
        detail: None,
        evidence: Evidence::default(),
    })
}

pub(super) fn report(world: &World) -> Report {
    Report::fold("test", world.plan(), world.events())
}

/// A reservation of one name.
pub(super) fn reservation(kind: ReservationKind, name: &str, words: &str) -> Reservation {
    Reservation {
        kind,
        names: vec![name.to_owned()],
        text: words.to_owned(),
        update: None,
    }
}

pub(super) fn errors(extra: &serde_json::Value) -> serde_json::Value {
    let mut fault = json!({"function": "F", "kind": "error", "callers": "traffic"});
    fault
        .as_object_mut()
        .unwrap()
        .extend(extra.as_object().unwrap().clone());
    fault
}

/// Changes a function of a plan, before and after.
pub(super) fn change(plan: &mut Plan, function: &str, change: impl Fn(&mut plan::Function)) {
    let function = plan.functions.get_mut(function).expect("it is there");
    function.each_mut().for_each(change);
}

/// Adds a function that is like another one, but for this.
pub(super) fn add(plan: &mut Plan, name: &str, like: &str, but: impl Fn(&mut plan::Function)) {
    let function = plan.functions[like].clone();
    plan.functions.insert(name.to_owned(), function);
    change(plan, name, but);
}

/// A function's call of another one of the plan's, with no qualifier.
pub(super) fn invoke_of(logical_id: &str) -> Call {
    Call::Aws(AwsCall::Invoke {
        function_name: name_of(logical_id),
        qualifier: None,
        invocation_type: InvocationType::RequestResponse,
    })
}

/// The name of one of the plan's functions.
fn name_of(logical_id: &str) -> String {
    match logical_id {
        "Before" => "CodeDeployHook_before".to_owned(),
        "After" => "CodeDeployHook_after".to_owned(),
        other => format!("stack-{other}"),
    }
}

/// What is asked before the database is: what goes wrong with it?
pub(super) fn before_database(operation: &str) -> Call {
    Call::Interference {
        call: AwsCall::Passed(Passed {
            service: "dynamodb".to_owned(),
            operation: operation.to_owned(),
            resource: None,
        }),
        writers: Vec::new(),
    }
}
