//! What an update of a template would deploy, without an account and without running anything.
//!
//! - [`answer`]: what a template gives, or why it is not known.
//! - [`contract`]: the JSON, which others build on. [`text`]: the same for people.

mod answer;
mod contract;
mod text;

use std::io::Write;

use contract::Inspection;
use miette::NamedSource;
use rehearsal_template::{Inputs, Refusal, SamconfigError, Severity, Stack};

use crate::arguments::{Format, InspectOptions};

/// How an inspection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The template was read.
    Read,
    /// It was read, and it has warnings, which are denied.
    Denied,
    /// It was refused.
    Refused,
}

/// Inspects a template and prints what was found: the answer on standard output, what is wrong with the template on standard
/// error. As JSON, everything is on standard output.
pub fn inspect(options: &InspectOptions) -> Outcome {
    let inputs = match inputs(options) {
        Ok(inputs) => inputs,
        Err(error) => return unusable(options, error),
    };
    match rehearsal_template::read(&options.template, &inputs) {
        Ok(stack) => read(options, &stack),
        Err(refusal) => refused(options, refusal),
    }
}

/// What the template is read with.
fn inputs(options: &InspectOptions) -> Result<Inputs, SamconfigError> {
    let mut inputs = match &options.samconfig {
        Some(path) => Inputs::from_samconfig(path, &options.config_env)?,
        None => Inputs::default(),
    };
    for parameter in &options.parameters {
        inputs = inputs.parameter(&parameter.name, &parameter.value);
    }
    Ok(inputs)
}

fn unusable(options: &InspectOptions, error: SamconfigError) -> Outcome {
    let report = miette::Report::from_err(error);
    match options.format {
        Format::Json => print_json(&Inspection::unusable(&report)),
        Format::Text => eprintln!("{report:?}"),
    }
    Outcome::Refused
}

fn read(options: &InspectOptions, stack: &Stack) -> Outcome {
    let inspection = Inspection::of(stack);
    match options.format {
        Format::Json => print_json(&inspection),
        Format::Text => {
            print(&text::of(&options.template, &inspection));
            print_warnings(options, stack);
        }
    }
    let has_warnings = stack
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Warning);
    if options.denies_warnings() && has_warnings {
        Outcome::Denied
    } else {
        Outcome::Read
    }
}

fn refused(options: &InspectOptions, refusal: Refusal) -> Outcome {
    match options.format {
        Format::Json => print_json(&Inspection::refused(&refusal)),
        Format::Text => eprintln!("{:?}", miette::Report::new(refusal)),
    }
    Outcome::Refused
}

fn print_json(inspection: &Inspection) {
    let json = serde_json::to_string_pretty(inspection)
        .expect("texts, numbers and lists of them are always JSON");
    print(&(json + "\n"));
}

/// Prints to standard output. A reader that has seen enough, such as `head`, closes the pipe: that is no failure.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Each warning with the template's line.
fn print_warnings(options: &InspectOptions, stack: &Stack) {
    let denied = if options.denies_warnings() {
        ", denied"
    } else {
        ""
    };
    match stack.diagnostics.len() {
        0 => return,
        1 => eprintln!("\n1 warning{denied}"),
        n => eprintln!("\n{n} warnings{denied}"),
    }
    // The file was read a moment ago. Without it the warnings have their lines all the same, as numbers.
    let text = std::fs::read_to_string(&options.template).unwrap_or_default();
    for diagnostic in &stack.diagnostics {
        let source = NamedSource::new(options.template.display().to_string(), text.clone());
        let report = miette::Report::new(diagnostic.clone()).with_source_code(source);
        eprint!("\n{report:?}");
    }
}
