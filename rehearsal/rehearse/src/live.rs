//! The stack that runs and the stack that an update leaves: of one template, or of two (`[live]`).

use rehearsal_host::temporary::TemporaryFolder;
use std::path::{Path, PathBuf};

use rehearsal_deployment::change::UpdatePlan;
use rehearsal_deployment::rehearsal::Live;
use rehearsal_template::{Inputs, Stack, folder_of, parameter_names, read_str, text_of};

use crate::assembly::{self, AssemblyError};
use crate::builds;
use crate::file::RehearsalFile;
use crate::git::{self, GitError, InRevision, RevisionSource};

/// Both stacks.
pub struct Stacks {
    /// What runs: version 1 of every function.
    pub old: Stack,
    /// What the update leaves: version 2 of every function that it publishes again.
    pub new: Stack,
    /// What changes between two templates; `None` where one template brings nothing but new versions.
    pub update: Option<UpdatePlan>,
    /// What earlier updates have left.
    pub kept: Vec<Kept>,
}

/// A version that was published from another stack than that which runs: no alias names it, or its function has changed since.
pub struct Kept {
    /// The logical id of its function.
    pub function: String,
    /// The same, or what the function is called for which another comes.
    pub id: String,
    /// The version's number.
    pub number: String,
    /// Where its code is.
    pub build: String,
    /// The template that it was published from.
    pub template: PathBuf,
    /// Where that stands among the source of its functions, where it is of another revision.
    pub source: Option<PathBuf>,
    /// The stack of that.
    pub stack: Stack,
}

/// Both stacks of one template, whose update brings new code for every function with an alias.
///
/// # Errors
/// The template is refused.
pub fn of_one(
    name: &str,
    text: &str,
    mut inputs: Inputs,
) -> Result<Stacks, rehearsal_template::Refusal> {
    let old = read_str(name, text, &inputs)?;
    for function in old
        .aliases
        .iter()
        .filter_map(|alias| alias.function.known_value())
    {
        inputs = inputs.version(function, 2);
    }
    let new = read_str(name, text, &inputs)?;
    Ok(Stacks {
        old,
        new,
        update: None,
        kept: Vec::new(),
    })
}

/// A template, and what it is read with.
pub struct LiveSource {
    /// Its name in messages.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What it is read with.
    pub inputs: Inputs,
    /// The folder of its files, where they are of another revision; gone when dropped.
    pub folder: Option<TemporaryFolder>,
}

