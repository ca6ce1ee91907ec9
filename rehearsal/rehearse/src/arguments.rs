//! The command line.
//!
//! - [`odds`]: that of `odds`, whose values are shares and lists. [`live`]: what runs before an update.

pub mod live;
pub mod odds;

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};
use rehearsal_aws::account::is_id;
use rehearsal_report::{Section, junit, markdown};

use crate::UNUSABLE;
use crate::output::Outputs;
use live::LiveOptions;
use odds::OddsOptions;

/// Rehearses a whole Lambda deployment on one machine: real function binaries, real HTTP, CodeDeploy's lifecycle,
/// CloudWatch's alarms, rollback, in virtual time.
#[derive(Debug, Parser)]
#[command(name = "rehearse", version, after_help = BEGIN)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

/// Where to begin.
const BEGIN: &str = "Begin in your project: rehearse run template.yaml, or with the change of a branch: rehearse run template.yaml --live-git main";

/// What a person may mean who names a file and not what to do with it.
fn meant(error: &clap::Error) -> Option<String> {
    let ContextValue::String(named) = error.get(ContextKind::InvalidSubcommand)? else {
        return None;
    };
    let is_there = Path::new(named).exists();
    let named = crate::shell::quoted(named);
    is_there.then(|| format!("\n  tip: `rehearse run {named}` rehearses it\n"))
}

