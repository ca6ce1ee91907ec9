//! What a function invokes that a live request invoked: live traffic too.

use super::*;

/// A function that a live request's function invokes.
const BEHIND: &str = "Before";

/// The requests that are given out together at the beginning, and their world.
fn first_requests(faults: &[serde_json::Value]) -> (World, Vec<Invoke>) {
    let mut world = World::new(plan(CANARY, faults)).keeping_all_metrics();
    let requests = invocations(world.step(Input::Begin));
    assert!(requests.len() > 2, "they come together");
    (world, requests)
}

fn invocations(commands: Vec<Command>) -> Vec<Invoke> {
    let invokes = commands.into_iter().filter_map(|command| match command {
        Command::Invoke(invoke) => Some(invoke),
        _ => None,
    });
    invokes.collect()
}

fn step(world: &mut World, by: &Invoke, number: u64, call: Call) -> Vec<Command> {
    world.step(Input::Called(Called {
        id: CallId(number),
        principal: by.principal(),
        invocation: Some(by.invocation),
        call,
    }))
}

/// What a function's call of another one leads to.
fn call(world: &mut World, by: &Invoke, number: u64) -> Invoke {
    let invoke = invoke_of(BEHIND);
    let mut invokes = invocations(step(world, by, number, invoke));
    assert_eq!(invokes.len(), 1, "it runs");
    invokes.remove(0)
}

fn kind(fault: Option<&rehearsal_deployment::fault::Injected>) -> Option<FaultKind> {
    fault.map(|fault| fault.kind)
}

#[test]
fn a_fault_on_live_traffic_acts_on_what_live_requests_lead_to_and_one_on_hooks_does_not() {
    let faults = [
        json!({"function": BEHIND, "kind": "crash", "callers": "hooks"}),
        json!({"function": BEHIND, "kind": "throttle", "callers": "traffic"}),
        json!({"service": "ssm", "kind": "error", "callers": "hooks"}),
        json!({"service": "ssm", "kind": "drop", "callers": "traffic"}),
    ];
    let (mut world, requests) = first_requests(&faults);
    let behind = call(&mut world, &requests[0], 1);
    assert_eq!(behind.on_behalf_of, OnBehalfOf::Traffic);
    assert_eq!(kind(behind.fault.as_ref()), Some(FaultKind::Throttle));
    let parameter = Call::Interference {
        call: AwsCall::GetParameter {
            name: "any".to_owned(),
            with_decryption: false,
        },
        writers: Vec::new(),
    };
    let answers = step(&mut world, &behind, 2, parameter);
    let [
        Command::Answer {
            answer: Answer::Interference(fault),
            ..
        },
    ] = &answers[..]
    else {
        panic!("{answers:?}")
    };
    assert_eq!(kind(fault.as_ref()), Some(FaultKind::Drop));
    // And so on, however long the chain is.
    let further = call(&mut world, &behind, 3);
    assert_eq!(further.on_behalf_of, OnBehalfOf::Traffic);
}

#[test]
fn a_call_begins_where_its_caller_is_in_virtual_time_and_leaves_its_metrics_at_its_virtual_end() {
    let slow =
        json!({"function": BEHIND, "kind": "delay", "delay_ms": 90_000, "callers": "traffic"});
    let (mut world, requests) = first_requests(&[slow]);
    let now = world.now();
    let behind = call(&mut world, &requests[0], 1);
    assert_eq!(behind.at, requests[0].at);
    assert!(behind.at < now, "later requests have been given out");
    assert_eq!(kind(behind.fault.as_ref()), Some(FaultKind::Delay));
    world.step(answered(behind.invocation));
    let next = call(&mut world, &requests[0], 2);
    assert_eq!(
        next.at,
        requests[0].at + behind.lasts_ms,
        "it has waited for the first"
    );
    let metric = Metric::new(
        "AWS/Lambda",
        "Invocations",
        &[("FunctionName", "CodeDeployHook_before")],
    );
    assert_eq!(world.metrics().values_of(&metric), 0);
}

#[test]
fn calls_one_after_another_meet_one_sandbox_and_calls_at_once_one_each() {
    let (mut world, requests) = first_requests(&[]);
    let first = call(&mut world, &requests[0], 1);
    world.step(answered(first.invocation));
    let second = call(&mut world, &requests[0], 2);
    assert_eq!(second.sandbox, first.sandbox);
    let beside = call(&mut world, &requests[0], 3);
    assert_ne!(beside.sandbox, second.sandbox);
}

#[test]
fn what_goes_wrong_with_calls_does_not_depend_on_which_request_calls_first() {
    let fault = json!({"function": BEHIND, "kind": "error", "rate": 0.5, "callers": "traffic"});
    let acted = |backwards: bool| {
        let (mut world, mut requests) = first_requests(std::slice::from_ref(&fault));
        if backwards {
            requests.reverse();
        }
        let calls = requests.iter().zip(1..).map(|(request, number)| {
            let behind = call(&mut world, request, number);
            world.step(answered(behind.invocation));
            (request.invocation, behind.fault.is_some())
        });
        calls.collect::<BTreeMap<_, _>>()
    };
    let forwards = acted(false);
    assert_eq!(forwards, acted(true));
    assert!(forwards.values().any(|acted| *acted) && !forwards.values().all(|acted| *acted));
}
