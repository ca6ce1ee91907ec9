//! A release: its updates, each made ready for what runs before it.
//!
//! - `check`: what is wrong with its file as a whole. `code`: what is known of what runs. `source`: what each update leaves. `versions`: what versions were published from.
//!   `report`: its report.
//!
//! What runs before an update depends on how those before it end, which the file foretells by what it expects of them. So all are made
//! ready before anything runs, and one is made ready anew where an update before it has ended otherwise.

mod check;
mod code;
mod report;
mod source;
mod versions;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use rehearsal_aws::codedeploy::deployment::DeploymentStatus;
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::change::{Action, Code, UpdatePlan, VersionAction};
use rehearsal_deployment::deployed::{Deployed, Ended, Published};
use rehearsal_deployment::plan::{Failing, inputs_after};
use rehearsal_template::Stack;
use rehearsal_template::stack::{Resource, Version};

use crate::arguments::TemplateInputs;
use crate::builds::Finder;
use crate::file::RehearsalFile;
use crate::known::Known;
use crate::live::code::CodeSince;
use crate::live::{self, Stacks};
use crate::ready::{self, Planned, Ready};
pub use report::together;
use source::Source;

/// A release, read and not yet run.
pub struct Release {
    /// Its file.
    pub file: RehearsalFile,
    sources: Vec<Source>,
    /// What is known of each function's code since the revision that runs, by its builds or by git, where the file has them compared.
    code: Option<Arc<CodeSince>>,
}

/// An update that is ready to run.
pub struct ReadyUpdate {
    /// What runs before it.
    pub before: Deployed,
    /// The versions that it publishes.
    pub published: Vec<Published>,
    /// The update.
    pub ready: Ready,
}

impl Release {
    /// Reads all templates of a rehearsal file.
    ///
    /// # Errors
    /// One cannot be read, or is refused.
    pub fn read(
        file: RehearsalFile,
        options: &TemplateInputs,
    ) -> Result<Self, Vec<miette::Report>> {
        check::check(&file).map_err(|wrong| vec![miette::Report::new(wrong)])?;
        let sources = source::all(&file, options)?;
        let stacks = (&sources[0].stack, &sources[1].stack);
        let code = live::changed_code(&file, &sources[1].template, stacks, &sources[1].build)?;
        let mut release = Self {
            file,
            sources,
            code,
        };
        release.compare_builds();
        Ok(release)
    }

    /// What was found of the code of what runs.
    pub fn known(&self) -> Known {
        Known {
            source: self.sources[0].of_revision.clone(),
            code: self.code.clone(),
            ..self.file.known.clone()
        }
    }

    /// The git revision that runs before the first update.
    pub fn revision(&self) -> Option<&str> {
        self.file.rehearsal.live.as_ref()?.git.as_deref()
    }

    /// Where the code of what runs before the first update is looked for; `beside` is the file's folder.
    pub fn finder_before<'f>(&'f self, beside: &'f Path) -> Finder<'f> {
        self.finder_of(0, beside)
    }

    /// Where the code of a source is looked for.
    fn finder_of<'f>(&'f self, number: usize, beside: &'f Path) -> Finder<'f> {
        let source = &self.sources[number];
        let revision = source.of_revision.as_ref();
        Finder {
            beside,
            template: &source.template,
            instead: source.instead.as_deref(),
            source: revision.map(|source| source.template.as_path()),
            stack: &source.stack,
            packages: &self.file.known.packages,
        }
    }

    /// A text about the code of what runs, without a path that is another each time.
    pub fn in_words(&self, text: &str) -> String {
        let revision = self.sources[0].of_revision.as_ref();
        revision.map_or_else(|| text.to_owned(), |source| source.in_words(text))
    }

