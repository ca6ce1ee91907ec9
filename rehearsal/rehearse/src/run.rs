//! A rehearsal, from its file to its report.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Instant;

use miette::{IntoDiagnostic, WrapErr, miette};
use rehearsal_aws::VirtualTime;
use rehearsal_deployment::Happening;
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::deployed::{Deployed, Ended};
use rehearsal_report::fold::Fold;
use rehearsal_report::{ExpectationReport, FailureReport, Report};

use crate::arguments::RunOptions;
use crate::drive::{Driver, Lasting, Seen};
use crate::emulators;
use crate::file::{FileError, RehearsalFile};
use crate::logs::KeptLogs;
use crate::progress::Live;
use crate::ready;
use crate::release::{self, ReadyUpdate, Release};
use crate::repeat;

/// A rehearsal that is ready to run: its updates, one after another.
pub struct Ready {
    release: Release,
    updates: Vec<ReadyUpdate>,
    /// Where emulators listen, by the signing name of their service.
    emulators: BTreeMap<String, SocketAddr>,
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
        &self.release.file
    }

    /// Where code was found, and which calls go to emulators: a line each.
    pub fn notes(&self) -> Vec<String> {
        let first = self.updates.first();
        let taken = first.map(|update| &update.ready.programs.taken);
        let code = taken
            .into_iter()
            .flatten()
            .map(|taken| format!("code: {taken}"));
        let services = self.release.file.rehearsal.services.iter();
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
        file.alter(|rehearsal| {
            rehearsal.builds.old.clone_from(place);
            rehearsal.builds.new.clone_from(place);
            if let Some(live) = &mut rehearsal.live {
                live.builds = None;
            }
        });
    }
    let release = Release::read(file, &options.inputs)?;
    Ok(Prepared::Ready(Box::new(Ready {
        updates: release.ready()?,
        emulators: emulators::reach(&release.file).map_err(one)?,
        release,
    })))
}

<<<<<<< HEAD
/// Runs a rehearsal to its end, with another seed than the file's where one is given: all its updates, one after another.
=======
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
            let (wanted, there) = error.what.wanted_and_there();
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
>>>>>>> d1ba958 (Name functions by what they do, say how often a cell of the matrix was run again, and drop a client that no test of the host's uses)
///
/// # Errors
/// Why it could not be run to its end.
pub async fn perform(
    rehearsal: &Ready,
    seed: Option<u64>,
    options: &RunOptions,
    live: &mut Live,
) -> miette::Result<Report> {
    let release = &rehearsal.release;
    let file = &release.file;
    let keep_kib = file.rehearsal.logs.keep_kib;
    let mut onlookers = Onlookers {
        kept: options
            .logs_dir
            .as_deref()
            .map(|folder| KeptLogs::new(folder, &logs_name(file, seed), keep_kib))
            .transpose()?,
        prints_lines: options.logs,
        live,
    };
    let mut deployed = Deployed::default();
    let mut lasting = None;
    let mut reports: Vec<(VirtualTime, Report)> = Vec::new();
    let mut not_run = None;
    for (index, foretold) in rehearsal.updates.iter().enumerate() {
        let anew;
        let update = if foretold.before == deployed {
            foretold
        } else {
            match release.ready_after(index + 1, &deployed) {
                Ok(update) => {
                    anew = update;
                    &anew
                }
                Err(errors) => {
                    let why = errors.first().map(ToString::to_string).unwrap_or_default();
                    let name = &file.each_update()[index].name;
                    not_run = Some(format!(
                        "{name} was not run, nor what follows it: those before it did not end as expected, and after that: {why}"
                    ));
                    break;
                }
            }
        };
        let began = Instant::now();
        // Boxed, for it holds everything that runs.
        let running = Box::pin(one_update(
            rehearsal,
            &update.ready,
            seed,
            lasting.take(),
            &mut onlookers,
        ));
        let done = running.await?;
        let mut report = done.report;
        report.wall_seconds = began.elapsed().as_secs_f64();
        reports.push((done.began, report));
        deployed = release.after(index + 1, update, &done.ended);
        lasting = Some(done.lasting);
    }
    if let Some(kept) = onlookers.kept {
        kept.write()?;
    }
    let mut report = if file.rehearsal.updates.is_empty() {
        let (_, report) = reports.pop().expect("a rehearsal has at least one update");
        report
    } else {
        release::together(release, &reports, not_run)
    };
    report.command = repeat::command(&file.path, report.seed, options);
    Ok(report)
}

/// Who sees what happens while a rehearsal runs.
struct Onlookers<'l> {
    live: &'l mut Live,
    /// What functions write, where it is kept.
    kept: Option<KeptLogs>,
    /// Whether it is shown.
    prints_lines: bool,
}

