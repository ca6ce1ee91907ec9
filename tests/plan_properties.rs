//! What holds of the plan of every update, over pairs of made-up templates.

#[path = "oracle/generator.rs"]
mod generator;

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_deployment::change::{Action, Code, CodeChange, UpdatePlan, VersionAction};
use rehearsal_template::{Inputs, Stack, read_str};

/// How many templates are made up.
const TEMPLATES: u64 = 150;

/// Those that SAM takes, with the text of each.
fn stacks() -> Vec<(Stack, String)> {
    let inputs = Inputs::new("shop");
    let stacks: Vec<_> = (0..TEMPLATES)
        .map(generator::template)
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
        let plan = plan(&stack, &stack, CodeChange::Same);
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
