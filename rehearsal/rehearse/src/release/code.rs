//! What is known of the code of what runs, and what is taken for granted of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use rehearsal_deployment::Revision;
use rehearsal_deployment::change::CodeChange;
use rehearsal_deployment::stub::Stubs;
use rehearsal_template::folder_of;

use super::Release;
use crate::builds::{self, compare};
use crate::file::RehearsalFile;
use crate::known::OfToday;
use crate::live::code::CodeSince;

impl Release {
    /// Compares what was built of a revision with what is built here.
    pub(super) fn compare_builds(&mut self) {
        let is_built = self.sources[0].checkout.is_some() && self.file.known.code.is_none();
        let Some(code) = self.code.clone().filter(|_| is_built) else {
            return;
        };
        let beside = folder_of(&self.file.path);
        let (before, now) = (self.finder_of(0, &beside), self.finder_of(1, &beside));
        let (old_place, new_place) = (&self.sources[0].build, &self.sources[1].build);
        let first = self.file.each_update()[0];
        let stubs = first.rehearsal.stubs();
        let sides = ((&before, old_place.as_str()), (&now, new_place.as_str()));
        let code = CodeSince::clone(&code).by_builds(sides.0, sides.1, |id| is_stubbed(&stubs, id));
        self.code = Some(Arc::new(code));
    }

    /// Whether a function's code is that of the git revision which runs, as far as it is compared.
    pub fn is_unchanged(&self, function: &str) -> bool {
        self.change_of(function) == Some(CodeChange::Same)
    }

    /// What is known of a function's code; `None` where it was not compared.
    pub(super) fn change_of(&self, function: &str) -> Option<CodeChange> {
        self.code.as_ref()?.changes.get(function).copied()
    }

    /// The functions that an update would deploy if it brought other code for them, and whose code is that of the revision which runs.
    pub fn not_deployed(&self) -> Vec<&str> {
        let deployed = self.deployed().into_iter();
        deployed
            .filter(|function| self.is_unchanged(function))
            .collect()
    }

    /// The functions whose files differ from the revision's and of which the same was built.
    pub fn built_alike(&self) -> Vec<&str> {
        let built_alike = self.code.iter().flat_map(|code| &code.built_alike);
        built_alike.map(String::as_str).collect()
    }

    /// Those of some functions of which both versions are of the code that is here, though another template runs: it has no code beside it,
    /// and nothing says where that is.
    fn of_today<'f>(&self, functions: &[&'f str]) -> BTreeSet<&'f str> {
        let (runs, brings) = (&self.sources[0], &self.sources[1]);
        // A file without `[live]` brings new code because its author says so; of one that `init` wrote nobody has.
        let rehearsal = &self.file.rehearsal;
        let is_of_nothing = rehearsal.made_up.version_that_runs
            && rehearsal.live.is_none()
            && !self.file.says_where_live_code_is();
        // A checkout has its own code, unless the file names a folder for it that the update's is in.
        let is_looked_for = runs.checkout.is_some()
            || (runs.instead.is_some() && !self.file.says_where_live_code_is());
        let beside = folder_of(&self.file.path);
        let (before, now) = (self.finder_of(0, &beside), self.finder_of(1, &beside));
        let is_of_today = |id: &&str| {
            let Some(function) = runs.stack.function(id) else {
                return false;
            };
            let is_here = || {
                let id = &function.logical_id;
                let (old, new) = (before.path(&runs.build, id), now.path(&brings.build, id));
                match old.zip(new) {
                    Some((old, new)) => compare::is_one(&old, &new),
                    // What is not there would be beside the template.
                    None => compare::is_one(
                        &before.folder(function).join("."),
                        &folder_of(&brings.template),
                    ),
                }
            };
            let has_files = function.inline_code.is_none() && !function.is_asset;
            is_of_nothing || (is_looked_for && has_files && is_here())
        };
        functions.iter().copied().filter(is_of_today).collect()
    }

    /// Notes in the file of the first update what nobody has said of its code, and what was taken for it.
    pub(super) fn assume(&self, file: &mut RehearsalFile) {
        let stubs = file.rehearsal.stubs();
        let is_inline = |function: &&str| {
            let function = self.sources[1].stack.function(function);
            function.is_some_and(|function| function.inline_code.is_some())
        };
        let deployed = self.deployed().into_iter();
        let deployed: Vec<&str> = deployed.filter(|function| !is_inline(function)).collect();
        let functions = deployed.iter().copied();
        let functions: Vec<&str> = functions
            .filter(|function| !is_stubbed(&stubs, function))
            .collect();
        let of_today = self.of_today(&functions);
        let reservations = &mut file.code_reservations;
        reservations.built_alike = self.built_alike().into_iter().map(str::to_owned).collect();
        reservations.of_today = OfToday::of(&of_today, functions.len());
        let is_not_known = |function: &&str| {
            let live = || self.sources[0].stack.function(function);
            if of_today.contains(*function) {
                false
            } else if self.code.is_some() {
                self.change_of(function) == Some(CodeChange::Unknown)
            } else {
                file.live_options.template.is_some()
                    && live().is_some_and(|live| builds::folder_of(live).is_some())
            }
        };
        // Whether one is deployed depends on its code, also where a stub runs.
        let not_known = deployed.iter().copied().filter(is_not_known);
        file.code_reservations.not_compared = not_known.map(str::to_owned).collect();
    }

    /// The functions that the first update may deploy.
    fn deployed(&self) -> BTreeSet<&str> {
        let deployed = self.sources[1].stack.deployed_functions();
        deployed.into_iter().collect()
    }
}

/// Whether a stub stands for either version of a function.
fn is_stubbed(stubs: &Stubs, function: &str) -> bool {
    let mut revisions = [Revision::Before, Revision::After].into_iter();
    revisions.any(|revision| stubs.of(function, revision).is_some())
}
