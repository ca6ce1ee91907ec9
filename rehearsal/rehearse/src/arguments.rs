//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Rehearses a whole Lambda deployment on one machine: real function binaries, real HTTP, CodeDeploy's lifecycle,
/// CloudWatch's alarms, rollback, in virtual time.
#[derive(Debug, Parser)]
#[command(name = "rehearse", version)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run rehearsals and hold what happens against what is expected.
    ///
    /// Exit code 0: all went as expected. 1: not all did. 2: unusable input, and nothing ran.
    Run(RunOptions),
}

#[derive(Debug, Args)]
pub struct RunOptions {
    /// Rehearsal files (TOML).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to print on standard output; progress goes to standard error.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Use this seed instead of the files' own.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Keep the JSON report here instead of target/rehearsal/report.json.
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// The report's JSON.
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }
}
