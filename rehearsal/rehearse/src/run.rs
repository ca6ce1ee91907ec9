//! A rehearsal, from its file to its report.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use miette::{Diagnostic, IntoDiagnostic, NamedSource, SourceSpan, WrapErr, miette};
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::plan::apis::{RequestError, targets};
use rehearsal_deployment::plan::{Draft, NotRehearsed, TargetError, Unused};
use rehearsal_deployment::{Plan, PlanError, Revision};
use rehearsal_report::fold::Fold;
use rehearsal_report::{ExpectationReport, FailureReport, Report};
use rehearsal_template::{Place, Stack};

use crate::arguments::{RunOptions, TemplateInputs};
use crate::builds::programs::{Programs, Runtimes};
use crate::builds::{AUTO, Finder, chosen, taken_lines};
use crate::drive::{Driver, Seen};
use crate::elsewhere;
use crate::emulators;
use crate::file::{self, FileError, RehearsalFile};
use crate::inputs;
use crate::live::{self, Stacks};
use crate::logs::KeptLogs;
use crate::names;
use crate::progress::Live;
use crate::repeat;

/// What to do about a missing binary.
const BUILD: &str = "build it first: `cargo build --profile rehearse` for `cargo`, `sam build` for `sam`, `cdk synth` for `cdk`";

/// A rehearsal that is ready to run.
pub struct Ready {
    file: RehearsalFile,
    old: Stack,
    new: Stack,
    plan: Plan,
    programs: Programs,
    /// Where emulators listen, by the signing name of their service.
    emulators: BTreeMap<String, SocketAddr>,
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

/// What became of a rehearsal file that can be used.
pub enum Prepared {
    /// It can run.
    Ready(Box<Ready>),
    /// Its name has not what `--filter` asks for.
    LeftOut,
}

impl Ready {
    /// The rehearsal file.
    pub fn file(&self) -> &RehearsalFile {
        &self.file
    }