    /// Makes all updates ready, each for what runs if those before it end as they are expected to.
    ///
    /// # Errors
    /// What is wrong with any of them.
    pub fn ready(&self) -> Result<Vec<ReadyUpdate>, Vec<miette::Report>> {
        let mut before = Deployed::default();
        let mut updates: Vec<ReadyUpdate> = Vec::new();
        let mut errors = Vec::new();
        let mut unused = Vec::new();
        for (index, update) in self.file.each_update().into_iter().enumerate() {
            let number = index + 1;
            match self.ready_after(number, &before) {
                Ok(ready) => {
                    let expected = update.rehearsal.expect.outcome;
                    let ended = as_expected(&ready, expected);
                    before = self.after(number, &ready, &ended);
                    unused.extend(ready.ready.unused.clone());
                    updates.push(ready);
                }
                // What comes after it cannot be known.
                Err(wrong) => {
                    errors.extend(wrong);
                    break;
                }
            }
        }
        errors.extend(self.never_used(&unused));
        if errors.is_empty() {
            Ok(updates)
        } else {
            Err(errors)
        }
    }

    /// What the file gives for all its updates, and no gate of any uses.
    fn never_used(&self, unused: &[(Vec<Step>, String)]) -> Vec<miette::Report> {
        let updates = self.file.each_update();
        let mut reported: Vec<&[Step]> = Vec::new();
        let mut errors = Vec::new();
        for (at, message) in unused {
            let takes = updates
                .iter()
                .filter(|update| !update.is_own(&at[..1]))
                .count();
            let lacks = unused.iter().filter(|(other, _)| other == at).count();
            if lacks >= takes && !reported.contains(&at.as_slice()) {
                reported.push(at);
                errors.push(miette::Report::new(self.file.wrong_at(message, at, None)));
            }
        }
        errors
    }

    /// Plans an update, by its number from 1, for what runs before it.
    fn planned_after(
        &self,
        number: usize,
        before: &Deployed,
    ) -> Result<(Planned, Vec<Published>, Option<Failing>), Vec<miette::Report>> {
        let refused = |refusal| vec![miette::Report::new(refusal)];
        let (runs, brings) = (&self.sources[before.runs], &self.sources[number]);
        let mut file = self.file.each_update()[number - 1].clone();
        if number == 1 {
            self.assume(&mut file);
        }
        // A place that `[live]` names goes before it.
        file.rehearsal.builds.old.clone_from(&runs.build);
        let code = self.code_between(before.runs, number);
        let is_compared = self.is_compared(before.runs, number);
        let code_changes = self.has_other_code(before.runs, number);
        let changed = self.changed_since(before);
        let since = changed.iter().filter_map(|(function, _, published_by)| {
            let update = self.between(*published_by, number);
            update.change(function).cloned()
        });
        let last = before
            .live()
            .map(|(function, _)| (function, before.of(function).newest().0));
        let known = last.fold(code, |code, (function, number)| {
            code.last_version(function, number)
        });
        let code_of = since.fold(known, Code::since_version);
        let update = UpdatePlan::between(Some(&runs.stack), &brings.stack, &code_of);
        // Of one template a first update brings new versions and nothing else.
        let is_plain = number == 1 && file.rehearsal.live.is_none() && code_changes;
        // That nothing differs from a revision is worth knowing: nothing is deployed.
        if !is_plain && !is_compared && update.is_empty() {
            let at = ["update".into(), (number - 1).into()];
            let help = "an update has a template, parameters or builds of its own; code = \"changed\" says that it brings other code from the same build";
            return Err(vec![miette::Report::new(self.file.wrong_at(
                "nothing changes: this is what runs already, by what is expected of the updates before it",
                &at,
                Some(help.to_owned()),
            ))]);
        }
        let published = if is_plain {
            plain_versions(&runs.stack, &update)
        } else {
            versions(&runs.stack, &brings.stack, &update)
        };
        let older = before.kept();
        let older = older.chain(
            changed
                .iter()
                .map(|(function, number, by)| (*function, *number, *by)),
        );
        let kept = self.older(&file, before, &update, older);
        let kept = kept.map_err(refused)?;
        let replacements = &before.replacements;
        let old = runs.read(before.live(), replacements).map_err(refused)?;
        let numbers: Vec<(&str, u32)> = published
            .iter()
            .map(|version| (version.function.as_str(), before.number(version)))
            .collect();
        // Another takes the place of a table or function that is replaced, under another name than any before it.
        let mut after = inputs_after(&update, &old, old.inputs.clone()).replacements;
        for (id, times) in &mut after {
            if old.inputs.replacements.get(id) != Some(times) {
                *times = (*times).max(before.times_replaced(id) + 1);
            }
        }
        // What is not published again keeps its version.
        let new = brings
            .read(before.live().chain(numbers), &after)
            .map_err(refused)?;
        if number > 1 {
            file.rehearsal.live = None;
        }
        let fails = self.version_that_exists(number, before, &published);
        let concerned = is_plain.then(|| with_new_code(&update, &new));
        let stacks = Stacks {
            old,
            new,
            update: (!is_plain).then_some(update),
            kept,
        };
        let mut planned = ready::planned_with(file, &brings.template, &brings.text, stacks)?;
        if let Some(composed) = &self.file.composed {
            composed.give_reasons(&mut planned.plan);
        }
        if let Some(concerned) = concerned {
            let levels = &mut planned.plan.update_levels;
            for level in levels.iter_mut() {
                level.retain(|id| concerned.contains(id));
            }
            levels.retain(|level| !level.is_empty());
        }
        Ok((planned, published, fails))
    }

