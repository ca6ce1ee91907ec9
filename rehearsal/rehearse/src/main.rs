//! Rehearses a whole Lambda deployment on one machine.
//!
//! - [`arguments`]: the command line.
//! - [`file`]: rehearsal files, and what is wrong with one.
//! - [`places`]: where builds and reports are.
//! - [`inspect`]: what a template would deploy.
//! - [`run`]: a rehearsal, from its file to its report.
//! - [`progress`]: what happens while it runs. [`timeline`]: who served how many in each minute. [`summary`]: the table at its
//!   end. They read events and reports, nothing else.

mod arguments;
mod file;
mod inspect;
mod places;
mod progress;
mod run;
mod summary;
mod timeline;

use std::process::ExitCode;

use arguments::{Arguments, Command, RunOptions};
use clap::Parser;
use inspect::Outcome;

/// Exit code: everything went as expected.
const AS_EXPECTED: u8 = 0;
/// Exit code: something went otherwise.
const OTHERWISE: u8 = 1;
/// Exit code: the input cannot be used. Clap's own for a wrong command line is the same.
const UNUSABLE: u8 = 2;
/// Exit code after Ctrl-C, as shells have it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    // Paths and names stay whole, to be copied and searched for.
    // It fails only where a hook is set already, and none is.
    let _ = miette::set_hook(Box::new(|_| {
        Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build())
    }));
    ExitCode::from(match Arguments::parse().command {
        Command::Run(options) => run(&options),
        Command::Inspect(options) => match inspect::inspect(&options) {
            Outcome::Read => AS_EXPECTED,
            Outcome::Denied => OTHERWISE,
            Outcome::Refused => UNUSABLE,
        },
    })
}

#[tokio::main(worker_threads = 2)]
async fn run(options: &RunOptions) -> u8 {
    let outcome = tokio::select! {
        outcome = run::run(options) => outcome,
        // Dropping the rehearsal kills its functions.
        _ = tokio::signal::ctrl_c() => return INTERRUPTED,
    };
    match outcome {
        Ok(true) => AS_EXPECTED,
        Ok(false) => OTHERWISE,
        Err(errors) => {
            for error in errors {
                eprintln!("{error:?}");
            }
            UNUSABLE
        }
    }
}
