//! What an update of a template would deploy, without an account and without running anything.
//!
//! - [`answer`]: what a template gives, or why it is not known.
//! - [`contract`]: the JSON, which others build on. [`text`]: the same for people. [`sarif`]: for code scanning.

mod answer;
mod contract;
mod sarif;
mod text;

use contract::Inspection;
use rehearsal_template::{Diagnostic, Severity, Stack, counted};

use crate::arguments::{InspectFormat, InspectOptions};
use crate::github::{Annotation, GitHub, Level};
use crate::inputs;
use crate::output::Outputs;
use crate::problem::{Frame, Problem, Source};
use crate::templates;
use crate::{AS_EXPECTED, OTHERWISE, UNUSABLE};

/// Inspects a template, prints what was found, and gives the exit code: the answer on standard output, what is wrong with the
/// template on standard error. As JSON, everything is on standard output.
pub fn inspect(mut options: InspectOptions) -> u8 {
    let mut outputs = Outputs::standard();
    let code = match templates::at_or_given(&options.template) {
        Ok(template) => {
            options.template = template;
            print(&options, &mut outputs)
        }
        Err(error) => unusable(&options, &error.into(), &mut outputs),
    };
    outputs.code(code)
}

fn print(options: &InspectOptions, outputs: &mut Outputs) -> u8 {
    let inputs = match inputs::of(&options.inputs, &options.template, None) {
        Ok(inputs) => inputs,
        Err(error) => return unusable(options, &error.into(), outputs),
    };
    let name = options.template.display().to_string();
    let read = rehearsal_template::text_of(&options.template).and_then(|text| {
        let (stack, trees) = rehearsal_template::read_with_trees(&name, &text, &inputs)?;
        Ok((stack, trees, text))
    });
    match read {
        Ok((stack, trees, text)) => {
            let code = found(options, &stack, &Source::new(Some(&name), text), outputs);
            // The process ends, and nobody needs the memory of a large stack back: it would be given back piece by piece.
            std::mem::forget((stack, trees));
            code
        }
        Err(refusal) => {
            let inspection = Inspection::refused(&refusal);
            refused(options, &inspection, &refusal.into(), outputs)
        }
    }
}

/// Tells why no template was read.
fn unusable(options: &InspectOptions, problem: &miette::Report, outputs: &mut Outputs) -> u8 {
    let inspection = Inspection::unusable(problem);
    refused(options, &inspection, problem, outputs)
}

/// Tells why there is nothing to tell.
fn refused(
    options: &InspectOptions,
    inspection: &Inspection,
    problem: &miette::Report,
    outputs: &mut Outputs,
) -> u8 {
    if options.format == InspectFormat::Text {
        outputs.err.print_problem(problem);
    }
    print_for_tools(options, inspection, outputs);
    UNUSABLE
}

fn found(options: &InspectOptions, stack: &Stack, source: &Source, outputs: &mut Outputs) -> u8 {
    let inspection = Inspection::of(stack);
    if options.format == InspectFormat::Text {
        outputs.out.print(&text::of(&options.template, &inspection));
        print_warnings(options, stack, source, outputs);
    }
    print_for_tools(options, &inspection, outputs);
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

/// Prints what tools read, and under GitHub Actions annotates what was found.
fn print_for_tools(options: &InspectOptions, inspection: &Inspection, outputs: &mut Outputs) {
    match options.format {
        InspectFormat::Text => {}
        InspectFormat::Json => outputs.out.print_json(&json(inspection)),
        InspectFormat::Sarif => {
            let text = sarif::text(&options.template, inspection);
            outputs.out.print_json(&text);
        }
        InspectFormat::Github => {
            let github = GitHub::found(options.no_github);
            annotate(options, inspection, |annotation| {
                outputs.out.print(&github.command(annotation));
            });
            return;
        }
    }
    let github = GitHub::found(options.no_github);
    annotate(options, inspection, |annotation| {
        github.annotate(annotation, &mut outputs.err);
    });
}

/// Hands on an annotation for each finding but notes: what only AWS knows is no reader of a pull request's.
fn annotate(
    options: &InspectOptions,
    inspection: &Inspection,
    mut to: impl FnMut(&Annotation<'_>),
) {
    let file = options.template.display().to_string();
    for finding in &inspection.diagnostics {
        let level = match finding.severity {
            "error" => Level::Error,
            "warning" => Level::Warning,
            _ => continue,
        };
        // A stack inside the template has lines of its own file.
        let (line, column, message) = match &finding.stack {
            None => (finding.line, finding.column, finding.message.clone()),
            Some(stack) => (None, None, format!("{stack}: {}", finding.message)),
        };
        let number = |number: Option<u32>| number.and_then(|number| usize::try_from(number).ok());
        to(&Annotation {
            level,
            file: &file,
            line: number(line),
            column: number(column),
            title: finding.code,
            message: &message,
        });
    }
}

fn json(inspection: &Inspection) -> String {
    let json = serde_json::to_string_pretty(inspection)
        .expect("texts, numbers and lists of them are always JSON");
    json + "\n"
}

/// Each warning with the template's line.
fn print_warnings(options: &InspectOptions, stack: &Stack, source: &Source, outputs: &mut Outputs) {
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
    if warnings.is_empty() {
        return;
    }
    let count = counted(warnings.len(), "warning");
    let mut text = format!("\n{count}{denied}\n");
    let frame = Frame::new(outputs.err.is_coloured());
    let diagnostics = warnings.into_iter().map(|one| one as _);
    for problem in Problem::all(diagnostics, source) {
        text.push('\n');
        text.push_str(&frame.text(&problem));
    }
    outputs.err.print(&text);
}

#[cfg(test)]
mod tests {
    use rehearsal_template::{Inputs, read_str};

    use super::contract::Finding;
    use super::*;
    use crate::test_folder::folder_with;

    #[test]
    fn the_command_line_gives_no_value_to_a_stack_inside_the_templates() {
        let nested = "Parameters: {Key: {Type: String}}\nResources: {A: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Key}}}\n";
        let folder = folder_with(&[("nested.yaml", nested)]);
        let text = "Parameters: {Stage: {Type: String}}\nResources:\n  Inner:\n    Type: AWS::CloudFormation::Stack\n    \
                    Properties: {TemplateURL: nested.yaml, Parameters: {Key: !ImportValue key}}\n";
        let mut inputs = Inputs::new("shop");
        inputs.folder = Some(folder.path().to_owned());
        let stack = read_str("template.yaml", text, &inputs).unwrap();
        let unset: Vec<_> = Inspection::of(&stack)
            .diagnostics
            .into_iter()
            .filter(Finding::is_of_parameter_without_value)
            .map(|finding| (finding.stack, finding.message))
            .collect();
        let expected = [
            (
                None,
                "the parameter `Stage` has no default; --parameter Stage=VALUE gives it a value",
            ),
            (
                Some("Inner"),
                "the parameter `Key` has no default, and what the stack around it gives is not known",
            ),
        ];
        let expected =
            expected.map(|(stack, message)| (stack.map(str::to_owned), message.to_owned()));
        assert_eq!(unset, expected);
    }
}
