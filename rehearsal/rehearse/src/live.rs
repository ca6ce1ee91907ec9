//! The stack that runs and the stack that an update leaves: of one template, or of two (`[live]`). [`code`]: whose code differs.

pub mod code;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal_deployment::change::UpdatePlan;
use rehearsal_deployment::rehearsal::{Live, LiveCode};
use rehearsal_deployment::stub::BUILD;
use rehearsal_host::temporary::TemporaryFolder;
use rehearsal_template::{
    Inputs, Stack, folder_of, parameter_names, read_str, stack_name, text_of,
};

use crate::assembly::{self, AssemblyError};
use crate::builds::{self, AUTO};
use crate::file::RehearsalFile;
use crate::git::{self, Checkout, GitError, InRevision, RevisionSource};
use crate::templates;
use code::CodeSince;

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
    /// The one beside which its code is where it is not beside the first.
    pub instead: Option<PathBuf>,
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
    /// The checkout that it stands in, where that is built.
    pub checkout: Option<Checkout>,
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
    inputs.call_stack_as(stack_name, given);
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
    let name = template.display().to_string();
    let Some(live) = &file.rehearsal.live else {
        return Ok(LiveSource {
            name,
            text: text.to_owned(),
            inputs: inputs.clone(),
            folder: None,
            checkout: None,
        });
    };
    if live.build_command.is_some() {
        // A template that is refused is not worth the build of what runs before it.
        let refused = |refusal| vec![miette::Report::new(refusal)];
        read_str(&name, text, inputs).map_err(refused)?;
    }
    let (read, checkout) = live_template(file, live, template, text)?;
    let (live_name, live_text) = (read.name, read.text);
    let path = live.template.as_deref();
    let path = path.map(|path| live_file(file, path)).transpose()?;
    let files = match (&path, &live.git, &checkout) {
        (_, _, Some(checkout)) => FilesOf::Template(&checkout.template),
        (_, Some(_), None) => FilesOf::Revision(read.folder.as_ref()),
        (Some(path), None, None) => FilesOf::Template(path),
        (None, None, None) => FilesOf::Update,
    };
    let own = live.parameters.iter();
    let own = own.map(|(name, value)| (name.as_str(), value.to_text()));
    let live_inputs = inputs_of(
        runs_with,
        &stack_name(&name, inputs),
        (&live_text, files),
        own,
    )
    .map_err(|error| vec![miette::Report::new(error)])?;
    Ok(LiveSource {
        name: live_name,
        text: live_text,
        inputs: live_inputs,
        folder: read.folder,
        checkout,
    })
}

/// The template that runs, where the file names it: the code of its functions is beside it, or else, as for a template that stands by
/// itself, beside that of the update, function by function.
///
/// # Errors
/// It cannot be found.
pub fn named(file: &RehearsalFile) -> Result<Option<PathBuf>, Vec<miette::Report>> {
    let live = file.rehearsal.live.as_ref();
    let path = live.and_then(|live| live.template.as_ref());
    path.map(|path| live_file(file, path)).transpose()
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
) -> Result<Arc<RevisionSource>, Vec<miette::Report>> {
    let known = file.known.source.as_ref();
    if let Some(known) = known.filter(|known| known.revision == revision) {
        return Ok(Arc::clone(known));
    }
    let folders = builds::source_folders(build, stack);
    let source = git::source(template, revision, &folders);
    source
        .map(Arc::new)
        .map_err(|error| wrong_git(file, &error))
}

/// What git says of each function's code since the revision that runs; `None` where it is not compared. `build` is where the update's code
/// is.
///
/// # Errors
/// There is no revision to compare with, or git cannot be asked.
pub fn changed_code(
    file: &RehearsalFile,
    template: &Path,
    stacks: (&Stack, &Stack),
    build: &str,
) -> Result<Option<Arc<CodeSince>>, Vec<miette::Report>> {
    let live = file.rehearsal.live.as_ref();
    let Some(live) = live.filter(|live| live.code == LiveCode::Compared) else {
        return Ok(None);
    };
    let Some(revision) = &live.git else {
        let help = "name it by `git`, or take `code` out";
        let message = "code is compared with that of a git revision, and none is named";
        let wrong = file.wrong_live(message, "code", Some(help.to_owned()));
        return Err(vec![miette::Report::new(wrong)]);
    };
    if let Some(known) = &file.known.code {
        return Ok(Some(Arc::clone(known)));
    }
    // A stub stands for what is found by itself.
    let build = Some(build).filter(|build| *build != BUILD).unwrap_or(AUTO);
    let code = code::compared(template, revision, stacks, build)
        .map_err(|error| wrong_git(file, &error))?;
    Ok(Some(Arc::new(code)))
}

