//! Rehearses a whole Lambda deployment on one machine.
//!
//! - [`arguments`]: the command line.
//! - [`file`]: rehearsal files, and what is wrong with one. [`position`]: where its values stand.
//! - [`places`]: where builds and reports are. [`keep`]: how a report gets to its place.
//! - [`inspect`]: what a template would deploy.
//! - [`run`]: a rehearsal, from its file to its report.
//! - [`progress`]: what happens while it runs. [`timeline`]: who served how many in each minute. [`summary`]: the table at its
//!   end. They read events and reports, nothing else. [`table`]: how tables are laid out.
//! - [`output`]: standard output and standard error, through which all of it goes. [`problem`]: how what is wrong is shown.

// What is printed goes through `output`, for `println!` panics where its reader is gone.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod arguments;
mod file;
mod inspect;
mod keep;
mod output;
mod places;
mod position;
mod problem;
mod progress;
mod run;
mod summary;
mod table;
mod timeline;

use std::process::ExitCode;

use arguments::{Arguments, Command, RunOptions};
use output::Outputs;

/// Exit code: everything went as expected.
const AS_EXPECTED: u8 = 0;
/// Exit code: something went otherwise.
const OTHERWISE: u8 = 1;
/// Exit code: the input cannot be used, or the output not be written. Clap's own for a wrong command line is the same.
const UNUSABLE: u8 = 2;
/// Exit code after Ctrl-C, as shells have it: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let arguments = match Arguments::read(&mut Outputs::standard()) {
        Ok(arguments) => arguments,
        Err(code) => return ExitCode::from(code),
    };
    ExitCode::from(match arguments.command {
        Command::Run(options) => run(&options),
        Command::Inspect(options) => inspect::inspect(&options),
    })
}

#[tokio::main(worker_threads = 2)]
async fn run(options: &RunOptions) -> u8 {
    tokio::select! {
        code = run::run(options) => code,
        // Dropping the rehearsal kills its functions.
        _ = tokio::signal::ctrl_c() => INTERRUPTED,
    }
}