    /// Plans a file of one update, wherever its functions' code is.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn planned(&self) -> Result<Planned, Vec<miette::Report>> {
        let (planned, ..) = self.planned_after(1, &Deployed::default())?;
        Ok(planned)
    }

    /// Makes an update ready, by its number from 1, for what runs before it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn ready_after(
        &self,
        number: usize,
        before: &Deployed,
    ) -> Result<ReadyUpdate, Vec<miette::Report>> {
        let (runs, brings) = (&self.sources[before.runs], &self.sources[number]);
        let (planned, published, fails) = self.planned_after(number, before)?;
        let live = ready::Before {
            template: &runs.template,
            instead: runs.instead.as_deref(),
            source: runs.of_revision.as_deref(),
            built: self.revision().filter(|_| runs.checkout.is_some()),
            code: self.code.as_ref().map(|code| &code.changes),
        };
        let mut ready = ready::ready_with(planned, live, &brings.template)?;
        let keeps = &mut ready.plan.keeps;
        if self.deletes_created(number) {
            keeps.clear();
        } else {
            let retained = published.iter().filter(|version| version.is_retained);
            keeps.extend(retained.map(|version| version.logical_id.clone()));
        }
        let step = &mut ready.plan.step;
        step.fails = fails;
        step.is_followed = number < self.sources.len() - 1;
        step.minutes_between = self
            .file
            .rehearsal
            .updates
            .get(number - 1)
            .map_or(0, |update| update.minutes_between);
        Ok(ReadyUpdate {
            before: before.clone(),
            published,
            ready,
        })
    }

    /// Whether what an update created is deleted where it goes back, whatever its policy.
    fn deletes_created(&self, number: usize) -> bool {
        let own = self.file.rehearsal.updates.get(number - 1);
        own.is_some_and(|update| update.retain_except_on_create)
    }

    /// What is deployed after an update.
    pub fn after(&self, number: usize, update: &ReadyUpdate, ended: &Ended) -> Deployed {
        let deletes_created = self.deletes_created(number);
        let replacements = &update.ready.new.inputs.replacements;
        let after = update
            .before
            .after(number, &update.published, deletes_created, ended)
            .replaces(number, replacements, ended.is_complete);
        if !ended.is_complete {
            return after;
        }
        let [before, now] = [update.before.runs, number].map(|number| &self.sources[number].stack);
        let versions = before.versions.iter();
        let functions: BTreeSet<&String> = versions
            .filter_map(|version| version.function.known_value())
            .collect();
        let left = functions
            .into_iter()
            .filter(|function| now.function(function).is_none());
        left.fold(after, |after, function| {
            after.without(function, own_name(before, function))
        })
    }
}

/// How an update ends that ends as it is expected to.
fn as_expected(update: &ReadyUpdate, outcome: DeploymentStatus) -> Ended {
    let plan = &update.ready.plan;
    let fails = plan.step.fails.is_some() || !plan.failures.is_empty();
    let published = update.published.iter().filter(|_| !fails);
    Ended {
        is_complete: outcome == DeploymentStatus::Succeeded && !fails,
        reached: published
            .map(|version| version.logical_id.clone())
            .collect(),
        left_on: BTreeSet::new(),
    }
}

