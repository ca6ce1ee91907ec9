//! What each version of a function was published from, which is not always the stack that runs.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use rehearsal_deployment::change::{Action, Code, CodeChange, UpdatePlan, version_exists};
use rehearsal_deployment::deployed::{Deployed, Published};
use rehearsal_deployment::plan::Failing;
use rehearsal_template::stack::replaced;
use rehearsal_template::{Refusal, Stack};

use super::{Release, is_replaced};
use crate::external_values;
use crate::file::RehearsalFile;
use crate::live::Kept;

impl Release {
    /// Whether two sources have other code, of whichever function.
    pub(super) fn has_other_code(&self, one: usize, other: usize) -> bool {
        self.sources[one].code != self.sources[other].code
    }

    /// Whether the code of two sources is that of a git revision and that which is here, and is compared function by function.
    pub(super) fn is_compared(&self, one: usize, other: usize) -> bool {
        let [before, first] = [0, 1].map(|number| self.sources[number].code);
        let code = [one, other].map(|number| self.sources[number].code);
        self.code.is_some() && code == [before, first]
    }

    /// What is known of the code of two sources.
    pub(super) fn code_between(&self, one: usize, other: usize) -> Code {
        if !self.has_other_code(one, other) {
            return Code::all(CodeChange::Same);
        }
        let known = self.code.iter().flat_map(|code| &code.changes);
        let unchanged = known
            .filter(|(_, change)| **change == CodeChange::Same && self.is_compared(one, other));
        unchanged.fold(Code::all(CodeChange::Changed), |code, (function, _)| {
            code.with(function, CodeChange::Same)
        })
    }

    /// What would be between two sources.
    pub(super) fn between(&self, one: usize, other: usize) -> UpdatePlan {
        let code = self.code_between(one, other);
        let [one, other] = [one, other].map(|number| &self.sources[number].stack);
        UpdatePlan::between(Some(one), other, &code)
    }

    /// The functions that have changed since the version was published that their alias names, each with that version's number and the
    /// update that published it: `$LATEST` alone has what has changed.
    pub(super) fn changed_since<'s>(&'s self, before: &Deployed) -> Vec<(&'s str, u32, usize)> {
        let mut plans: BTreeMap<usize, UpdatePlan> = BTreeMap::new();
        let aliases = self.sources[before.runs].stack.aliases.iter();
        let functions: BTreeSet<&str> = aliases
            .filter_map(|alias| alias.function.known_value())
            .map(String::as_str)
            .collect();
        let named = functions.into_iter().map(|function| {
            let (number, published_by) = before.named(function);
            (function, number, published_by)
        });
        named
            .filter(|(function, _, published_by)| {
                let is_there = self.sources[*published_by].stack.function(function);
                if *published_by == before.runs || is_there.is_none() {
                    return false;
                }
                let plan = plans.entry(*published_by);
                let plan = plan.or_insert_with(|| self.between(*published_by, before.runs));
                let change = plan.change(function);
                change.is_some_and(|change| change.action == Action::Update)
            })
            .collect()
    }

    /// Versions that were published from another stack than that which runs, each with its own: those that no alias names when an update
    /// begins, and those whose function has changed since.
    pub(super) fn older<'v>(
        &self,
        file: &RehearsalFile,
        before: &Deployed,
        update: &UpdatePlan,
        versions: impl Iterator<Item = (&'v str, u32, usize)>,
    ) -> Result<Vec<Kept>, Refusal> {
        let mut stacks: BTreeMap<usize, Stack> = BTreeMap::new();
        let mut all = Vec::new();
        for (function, number, published_by) in versions {
            let source = &self.sources[published_by];
            let stack = match stacks.entry(published_by) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let none = BTreeMap::new();
                    let replaced = before.replacements_of.get(&published_by).unwrap_or(&none);
                    let mut stack = source.read(std::iter::empty(), replaced)?;
                    external_values::complete(file, &mut stack);
                    unknown.insert(stack)
                }
            };
            let id = if is_replaced(update, function) {
                replaced(function)
            } else {
                function.to_owned()
            };
            all.push(Kept {
                function: function.to_owned(),
                id,
                number: number.to_string(),
                build: source.build.clone(),
                template: source.template.clone(),
                instead: source.instead.clone(),
                source: source
                    .of_revision
                    .as_ref()
                    .map(|source| source.template.clone()),
                stack: stack.clone(),
            });
        }
        Ok(all)
    }

    /// The version that Lambda refuses, for the last one that is there has its code and configuration (Lambda API, `PublishVersion`;
    /// SAM issue 3281 has CloudFormation's words). The version that runs is the planner's affair.
    pub(super) fn version_that_exists(
        &self,
        number: usize,
        before: &Deployed,
        published: &[Published],
    ) -> Option<Failing> {
        published.iter().find_map(|version| {
            let (exists, published_by) = before.of(&version.function).newest();
            if version.is_first || published_by == before.runs {
                return None;
            }
            let update = self.between(published_by, number);
            let is_like_it = update.changes_version_of(&version.function) == Some(false);
            is_like_it.then(|| Failing {
                logical_id: version.logical_id.clone(),
                reason: version_exists(exists),
            })
        })
    }
}
