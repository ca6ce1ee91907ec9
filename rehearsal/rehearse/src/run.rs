//! A rehearsal, from its file to its report.

use std::path::Path;
use std::time::Instant;

use miette::{Diagnostic, IntoDiagnostic, NamedSource, SourceSpan, WrapErr};
use rehearsal_cloud::conductor::{Binaries, Conductor, RequestError, targets};
use rehearsal_deployment::plan::{Draft, TargetError};
use rehearsal_deployment::{Plan, PlanError, Report};
use rehearsal_template::{Inputs, Place, Stack};

use crate::arguments::{Format, RunOptions};
use crate::file::{FileError, RehearsalFile, nearest};
use crate::places;
use crate::progress::Progress;
use crate::summary;

/// What to do about a missing binary.
const BUILD: &str = "build it first: `cargo build --profile rehearse` for `cargo`, `sam build` for `sam`, `cdk synth` for `cdk`";

/// A rehearsal that is ready to run.
struct Ready {
    file: RehearsalFile,
    old: Stack,
    new: Stack,
    plan: Plan,
    binaries: Binaries,
}

/// Something on a deployment's path that cannot be rehearsed, at its place in the template.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(rehearse::plan))]
struct OnThePath {
    message: String,
    #[source_code]
    text: NamedSource<String>,
    #[label("here")]
    at: SourceSpan,
}