    /// Where code was found, and which calls go to emulators: a line each.
    pub fn notes(&self) -> Vec<String> {
        let taken = self.programs.taken.iter();
        let code = taken.map(|taken| format!("code: {taken}"));
        let services = self.file.rehearsal.services.iter();
        let emulators = services.map(|(service, url)| format!("calls to {service}: {url}"));
        code.chain(emulators).collect()
    }
}

/// Reads a rehearsal file with everything that it names.
///
/// # Errors
/// What is wrong with any of it.
pub fn prepare(path: &Path, options: &RunOptions) -> Result<Prepared, Vec<miette::Report>> {
    let one = |error: FileError| vec![miette::Report::new(error)];
    let mut file = RehearsalFile::read(path).map_err(one)?;
    if let Some(filter) = &options.filter
        && !file.name.contains(filter.as_str())
    {
        return Ok(Prepared::LeftOut);
    }
    if let Some(place) = &options.builds {
        file.rehearsal.builds.old.clone_from(place);
        file.rehearsal.builds.new.clone_from(place);
        if let Some(live) = &mut file.rehearsal.live {
            live.builds = None;
        }
    }
    let mut ready = ready(file, &options.inputs)?;
    ready.emulators = emulators::reach(&ready.file).map_err(one)?;
    Ok(Prepared::Ready(Box::new(ready)))
}

/// What a rehearsal file asks for, wherever its functions' code is.
pub struct Planned {
    pub file: RehearsalFile,
    pub old: Stack,
    pub new: Stack,
    pub plan: Plan,
    template: Arc<NamedSource<String>>,
}

/// Reads everything that a rehearsal file names.
///
/// # Errors
/// What is wrong with any of it, at its place.
pub fn ready(file: RehearsalFile, options: &TemplateInputs) -> Result<Ready, Vec<miette::Report>> {
    let Planned {
        file,
        old,
        new,
        mut plan,
        template,
    } = planned(file, options)?;
    let in_template = |message: String, place: Place| {
        miette::Report::new(OnThePath {
            message,
            text: Arc::clone(&template),
            at: place.span(),
            help: None,
        })
    };
    let (programs, notes) = programs(&file, &file.template(), &old, &new, &plan, &in_template)?;
    plan.not_rehearsed.extend(notes);
    plan.not_rehearsed
        .sort_by(|a, b| (a.place.line, &a.logical_id).cmp(&(b.place.line, &b.logical_id)));
    Ok(Ready {
        file,
        old,
        new,
        plan,
        programs,
        emulators: BTreeMap::new(),
    })
}

/// Reads what a rehearsal file names, but for code.
///
/// # Errors
/// What is wrong with any of it, at its place.
pub fn planned(
    file: RehearsalFile,
    options: &TemplateInputs,
) -> Result<Planned, Vec<miette::Report>> {
    let one = |error: FileError| vec![miette::Report::new(error)];
    let template = file.template();
    let refused = |refusal| vec![miette::Report::new(refusal)];
    let text = rehearsal_template::text_of(&template).map_err(refused)?;
    let inputs = inputs::of(options, &template, Some(&file.rehearsal))
        .map_err(|error| vec![miette::Report::from_err(error)])?;
    let Stacks {
        mut old,
        mut new,
        update,
    } = live::stacks(&file, &template, &text, inputs)?;
    elsewhere::set_variables(&file, &mut old);
    elsewhere::set_variables(&file, &mut new);
    names::check(&file, &new).map_err(one)?;
    elsewhere::check(&file, &new).map_err(one)?;
    let text = Arc::new(NamedSource::new(template.display().to_string(), text));
    let with_help = |message: String, place: Place, help: Option<String>| {
        miette::Report::new(OnThePath {
            message,
            text: Arc::clone(&text),
            at: place.span(),
            help,
        })
    };
    let in_template = |message: String, place: Place| with_help(message, place, None);
    let refused = |errors: Vec<PlanError>| -> Vec<miette::Report> {
        let (lacking, others) = elsewhere::lacking(&file, &text, errors);
        let others = others.into_iter().map(|error| {
            with_help(
                error.to_string(),
                error.place,
                error.help.map(str::to_owned),
            )
        });
        lacking.into_iter().chain(others).collect()
    };
    let given = file.rehearsal.given();
    let draft = match &update {
        Some(update) => Draft::between(&old, &new, given, update),
        None => Draft::new(&old, &new, given),
    };
    let draft = draft.map_err(refused)?;
    let unused = draft.unused();
    if !unused.is_empty() {
        return Err(unused
            .iter()
            .map(|given| unused_given(&file, given))
            .collect());
    }
    file.rehearsal
        .check_requests(draft.deployments())
        .map_err(|beyond| one(file.beyond(&beyond)))?;
    let targets = targets(&draft, &file.rehearsal).map_err(|errors| {
        let no_route = |error: &RequestError| matches!(error.what, TargetError::NoRoute { .. });
        let unknown: Vec<_> = unknown_routes(&new)
            .map(|(message, place)| in_template(message, place))
            .collect();
        if !unknown.is_empty() && errors.iter().any(no_route) {
            return unknown;
        }
        let wrong = errors.into_iter().map(|error| {
            let [at @ .., _] = file::request(error.number - 1, "");
            let (wanted, there) = error.what.instead();
            let there: Vec<_> = there.iter().map(String::as_str).collect();
            miette::Report::new(file.wrong_at(error.to_string(), &at, names::help(&wanted, &there)))
        });
        wrong.collect()
    })?;
    let plan = draft.plan(&file.rehearsal, &targets).map_err(refused)?;
    Ok(Planned {
        file,
        old,
        new,
        plan,
        template: text,
    })
}

/// What runs the functions of both builds, and what a person should know of it.
fn programs(
    file: &RehearsalFile,
    template: &Path,
    old: &Stack,
    new: &Stack,
    plan: &Plan,
    in_template: &dyn Fn(String, Place) -> miette::Report,
) -> Result<(Programs, Vec<NotRehearsed>), Vec<miette::Report>> {
    let beside = file.path.parent().unwrap_or(Path::new(""));
    let template_folder = template.parent().unwrap_or(Path::new(""));
    let mut runtimes = Runtimes::new(&file.rehearsal.runtimes, beside);
    let builds = &file.rehearsal.builds;
    let mut taken = BTreeMap::new();
    let mut of_build = |place: &str, key: &str, at: [Step; 2], stack: &Stack| {
        let revision = match key {
            "new" => Revision::After,
            _ => Revision::Before,
        };
        let has_code = |id: &&String| plan.stubs.of(id, revision).is_none();
        let finder = Finder {
            beside,
            template,
            stack,
        };
        let builds = finder
            .find(place, plan.functions.keys().filter(has_code))
            .map_err(|error| vec![file.wrong_at(error.to_string(), &at, None).into()])?;
        if place == AUTO {
            taken.insert(key.to_owned(), chosen(&builds));
        }
        let (programs, without) = runtimes.programs(&builds, stack, template_folder);
        if without.is_empty() {
            return Ok(programs);
        }
        let errors = without.into_iter().map(|(function, error)| {
            let at = function.runtime.as_ref();
            let at = at.map_or(function.place, |runtime| runtime.place);
            in_template(format!("{}: {error}", function.logical_id), at)
        });
        Err(errors.collect::<Vec<_>>())
    };
    let of_live = file.rehearsal.live.as_ref();
    let (place, at) = match of_live.and_then(|live| live.builds.as_ref()) {
        Some(place) => (place, ["live".into(), "builds".into()]),
        None => (&builds.old, ["builds".into(), "old".into()]),
    };
    let old_programs = of_build(place, "old", at, old)?;
    let new_programs = of_build(&builds.new, "new", ["builds".into(), "new".into()], new)?;
    let programs = Programs {
        old: old_programs,
        new: new_programs,
        clients: runtimes.clients(),
        taken: taken_lines(&taken),
    };
    programs.check(old, new).map_err(|unusable| {
        let wrong = unusable.into_iter().map(|program| {
            let at = ["builds".into(), program.build.into()];
            let help = program.is_missing().then(|| BUILD.to_owned());
            miette::Report::new(file.wrong_at(program.to_string(), &at, help))
        });
        wrong.collect::<Vec<_>>()
    })?;
    Ok((programs, runtimes.notes))
}

/// Something that the file gives and no gate uses.
fn unused_given(file: &RehearsalFile, unused: &Unused) -> miette::Report {
    let at: Vec<Step> = match unused {
        Unused::Alarm { index, .. } => vec!["alarm".into(), (*index).into()],
        Unused::Metric { index, .. } => vec!["metric".into(), (*index).into()],
        Unused::NotJudged { index, .. } => {
            vec!["gates".into(), "not_judged".into(), (*index).into()]
        }
    };
    miette::Report::new(file.wrong_at(unused.to_string(), &at, None))
}

/// The routes that are not known, with the reason.
fn unknown_routes(stack: &Stack) -> impl Iterator<Item = (String, Place)> {
    stack.apis.iter().flat_map(|api| {
        let whole = api.routes_unknown.iter().map(|unknown| {
            let message = format!("{}: its routes are not known: {unknown}", api.logical_id);
            (message, unknown.place)
        });
        let single = api.routes.iter().filter_map(|route| {
            let unknown = route.function.value.as_ref().err()?;
            let message = format!(
                "{}: the function behind {} {} is not known: {unknown}",
                api.logical_id, route.method, route.path
            );
            Some((message, unknown.place))
        });
        whole.chain(single)
    })
}

/// Runs a rehearsal to its end, with another seed than the file's where one is given.
///
/// # Errors
/// Why it could not be run to its end.
pub async fn perform(
    rehearsal: &Ready,
    seed: Option<u64>,
    options: &RunOptions,
    live: &mut Live,
) -> miette::Result<Report> {
    let Ready {
        file,
        old,
        new,
        programs,
        emulators,
        ..
    } = rehearsal;
    let mut plan = rehearsal.plan.clone();
    plan.seed = seed.unwrap_or(plan.seed);
    let began = Instant::now();
    let command = repeat::command(&file.path, plan.seed, options);
    live.begin(&file.name, &plan);
    let failed = || format!("{} could not be rehearsed", file.path.display());
    let mut kept = options
        .logs_dir
        .as_deref()
        .map(|folder| KeptLogs::new(folder, &logs_name(file, seed), plan.keep_kib))
        .transpose()?;
    let shows_lines = options.logs || kept.is_some();
    let driver = Driver::new(
        plan.clone(),
        old,
        new,
        programs,
        emulators.clone(),
        shows_lines,
    )
    .await
    .into_diagnostic()
    .wrap_err_with(failed)?;
    let mut fold = Fold::new(&file.name, &plan);
    let may_fail = file.rehearsal.expect.old_version_fails;
    driver
        .run(|seen| {
            let event = match seen {
                Seen::Event(event) => event,
                Seen::Wrote(wrote) => {
                    if options.logs {
                        live.wrote(wrote);
                    }
                    if let Some(kept) = &mut kept {
                        kept.add(wrote);
                    }
                    return ControlFlow::Continue(());
                }
            };
            fold.observe(event);
            live.observe(event);
            match fold.broken_before() {
                Some(_) if !may_fail => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .await
        .into_diagnostic()
        .wrap_err_with(failed)?;
    if let Some(kept) = kept {
        kept.write()?;
    }
    if let Some(broken) = fold.broken_before().filter(|_| !may_fail) {
        return Err(broken_before(broken)).wrap_err_with(failed);
    }
    let mut report = fold.finish().held_against(&file.rehearsal.expect);
    faults_act(file, &mut report);
    report.command = command;
    report.wall_seconds = began.elapsed().as_secs_f64();
    Ok(report)
}

/// The folder of a rehearsal's logs: each seed that is not the file's has its own.
fn logs_name(file: &RehearsalFile, seed: Option<u64>) -> String {
    match seed {
        Some(seed) => format!("{} (seed {seed})", file.name),
        None => file.name.clone(),
    }
}

/// Every fault is expected to act: what came of a rehearsal says nothing of one that acted on nothing.
fn faults_act(file: &RehearsalFile, report: &mut Report) {
    let acted = report.faults_acted.clone().into_iter().enumerate();
    report.expect(acted.map(|(number, calls)| {
        let at = [Step::from("fault"), number.into()];
        let line = file
            .line(&at)
            .map(|line| format!(" (line {line})"))
            .unwrap_or_default();
        let key = format!("fault {}", number + 1);
        ExpectationReport {
            function: None,
            difference: (calls == 0).then(|| format!("{key}{line} acted on nothing")),
            key,
            expected: "acts on a call".to_owned(),
            got: format!("acted on {calls}"),
        }
    }));
}

/// What runs before the update fails by itself, so that nothing can be learnt of the update.
fn broken_before(broken: &FailureReport) -> miette::Report {
    let FailureReport {
        function,
        version,
        error_type,
        message,
        sample,
        ..
    } = broken;
    let error = error_type.as_deref().unwrap_or("an error");
    let mut text = format!(
        "{function} fails before the update, in version {version}, and no fault acted on it: {error}: {message}"
    );
    for line in sample.log.iter().rev().take(BROKEN_LINES).rev() {
        text.push_str("\n  ");
        text.push_str(line);
    }
    miette!(
        help = "mend what `builds.old` runs, or the request; `[expect] old_version_fails = true` allows it",
        "{text}"
    )
}

/// How many of the last lines of a broken function are shown.
const BROKEN_LINES: usize = 10;
