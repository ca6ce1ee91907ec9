//! What the tests of plans share.
#![allow(dead_code, reason = "each test takes what it needs")]

use rehearsal_deployment::change::{Code, CodeChange, UpdatePlan};
use rehearsal_deployment::event::{Event, Happening, InvocationOutcome};
use rehearsal_deployment::plan::requests::targets;
use rehearsal_deployment::plan::{Draft, KeptVersion, inputs_after, set_replaced_apart};
use rehearsal_deployment::world::Command;
use rehearsal_deployment::{Input, Plan, PlanError, Rehearsal, World};
use rehearsal_template::{Inputs, read_str};
use serde_json::json;

/// The plan of an update that brings version 2 of the function `F`, without live requests.
pub fn plan(template: &str) -> Result<Plan, Vec<PlanError>> {
    plan_with(template, json!({}))
}

/// The same, with more in the rehearsal file.
pub fn plan_with(template: &str, more: serde_json::Value) -> Result<Plan, Vec<PlanError>> {
    let read = |inputs: &Inputs| read_str("template.yaml", template, inputs).unwrap();
    let inputs = Inputs::new("app");
    let mut file = json!({"template": "template.yaml", "traffic": {"requests_per_minute": 0}});
    if let (Some(file), serde_json::Value::Object(more)) = (file.as_object_mut(), more) {
        file.extend(more);
    }
    let rehearsal: Rehearsal = serde_json::from_value(file).unwrap();
    let (old, new) = (read(&inputs), read(&inputs.clone().version("F", 2)));
    Draft::new(&old, &new, rehearsal.given())?.plan(&rehearsal, &[])
}

/// The plan of an update between two templates, with what changes. Local code is new.
pub fn between(
    live: &str,
    new: &str,
    rehearsal: &str,
) -> Result<(Plan, UpdatePlan), Vec<PlanError>> {
    between_beside(live, new, rehearsal, &[])
}

/// The same beside these versions that an earlier update has left, as functions and numbers: of the live template's functions.
pub fn between_beside(
    live: &str,
    new: &str,
    rehearsal: &str,
    left: &[(&str, &str)],
) -> Result<(Plan, UpdatePlan), Vec<PlanError>> {
    let inputs = Inputs::new("app");
    let mut old = read_str("live.yaml", live, &inputs).unwrap();
    let first = read_str("new.yaml", new, &inputs).unwrap();
    let update = UpdatePlan::between(Some(&old), &first, &Code::all(CodeChange::Changed));
    let inputs = inputs_after(&update, &old, inputs);
    let new = read_str("new.yaml", new, &inputs).unwrap();
    set_replaced_apart(&mut old, &update);
    let rehearsal: Rehearsal = toml::from_str(&format!(
        "template = 'new.yaml'\n[builds]\nold = 'stub'\nnew = 'stub'\n{rehearsal}"
    ))
    .unwrap();
    let left = left.iter().map(|(function, number)| {
        let stub = serde_json::from_value(json!({"function": function})).unwrap();
        let version = KeptVersion::of(&old, function, Some(stub)).unwrap();
        (((*function).to_owned(), (*number).to_owned()), version)
    });
    let draft = Draft::between(&old, &new, rehearsal.given(), &update)?.beside(left.collect());
    let targets = targets(&draft, &rehearsal).unwrap();
    Ok((draft.plan(&rehearsal, &targets)?, update))
}

/// A world in which stubs stand for all functions, run to its end, and what it wanted done outside.
pub fn run(plan: Plan) -> (World, Vec<Command>) {
    let mut world = World::new(plan);
    let commands = world.step(Input::Begin);
    assert!(world.is_finished(), "nothing outside is waited for");
    (world, commands)
}

/// The same for the next update of a release, in what the one before has left.
pub fn run_next(world: World, plan: Plan) -> (World, Vec<Command>) {
    let mut world = world.go_on_with(plan);
    let commands = world.step(Input::Begin);
    assert!(world.is_finished(), "nothing outside is waited for");
    (world, commands)
}

/// A live request as its caller saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When it arrived, in minutes of the clock.
    pub minute: i64,
    /// Which of the requests it was.
    pub kind: usize,
    /// Who served it.
    pub version: String,
    /// The status.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: InvocationOutcome,
}

/// All live requests, in their order.
pub fn seen(world: &World) -> Vec<Seen> {
    let seen = |event: &Event| match &event.happening {
        Happening::RequestServed {
            arrived,
            kind,
            version,
            status,
            outcome,
            ..
        } => Some(Seen {
            minute: arrived.0.div_euclid(60_000),
            kind: *kind,
            version: version.clone(),
            status: *status,
            outcome: *outcome,
        }),
        _ => None,
    };
    world.events().iter().filter_map(seen).collect()
}
