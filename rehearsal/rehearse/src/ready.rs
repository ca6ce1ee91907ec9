//! An update made ready to run: everything that its file names is read, and whatever is wrong is reported.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use miette::{Diagnostic, NamedSource, SourceSpan};
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::change::CodeChange;
use rehearsal_deployment::plan::requests::{RequestError, targets};
use rehearsal_deployment::plan::{
    Draft, KeptVersion, KeptVersions, NotRehearsed, TargetError, Unused, set_replaced_apart,
};
use rehearsal_deployment::{Plan, PlanError, Revision};
use rehearsal_template::stack::NotRehearsedKind;
use rehearsal_template::{Place, Stack};

use crate::builds::programs::{KeptPrograms, Programs, Runtimes};
use crate::builds::{
    AUTO, Build, Finder, Place as CodePlace, PlaceError, chosen, folder_of, how_to_build,
    not_of_revision, taken_lines,
};
use crate::external_values;
use crate::file::{self, FileError, RehearsalFile};
use crate::git::RevisionSource;
use crate::live::{Kept, Stacks};
use crate::names;

/// An update that is ready to run.
pub struct Ready {
    /// Its file.
    pub file: RehearsalFile,
    /// The stack that runs.
    pub old: Stack,
    /// The stack that it leaves.
    pub new: Stack,
    /// What it does.
    pub plan: Plan,
    /// What runs its functions.
    pub programs: Programs,
    /// What the file gives for all updates and no gate of this one uses: the place and a message.
    pub unused: Vec<(Vec<Step>, String)>,
}

/// Something on a deployment's path that cannot be rehearsed, at its place in the template.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(rehearse::plan))]
struct OnThePath {
    message: String,
    #[source_code]
    text: Arc<NamedSource<String>>,
    #[label("here")]
    at: SourceSpan,
    #[help]
    help: Option<String>,
}

/// What an update asks for, wherever its functions' code is.
pub struct Planned {
    /// Its file.
    pub file: RehearsalFile,
    /// The stack that runs.
    pub old: Stack,
    /// The stack that it leaves.
    pub new: Stack,
    /// What it does.
    pub plan: Plan,
    /// What the file gives for all updates and no gate of this one uses: the place and a message.
    pub unused: Vec<(Vec<Step>, String)>,
    /// What earlier updates have left.
    kept: Vec<Kept>,
    template: Shown,
}

/// The template of an update, in which what is wrong with it is shown.
struct Shown(Arc<NamedSource<String>>);

impl Shown {
    fn report(&self, message: String, place: Place, help: Option<String>) -> miette::Report {
        miette::Report::new(OnThePath {
            message,
            text: Arc::clone(&self.0),
            at: place.span(),
            help,
        })
    }

    /// What a plan lacks: values that the file may give, at their places in the file, before all else.
    fn refused(&self, file: &RehearsalFile, errors: Vec<PlanError>) -> Vec<miette::Report> {
        let (lacking, others) = external_values::lacking(file, &self.0, errors);
        let others = others
            .into_iter()
            .map(|error| self.report(error.to_string(), error.place, error.help));
        lacking.into_iter().chain(others).collect()
    }
}

/// Plans one update, wherever its functions' code is: `text` is its template's.
///
/// # Errors
/// What is wrong with anything that it names, at its place.
pub fn planned_with(
    file: RehearsalFile,
    template: &Path,
    text: &str,
    stacks: Stacks,
) -> Result<Planned, Vec<miette::Report>> {
    let one = |error: FileError| vec![miette::Report::new(error)];
    let Stacks {
        mut old,
        mut new,
        update,
        kept,
    } = stacks;
    external_values::complete(&file, &mut old);
    external_values::complete(&file, &mut new);
    names::check(&file, &new).map_err(one)?;
    external_values::check(&file, &new).map_err(one)?;
    let name = template.display().to_string();
    let template = Shown(Arc::new(NamedSource::new(name, text.to_owned())));
    if let Some(update) = &update {
        set_replaced_apart(&mut old, update);
    }
    let given = file.rehearsal.given();
    let draft = match &update {
        Some(update) => Draft::between(&old, &new, given, update),
        None => Draft::new(&old, &new, given),
    };
    let draft = draft
        .map_err(|errors| template.refused(&file, errors))?
        .beside(kept_versions(&file, &kept));
    let unused = unused(&file, &draft)?;
    let actions = draft
        .actions(&file.rehearsal.actions)
        .map_err(|(number, wrong)| {
            let at = ["action".into(), number.into()];
            one(file.wrong_at(wrong, &at, None))
        })?;
    file.rehearsal
        .check_requests(draft.deployments())
        .map_err(|beyond| one(file.beyond(&beyond)))?;
    let targets = targets(&draft, &file.rehearsal)
        .map_err(|errors| without_target(&file, &new, &template, errors))?;
    let mut plan = draft
        .plan(&file.rehearsal, &targets)
        .map_err(|errors| template.refused(&file, errors))?;
    plan.step.actions = actions;
    Ok(Planned {
        file,
        old,
        new,
        plan,
        unused,
        kept,
        template,
    })
}

