//! Which functions have nothing to start here: of the update, and of what runs before it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use miette::miette;
use rehearsal_deployment::plan::Draft;
use rehearsal_deployment::plan::requests::targets;
use rehearsal_host::runtimes::Family;
use rehearsal_host::runtimes::imports::{self, MissingKind};
use rehearsal_template::{Field, Stack, folder_of};

use crate::arguments::TemplateInputs;
use crate::builds::programs::{NoProgram, Programs, Runtimes};
use crate::builds::{
    AUTO, Build, Finder, Place, PlaceError, is_of_build, is_packed, not_of_revision, source,
};
use crate::file::RehearsalFile;
use crate::known::Known;
use crate::release::Release;

/// What a function of Python needs, and how it may have that here.
const REQUIREMENTS: &str = "requirements.txt";
const TO_INSTALL: &str = ": `pip install -r requirements.txt -t .` in its folder, or `sam build`, and rehearse with --builds sam";

/// Why a function cannot be started here.
pub struct Lacking {
    /// In words.
    pub why: String,
    /// Whether its code lacks that on Lambda, too, as nothing says that a build or an installation brings it.
    pub fails_there: bool,
}

impl Lacking {
    /// What this machine alone may lack.
    fn here(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            fails_there: false,
        }
    }
}

/// The functions that a run would start and that have nothing to start here, with the reason.
pub fn without_code(
    file: &RehearsalFile,
    template: &Path,
    old: &Stack,
    new: &Stack,
) -> Result<BTreeMap<String, Lacking>, Vec<miette::Report>> {
    let beside = file.path.parent().unwrap_or(Path::new(""));
    let finder = Finder {
        beside,
        template,
        instead: None,
        source: None,
        stack: new,
        packages: &file.known.packages,
    };
    // Each interpreter is asked once, whichever functions it runs.
    let mut runtimes = Runtimes::new(&file.rehearsal.runtimes, beside);
    let draft = Draft::new(old, new, file.rehearsal.given());
    let functions = draft.map_or_else(|_| Vec::new(), |draft| functions(file, draft));
    let mut without = BTreeMap::new();
    for id in functions {
        if let Err(why) = startable(&mut runtimes, &finder, &id, old, new)? {
            without.insert(id, why);
        }
    }
    Ok(without)
}

/// The code of what runs before the update.
pub struct Before {
    /// The functions that a run would start and that have nothing to start here, with the reason.
    pub without: BTreeMap<String, String>,
    /// Those that start.
    pub starts: BTreeSet<String>,
    /// What was found of it.
    pub known: Known,
}

/// The code of what runs before the update, where a person has named that.
pub fn before(file: RehearsalFile, live: &Stack) -> Result<Before, Vec<miette::Report>> {
    let release = Release::read(file, &TemplateInputs::default())?;
    let beside = folder_of(&release.file.path);
    let mut runtimes = Runtimes::new(&release.file.rehearsal.runtimes, &beside);
    let finder = release.finder_before(&beside);
    // What else is wrong is reported when the whole is prepared.
    let planned = release.planned();
    let functions = planned.map_or_else(|_| BTreeMap::new(), |planned| planned.plan.functions);
    let (mut without, mut starts) = (BTreeMap::new(), BTreeSet::new());
    for id in functions.into_keys() {
        let Some(function) = live.function(&id) else {
            continue;
        };
        let is_built = finder.source.is_some() && !release.is_unchanged(&id);
        let built = is_built.then(|| not_of_revision(AUTO, function)).flatten();
        let startable = match built {
            Some(built) => Err(Lacking::here(built)),
            None => startable(&mut runtimes, &finder, &id, live, live)?,
        };
        match startable {
            Ok(()) => {
                starts.insert(id);
            }
            Err(lacking) => {
                without.insert(id, release.in_words(&lacking.why));
            }
        }
    }
    Ok(Before {
        without,
        starts,
        known: release.known(),
    })
}

