//! A rehearsal, from its file to its report.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use miette::{IntoDiagnostic, WrapErr, miette};
use rehearsal_aws::VirtualTime;
use rehearsal_deployment::deployed::{Deployed, Ended};
use rehearsal_report::{ExpectationReport, FailureReport, Report};

use crate::arguments::RunOptions;
use crate::composed_rehearsal::Composed;
use crate::drive::{Driver, Lasting};
use crate::emulators;
use crate::faults;
use crate::file::{FileError, RehearsalFile};
use crate::init;
use crate::known::OfToday;
use crate::logs::KeptLogs;
use crate::observer::{Observed, Observer, Onlookers};
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

    /// Gives it another name in reports.
    pub fn rename(&mut self, name: String) {
        let before = std::mem::replace(&mut self.release.file.name, name);
        let name = &self.release.file.name;
        let own = self.updates.iter_mut().map(|update| &mut update.ready.file);
        for file in own.filter(|file| file.name == before) {
            file.name.clone_from(name);
        }
    }

    /// How many live requests it has, as long as nothing goes wrong: most of what it costs.
    pub fn requests(&self) -> u64 {
        let updates = self.updates.iter();
        updates
            .map(|update| {
                update
                    .ready
                    .file
                    .rehearsal
                    .requests(&update.ready.plan.deployments)
            })
            .sum()
    }

    /// What is wrong with it although it can run.
    pub fn warnings(&self) -> Vec<miette::Report> {
        faults::warnings(self.file())
    }

    /// What was left out where nobody wrote a file, where code was found, and which calls go to emulators: a line each.
    pub fn notes(&self) -> Vec<String> {
        let composed = self.file().composed.iter().flat_map(Composed::notes);
        let first = self.updates.first();
        let taken = first.map(|update| &update.ready.programs.taken);
        let code = taken
            .into_iter()
            .flatten()
            .map(|taken| format!("code: {taken}"));
        let revision = |of: &[&str]| self.release.revision().filter(|_| !of.is_empty());
        let not_deployed = self.release.not_deployed();
        let same = revision(&not_deployed).map(|revision| {
            let functions = not_deployed.join(", ");
            format!(
                "code unchanged since {revision}, so deployed only for other changes: {functions}"
            )
        });
        let alike = self.release.built_alike();
        let alike = revision(&alike).map(|revision| {
            let functions = alike.join(", ");
            format!("files differ from {revision}, and what was built of them does not, so not deployed for that (if the build here is older than your last change, build again): {functions}")
        });
        let services = self.release.file.rehearsal.services.iter();
        let emulators = services.map(|(service, url)| format!("calls to {service}: {url}"));
        let of_code = code.chain(same).chain(alike);
        composed.chain(of_code).chain(emulators).collect()
    }
}

/// Reads a rehearsal file with everything that it names, or a template.
///
/// # Errors
/// What is wrong with any of it.
pub fn prepare(path: &Path, options: &RunOptions) -> Result<Prepared, Vec<miette::Report>> {
    let one = |error: FileError| vec![miette::Report::new(error)];
    // Of code that is said to be somewhere, none is missing that a stub would stand for.
    let (mut file, inputs) = init::given(
        path,
        (&options.inputs, &options.runs),
        options.builds.is_none(),
    )?;
    if let Some(filter) = &options.filter
        && !file.name.contains(filter.as_str())
    {
        return Ok(Prepared::LeftOut);
    }
    if let Some(place) = &options.builds {
        file.builds_are_at(place);
    }
    let release = Release::read(file, &inputs)?;
    Ok(Prepared::Ready(Box::new(Ready {
        updates: release.ready()?,
        emulators: emulators::reach(&release.file).map_err(one)?,
        release,
    })))
}

/// Runs a rehearsal to its end, with another seed than the file's where one is given: all its updates, one after another.
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
    report.command = repeat::command(file.asked(), report.seed, options);
    Ok(report)
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
    let file = &ready.file;
    let mut plan = ready.plan.clone();
    plan.seed = seed.unwrap_or(plan.seed);
    let began = lasting.as_ref().map_or(VirtualTime::ZERO, Lasting::now);
    onlookers.live.begin(&file.name, &plan);
    let failed = || format!("{} could not be rehearsed", file.asked().display());
    let driver = Driver::new(
        plan.clone(),
        &ready.old,
        &ready.new,
        &ready.programs,
        rehearsal.emulators.clone(),
        lasting,
        onlookers.take_lines(),
    )
    .await
    .into_diagnostic()
    .wrap_err_with(failed)?;
    let mut observer = Observer::new(file, &plan, began, onlookers);
    let lasting = driver
        .run(|seen| observer.see(seen))
        .await
        .into_diagnostic()
        .wrap_err_with(failed)?;
    if let Some(broken) = observer.broken() {
        let error = broken_before(broken, file);
        if let Some(kept) = onlookers.kept.take() {
            kept.write()?;
        }
        return Err(error).wrap_err_with(failed);
    }
    let Observed {
        report,
        acted,
        mut ended,
    } = observer.finish();
    let mut report = report.held_against(&file.rehearsal.expect);
    faults_act(file, &mut report);
    actions_act(file, &acted, &mut report);
    ended.left_on = lasting.left_on();
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