/// The versions that earlier updates have left, as a plan has them.
fn kept_versions(file: &RehearsalFile, kept: &[Kept]) -> KeptVersions {
    let stubs = file.rehearsal.stubs();
    let versions = kept.iter().filter_map(|kept| {
        let stub = stubs.of_kept(&kept.function, &kept.build);
        let version = KeptVersion::of(&kept.stack, &kept.function, stub)?;
        Some(((kept.id.clone(), kept.number.clone()), version))
    });
    versions.collect()
}

/// What the file gives for all updates and no gate of this one uses: the place and a message.
///
/// # Errors
/// What it gives for this one alone.
fn unused(
    file: &RehearsalFile,
    draft: &Draft<'_>,
) -> Result<Vec<(Vec<Step>, String)>, Vec<miette::Report>> {
    let unused = draft.unused();
    let (own, of_all): (Vec<_>, Vec<_>) = unused
        .iter()
        .map(|given| (place_of(given), given.to_string()))
        .partition(|(at, _)| file.is_own(&at[..1]));
    if own.is_empty() {
        return Ok(of_all);
    }
    let wrong = own.into_iter();
    Err(wrong
        .map(|(at, message)| miette::Report::new(file.wrong_at(message, &at, None)))
        .collect())
}

/// What is wrong with requests that go nowhere. Where a route of the template is not known, that is why.
fn without_target(
    file: &RehearsalFile,
    new: &Stack,
    template: &Shown,
    errors: Vec<RequestError>,
) -> Vec<miette::Report> {
    let no_route = |error: &RequestError| matches!(error.what, TargetError::NoRoute { .. });
    let unknown: Vec<_> = unknown_routes(new)
        .map(|(message, place)| template.report(message, place, None))
        .collect();
    if !unknown.is_empty() && errors.iter().any(no_route) {
        return unknown;
    }
    let wrong = errors.into_iter().map(|error| {
        if let TargetError::Claims(what) = &error.what {
            let mut at = file::request(error.number - 1, "claims").to_vec();
            at.extend(what.claim().map(Step::from));
            return miette::Report::new(file.wrong_at(error.to_string(), &at, what.help()));
        }
        let [at @ .., _] = file::request(error.number - 1, "");
        let (wanted, there) = error.what.wanted_and_there();
        let there: Vec<_> = there.iter().map(String::as_str).collect();
        miette::Report::new(file.wrong_at(error.to_string(), &at, names::help(&wanted, &there)))
    });
    wrong.collect()
}

/// What runs before an update, as far as it is files.
#[derive(Clone, Copy)]
pub struct Before<'f> {
    /// The path of its template.
    pub template: &'f Path,
    /// A second one, to look beside for a function whose code is not beside the first.
    pub instead: Option<&'f Path>,
    /// The source of its functions, where that is of a revision.
    pub source: Option<&'f RevisionSource>,
    /// The revision, where it is built in a checkout.
    pub built: Option<&'f str>,
    /// What is known of its functions' code since, as far as that is compared.
    pub code: Option<&'f BTreeMap<String, CodeChange>>,
}

impl<'f> Before<'f> {
    /// What an update's own template says: its code is where that template is.
    fn of_update(template: &'f Path) -> Self {
        Self {
            template,
            instead: None,
            source: None,
            built: None,
            code: None,
        }
    }
}

/// Makes one update ready.
///
/// # Errors
/// A function has no program.
pub fn ready_with(
    planned: Planned,
    live: Before<'_>,
    template: &Path,
) -> Result<Ready, Vec<miette::Report>> {
    let Planned {
        file,
        old,
        new,
        mut plan,
        unused,
        kept,
        template: shown,
    } = planned;
    let templates = (live, template);
    let (programs, notes) = programs(&file, templates, (&old, &new, &kept), &plan, &shown)?;
    plan.not_rehearsed.extend(notes);
    plan.not_rehearsed
        .sort_by(|a, b| (a.place.line, &a.logical_id).cmp(&(b.place.line, &b.logical_id)));
    Ok(Ready {
        file,
        old,
        new,
        plan,
        programs,
        unused,
    })
}