impl Arguments {
    /// Those of this process.
    ///
    /// # Errors
    /// The exit code, where there is nothing more to do: help or the version was asked for, or the arguments are wrong. It has
    /// been printed.
    pub fn read(outputs: &mut Outputs) -> Result<Self, u8> {
        Self::try_parse().map_err(|error| {
            let output = if error.use_stderr() {
                &mut outputs.err
            } else {
                &mut outputs.out
            };
            let text = error.render();
            let text = if output.is_coloured() {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            output.print(&text);
            if let Some(meant) = meant(&error) {
                output.print(&meant);
            }
            outputs.code(u8::try_from(error.exit_code()).unwrap_or(UNUSABLE))
        })
    }
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run rehearsals and hold what happens against what is expected.
    ///
    /// Exit code 0: all went as expected. 1: not all did. 2: unusable input, and nothing ran; or a report that could not be
    /// written.
    Run(RunOptions),
    /// Read reports that rehearsals kept, and show them again: as a table, as JSON, or as a page.
    ///
    /// Runs nothing. Exit code 0: they were read, whatever they say. 2: one is no report, or an output could not be written.
    Report(ReportOptions),
    /// Write a rehearsal file for a template: a request per route or event source, values for what it leaves open, and the faults worth trying.
    /// A run of it begins as it is; whether the functions take what was made up, the run shows.
    ///
    /// Needs no account and runs nothing. Exit code 0: the file is written. 2: it is there already, or none could be written that
    /// runs, and why.
    Init(InitOptions),
    /// Say what an update of a template would deploy, what is wrong with it, and what cannot be rehearsed.
    ///
    /// Needs no account and runs nothing. Exit code 0: the template was read. 1: it has warnings, which are denied.
    /// 2: it is refused.
    Inspect(InspectOptions),
    /// Say what an update would do, in CloudFormation's order: resources, versions, deployments, and what a rollback leaves.
    ///
    /// Needs no account and runs nothing. Without a live template everything is new. Exit code 0: there is a plan. 1: it has
    /// warnings or errors, which are denied. 2: a template is refused, or cannot be read.
    Plan(PlanOptions),
    /// Say how often the gates of a deployment stop a version that fails so many of its requests, and how many callers it hurts.
    ///
    /// Rolls it out a thousand times for each preference, traffic and error rate, on stubs alone: no build is needed. Exit code 0:
    /// there are odds. 2: unusable input, and why.
    Odds(OddsOptions),
}

#[derive(Clone, Debug, Args)]
pub struct RunOptions {
    /// Rehearsal files (TOML); or templates, each rehearsed as `rehearse init` would write it; or folders: cdk.out, or a project's.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// What to print on standard output; progress goes to standard error.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Use this seed instead of the files' own, or each of a range, both ends included: 1..20.
    #[arg(long, value_name = "N or A..B", value_parser = seeds)]
    pub seed: Option<RangeInclusive<u64>>,
    /// Run those alone whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,
    /// Run so many at once. What is printed and kept is in the order of the files, and the same.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Show nothing but what did not go as expected, what was not judged, run or known of the rest, and the last line.
    #[arg(long)]
    pub quiet: bool,
    /// Take both builds from here instead of the files' own: source, cargo, sam, cdk, stub, or a folder relative to each file.
    #[arg(long, value_name = "PLACE")]
    pub builds: Option<String>,
    /// Show what functions and hooks print, with the progress.
    #[arg(long)]
    pub logs: bool,
    /// Keep what functions and hooks print in this folder: a file for each sandbox, in a folder for each rehearsal.
    #[arg(long, value_name = "FOLDER")]
    pub logs_dir: Option<PathBuf>,
    /// Keep the JSON report here, not in target/rehearsal of a cargo workspace or in .rehearsal beside the file.
    #[arg(long, value_name = "PATH")]
    pub report: Option<PathBuf>,
    /// Write a page to look at: one HTML file that needs nothing else.
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    #[command(flatten)]
    pub written: WrittenOptions,
    /// Write no annotations and no summary under GitHub Actions.
    #[arg(long)]
    pub no_github: bool,
    #[command(flatten)]
    pub runs: LiveOptions,
    #[command(flatten)]
    pub inputs: TemplateInputs,
}

/// What is written of reports for other tools.
#[derive(Clone, Debug, Default, Args)]
pub struct WrittenOptions {
    /// Write JUnit XML here: a suite a rehearsal, a case an expectation and a check.
    #[arg(long, value_name = "PATH")]
    pub junit: Option<PathBuf>,
    /// Write Markdown here, for a pull request.
    #[arg(long, value_name = "PATH")]
    pub markdown: Option<PathBuf>,
}

/// What writes reports in a format.
type Text = fn(&[Section<'_>]) -> String;

/// A format that reports are written in: what it is called, and what writes it.
pub struct Written {
    pub name: &'static str,
    pub text: Text,
}

impl WrittenOptions {
    /// Each format that is asked for, and where it goes.
    pub fn asked(&self) -> impl Iterator<Item = (Written, &Path)> {
        let formats = [
            ("JUnit XML", junit::xml as Text, &self.junit),
            ("Markdown", markdown::text, &self.markdown),
        ];
        formats.into_iter().filter_map(|(name, text, path)| {
            let format = Written { name, text };
            Some((format, path.as_deref()?))
        })
    }
}

#[derive(Debug, Args)]
pub struct ReportOptions {
    /// Reports (JSON), as `rehearse run` keeps them or prints them with --format json.
    #[arg(required = true, value_name = "REPORT")]
    pub reports: Vec<PathBuf>,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write a page to look at: one HTML file that needs nothing else.
    #[arg(long, value_name = "PATH")]
    pub html: Option<PathBuf>,
    /// Write a picture of one rehearsal: an SVG file of its traffic, its errors and the gates that stopped it.
    #[arg(long, value_name = "PATH")]
    pub svg: Option<PathBuf>,
    #[command(flatten)]
    pub written: WrittenOptions,
}

#[derive(Debug, Args)]
pub struct InitOptions {
    /// A SAM or CloudFormation template: YAML or JSON, as it is written or as a tool has made it; or its folder: cdk.out, or a project's.
    #[arg(value_name = "TEMPLATE")]
    pub template: PathBuf,
    /// The file to write. Unless given, rehearsal.toml beside the template, or beside cdk.out or .aws-sam.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace what is there.
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub runs: LiveOptions,
    #[command(flatten)]
    pub inputs: TemplateInputs,
}

#[derive(Debug, Args)]
pub struct InspectOptions {
    /// A SAM or CloudFormation template: YAML or JSON, as it is written or as a tool has made it; or its folder: cdk.out, or a project's; or `-`, standard input.
    #[arg(value_name = "TEMPLATE")]
    pub template: PathBuf,
    #[command(flatten)]
    pub inputs: TemplateInputs,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
    pub format: InspectFormat,
    /// Write no annotations under GitHub Actions.
    #[arg(long)]
    pub no_github: bool,
    /// Take warnings for failures: exit with 1.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Denied>,
}

/// What a template is read with.
#[derive(Clone, Debug, Default, Args)]
pub struct TemplateInputs {
    /// Give a parameter of the template a value. What is given none takes its default.
    #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
    pub parameters: Vec<Parameter>,
    /// Take parameters, stack name and region from this samconfig file: TOML, YAML or JSON by its ending. A `--parameter` goes
    /// before it.
    #[arg(long, value_name = "FILE")]
    pub samconfig: Option<PathBuf>,
    /// The environment in the samconfig file.
    #[arg(
        long,
        value_name = "ENVIRONMENT",
        default_value = "default",
        requires = "samconfig"
    )]
    pub config_env: String,
    /// The account that the template is deployed to, of twelve digits. 123456789012 unless given.
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Option<String>,
    /// Read files that the template names (API definitions, `AWS::Include`) in this folder. The template's own unless given.
    #[arg(long, value_name = "FOLDER")]
    pub root: Option<PathBuf>,
    /// The region that the template is deployed to. us-east-1 unless given.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
}

/// One seed, or a range of seeds with both ends.
fn seeds(text: &str) -> Result<RangeInclusive<u64>, String> {
    let seed = |text: &str| {
        let parsed = text.parse::<u64>();
        parsed.map_err(|_| format!("{text:?} is no seed: a whole number from 0"))
    };
    let Some((first, last)) = text.split_once("..") else {
        let seed = seed(text)?;
        return Ok(seed..=seed);
    };
    let (first, last) = (seed(first)?, seed(last)?);
    if first > last {
        return Err("the first seed of a range is not above its last".to_owned());
    }
    Ok(first..=last)
}

fn account(text: &str) -> Result<String, String> {
    is_id(text)
        .then(|| text.to_owned())
        .ok_or_else(|| "an account has twelve digits".to_owned())
}

impl InspectOptions {
    /// Whether a warning makes the command fail.
    pub fn denies_warnings(&self) -> bool {
        self.deny == Some(Denied::Warnings)
    }
}

#[derive(Debug, Args)]
pub struct PlanOptions {
    /// The template of the update: YAML or JSON, as it is written or as a tool has made it; or its folder; or `-`, standard input.
    #[arg(value_name = "TEMPLATE")]
    pub template: PathBuf,
    #[command(flatten)]
    pub runs: LiveOptions,
    #[command(flatten)]
    pub inputs: TemplateInputs,
    /// Whether the code of local functions changes. Without it, what depends on that is unknown.
    #[arg(long, value_enum, value_name = "WHAT", requires = "runs", conflicts_with_all = ["code_live", "code_new"])]
    pub code: Option<CodeWord>,
    /// The build that runs, to compare: a folder with a folder or file for each function, by logical id.
    #[arg(long, value_name = "DIR", requires_all = ["runs", "code_new"])]
    pub code_live: Option<PathBuf>,
    /// The build of the update, likewise.
    #[arg(long, value_name = "DIR", requires_all = ["runs", "code_live"])]
    pub code_new: Option<PathBuf>,
    /// What to print on standard output.
    #[arg(long, value_enum, default_value_t = PlanFormat::Text)]
    pub format: PlanFormat,
    /// Write no annotations under GitHub Actions.
    #[arg(long)]
    pub no_github: bool,
    /// Take warnings, and what makes the update fail, for failures: exit with 1.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Denied>,
}

/// Whether the functions' code changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CodeWord {
    /// It differs from what runs.
    Changed,
    /// It is what runs.
    Same,
}

