//! The calls that a hook makes while it runs.

use rehearsal_aws::codedeploy::refusal::ReportRefused;

use super::*;

/// A world at the moment at which its first hook runs, and the hook's invocation.
fn with_a_running_hook(faults: &[serde_json::Value]) -> (World, Invoke) {
    let mut world = World::new(plan(CANARY, faults));
    let mut commands = world.step(Input::Begin);
    loop {
        let mut next = Vec::new();
        let mut hook = None;
        for command in commands {
            let Command::Invoke(invoke) = command else {
                continue;
            };
            if matches!(invoke.purpose, Purpose::Event { .. }) {
                hook = Some(invoke);
                continue;
            }
            next.extend(world.step(answered(invoke.invocation)));
        }
        if let Some(hook) = hook {
            return (world, hook);
        }
        commands = next;
    }
}

/// The answer to a hook's call.
fn call(world: &mut World, hook: &Invoke, number: usize, call: Call) -> Answer {
    let answers = world.step(Input::Called(Called {
        id: CallId(number as u64),
        principal: hook.principal(),

        invocation: Some(hook.invocation),
        call,
    }));
    let [Command::Answer { answer, .. }] = &answers[..] else {
        panic!("a call gets its answer: {answers:?}")
    };
    answer.clone()
}

/// What goes wrong with each of a running hook's calls, by operation, in the order in which it makes them.
fn acted(operations: &[&str]) -> BTreeMap<String, Vec<bool>> {
    let fault = json!({"service": "dynamodb", "kind": "error", "rate": 0.5});
    let (mut world, hook) = with_a_running_hook(&[fault]);
    let mut acted = BTreeMap::<_, Vec<_>>::new();
    for (number, operation) in operations.iter().enumerate() {
        let asked = before_database(operation);
        let Answer::Interference(fault) = call(&mut world, &hook, number, asked) else {
            panic!("a service call gets a service's answer")
        };
        let of_operation = acted.entry((*operation).to_owned()).or_default();
        of_operation.push(fault.is_some());
    }
    acted
}

#[test]
fn which_calls_of_an_operation_a_fault_acts_on_does_not_depend_on_the_calls_between_them() {
    let (get, put) = ("GetItem", "PutItem");
    let one_after_another = acted(&[[get; 20], [put; 20]].concat());
    let in_turn: Vec<_> = (0..20).flat_map(|_| [put, get]).collect();
    assert_eq!(one_after_another, acted(&in_turn));
    for (operation, acted) in one_after_another {
        let count = acted.iter().filter(|acted| **acted).count();
        assert!((3..=17).contains(&count), "{operation}: {count} of 20");
    }
}

#[test]
fn a_report_is_refused_for_what_is_malformed_in_it_and_then_for_what_it_names_and_is_not_there() {
    use ReportRefused::*;
    let (mut world, hook) = with_a_running_hook(&[]);
    let Purpose::Event { payload, .. } = &hook.purpose else {
        panic!("a hook's invocation has an event")
    };
    let (deployment, execution) = hook_event(payload);
    #[rustfmt::skip] // A table.
    let reports = [
        (("", "", ""), Err(DeploymentIdRequired)),
        (("nonsense", "", ""), Err(InvalidDeploymentId)),
        (("d-ELSEWHERE", "", ""), Err(InvalidLifecycleEventHookExecutionId)),
        (("d-ELSEWHERE", "e", "Done"), Err(InvalidLifecycleEventHookExecutionStatus)),
        (("d-ELSEWHERE", "e", "Failed"), Err(DeploymentDoesNotExist)),
        ((deployment.as_str(), "e", "Failed"), Err(InvalidLifecycleEventHookExecutionId)),
        ((deployment.as_str(), execution.as_str(), "Succeeded"), Ok(())),
        ((deployment.as_str(), execution.as_str(), "Failed"), Err(LifecycleEventAlreadyCompleted)),
    ];
    for (number, ((deployment_id, execution_id, status), expected)) in
        reports.into_iter().enumerate()
    {
        let report = Call::Aws(AwsCall::PutLifecycleEventHookExecutionStatus {
            deployment_id: deployment_id.to_owned(),
            execution_id: execution_id.to_owned(),
            status: status.to_owned(),
        });
        let answer = call(&mut world, &hook, number, report);
        assert_eq!(
            answer,
            Answer::Aws(AwsAnswer::Reported(expected)),
            "{deployment_id} {execution_id} {status}"
        );
    }
}