/// The functions that a run would start. None where something is wrong, which is reported when the whole is prepared.
pub fn functions(file: &RehearsalFile, draft: Draft<'_>) -> Vec<String> {
    let Ok(targets) = targets(&draft, &file.rehearsal) else {
        return Vec::new();
    };
    let plan = draft.plan(&file.rehearsal, &targets);
    plan.map(|plan| plan.functions.into_keys().collect())
        .unwrap_or_default()
}

/// Whether a function can be started, with what its code loads, or why not.
///
/// # Errors
/// This machine cannot start any, whatever its code is: no stub stands for that.
fn startable(
    runtimes: &mut Runtimes<'_>,
    finder: &Finder<'_>,
    id: &String,
    old: &Stack,
    new: &Stack,
) -> Result<Result<(), Lacking>, Vec<miette::Report>> {
    let builds = match finder.find(AUTO, std::iter::once(id)) {
        Ok(builds) => builds,
        Err(PlaceError::Function { what, .. }) => return Ok(Err(Lacking::here(what))),
        Err(PlaceError::NoHandler { what, .. }) => {
            return Ok(Err(Lacking {
                why: what,
                fails_there: true,
            }));
        }
        Err(error) => return Ok(Err(Lacking::here(error.to_string()))),
    };
    let folder = finder.template.parent().unwrap_or(Path::new(""));
    let (programs, without) = runtimes.programs(&builds, new, folder);
    if let Some((_, error)) = without.first() {
        return match error {
            NoProgram::Clients(_) => Err(vec![miette!(
                help = "TMPDIR names the folder of temporary files; without it, that is /var/tmp, or else /tmp",
                "{error}"
            )]),
            error => Ok(Err(Lacking::here(error.to_string()))),
        };
    }
    let programs = Programs {
        new: programs,
        clients: runtimes.clients(),
        ..Programs::default()
    };
    if let Err(unusable) = programs.check(old, new) {
        let first = unusable.first();
        let why = first.map_or_else(String::new, ToString::to_string);
        return Ok(Err(Lacking::here(why)));
    }
    let function = new.function(id);
    let known = |of: Option<&Field<String>>| of?.known_value().cloned();
    let runtime = function.and_then(|function| known(function.runtime.as_ref()));
    let handler = function.and_then(|function| known(function.handler.as_ref()));
    // What is deployed as it is, a package or what a tool has built, fails on Lambda without something that its code loads, and a
    // rehearsal shows how.
    let is_deployed = |build: &Build| {
        let is_built =
            matches!(build.place, Place::Sam | Place::Cdk) || is_of_build(finder.template);
        is_built || function.is_some_and(is_packed)
    };
    let has_all_layers = builds
        .values()
        .all(|build| build.layers_elsewhere.is_empty());
    let is_whole = has_all_layers && builds.values().all(is_deployed);
    let missing = programs.new.get(id).and_then(|program| {
        let handler = program.handler.clone().or(handler);
        let family = Family::of(&runtime?);
        let missing = imports::missing(program, family, &handler?)?;
        if is_whole && !matches!(missing.kind, MissingKind::Shipped { .. }) {
            return None;
        }
        let is_its_own = matches!(missing.kind, MissingKind::Package { .. });
        let asks = is_its_own && program.task_root.join(REQUIREMENTS).is_file();
        Some(Lacking {
            why: missing.to_string() + if asks { TO_INSTALL } else { "" },
            fails_there: has_all_layers
                && is_lacking_there(&program.task_root, family, &missing.kind),
        })
    });
    Ok(missing.map_or(Ok(()), Err))
}

/// Whether a function lacks on Lambda what it lacks here: a file that no build makes, or a package that nothing asks for.
fn is_lacking_there(folder: &Path, family: Family, missing: &MissingKind) -> bool {
    match missing {
        MissingKind::Handler { .. } | MissingKind::File { .. } => !source::is_built(folder),
        MissingKind::Package { name, .. } => {
            !source::is_built(folder) && !source::is_asked_for(folder, family, name)
        }
        // Lambda has it, or another version of the interpreter.
        MissingKind::Shipped { .. } | MissingKind::Syntax { .. } => false,
    }
}
