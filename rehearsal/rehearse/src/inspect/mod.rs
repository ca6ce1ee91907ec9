//! What an update of a template would deploy, without an account and without running anything.
//!
//! - [`answer`]: what a template gives, or why it is not known.
//! - [`contract`]: the JSON, which others build on. [`text`]: the same for people.

mod answer;
mod contract;
mod text;

use contract::Inspection;
use miette::NamedSource;
use rehearsal_template::{Diagnostic, Severity, Stack};

use crate::arguments::{Format, InspectOptions};
use crate::inputs;
use crate::output::Outputs;
use crate::problem::Problem;
use crate::{AS_EXPECTED, OTHERWISE, UNUSABLE};

/// Inspects a template, prints what was found, and gives the exit code: the answer on standard output, what is wrong with the
/// template on standard error. As JSON, everything is on standard output.
pub fn inspect(options: &InspectOptions) -> u8 {
    let mut outputs = Outputs::standard();
    let code = print(options, &mut outputs);
    outputs.code(code)
}

fn print(options: &InspectOptions, outputs: &mut Outputs) -> u8 {
    let inputs = match inputs::of(&options.inputs, &options.template, None) {
        Ok(inputs) => inputs,
        Err(error) => {
            let report = miette::Report::from_err(error);
            let inspection = Inspection::unusable(&report);
            return refused(options, &inspection, &report, outputs);
        }
    };
    let name = options.template.display().to_string();
    let read = rehearsal_template::text_of(&options.template).and_then(|text| {
        let stack = rehearsal_template::read_str(&name, &text, &inputs)?;
        Ok((stack, text))
    });
    match read {
        Ok((stack, text)) => found(options, &stack, &NamedSource::new(name, text), outputs),
        Err(refusal) => {
            let inspection = Inspection::refused(&refusal);
            refused(options, &inspection, &refusal.into(), outputs)
        }
    }
}

/// Tells why there is nothing to tell.
fn refused(
    options: &InspectOptions,
    inspection: &Inspection,
    problem: &miette::Report,
    outputs: &mut Outputs,
) -> u8 {
    match options.format {
        Format::Json => outputs.out.print_json(&json(inspection)),
        Format::Text => outputs.err.print_problem(problem),
    }
    UNUSABLE
}

fn found(
    options: &InspectOptions,
    stack: &Stack,
    source: &NamedSource<String>,
    outputs: &mut Outputs,
) -> u8 {
    let inspection = Inspection::of(stack);
    match options.format {
        Format::Json => outputs.out.print_json(&json(&inspection)),
        Format::Text => {
            outputs.out.print(&text::of(&options.template, &inspection));
            print_warnings(options, stack, source, outputs);
        }
    }
    let has_warnings = stack
        .diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Warning);
    if options.denies_warnings() && has_warnings {
        OTHERWISE
    } else {
        AS_EXPECTED
    }
}

fn json(inspection: &Inspection) -> String {
    let json = serde_json::to_string_pretty(inspection)
        .expect("texts, numbers and lists of them are always JSON");
    json + "\n"
}

/// Each warning with the template's line.
fn print_warnings(
    options: &InspectOptions,
    stack: &Stack,
    source: &NamedSource<String>,
    outputs: &mut Outputs,
) {
    let denied = if options.denies_warnings() {
        ", denied"
    } else {
        ""
    };
    let warnings: Vec<&Diagnostic> = stack
        .diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.severity != Severity::Note)
        .collect();
    let count = match warnings.len() {
        0 => return,
        1 => "1 warning".to_owned(),
        n => format!("{n} warnings"),
    };
    outputs.err.print(&format!("\n{count}{denied}\n"));
    let diagnostics = warnings.into_iter().map(|one| one as _);
    for problem in Problem::all(diagnostics, source) {
        let text = problem.render(outputs.err.is_coloured());
        outputs.err.print(&format!("\n{text}"));
    }
}
