//! Rehearses a whole Lambda deployment on one machine.
//!
//! - [`arguments`]: the command line.
//! - [`file`]: rehearsal files, and what is wrong with one.
//! - [`places`]: where builds and reports are.
//! - [`run`]: a rehearsal, from its file to its report.
//! - [`progress`]: the timeline while it runs. [`summary`]: the table at its end. Both read events and reports, nothing else.

mod arguments;
mod file;
mod places;
mod progress;
mod run;
mod summary;

use std::process::ExitCode;

use arguments::{Arguments, Command};
use clap::Parser;

/// Exit code: everything went as expected.
const AS_EXPECTED: u8 = 0;
/// Exit code: something went otherwise.
const OTHERWISE: u8 = 1;
/// Exit code: the input cannot be used. Clap's own for a wrong command line is the same.
const UNUSABLE: u8 = 2;
/// Exit code after Ctrl-C, as shells have it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    // Paths and names stay whole, to be copied and searched for.
    // It fails only where a hook is set already, and none is.
    let _ = miette::set_hook(Box::new(|_| {
        Box::new(miette::MietteHandlerOpts::new().wrap_lines(false).build())
    }));
    let Command::Run(options) = Arguments::parse().command;
    let outcome = tokio::select! {
        outcome = run::run(&options) => outcome,
        // Dropping the rehearsal kills its functions.
        _ = tokio::signal::ctrl_c() => return ExitCode::from(INTERRUPTED),
    };
    ExitCode::from(match outcome {
        Ok(true) => AS_EXPECTED,
        Ok(false) => OTHERWISE,
        Err(errors) => {
            for error in errors {
                eprintln!("{error:?}");
            }
            UNUSABLE
        }
    })
}