/// Every fault is expected to act. Of a fault that the file has for several updates it is asked of all of them together.
fn faults_act(file: &RehearsalFile, report: &mut Report) {
    if !file.is_own(&["fault".into()]) {
        return;
    }
    let acted = report.faults_acted.clone().into_iter().enumerate();
    report.expect(acted.map(|(number, calls)| faults::acts(file, number, calls)));
}

/// What runs before the update fails by itself, so that nothing can be learnt of the update.
fn broken_before(broken: &FailureReport, file: &RehearsalFile) -> miette::Report {
    let FailureReport {
        function,
        version,
        route,
        error_type,
        message,
        sample,
        ..
    } = broken;
    let error = error_type.as_deref().unwrap_or("an error");
    let mut text = format!(
        "{function} fails before the update, in version {version}, and no fault acted on it: {error}: {message}"
    );
    // One event of a log may have several lines, with carriage returns between them.
    let lines: Vec<&str> = sample
        .log
        .iter()
        .flat_map(|event| event.split('\r'))
        .collect();
    for line in ends(&lines) {
        text.push_str("\n  ");
        text.push_str(line);
    }
    let help = match &file.composed {
        None => "mend what `builds.old` runs, or the request; `[expect] old_version_fails = true` allows it".to_owned(),
        Some(composed) => format!(
            "{}{}{}. `rehearse init {}` writes a file in which the request can be another, a [[stub]] can stand for \
             the function, and `[expect] old_version_fails = true` allows it",
            if file.code_reservations.of_today == OfToday::All {
                "version 1 is of today's code, as nothing says what runs: --live-git REVISION takes that from git. And "
            } else {
                ""
            },
            if route.is_some() {
                "it was called as the template tells"
            } else {
                "its event is made up"
            },
            with_made_up(&file.rehearsal.still_made_up()),
            crate::shell::quoted(&composed.template.display().to_string())
        ),
    };
    miette!(help = help, "{text}")
}

/// The parameters whose values are made up, with how to give them: a function may fail for one of them, and not for its event.
fn with_made_up(values: &[String]) -> String {
    let values = values.iter();
    let parameters = values.filter_map(|value| value.strip_prefix("parameter "));
    let given: Vec<_> = parameters
        .filter(|name| !name.contains(' '))
        .map(|name| format!("--parameter {name}=VALUE"))
        .collect();
    match given.as_slice() {
        [] => String::new(),
        given => format!(
            "; parameters are made up, too, and it may be one of these: {}",
            given.join(" ")
        ),
    }
}

/// How many of a broken function's lines are shown, of the first and of the last: what is wrong stands at one end, and where at the other.
const BROKEN_LINES: usize = 6;

/// The first lines and the last ones; all, where there are not many more.
fn ends<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    if lines.len() <= 2 * BROKEN_LINES + 1 {
        return lines.to_vec();
    }
    let (first, last) = (&lines[..BROKEN_LINES], &lines[lines.len() - BROKEN_LINES..]);
    [first, &["…"], last].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_function_fails_before_the_update_the_parameters_that_are_made_up_are_named() {
        let made_up = [
            "parameter Keys",
            "parameter A of what runs",
            "import network",
        ];
        let made_up = made_up.map(str::to_owned);
        assert_eq!(
            with_made_up(&made_up),
            "; parameters are made up, too, and it may be one of these: --parameter Keys=VALUE"
        );
        assert_eq!(with_made_up(&made_up[1..]), "");
    }

    #[test]
    fn of_many_lines_both_ends_are_shown() {
        let lines: Vec<String> = (1..=20).map(|number| number.to_string()).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(ends(&lines[..13]), &lines[..13]);
        assert_eq!(ends(&lines)[5..8], ["6", "…", "15"]);
    }
}
