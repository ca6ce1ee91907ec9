//! What holds of the plan of every update, over pairs of made-up templates.

#[path = "oracle/generator.rs"]
mod generator;
#[path = "plan/toggles.rs"]
mod toggles;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use rehearsal_deployment::change::{Action, Code, CodeChange, UpdatePlan, VersionAction};
use rehearsal_deployment::event::Happening;
use rehearsal_deployment::plan::{Draft, inputs_after, set_replaced_apart};
use rehearsal_deployment::world::Command;
use rehearsal_deployment::{Input, Plan, Rehearsal, Revision, World};
use rehearsal_template::stack::replaced;
use rehearsal_template::{Inputs, Stack, read_str};

/// How many templates are made up, and how many more are one shop with some of its parts as before, and some as after an update:
/// `PROPTEST_CASES` of each, or so many.
fn templates() -> [u64; 2] {
    let given = std::env::var("PROPTEST_CASES");
    let given = given.ok().and_then(|given| given.parse().ok());
    given.map_or([150, 100], |given| [given; 2])
}

/// Those that SAM takes, with the text of each.
fn stacks() -> &'static [(Stack, String)] {
    static STACKS: LazyLock<Vec<(Stack, String)>> = LazyLock::new(read_stacks);
    &STACKS
}

fn read_stacks() -> Vec<(Stack, String)> {
    let inputs = Inputs::new("shop");
    let [made_up, toggled] = templates();
    let stacks: Vec<_> = (0..made_up)
        .map(generator::template)
        .chain((0..toggled).map(toggles::template))
        .filter_map(|text| Some((read_str("template.yaml", &text, &inputs).ok()?, text)))
        .collect();
    assert!(stacks.len() > 50, "only {} of them are read", stacks.len());
    stacks
}

fn plan(live: &Stack, new: &Stack, code: CodeChange) -> UpdatePlan {
    UpdatePlan::between(Some(live), new, &Code::all(code))
}

/// The logical ids of what changes, without what leaves.
fn changed(plan: &UpdatePlan) -> BTreeSet<&str> {
    plan.changes
        .iter()
        .filter(|change| change.is_some() && change.action != Action::Delete)
        .map(|change| change.logical_id.as_str())
        .collect()
}

#[test]
fn an_update_to_the_same_with_the_same_code_is_empty() {
    for (stack, text) in stacks() {
        let plan = plan(stack, stack, CodeChange::Same);
        assert!(
            plan.is_empty() && plan.findings.is_empty(),
            "{text}\n{plan:#?}"
        );
    }
}

#[test]
fn unknown_code_makes_nothing_certain_that_either_answer_denies() {
    let stacks = stacks();
    for pair in stacks.windows(2) {
        let (live, new) = (&pair[0].0, &pair[1].0);
        let [same, changed, unknown] = [CodeChange::Same, CodeChange::Changed, CodeChange::Unknown]
            .map(|code| plan(live, new, code));
        // Whether an update fails before may hang on the code, and then whether any deployment starts.
        if [&same, &changed]
            .iter()
            .any(|plan| plan.failures().next().is_some())
        {
            continue;
        }
        let starts = |plan: &UpdatePlan| -> Vec<Option<bool>> {
            plan.deployments
                .iter()
                .map(|deployment| deployment.starts)
                .collect()
        };
        for ((same, changed), unknown) in starts(&same)
            .iter()
            .zip(starts(&changed))
            .zip(starts(&unknown))
        {
            if let Some(certain) = unknown {
                assert!(*same == Some(certain) || same.is_none());
                assert!(changed == Some(certain) || changed.is_none());
            }
        }
    }
}

#[test]
fn the_order_has_each_change_once_and_after_what_it_refers_to() {
    let stacks = stacks();
    for pair in stacks.windows(2) {
        let ((live, _), (new, text)) = (&pair[0], &pair[1]);
        let plan = plan(live, new, CodeChange::Changed);
        let leaving = plan.count(Action::Delete);
        let all: usize = plan.order.iter().map(Vec::len).sum();
        assert_eq!(all, changed(&plan).len() + leaving, "{text}");
        let mut step = BTreeMap::new();
        for (number, ids) in plan.order.iter().enumerate() {
            for id in ids {
                // What leaves may have the logical id of what comes.
                step.entry(id.as_str()).or_insert(number);
            }
        }
        for resource in &new.resources {
            let Some(own) = step.get(resource.logical_id.as_str()) else {
                continue;
            };
            for reference in resource.references.keys() {
                if changed(&plan).contains(reference.as_str()) {
                    assert!(
                        step[reference.as_str()] < *own,
                        "{reference} {}",
                        resource.logical_id
                    );
                }
            }
        }
    }
}