/// The versions that an update publishes.
fn versions(live: &Stack, new: &Stack, update: &UpdatePlan) -> Vec<Published> {
    let has_version = |function: &str| {
        let mut versions = live.versions.iter();
        versions.any(|version| version.function.is(function))
    };
    let versions = update.versions.iter();
    versions
        .filter(|version| version.action == VersionAction::Published)
        .map(|version| Published {
            function: version.function.clone(),
            logical_id: version.logical_id.clone(),
            // Another function in its place has none yet.
            is_first: !has_version(&version.function) || is_replaced(update, &version.function),
            name: own_name(new, &version.function),
            name_before: own_name(live, &version.function),
            is_retained: keeps(update, &version.logical_id),
            keeps_previous: keeps_previous(live, update, &version.function),
        })
        .collect()
}

/// The versions of a template of which every function with an alias has new code.
fn plain_versions(live: &Stack, update: &UpdatePlan) -> Vec<Published> {
    let aliases = live.aliases.iter();
    let functions = aliases.filter_map(|alias| alias.function.known_value());
    let mut published: Vec<Published> = Vec::new();
    for function in functions {
        let version = update
            .versions
            .iter()
            .find(|version| version.function == *function);
        if published.iter().any(|known| known.function == *function) {
            continue;
        }
        let logical_id = version.map_or_else(String::new, |version| version.logical_id.clone());
        published.push(Published {
            function: function.clone(),
            is_first: false,
            name: own_name(live, function),
            name_before: None,
            is_retained: keeps(update, &logical_id),
            keeps_previous: keeps_previous(live, update, function),
            logical_id,
        });
    }
    published
}

/// What changes where new code comes in the same template: what has it, what refers to that, and every version with its alias and with
/// what names its number. A version that the template names itself has the same logical id in both, and another one all the same.
fn with_new_code(update: &UpdatePlan, stack: &Stack) -> BTreeSet<String> {
    let changes = update.changes.iter().filter(|change| change.is_some());
    let mut concerned: BTreeSet<String> = changes.map(|change| change.logical_id.clone()).collect();
    for alias in &stack.aliases {
        concerned.insert(alias.logical_id.clone());
        concerned.extend(alias.version.clone());
        concerned.extend(alias.function.known_value().cloned());
    }
    let versions: BTreeSet<&str> = stack
        .aliases
        .iter()
        .filter_map(|alias| alias.version.as_deref())
        .collect();
    let names_one = |resource: &&Resource| {
        let mut properties = resource.properties.values();
        properties.any(|property| {
            let mut references = property.references.iter();
            references.any(|id| versions.contains(id.as_str()))
        })
    };
    let names_one = stack.resources.iter().filter(names_one);
    concerned.extend(names_one.map(|resource| resource.logical_id.clone()));
    concerned
}

/// The name that a template gives a function.
fn own_name(stack: &Stack, function: &str) -> Option<String> {
    let resource = stack.resource(function)?;
    resource.properties.get("FunctionName")?.value.to_text()
}

/// Whether a version stays when the update goes back.
fn keeps(update: &UpdatePlan, version: &str) -> bool {
    let mut kept = update.rollback.keeps.iter();
    kept.any(|kept| kept.logical_id == version)
}

/// Whether another function takes a function's place.
fn is_replaced(update: &UpdatePlan, function: &str) -> bool {
    let change = update.change(function);
    change.is_some_and(|change| change.action == Action::Replace)
}

/// Whether the version that a function has stays when another is published and the update is complete: it leaves the stack, or another
/// takes its place, and a policy keeps it.
fn keeps_previous(live: &Stack, update: &UpdatePlan, function: &str) -> bool {
    let is_own = |version: &&Version| version.function.is(function);
    let version = live.versions.iter().find(is_own);
    version.is_some_and(|version| {
        let resource = live.resource(&version.resource);
        let policy = resource.and_then(|resource| resource.deletion_policy.as_ref());
        let policy = policy.and_then(|policy| policy.known_value());
        match update.change(&version.resource) {
            // SAM's id ends in a hash, which is another in the stack: the old one leaves.
            Some(change)
                if change.action == Action::Replace && !version.resource.ends_with('*') =>
            {
                change.stays
            }
            _ => policy.is_some_and(|policy| policy.starts_with("Retain")),
        }
    })
}