/// Whose files a template that runs may name.
pub enum FilesOf<'p> {
    /// Those of the update's template.
    Update,
    /// Those beside it, another file.
    Template(&'p Path),
    /// Those of the revision that it is of, if it names any: the files beside the template today are others.
    Revision(Option<&'p TemporaryFolder>),
}

/// What a template that runs is read with: what is `given` for the update's, as far as it declares that, and its `own` parameters.
///
/// # Errors
/// The CDK assembly that it lies in cannot be used.
pub fn inputs_of<'v>(
    given: &Inputs,
    stack_name: &str,
    (text, files): (&str, FilesOf<'_>),
    own: impl Iterator<Item = (&'v str, String)>,
) -> Result<Inputs, AssemblyError> {
    let mut inputs = given.clone();
    stack_name.clone_into(&mut inputs.stack_name);
    match files {
        FilesOf::Update => {}
        FilesOf::Template(path) => inputs.folder = Some(folder_of(path)),
        FilesOf::Revision(folder) => {
            inputs.root = None;
            inputs.folder = folder.map(|folder| folder.path().to_owned());
        }
    }
    // To know which it declares is to read its text once more.
    if !inputs.parameters.is_empty() {
        let declared = parameter_names(text);
        inputs.parameters.retain(|name, _| declared.contains(name));
    }
    for (name, value) in own {
        inputs = inputs.parameter(name, value);
    }
    if let FilesOf::Template(path) = files {
        assembly::complete(path, &mut inputs)?;
    }
    Ok(inputs)
}

/// The template that runs before the first update; `template`, `text` and `inputs` are that update's, and `runs_with` is what the one
/// before it is read with, but for what `[live]` says.
///
/// # Errors
/// What runs cannot be read.
pub fn source(
    file: &RehearsalFile,
    template: &Path,
    text: &str,
    inputs: &Inputs,
    runs_with: &Inputs,
) -> Result<LiveSource, Vec<miette::Report>> {
    let refused = |refusal| vec![miette::Report::new(refusal)];
    let name = template.display().to_string();
    let Some(live) = &file.rehearsal.live else {
        return Ok(LiveSource {
            name,
            text: text.to_owned(),
            inputs: inputs.clone(),
            folder: None,
        });
    };
    let first = read_str(&name, text, inputs).map_err(refused)?;
    let read = live_template(file, live, template, text)?;
    let (live_name, live_text) = (read.name, read.text);
    let path = live.template.as_deref();
    let path = path.map(|path| live_file(file, path)).transpose()?;
    let files = match (&path, &live.git) {
        (_, Some(_)) => FilesOf::Revision(read.folder.as_ref()),
        (Some(path), None) => FilesOf::Template(path),
        (None, None) => FilesOf::Update,
    };
    let own = live.parameters.iter();
    let own = own.map(|(name, value)| (name.as_str(), value.to_text()));
    let live_inputs = inputs_of(runs_with, &first.name, (&live_text, files), own)
        .map_err(|error| vec![miette::Report::new(error)])?;
    Ok(LiveSource {
        name: live_name,
        text: live_text,
        inputs: live_inputs,
        folder: read.folder,
    })
}

/// The template beside which the code of what runs is looked for: the one that runs, where every folder that its functions name is there;
/// else, as for a template that stands by itself, that of the update.
///
/// # Errors
/// The template that runs cannot be found.
pub fn code_beside(
    file: &RehearsalFile,
    template: &Path,
    stack: &Stack,
) -> Result<PathBuf, Vec<miette::Report>> {
    let live = file.rehearsal.live.as_ref();
    let Some(path) = live.and_then(|live| live.template.as_ref()) else {
        return Ok(template.to_owned());
    };
    let live = live_file(file, path)?;
    let has_code = builds::has_code_beside(&live, stack);
    Ok(if has_code { live } else { template.to_owned() })
}

/// The source of a stack's functions in a git revision, of those that run as source: `build` is where their code is looked for.
///
/// # Errors
/// It cannot be had.
pub fn source_in(
    file: &RehearsalFile,
    template: &Path,
    revision: &str,
    build: &str,
    stack: &Stack,
) -> Result<RevisionSource, Vec<miette::Report>> {
    let folders = builds::source_folders(build, stack);
    git::source(template, revision, &folders).map_err(|error| wrong_git(file, &error))
}

/// What is wrong with `[live] git`.
fn wrong_git(file: &RehearsalFile, error: &GitError) -> Vec<miette::Report> {
    let help = miette::Diagnostic::help(error).map(|help| help.to_string());
    let at = ["live".into(), "git".into()];
    let wrong = file.wrong_at(error.to_string(), &at, help);
    vec![miette::Report::new(wrong)]
}

/// The template that a rehearsal file names as the one that runs.
fn live_file(file: &RehearsalFile, path: &Path) -> Result<PathBuf, Vec<miette::Report>> {
    let at = ["live".into(), "template".into()];
    let found = file.template_at(path, &at);
    found.map_err(|wrong| vec![miette::Report::new(wrong)])
}

/// The name and the text of the template that runs.
fn live_template(
    file: &RehearsalFile,
    live: &Live,
    template: &Path,
    text: &str,
) -> Result<InRevision, Vec<miette::Report>> {
    let here = |name: String, text: String| InRevision {
        name,
        text,
        folder: None,
    };
    let wrong = |message: String, key: &str, help: Option<String>| {
        let at = ["live".into(), key.into()];
        vec![miette::Report::new(file.wrong_at(message, &at, help))]
    };
    match (&live.template, &live.git) {
        (Some(_), Some(_)) => Err(wrong(
            "what runs is one template: give `template` or `git`, not both".to_owned(),
            "git",
            None,
        )),
        (Some(path), None) => {
            let path = live_file(file, path)?;
            let text = text_of(&path).map_err(|refusal| vec![miette::Report::new(refusal)])?;
            Ok(here(path.display().to_string(), text))
        }
        (None, Some(revision)) => {
            git::read(template, revision).map_err(|error| wrong_git(file, &error))
        }
        (None, None) => Ok(here(template.display().to_string(), text.to_owned())),
    }
}