/// How a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// Text for people.
    Text,
    /// JSON for programs.
    Json,
    /// Markdown for a pull request.
    Markdown,
}

/// How an inspection is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum InspectFormat {
    /// Tables for people.
    Text,
    /// JSON for programs.
    Json,
    /// SARIF 2.1.0 for code scanning.
    Sarif,
    /// Annotations, as GitHub Actions reads them from a job's log.
    Github,
}

/// What makes an inspection fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Denied {
    /// Any warning.
    Warnings,
}

/// A parameter of a template with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    pub value: String,
}

fn parameter(text: &str) -> Result<Parameter, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok(Parameter {
            name: name.to_owned(),
            value: value.to_owned(),
        }),
        _ => Err("write NAME=VALUE".to_owned()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people.
    Text,
    /// JSON for programs.
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

    #[test]
    fn who_names_a_file_alone_is_told_how_to_rehearse_it() {
        let of = |file: &str| meant(&Arguments::try_parse_from(["rehearse", file]).unwrap_err());
        assert!(
            of("Cargo.toml")
                .unwrap()
                .contains("`rehearse run Cargo.toml`")
        );
        assert_eq!(of("template"), None);
        assert_eq!(of("--nothing"), None);
    }

    #[test]
    fn a_seed_is_a_number_or_a_range_with_both_ends() {
        assert_eq!(seeds("7"), Ok(7..=7));
        assert_eq!(seeds("1..20"), Ok(1..=20));
        for text in ["", "a", "-1", "2..1", "1..", "..3", "1..2..3", "1.5"] {
            assert!(seeds(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_parameters_value_may_have_an_equals_sign_and_may_be_empty() {
        for (text, name, value) in [("A=b=c", "A", "b=c"), ("A=", "A", "")] {
            let read = parameter(text).unwrap();
            assert_eq!((read.name.as_str(), read.value.as_str()), (name, value));
        }
        for text in ["A", "=b", ""] {
            assert!(parameter(text).is_err(), "{text:?}");
        }
    }
}