/// Runs all rehearsals and says whether all went as expected.
///
/// # Errors
/// What is wrong with any of the input; then none has run. Or why one could not be run to its end.
pub async fn run(options: &RunOptions) -> Result<bool, Vec<miette::Report>> {
    let mut ready = Vec::new();
    let mut errors = Vec::new();
    for path in &options.files {
        match prepare(path, options) {
            Ok(rehearsal) => ready.push(rehearsal),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let place = match (&options.report, ready.first()) {
        (Some(path), _) => path.clone(),
        (None, Some(first)) => places::report(&first.file.template()),
        (None, None) => return Ok(true),
    };
    let mut progress = Progress::new();
    let mut reports = Vec::new();
    for rehearsal in ready {
        reports.push(
            perform(rehearsal, &mut progress)
                .await
                .map_err(|error| vec![error])?,
        );
    }
    progress.close();
    conclude(options, &place, &reports).map_err(|error| vec![error])?;
    Ok(reports.iter().all(|report| report.as_expected))
}

/// Keeps the report, and prints it.
fn conclude(options: &RunOptions, place: &Path, reports: &[Report]) -> miette::Result<()> {
    let json = serde_json::to_string_pretty(reports).into_diagnostic()? + "\n";
    places::write_whole(place, &json)
        .into_diagnostic()
        .wrap_err_with(|| format!("the report cannot be kept at {}", place.display()))?;
    match options.format {
        Format::Json => print!("{json}"),
        Format::Text => {
            print!("{}", summary::text(reports));
            let here = std::env::current_dir().unwrap_or_default();
            println!(
                "Report: {}",
                place.strip_prefix(here).unwrap_or(place).display()
            );
        }
    }
    Ok(())
}

fn prepare(path: &Path, options: &RunOptions) -> Result<Ready, Vec<miette::Report>> {
    let one = |error: FileError| vec![miette::Report::new(error)];
    let mut file = RehearsalFile::read(path).map_err(one)?;
    file.rehearsal.seed = options.seed.unwrap_or(file.rehearsal.seed);
    if let Some(place) = &options.builds {
        file.rehearsal.builds.old.clone_from(place);
        file.rehearsal.builds.new.clone_from(place);
    }
    let template = file.template();
    let (old, new) = stacks(&file, &template)?;
    check_names(&file, &new).map_err(one)?;
    let in_template = |message: String, place: Place| {
        miette::Report::new(OnThePath {
            message,
            text: NamedSource::new(
                template.display().to_string(),
                std::fs::read_to_string(&template).unwrap_or_default(),
            ),
            at: place.span(),
        })
    };
    let refused = |errors: Vec<PlanError>| -> Vec<miette::Report> {
        errors
            .into_iter()
            .map(|error| in_template(error.to_string(), error.place))
            .collect()
    };
    let draft = Draft::new(&old, &new).map_err(refused)?;
    let targets = targets(&new, &draft, &file.rehearsal).map_err(|errors| {
        let no_route = |error: &RequestError| matches!(error.what, TargetError::NoRoute { .. });
        let unknown: Vec<_> = unknown_routes(&new)
            .map(|(message, place)| in_template(message, place))
            .collect();
        if !unknown.is_empty() && errors.iter().any(no_route) {
            return unknown;
        }
        let wrong = errors.into_iter().map(|error| {
            let at = file.header("traffic.request", error.number - 1);
            let (wanted, there) = error.what.instead();
            let there: Vec<_> = there.iter().map(String::as_str).collect();
            miette::Report::new(file.wrong(error.to_string(), at, help(&wanted, &there)))
        });
        wrong.collect()
    })?;
    let plan = draft.plan(&file.rehearsal, targets).map_err(refused)?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let find = |place: &str| {
        places::binaries(place, beside, &template, &new, plan.functions.keys())
            .map_err(|error| one(file.wrong(error.to_string(), file.quoted(place), None)))
    };
    let builds = &file.rehearsal.builds;
    let binaries = Binaries {
        old: find(&builds.old)?,
        new: find(&builds.new)?,
    };
    binaries
        .check()
        .map_err(|missing| one(file.wrong(missing.to_string(), None, Some(BUILD.to_owned()))))?;
    Ok(Ready {
        file,
        old,
        new,
        plan,
        binaries,
    })
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

/// The stack that runs, with version 1 of everything, and the same as the update leaves it, with version 2.
fn stacks(file: &RehearsalFile, template: &Path) -> Result<(Stack, Stack), Vec<miette::Report>> {
    let mut inputs = Inputs::new(file.rehearsal.stack_name.clone().unwrap_or_default());
    for (name, value) in &file.rehearsal.parameters {
        inputs = inputs.parameter(name, value.to_text());
    }
    let refused = |refusal| vec![miette::Report::new(refusal)];
    let old = rehearsal_template::read(template, &inputs).map_err(refused)?;
    for function in old
        .aliases
        .iter()
        .filter_map(|alias| alias.function.known_value())
    {
        inputs = inputs.version(function, 2);
    }
    let new = rehearsal_template::read(template, &inputs).map_err(refused)?;
    Ok((old, new))
}

/// Functions and alarms that the file names are the template's.
fn check_names(file: &RehearsalFile, stack: &Stack) -> Result<(), FileError> {
    let functions: Vec<_> = stack
        .functions
        .iter()
        .map(|function| function.logical_id.as_str())
        .collect();
    for (number, fault) in file.rehearsal.faults.iter().enumerate() {
        if let Some(function) = fault
            .function
            .as_deref()
            .filter(|function| !functions.contains(function))
        {
            let message = format!("the template has no function {function}");
            return Err(file.wrong(
                message,
                file.header("fault", number),
                help(function, &functions),
            ));
        }
    }
    let expect = &file.rehearsal.expect;
    let all = || std::iter::once(expect).chain(expect.deployments.values());
    let alarms: Vec<_> = stack
        .alarms
        .iter()
        .map(|alarm| alarm.logical_id.as_str())
        .collect();
    let deployed = expect.deployments.keys();
    let of_functions = all().filter_map(|expected| expected.reported_by.as_ref());
    let of_alarms = all().filter_map(|expected| expected.alarm.as_ref());
    let named = of_functions
        .chain(deployed)
        .map(|name| ("function", name, &functions))
        .chain(of_alarms.map(|name| ("alarm", name, &alarms)));
    for (kind, name, there) in named {
        if !there.contains(&name.as_str()) {
            let message = format!("the template has no {kind} {name}");
            return Err(file.wrong(message, file.named(name), help(name, there)));
        }
    }
    Ok(())
}

fn help(name: &str, names: &[&str]) -> Option<String> {
    match nearest(name, names.iter().copied()) {
        Some(like) => Some(format!("did you mean {like}?")),
        None if names.is_empty() => None,
        None => Some(format!("it has: {}", names.join(", "))),
    }
}

async fn perform(rehearsal: Ready, progress: &mut Progress) -> miette::Result<Report> {
    let Ready {
        file,
        old,
        new,
        plan,
        binaries,
    } = rehearsal;
    let began = Instant::now();
    progress.begin(&file.name, &plan);
    let failed = || format!("{} could not be rehearsed", file.path.display());
    let conductor = Conductor::new(plan.clone(), &old, &new, binaries, None)
        .await
        .into_diagnostic()
        .wrap_err_with(failed)?;
    if !conductor.survives_sigkill() {
        progress.warn(
            "setpriv is not installed: functions outlive a rehearsal that is killed with SIGKILL",
        );
    }
    let events = conductor
        .run(|event| progress.observe(event))
        .await
        .into_diagnostic()
        .wrap_err_with(failed)?;
    let mut report = Report::fold(&file.name, &plan, &events).held_against(&file.rehearsal.expect);
    report.wall_seconds = began.elapsed().as_secs_f64();
    progress.end(&report);
    Ok(report)
}
