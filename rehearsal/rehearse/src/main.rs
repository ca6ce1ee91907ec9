//! Rehearses a whole Lambda deployment on one machine.
//!
//! - [`arguments`]: the command line.
//! - [`file`]: rehearsal files, and what is wrong with one. [`names`]: what of the template they name. [`position`]: where its values
//!   stand. [`composed_rehearsal`]: one that nobody wrote, for a template. [`known`]: what has been found of its code.
//! - [`builds`]: where the functions' builds are. [`output_file`]: where a report or another file goes, and how it gets there.
//! - [`templates`]: which template a folder means. [`relative`]: the way from one file to another. [`assembly`]: the folders that CDK writes.
//! - [`faults`]: faults that act on nothing.
//! - [`external_values`]: the values that this machine cannot know. [`emulators`]: services that a person runs.
//! - [`init`]: a rehearsal file to begin with.
//! - [`inspect`]: what a template would deploy. [`plan`]: what an update of it would do. [`inputs`]: what a template is read with;
//!   [`samconfig`]: what SAM deploys it with.
//! - [`odds`]: how often a deployment's gates stop a faulty version.
//! - [`release`]: the updates of a file, one after another; [`ready`]: one of them, with everything that its file names.
//! - [`live`]: the stack that runs before the first. [`git`]: a template in a revision.
//! - [`report`]: reports that were kept, shown again.
//! - [`limits`]: what the operating system has to allow.
//! - [`call`]: the rehearsals of a call, side by side. [`distinct_names`]: where two of them have the same. [`results`]: what it leaves. [`github`]: what GitHub shows of it.
//! - [`run`]: a rehearsal, from its file to its report. [`blocking`]: what may block for long. [`repeat`]: the command that repeats it. [`shell`]: its words. [`drive`]: executes what its world commands.
//! - [`observer`]: who sees what happens while it runs. [`progress`]: how the terminal shows it; [`slow_functions`]: those that take long, in words. [`logs`]: what functions print, kept in files.
//! - [`overwriting`]: that no output takes the place of an input.
//! - [`output`]: standard output and standard error, through which all of it goes. [`problem`]: how what is wrong is shown.

// What is printed goes through `output`, for `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod assembly;
mod blocking;
mod builds;
mod call;
mod composed_rehearsal;
mod distinct_names;
mod drive;
mod emulators;
mod external_values;
mod faults;
mod file;
mod git;
mod github;
mod init;
mod inputs;
mod inspect;
mod known;
mod limits;
mod live;
mod logs;
mod names;
mod observer;
mod odds;
mod output;
mod output_file;
mod overwriting;
mod plan;
mod position;
mod problem;
mod progress;
mod ready;
mod relative;
mod release;
mod repeat;
mod report;
mod results;
mod run;
mod samconfig;
mod shell;
mod slow_functions;
mod templates;
#[cfg(test)]
mod test_folder;
mod today;

use std::process::ExitCode;
use std::time::Duration;

use arguments::{Arguments, Command, RunOptions};
use miette::IntoDiagnostic;
use output::Outputs;
use rehearsal_host::guard::{self, Role};
use rehearsal_host::signals::{self, EndingSignals};

/// Exit code: everything went as expected.
const AS_EXPECTED: u8 = 0;
/// Exit code: something went otherwise.
const OTHERWISE: u8 = 1;
/// Exit code: the input cannot be used, or the output not be written. Clap's own for a wrong command line is the same.
const UNUSABLE: u8 = 2;
/// How long rehearsals that are given up may take to end their functions. What is left then, the guard ends.
const GIVEN_UP_WITHIN: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    // Where there is no descriptor for it, the checks of limits say so.
    let _ = signals::outlive_full_files();
    let mut outputs = Outputs::standard();
    let arguments = match Arguments::read(&mut outputs) {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    if let Err(error) = today::check() {
        outputs.err.print_problem(&error);
        return ExitCode::from(UNUSABLE);
    }
    ExitCode::from(match arguments.command {
        Command::Run(options) => run_guarded(options).unwrap_or_else(|error| {
            outputs.err.print_problem(&error);
            UNUSABLE
        }),
        Command::Report(options) => report::report(&options),
        Command::Init(options) => init::init(options),
        Command::Inspect(options) => inspect::inspect(options),
        Command::Plan(options) => plan::plan(options),
        Command::Odds(options) => odds::odds(&options),
    })
}

/// Runs rehearsals in a process whose functions end with it, however it ends.
fn run_guarded(options: RunOptions) -> miette::Result<u8> {
    limits::check_descriptors()?;
    match guard::enter().into_diagnostic()? {
        Role::Done(code) => Ok(code),
        Role::Worker => run(options),
    }
}

/// Runs rehearsals until they are over, or a signal asks for the end. What blocks a thread then is left to block.
fn run(options: RunOptions) -> miette::Result<u8> {
    let runtime = limits::runtime(options.jobs.into())?;
    let code = runtime.block_on(async {
        let mut signals = EndingSignals::listen().into_diagnostic()?;
        let mut rehearsals = tokio::spawn(async move { call::run(&options).await });
        tokio::select! {
            code = &mut rehearsals => match code {
                Ok(code) => Ok(code),
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(cancelled) => Err(cancelled).into_diagnostic(),
                },
            },
            signal = signals.next() => {
                // Dropped, they kill their functions.
                rehearsals.abort();
                let _ = tokio::time::timeout(GIVEN_UP_WITHIN, rehearsals).await;
                Ok(signal.exit_code())
            }
        }
    });
    // What its tasks hold goes with them: sandboxes, and folders of this process. One that blocks is not waited for.
    runtime.shutdown_timeout(GIVEN_UP_WITHIN);
    code
}
