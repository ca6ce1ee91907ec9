//! Serves the tables of a template on 127.0.0.1, for functions that another host runs.
//!
//! By itself it prints what a function's environment needs, and serves until it is interrupted:
//!
//! ```console
//! $ cargo run -p lambda-rehearse --example local_dynamodb -- --template template.yaml
//! AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:40233
//! TABLE_NAME=local-ContactsTable
//! ```
//!
//! With a command it sets these variables for it, and ends when the command does:
//!
//! ```console
//! $ cargo run -p lambda-rehearse --example local_dynamodb -- --template template.yaml -- cargo lambda watch -A 127.0.0.1
//! ```
//!
//! The tables are gone with it: they are in memory, and beyond 2 MB in a temporary file without a name.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus};

use clap::Parser;
use miette::{Context, IntoDiagnostic, bail, miette};
use rehearsal_cloud::services::dynamodb::database::DynamoDb;
use rehearsal_host::signals::EndingSignals;
use rehearsal_template::{Inputs, Stack};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Command;

/// The stack's name, which is a part of its tables' names.
const STACK_NAME: &str = "local";

/// Serves the tables of a template on 127.0.0.1 for as long as it runs.
#[derive(Parser)]
struct Arguments {
    /// The template, SAM's or CloudFormation's; its parameters have their defaults
    #[arg(long, value_name = "FILE", default_value = "template.yaml")]
    template: PathBuf,
    /// The port on 127.0.0.1; a free one unless it is named
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Runs this with the variables set, and ends when it ends
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> miette::Result<ExitCode> {
    let arguments = Arguments::parse();
    // Before anything is started that would have to be ended.
    let mut signals = EndingSignals::listen().into_diagnostic()?;
    let stack = rehearsal_template::read(&arguments.template, &Inputs::new(STACK_NAME))?;
    let database = DynamoDb::start_on(arguments.port).await.into_diagnostic()?;
    let tables = make_tables(&database, &stack)?;
    let mut variables = variables(&stack, &tables)?;
    variables.insert(
        "AWS_ENDPOINT_URL_DYNAMODB".to_owned(),
        format!("http://{}", database.address()),
    );
    if let Some((program, rest)) = arguments.command.split_first() {
        let status = run(program, rest, variables, &mut signals).await?;
        return Ok(exit_code(status));
    }
    for (name, value) in variables {
        writeln!(std::io::stdout(), "{name}={value}").into_diagnostic()?;
    }
    signals.next().await;
    Ok(ExitCode::SUCCESS)
}

/// Makes every table that the template has, and gives their names.
fn make_tables(database: &DynamoDb, stack: &Stack) -> miette::Result<Vec<String>> {
    let mut names = Vec::new();
    for table in &stack.tables {
        let definition = table.create_table.value.as_ref();
        let definition = definition
            .map_err(|unknown| miette!("table {} is not known: {unknown}", table.logical_id))?;
        names.push(database.create_table(definition).into_diagnostic()?);
    }
    if names.is_empty() {
        bail!("the template has no table; there is nothing to serve");
    }
    Ok(names)
}

/// The functions' environment variables that hold a table's name.
fn variables(stack: &Stack, tables: &[String]) -> miette::Result<BTreeMap<String, String>> {
    let mut variables = BTreeMap::new();
    let environments = stack
        .functions
        .iter()
        .filter_map(|function| function.environment.known_value());
    for (name, value) in environments.flatten() {
        let Some(value) = value.known_value().filter(|value| tables.contains(value)) else {
            continue;
        };
        let before = variables.insert(name.clone(), value.clone());
        if let Some(before) = before.filter(|before| before != value) {
            bail!("{name} is {before} for one function and {value} for another");
        }
    }
    Ok(variables)
}

/// Runs a command to its end. A signal is passed on, for it may have come to this process alone.
async fn run(
    program: &OsString,
    rest: &[OsString],
    variables: BTreeMap<String, String>,
    signals: &mut EndingSignals,
) -> miette::Result<ExitStatus> {
    let mut child = Command::new(program)
        .args(rest)
        .envs(variables)
        .spawn()
        .into_diagnostic()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    loop {
        tokio::select! {
            status = child.wait() => return status.into_diagnostic(),
            _ = signals.next() => {}
        }
        if let Some(process) = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            // It may just have ended.
            let _ = kill_process(process, Signal::TERM);
        }
    }
}

/// The command's own exit code; 1 after a signal.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