/// What is wrong with `[live] git`.
fn wrong_git(file: &RehearsalFile, error: &GitError) -> Vec<miette::Report> {
    let help = miette::Diagnostic::help(error).map(|help| help.to_string());
    let wrong = file.wrong_live(error.to_string(), "git", help);
    vec![miette::Report::new(wrong)]
}

/// The template that a rehearsal file names as the one that runs.
fn live_file(file: &RehearsalFile, path: &Path) -> Result<PathBuf, Vec<miette::Report>> {
    let at = ["live".into(), "template".into()];
    let found = file.template_at(path, &at);
    found.map_err(|wrong| vec![miette::Report::new(wrong)])
}

/// A template in a revision, and where a command builds that, the checkout that it stands in.
///
/// # Errors
/// The revision cannot be read or built, or has no such template.
pub fn in_revision(
    template: &Path,
    revision: &str,
    build: Option<&str>,
) -> Result<(InRevision, Option<Checkout>), miette::Report> {
    match build {
        Some(command) => {
            let (read, checkout) = built(template, revision, command)?;
            Ok((read, Some(checkout)))
        }
        None => Ok((git::read(template, revision)?, None)),
    }
}

fn built(
    template: &Path,
    revision: &str,
    command: &str,
) -> Result<(InRevision, Checkout), miette::Report> {
    let levels = templates::levels_below_project(template);
    let checkout = git::built(template, levels, revision, command)?;
    let read = InRevision {
        name: format!("{revision}:{}", checkout.path),
        text: text_of(&checkout.template)?,
        folder: None,
    };
    Ok((read, checkout))
}

/// The name and the text of the template that runs, and the checkout that it stands in.
fn live_template(
    file: &RehearsalFile,
    live: &Live,
    template: &Path,
    text: &str,
) -> Result<(InRevision, Option<Checkout>), Vec<miette::Report>> {
    let here = |name: String, text: String| {
        let read = InRevision {
            name,
            text,
            folder: None,
        };
        (read, None)
    };
    let wrong = |message: String, key: &str, help: Option<String>| {
        vec![miette::Report::new(file.wrong_live(message, key, help))]
    };
    match (&live.template, &live.git) {
        (Some(_), Some(_)) => Err(wrong(
            "what runs is one template: give `template` or `git`, not both".to_owned(),
            "git",
            None,
        )),
        (Some(_), None) if live.build_command.is_some() => Err(wrong(
            "`build_command` builds a git revision, and what runs is named by `template`".to_owned(),
            "build_command",
            Some("build that template's code where it is and take `build_command` out, or name a revision by `git`".to_owned()),
        )),
        (Some(path), None) => {
            let path = live_file(file, path)?;
            let text = text_of(&path).map_err(|refusal| vec![miette::Report::new(refusal)])?;
            // As a person has written it, which a path from the rehearsal file is not.
            let asked = file.live_options.template.as_ref().unwrap_or(&path);
            Ok(here(asked.display().to_string(), text))
        }
        (None, Some(revision)) => in_revision(template, revision, live.build_command.as_deref())
            .map_err(|error| match error.downcast::<GitError>() {
                Ok(error) => wrong_git(file, &error),
                Err(error) => vec![error],
            }),
        (None, None) if live.build_command.is_some() => Err(wrong(
            "a checkout of a git revision is built, and none is named".to_owned(),
            "build_command",
            Some("name it by `git`".to_owned()),
        )),
        (None, None) => Ok(here(template.display().to_string(), text.to_owned())),
    }
}
