//! The engine, run over many seeds without a process: what the theory is held against.

use std::path::Path;

use rehearsal_aws::call::AwsCall;
use rehearsal_aws::lambda::asynchronous::Payload;
use rehearsal_deployment::event::{Evidence, InvocationOutcome};
use rehearsal_deployment::fault::FaultKind;
use rehearsal_deployment::plan::Draft;
use rehearsal_deployment::plan::requests::targets;
use rehearsal_deployment::world::{Call, CallId, Called, Ended, Invoke, Purpose};
use rehearsal_deployment::{Command, Happening, Input, Plan, Rehearsal, World};
use rehearsal_template::{Inputs, read};
use workspace_tests::places;

use crate::pages;

/// The rehearsal that a file describes.
pub fn rehearsal(file: &Path) -> Rehearsal {
    toml::from_str(&pages::text(file)).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The plan of a rehearsal of the project's template.
pub fn plan(rehearsal: &Rehearsal) -> Plan {
    let template = places::template();
    let mut inputs = Inputs::new("");
    for (name, value) in &rehearsal.parameters {
        inputs = inputs.parameter(name, value.to_text());
    }
    let stack = |inputs: &Inputs| read(&template, inputs).expect("the template can be read");
    let (old, new) = (
        stack(&inputs),
        stack(&inputs.clone().version("Contacts", 2)),
    );
    let draft = Draft::new(&old, &new, rehearsal.given()).expect("the template can be rehearsed");
    let targets = targets(&draft, rehearsal).expect("its requests lead somewhere");
    draft
        .plan(rehearsal, &targets)
        .expect("its requests can be rehearsed")
}

/// The logical ids of the alarms that stop the deployment with this seed; none where it is not stopped.
pub fn stopped_by(plan: &Plan, seed: u64) -> Vec<String> {
    let mut world = World::new(Plan {
        seed,
        ..plan.clone()
    });
    let mut commands = world.step(Input::Begin);
    let mut looked_at = 0;
    loop {
        let ended = world.events()[looked_at..]
            .iter()
            .find_map(|event| match &event.happening {
                Happening::DeploymentEnded { alarms, .. } => Some(alarms.clone()),
                _ => None,
            });
        if let Some(alarms) = ended {
            return alarms;
        }
        looked_at = world.events().len();
        assert!(!commands.is_empty(), "a deployment ends");
        let mut next = Vec::new();
        for command in commands {
            if let Command::Invoke(invoke) = command {
                next.extend(answer(&mut world, &invoke));
            }
        }
        commands = next;
    }
}

/// Ends an invocation: as its fault says, or well. A hook reports success before.
fn answer(world: &mut World, invoke: &Invoke) -> Vec<Command> {
    if let Purpose::Event {
        payload: Payload::Hook {
            deployment_id,
            execution_id,
        },
        ..
    } = &invoke.purpose
    {
        world.step(Input::Called(Called {
            id: CallId(invoke.invocation.0),
            principal: invoke.principal(),

            invocation: Some(invoke.invocation),
            call: Call::Aws(AwsCall::PutLifecycleEventHookExecutionStatus {
                deployment_id: deployment_id.clone(),
                execution_id: execution_id.clone(),
                status: "Succeeded".to_owned(),
            }),
        }));
    }
    let (outcome, status) = match &invoke.fault {
        None => (InvocationOutcome::Answered, 200),
        Some(fault) => match (fault.kind, fault.status) {
            (FaultKind::Error, _) => (InvocationOutcome::FunctionError, 502),
            (FaultKind::Status, Some(status)) => (InvocationOutcome::Answered, status),
            (other, _) => {
                panic!("no rehearsal of an alarm's odds has a fault of the kind {other:?}")
            }
        },
    };
    world.step(Input::Ended(Ended {
        invocation: invoke.invocation,
        outcome,
        status: Some(status),
        answer: None,
        detail: None,
        evidence: Evidence::default(),
    }))
}