#[test]
fn a_deployment_starts_only_where_a_version_is_published_and_every_change_has_a_way_back() {
    let stacks = stacks();
    for pair in stacks.windows(2) {
        let (live, (new, text)) = (&pair[0].0, &pair[1]);
        let plan = plan(live, new, CodeChange::Changed);
        for deployment in plan
            .deployments
            .iter()
            .filter(|one| one.starts == Some(true))
        {
            let alias = new
                .aliases
                .iter()
                .find(|alias| alias.logical_id == deployment.alias_logical_id);
            let version = alias
                .and_then(|alias| alias.version.as_deref())
                .unwrap_or_default();
            let version = plan.versions.iter().find(|one| one.logical_id == version);
            assert_eq!(
                version.map(|one| one.action),
                Some(VersionAction::Published),
                "{text}"
            );
        }
        let rollback = &plan.rollback;
        let kept = rollback.keeps.iter().map(|kept| &kept.logical_id);
        let mut back: Vec<&str> = [
            &rollback.brings_back,
            &rollback.deletes,
            &rollback.untouched,
        ]
        .into_iter()
        .flatten()
        .chain(kept)
        .map(String::as_str)
        .collect();
        back.sort_unstable();
        assert_eq!(
            back,
            changed(&plan).into_iter().collect::<Vec<_>>(),
            "{text}"
        );
    }
}

#[test]
fn what_comes_with_an_update_leaves_with_the_one_back() {
    let stacks = stacks();
    for pair in stacks.windows(2) {
        let ((one, _), (other, _)) = (&pair[0], &pair[1]);
        let (there, back) = (
            plan(one, other, CodeChange::Same),
            plan(other, one, CodeChange::Same),
        );
        let ids = |plan: &UpdatePlan, action: Action| -> BTreeSet<String> {
            let has = plan.changes.iter().filter(|change| change.action == action);
            has.map(|change| change.logical_id.clone()).collect()
        };
        assert_eq!(ids(&there, Action::Create), ids(&back, Action::Delete));
    }
}

/// A rehearsal without traffic in which stubs stand for all functions.
fn rehearsal() -> Rehearsal {
    toml::from_str(
        "template = 't'\n[builds]\nold = 'stub'\nnew = 'stub'\n[traffic]\nrequests_per_minute = 0\n",
    )
    .expect("it is one")
}

/// What a rehearsal of an update is, with what changes; `None` where it is refused.
fn rehearsed(live: &Stack, text: &str, code: CodeChange) -> Option<(Plan, UpdatePlan)> {
    let inputs = Inputs::new("shop");
    let first = read_str("template.yaml", text, &inputs).expect("it was read before");
    let update = UpdatePlan::between(Some(live), &first, &Code::all(code));
    let inputs = inputs_after(&update, live, inputs);
    let new = read_str("template.yaml", text, &inputs).expect("it was read before");
    let mut live = live.clone();
    set_replaced_apart(&mut live, &update);
    let rehearsal = rehearsal();
    let draft = Draft::between(&live, &new, rehearsal.given(), &update).ok()?;
    Some((draft.plan(&rehearsal, &[]).ok()?, update))
}

/// The world at the end of an update, what happened, and what was wanted outside.
fn run(plan: Plan) -> (World, Vec<Command>) {
    let mut world = World::new(plan);
    let commands = world.step(Input::Begin);
    assert!(world.is_finished(), "stubs wait for nothing");
    (world, commands)
}

/// Pairs of a stack that runs and a template: each template after itself, with new code, and after another one.
fn pairs(stacks: &[(Stack, String)]) -> impl Iterator<Item = (&Stack, &String)> {
    let same = stacks.iter().map(|(stack, text)| (stack, text));
    let other = stacks.windows(2).map(|pair| (&pair[0].0, &pair[1].1));
    same.chain(other)
}

/// How many of the pairs must be rehearsed for a test to say something.
const ENOUGH: usize = 20;

/// What an update comes to that fails before any deployment, as its plan says.
fn comes_to(update: &UpdatePlan) -> BTreeSet<&str> {
    let rollback = &update.rollback;
    let kept = rollback.keeps.iter().map(|kept| &kept.logical_id);
    [&rollback.brings_back, &rollback.deletes]
        .into_iter()
        .flatten()
        .chain(kept)
        .map(String::as_str)
        .collect()
}