/// What is left when an update is over.
struct Done {
    /// When it began.
    began: VirtualTime,
    report: Report,
    ended: Ended,
    lasting: Lasting,
}

/// Runs one update, in what lasts of the one before it.
async fn one_update(
    rehearsal: &Ready,
    ready: &ready::Ready,
    seed: Option<u64>,
    lasting: Option<Lasting>,
    onlookers: &mut Onlookers<'_>,
) -> miette::Result<Done> {
    let ready::Ready {
        file,
        old,
        new,
        programs,
        ..
    } = ready;
    let Onlookers {
        live,
        kept,
        prints_lines,
    } = onlookers;
    let prints_lines = *prints_lines;
    let mut plan = ready.plan.clone();
    plan.seed = seed.unwrap_or(plan.seed);
    let began = lasting.as_ref().map_or(VirtualTime::ZERO, Lasting::now);
    live.begin(&file.name, &plan);
    let failed = || format!("{} could not be rehearsed", file.path.display());
    let shows_lines = prints_lines || kept.is_some();
    let driver = Driver::new(
        plan.clone(),
        old,
        new,
        programs,
        rehearsal.emulators.clone(),
        lasting,
        shows_lines,
    )
    .await
    .into_diagnostic()
    .wrap_err_with(failed)?;
    let mut fold = Fold::new(&file.name, &plan).beginning_at(began);
    let mut acted = vec![false; plan.step.actions.len()];
    let mut ended = Ended::default();
    let may_fail = file.rehearsal.expect.old_version_fails;
    let lasting = driver
        .run(|seen| {
            let event = match seen {
                Seen::Event(event) => event,
                Seen::Wrote(wrote) => {
                    if prints_lines {
                        live.wrote(wrote);
                    }
                    if let Some(kept) = kept.as_mut() {
                        kept.add(wrote);
                    }
                    return ControlFlow::Continue(());
                }
            };
            fold.observe(event);
            live.observe(event);
            match &event.happening {
                Happening::StoppedByHand { action, .. } => acted[*action] = true,
                Happening::UpdateReached { resources } => {
                    ended.reached.extend(resources.iter().cloned());
                }
                Happening::UpdateCompleted => ended.is_complete = true,
                _ => {}
            }
            match fold.broken_before() {
                Some(_) if !may_fail => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
        .await
        .into_diagnostic()
        .wrap_err_with(failed)?;
    if let Some(broken) = fold.broken_before().filter(|_| !may_fail) {
        if let Some(kept) = kept.take() {
            kept.write()?;
        }
        return Err(broken_before(broken)).wrap_err_with(failed);
    }
    ended.left_on = lasting.left_on();
    let mut report = fold.finish().held_against(&file.rehearsal.expect);
    faults_act(file, &mut report);
    actions_act(file, &acted, &mut report);
    Ok(Done {
        began,
        report,
        ended,
        lasting,
    })
}

/// The folder of a rehearsal's logs: each seed that is not the file's has its own.
fn logs_name(file: &RehearsalFile, seed: Option<u64>) -> String {
    match seed {
        Some(seed) => format!("{} (seed {seed})", file.name),
        None => file.name.clone(),
    }
}

/// Every action is expected to stop a deployment, as every fault is expected to act.
fn actions_act(file: &RehearsalFile, acted: &[bool], report: &mut Report) {
    let acted = acted.iter().enumerate();
    report.expect(acted.map(|(number, acted)| {
        let line = file.line_in_words(&["action".into(), number.into()]);
        let key = format!("action {}", number + 1);
        ExpectationReport {
            function: None,
            difference: (!acted).then(|| {
                format!("{key}{line} stopped nothing: its deployment was over, or had not begun")
            }),
            key,
            expected: "stops a deployment".to_owned(),
            got: if *acted {
                "stopped it"
            } else {
                "stopped nothing"
            }
            .to_owned(),
        }
    }));
}

/// Every fault is expected to act: what came of a rehearsal says nothing of one that acted on nothing. Of a fault that the file has for
/// several updates it is asked of all of them together.
fn faults_act(file: &RehearsalFile, report: &mut Report) {
    if !file.is_own(&["fault".into()]) {
        return;
    }
    let acted = report.faults_acted.clone().into_iter().enumerate();
    report.expect(acted.map(|(number, calls)| {
        let at = [Step::from("fault"), number.into()];
        let line = file.line_in_words(&at);
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
