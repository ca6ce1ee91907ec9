//! The calls that a hook makes while it runs.

use super::*;

/// What goes wrong with each of a running hook's calls, by operation, in the order in which it makes them.
fn struck(operations: &[&str]) -> BTreeMap<String, Vec<bool>> {
    let fault = json!({"service": "dynamodb", "kind": "error", "rate": 0.5});
    let mut world = World::new(plan(CANARY, &[fault]));
    let mut commands = world.step(Input::Begin);
    let hook = loop {
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
            break hook;
        }
        commands = next;
    };
    let mut struck = BTreeMap::<_, Vec<_>>::new();
    for (number, operation) in operations.iter().enumerate() {
        let answers = world.step(Input::Called(Called {
            id: CallId(number as u64),
            function: hook.function.clone(),
            version: hook.version.clone(),
            invocation: Some(hook.invocation),
            call: Call::Service {
                service: "dynamodb".to_owned(),
                operation: (*operation).to_owned(),
                writers: Vec::new(),
            },
        }));
        let [
            Command::Answer {
                answer: Answer::Service(fault),
                ..
            },
        ] = &answers[..]
        else {
            panic!("a call gets its answer: {answers:?}")
        };
        let of_operation = struck.entry((*operation).to_owned()).or_default();
        of_operation.push(fault.is_some());
    }
    struck
}

#[test]
fn which_calls_of_an_operation_a_fault_strikes_does_not_depend_on_the_calls_between_them() {
    let (get, put) = ("GetItem", "PutItem");
    let one_after_another = struck(&[[get; 20], [put; 20]].concat());
    let in_turn: Vec<_> = (0..20).flat_map(|_| [put, get]).collect();
    assert_eq!(one_after_another, struck(&in_turn));
    for (operation, struck) in one_after_another {
        let count = struck.iter().filter(|struck| **struck).count();
        assert!((3..=17).contains(&count), "{operation}: {count} of 20");
    }
}