#[test]
fn a_run_deploys_publishes_and_fails_as_the_plan_says() {
    let stacks = stacks();
    let (mut rehearsals, mut deployments, mut failures) = (0, 0, 0);
    for (live, text) in pairs(stacks) {
        let Some((plan, update)) = rehearsed(live, text, CodeChange::Changed) else {
            continue;
        };
        rehearsals += 1;
        let planned: Vec<(String, String)> = plan
            .deployments
            .iter()
            .map(|one| (one.alias_logical_id.clone(), one.function.clone()))
            .collect();
        let mut each = plan.deployments.iter();
        let weights_refused =
            each.any(|one| one.weights_refused.is_some() && one.shift.is_gradual());
        let (world, _) = run(plan);
        let fails = update
            .findings
            .iter()
            .any(|finding| finding.failure.is_some());
        let mut created = BTreeSet::new();
        let mut reached = BTreeSet::new();
        let mut completed = false;
        for event in world.events() {
            match &event.happening {
                Happening::DeploymentCreated { deployment, .. } => {
                    created.insert(planned[*deployment].0.as_str());
                }
                Happening::UpdateReached { resources } => {
                    reached.extend(resources.iter().map(String::as_str));
                }
                Happening::UpdateCompleted => completed = true,
                _ => {}
            }
        }
        let starts: BTreeSet<&str> = update
            .deployments
            .iter()
            .filter(|one| one.starts == Some(true))
            .map(|one| one.alias_logical_id.as_str())
            .collect();
        assert!(created.is_subset(&starts), "{text}");
        if fails {
            assert!(!completed, "{text}");
            if starts.is_empty() {
                failures += 1;
                assert_eq!(reached, comes_to(&update), "{text}");
            }
            continue;
        }
        deployments += created.len();
        assert_eq!(created, starts, "{text}");
        // Of versions that no alias may have both, the first shift fails.
        assert_eq!(completed, !weights_refused, "{text}");
        if weights_refused {
            continue;
        }
        // What leaves the stack and is kept by its policy is not touched.
        let is_kept = |id: &str| {
            let mut changes = update.changes.iter();
            changes.any(|one| one.logical_id == id && one.action == Action::Delete && one.stays)
        };
        let all: BTreeSet<&str> = update
            .order
            .iter()
            .flatten()
            .map(String::as_str)
            .filter(|id| !is_kept(id))
            .collect();
        // Of a function that another one replaces, the old one goes under a name of its own.
        let is_replaced = |id: &str| {
            let mut changes = update.changes.iter();
            changes.any(|one| replaced(&one.logical_id) == id)
        };
        reached.retain(|id| !is_replaced(id));
        assert_eq!(reached, all, "{text}");
        let published = update
            .versions
            .iter()
            .filter(|one| one.action == VersionAction::Published);
        for version in published {
            assert!(reached.contains(version.logical_id.as_str()), "{text}");
        }
    }
    assert!(
        rehearsals >= ENOUGH && deployments >= ENOUGH && failures >= ENOUGH / 2,
        "{rehearsals}, {deployments} and {failures}"
    );
}

#[test]
fn an_update_to_the_same_changes_nothing_in_a_run() {
    let mut rehearsals = 0;
    for (stack, text) in stacks() {
        let Some((plan, _)) = rehearsed(stack, text, CodeChange::Same) else {
            continue;
        };
        rehearsals += 1;
        let (world, commands) = run(plan);
        assert_eq!(commands, [], "{text}");
        let touched = world.events().iter().any(|event| {
            matches!(
                event.happening,
                Happening::UpdateReached { .. } | Happening::DeploymentCreated { .. }
            )
        });
        assert!(!touched, "{text}");
    }
    assert!(rehearsals >= ENOUGH, "{rehearsals}");
}

#[test]
fn an_update_that_goes_back_gives_back_what_was() {
    let stacks = stacks();
    let mut rehearsals = 0;
    for (live, text) in pairs(stacks) {
        let Some((plan, update)) = rehearsed(live, text, CodeChange::Changed) else {
            continue;
        };
        let all: Vec<&String> = plan.update_levels.iter().flatten().collect();
        // The first, one in the middle, or the last that it comes to cannot be had.
        let fail: BTreeSet<usize> = [0, all.len() / 2, all.len().saturating_sub(1)].into();
        for failing in fail.into_iter().filter_map(|place| all.get(place)) {
            rehearsals += 1;
            goes_back(plan.clone(), &update, failing, text);
        }
    }
    assert!(rehearsals >= ENOUGH, "{rehearsals}");
}

/// An update of which a resource cannot be had leaves everything as it was, but for what is retained.
fn goes_back(mut plan: Plan, update: &UpdatePlan, failing: &str, text: &str) {
    plan.failures
        .insert(failing.to_owned(), "for the test".to_owned());
    let old: Vec<String> = plan
        .deployments
        .iter()
        .map(|one| one.old_version.clone())
        .collect();
    let (world, commands) = run(plan);
    let mut now: BTreeMap<String, Revision> = BTreeMap::new();
    for command in commands {
        if let Command::Alter { resources, to } = command {
            now.extend(resources.into_iter().map(|id| (id, to)));
        }
    }
    assert!(
        now.values().all(|revision| *revision == Revision::Before),
        "{text}"
    );
    for (alias, old) in world.aliases().zip(old) {
        assert_eq!(alias.shares(), BTreeMap::from([(old, 1.0)]), "{text}");
    }
    let mut reached: Vec<&String> = Vec::new();
    let mut back: Vec<&String> = Vec::new();
    for event in world.events() {
        match &event.happening {
            Happening::UpdateReached { resources } => reached.extend(resources),
            Happening::UpdateRolledBack { resources, .. } => back.extend(resources),
            Happening::UpdateCompleted => panic!("{text}"),
            _ => {}
        }
    }
    back.reverse();
    let kept: BTreeSet<&String> = update
        .rollback
        .keeps
        .iter()
        .map(|kept| &kept.logical_id)
        .collect();
    reached.retain(|id| !kept.contains(id));
    assert_eq!(reached, back, "{text}");
}