/// What comes of a function without the file of its handler.
const FAILS: &str = "as it stands Lambda fails each call of it (Runtime.ImportModuleError): name the file in `Handler`, or a [[stub]] stands for the function";

/// What runs the functions of both builds, and what a person should know of it.
fn programs(
    file: &RehearsalFile,
    (before, new_template): (Before<'_>, &Path),
    (old, new, kept): (&Stack, &Stack, &[Kept]),
    plan: &Plan,
    shown: &Shown,
) -> Result<(Programs, Vec<NotRehearsed>), Vec<miette::Report>> {
    let beside = file.path.parent().unwrap_or(Path::new(""));
    let mut runtimes = Runtimes::new(&file.rehearsal.runtimes, beside);
    let builds = &file.rehearsal.builds;
    let packages = &file.known.packages;
    let mut taken = BTreeMap::new();
    let mut of_build = |place: &str, key: &str, at: [Step; 2], stack: &Stack| {
        let (revision, of) = match key {
            "new" => (Revision::After, Before::of_update(new_template)),
            _ => (Revision::Before, before),
        };
        let Before {
            template,
            instead,
            source,
            built,
            code,
        } = of;
        let template_folder = template.parent().unwrap_or(Path::new(""));
        let has_code = |id: &&String| plan.stubs.of(id, revision).is_none();
        if let Some(source) = source.filter(|_| !file.says_where_live_code_is()) {
            let functions = plan.functions.keys().filter(has_code);
            let change = |id: &String| code.and_then(|code| code.get(id));
            let is_unchanged = |id: &&String| change(id) == Some(&CodeChange::Same);
            let functions = functions.filter(|id| !is_unchanged(id));
            let mut built = functions.filter_map(|id| {
                let why = not_of_revision(place, stack.function(id)?)?;
                Some(format!("{id}: {why}"))
            });
            if let Some(built) = built.next() {
                return Err(vec![no_code(file, source, &built)]);
            }
        }
        let finder = Finder {
            beside,
            template,
            instead,
            source: source.map(|source| source.template.as_path()),
            stack,
            packages,
        };
        let builds = finder
            .find(place, plan.functions.keys().filter(has_code))
            .map_err(|error| {
                let words = error.to_string();
                let words = source.map_or(words.clone(), |source| source.in_words(&words));
                let help = matches!(error, PlaceError::NoHandler { .. }).then(|| FAILS.to_owned());
                vec![file.wrong_builds(words, &at, help).into()]
            })?;
        if place == AUTO {
            let revision = source.map(RevisionSource::name);
            let revision = revision.as_deref().or(built);
            let chosen = chosen(&builds, revision, built.is_some());
            taken.insert(key.to_owned(), chosen);
        }
        if let Some(source) = source {
            note_lacking(&mut runtimes, source, &builds, stack);
        }
        let (programs, without) = runtimes.programs(&builds, stack, template_folder);
        if without.is_empty() {
            return Ok(programs);
        }
        let errors = without.into_iter().map(|(function, error)| {
            let at = function.runtime.as_ref();
            let at = at.map_or(function.place, |runtime| runtime.place);
            shown.report(format!("{}: {error}", function.logical_id), at, None)
        });
        Err(errors.collect::<Vec<_>>())
    };
    let of_live = file.rehearsal.live.as_ref();
    let (old_place, at) = match of_live.and_then(|live| live.builds.as_ref()) {
        Some(place) => (place, ["live".into(), "builds".into()]),
        None => (&builds.old, ["builds".into(), "old".into()]),
    };
    let old_programs = of_build(old_place, "old", at, old)?;
    let new_programs = of_build(&builds.new, "new", ["builds".into(), "new".into()], new)?;
    let kept = kept_programs(file, kept, plan, &mut runtimes)?;
    let programs = Programs {
        old: old_programs,
        new: new_programs,
        kept,
        clients: runtimes.clients(),
        packages: packages.clone(),
        taken: taken_lines(&taken),
    };
    programs.check(old, new).map_err(|unusable| {
        let wrong = unusable.into_iter().map(|program| {
            let at = ["builds".into(), program.build.into()];
            let (place, stack, template) = match program.build {
                "new" => (&builds.new, new, new_template),
                _ => (old_place, old, before.template),
            };
            let function = stack.function(&program.function);
            let help = function
                .filter(|_| program.is_missing())
                .and_then(|function| how_to_build(place, function, template));
            miette::Report::new(file.wrong_builds(program.to_string(), &at, help))
        });
        wrong.collect::<Vec<_>>()
    })?;
    Ok((programs, runtimes.notes))
}

/// Notes of each function that runs as source what of it the revision has not.
fn note_lacking(
    runtimes: &mut Runtimes<'_>,
    source: &RevisionSource,
    builds: &BTreeMap<String, Build>,
    stack: &Stack,
) {
    let as_source = builds
        .iter()
        .filter(|(_, build)| build.place == CodePlace::Source);
    for function in as_source.filter_map(|(id, _)| stack.function(id)) {
        let lacking = folder_of(function).and_then(|folder| source.lacking_below(folder));
        if let Some(lacking) = lacking {
            let why = format!("its old version lacks files that git keeps elsewhere: {lacking}");
            runtimes.note(function, why, NotRehearsedKind::WithoutFiles);
        }
    }
}

/// What runs is of a revision, and the code of a function is not.
fn no_code(file: &RehearsalFile, source: &RevisionSource, why: &str) -> miette::Report {
    let message = format!(
        "of {} only code that runs as its source stands is known, Node.js and Python, and what runs has other: {why}",
        source.revision
    );
    let help = if file.live_options.is_named() {
        "--live-build COMMAND builds it in a checkout of the revision"
    } else {
        "say where the code that runs is: `build_command` beside `git` builds a checkout of it; `builds` is a folder that was kept or \"stub\", or `old` of [builds]"
    };
    file.wrong_live(message, "git", Some(help.to_owned()))
        .into()
}

/// What runs the versions that earlier updates have left, as far as anyone may ask for them.
fn kept_programs(
    file: &RehearsalFile,
    kept: &[Kept],
    plan: &Plan,
    runtimes: &mut Runtimes<'_>,
) -> Result<KeptPrograms, Vec<miette::Report>> {
    let mut programs = KeptPrograms::new();
    for version in kept {
        let name = (version.id.clone(), version.number.clone());
        let planned = plan.kept_versions.get(&name);
        let Some((planned, function)) = planned.zip(version.stack.function(&version.function))
        else {
            continue;
        };
        let mut program = None;
        if planned.stub.is_none() && plan.functions.contains_key(&version.id) {
            let finder = Finder {
                beside: file.path.parent().unwrap_or(Path::new("")),
                template: &version.template,
                instead: version.instead.as_deref(),
                source: version.source.as_deref(),
                stack: &version.stack,
                packages: &file.known.packages,
            };
            let wrong = |what: String| {
                let number = &version.number;
                let message = format!("version {number} of {what}");
                let at = ["builds".into()];
                vec![miette::Report::new(file.wrong_builds(message, &at, None))]
            };
            let builds = finder
                .find(&version.build, std::iter::once(&version.function))
                .map_err(|error| wrong(error.to_string()))?;
            let folder = version.template.parent().unwrap_or(Path::new(""));
            let (mut found, without) = runtimes.programs(&builds, &version.stack, folder);
            if let Some((function, error)) = without.into_iter().next() {
                return Err(wrong(format!("{}: {error}", function.logical_id)));
            }
            program = found.remove(&version.function);
        }
        programs.insert(name, (function.clone(), program));
    }
    Ok(programs)
}

/// Where something stands that the file gives and no gate uses.
fn place_of(unused: &Unused) -> Vec<Step> {
    match unused {
        Unused::Alarm { index, .. } => vec!["alarm".into(), (*index).into()],
        Unused::Metric { index, .. } => vec!["metric".into(), (*index).into()],
        Unused::NotJudged { index, .. } => {
            vec!["gates".into(), "not_judged".into(), (*index).into()]
        }
    }
}

/// The routes that are not known, with the reason.
fn unknown_routes(stack: &Stack) -> impl Iterator<Item = (String, Place)> {
    stack.apis.iter().flat_map(|api| {
        let id = &api.logical_id;
        let routes = api.unknown_routes();
        routes.map(move |(what, place)| (format!("{id}: {what}"), place))
    })
}
