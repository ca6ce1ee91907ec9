//! What each update of a release leaves: a template, what it is read with, and code.

use rehearsal_host::temporary::TemporaryFolder;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal_deployment::release::{Update, UpdateCode};
use rehearsal_template::{Inputs, Refusal, Stack, folder_of, parameter_names, read_str, text_of};

use crate::arguments::TemplateInputs;
use crate::builds::is_folder;
use crate::file::RehearsalFile;
use crate::git::{Checkout, RevisionSource};
use crate::inputs;
use crate::live::{self, LiveSource};
use crate::relative::relative;

/// What runs once an update is complete; or before the first.
pub struct Source {
    /// The template's path.
    pub template: PathBuf,
    /// That of a second template, to look beside for a function whose code is not beside the first.
    pub instead: Option<PathBuf>,
    /// The template's name in messages.
    pub name: String,
    /// The template's text.
    pub text: String,
    /// What it is read with.
    pub inputs: Inputs,
    /// Where its code is.
    pub build: String,
    /// Which code it is: two with one number have the same.
    pub code: usize,
    /// Its stack, as if each function had its first version.
    pub stack: Stack,
    /// The source of its functions, where it is of another revision.
    pub of_revision: Option<Arc<RevisionSource>>,
    /// The folder of its files, where they are of another revision; gone when dropped.
    _folder: Option<TemporaryFolder>,
    /// The checkout that it stands in, where that is built.
    pub checkout: Option<Checkout>,
}

impl Source {
    /// Its stack where functions have these versions, and resources were replaced so often.
    ///
    /// # Errors
    /// The template is refused.
    pub fn read<'v>(
        &self,
        versions: impl Iterator<Item = (&'v str, u32)>,
        replacements: &BTreeMap<String, u32>,
    ) -> Result<Stack, Refusal> {
        let mut inputs = self.inputs.clone();
        inputs.replacements.clone_from(replacements);
        for (function, number) in versions {
            inputs = inputs.version(function, number);
        }
        if inputs == self.inputs {
            return Ok(self.stack.clone());
        }
        read_str(&self.name, &self.text, &inputs)
    }
}

/// What runs before the first update, and what each leaves.
///
/// # Errors
/// A template cannot be read, or is refused.
pub fn all(
    file: &RehearsalFile,
    options: &TemplateInputs,
) -> Result<Vec<Source>, Vec<miette::Report>> {
    let mut sources: Vec<Source> = Vec::new();
    for (index, update) in file.each_update().into_iter().enumerate() {
        let template = update.template();
        let text = text_of(&template).map_err(refused)?;
        let inputs = inputs_of(update, options, &template, &text)?;
        if index == 0 {
            // What runs before has what the file gives for all; what the first update gives is that update's.
            let runs_with = if update.rehearsal.live.is_some() {
                let mut before = update.clone();
                let given = &file.rehearsal.parameters;
                before.rehearsal.parameters.clone_from(given);
                inputs_of(&before, options, &template, &text)?
            } else {
                inputs.clone()
            };
            sources.push(before_the_first(
                update, &template, &text, &inputs, &runs_with,
            )?);
        }
        let name = template.display().to_string();
        // Names of resources are made of the stack's, which is that of the first template where no one gives it.
        let mut inputs = inputs;
        if index > 0 && inputs.stack_name.is_empty() {
            inputs.call_stack_as(&sources[0].stack.name, &sources[0].inputs);
        }
        let is_same = |source: &&Source| {
            (&source.name, &source.text, &source.inputs) == (&name, &text, &inputs)
        };
        let stack = match sources.iter().find(is_same) {
            Some(source) => source.stack.clone(),
            None => read_str(&name, &text, &inputs).map_err(refused)?,
        };
        sources.push(Source {
            name,
            inputs,
            build: update.rehearsal.builds.new.clone(),
            code: code(&file.rehearsal.updates, index, &sources),
            stack,
            template,
            instead: None,
            text,
            of_revision: None,
            _folder: None,
            checkout: None,
        });
    }
    Ok(sources)
}

fn refused(refusal: Refusal) -> Vec<miette::Report> {
    vec![miette::Report::new(refusal)]
}

/// What an update's template is read with. What the file gives for all updates goes to those templates alone that declare it.
fn inputs_of(
    update: &RehearsalFile,
    options: &TemplateInputs,
    template: &Path,
    text: &str,
) -> Result<Inputs, Vec<miette::Report>> {
    let mut inputs = inputs::of(options, template, Some(&update.rehearsal))
        .map_err(|error| vec![miette::Report::new(error)])?;
    // To know which it declares is to read its text once more.
    if update.is_of_several() && !inputs.parameters.is_empty() {
        let declared = parameter_names(text);
        inputs.parameters.retain(|name, _| {
            declared.contains(name) || update.is_own(&["parameters".into(), name.as_str().into()])
        });
    }
    Ok(inputs)
}

/// What runs before the first update, which is read with `inputs`; that before it with `runs_with`, where its template is another.
fn before_the_first(
    update: &RehearsalFile,
    template: &Path,
    text: &str,
    inputs: &Inputs,
    runs_with: &Inputs,
) -> Result<Source, Vec<miette::Report>> {
    let mut of_live = live::source(update, template, text, inputs, runs_with)?;
    let live = update.rehearsal.live.as_ref();
    let build = live.and_then(|live| live.builds.clone());
    let build = build.unwrap_or_else(|| update.rehearsal.builds.old.clone());
    let mut stack = read_str(&of_live.name, &of_live.text, &of_live.inputs).map_err(refused)?;
    // One without a default that the first update alone gives was the same before: no stack runs without a value for it.
    let given: Vec<_> = stack
        .parameters_without_value
        .iter()
        .filter_map(|missing| inputs.parameters.get_key_value(&missing.name))
        .collect();
    if !given.is_empty() {
        let given = given
            .into_iter()
            .map(|(name, value)| (name.clone(), value.clone()));
        of_live.inputs.parameters.extend(given);
        stack = read_str(&of_live.name, &of_live.text, &of_live.inputs).map_err(refused)?;
    }
    let revision = live.and_then(|live| live.git.as_deref());
    let revision = revision.filter(|_| of_live.checkout.is_none());
    let named = live::named(update)?;
    let build = beside_what_runs(update, template, build, &of_live, named.as_deref());
    Ok(Source {
        of_revision: revision
            .map(|revision| live::source_in(update, template, revision, &build, &stack))
            .transpose()?,
        instead: named.is_some().then(|| template.to_owned()),
        template: match (&of_live.checkout, named) {
            (Some(checkout), _) => checkout.template.clone(),
            (None, Some(named)) => named,
            (None, None) => template.to_owned(),
        },
        stack,
        name: of_live.name,
        text: of_live.text,
        inputs: of_live.inputs,
        build,
        code: 0,
        _folder: of_live.folder,
        checkout: of_live.checkout,
    })
}

/// Where builds of what runs are, if the command line names a folder for all: beside what runs, as those of `sam build` are. In a checkout
/// whether it is there or not, for what is built here is no revision's.
fn beside_what_runs(
    update: &RehearsalFile,
    template: &Path,
    build: String,
    of_live: &LiveSource,
    named: Option<&Path>,
) -> String {
    if update.builds_option.is_none() || !is_folder(&build) {
        return build;
    }
    let of_checkout = of_live.checkout.as_ref().map(|checkout| {
        // As far as the file is from its template here, so far it would be from that of the revision.
        let apart = relative(&folder_of(&update.path), template);
        folder_of(&checkout.template).join(apart).join(&build)
    });
    let beside_named = || {
        let folder = folder_of(named?).join(&build);
        folder.is_dir().then_some(folder)
    };
    let folder = of_checkout.or_else(beside_named);
    folder.map_or(build, |folder| folder.to_string_lossy().into_owned())
}

/// Which code an update brings, by its index. The first brings another than what runs, as in a file without updates. One that follows
/// brings the same as the one before it, unless it says otherwise, or has a template or a build of its own; in a build that an earlier
/// one has had, it brings what that brought; in the folder of what ran before the first, what ran then.
fn code(updates: &[Update], index: usize, before: &[Source]) -> usize {
    let (number, previous) = (index + 1, before.last().map_or(0, |source| source.code));
    let Some(update) = updates.get(index) else {
        return number;
    };
    match (update.code, &update.builds) {
        (Some(UpdateCode::Changed), _) => number,
        (None, Some(build)) => {
            let named = updates[..index].iter().rposition(|earlier| {
                earlier.builds.as_ref() == Some(build) && earlier.code != Some(UpdateCode::Same)
            });
            // A folder has one code; what `cargo` or `sam` has built may be another each time.
            let runs = || before[0].build == *build && is_folder(build);
            match named {
                Some(earlier) => before[earlier + 1].code,
                None if runs() => before[0].code,
                None => number,
            }
        }
        (None, None) if update.template.is_some() || index == 0 => number,
        (Some(UpdateCode::Same), _) | (None, None) => previous,
    }
}
