//! `output-refused`: an output, or an export, that CloudFormation refuses.
//!
//! It is refused before anything is deployed. Seen: `Template format error: The Outputs section contains duplicate Export names` (compose-x/ecs_composex
//! 444); `The Name field of every Export member must be specified and consist only of alphanumeric characters, colons, or hyphens` (aws-cdk
//! 28563); `The Name field of Export must not depend on any resources, imported values, or Fn::GetAZs` (cfn-lint 1632). CloudFormation user guide,
//! "Outputs": a logical id is alphanumeric; "Conditions": what refers to a resource under a condition has the same one. That another stack of
//! the account exports a name already is known to AWS alone, or to the assembly that both are in.

use std::collections::HashMap;

use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::stack::Output;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "output-refused",
    finds: "an output, or an export, that CloudFormation refuses",
    severity: Severity::Warning,
    check,
};

/// The longest name of an export (CloudFormation user guide, "Outputs").
const LONGEST_EXPORT: usize = 255;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    // A name with the stack's is another where the stack is called otherwise: it is held against such names alone.
    let mut exported: HashMap<(&str, bool), &str> = HashMap::new();
    for output in &subject.stack.outputs {
        let mut findings = Vec::new();
        if !output.name.chars().all(|c| c.is_ascii_alphanumeric()) {
            let message = format!(
                "the output `{}` has other characters than letters and digits in its name: CloudFormation refuses it",
                output.name
            );
            let help = "write it of letters and digits".to_owned();
            findings.push((message, help, output.place));
        }
        findings.extend(not_created(subject, output));
        findings.extend(export(output, &subject.stack.name));
        let name = output.export.as_ref().and_then(|name| name.known_value());
        if let (Some(name), Some(field), true) = (name, &output.export, output.is_there) {
            let elsewhere = subject.stack.inputs.exported_elsewhere.get(name);
            if let Some(stack) = elsewhere {
                let message =
                    format!("the stack `{stack}` exports `{name}` too: CloudFormation refuses it");
                let help = "an export's name is its own in an account and Region".to_owned();
                findings.push((message, help, field.place));
            } else if let Some(earlier) = exported.get(&(name.as_str(), output.export_is_of_stack))
            {
                let message = format!(
                    "the output `{earlier}` is exported as `{name}` too: CloudFormation refuses the template"
                );
                let help = "an export's name is its own in an account and Region".to_owned();
                findings.push((message, help, field.place));
            } else {
                exported.insert((name, output.export_is_of_stack), &output.name);
            }
        }
        LINT.refuse(findings, &output.name, found);
    }
}

/// An output that refers to a resource whose condition does not hold.
fn not_created(subject: &Subject<'_, '_>, output: &Output) -> Option<Refusal> {
    let by_id = &subject.resolver.resources.by_id;
    output.references.iter().filter(|_| output.is_there).find_map(|(id, place)| {
        let (condition, at) = by_id.get(id)?.condition.as_ref()?;
        if subject.resolver.condition(condition, *at) != Ok(false) {
            return None;
        }
        let message = format!(
            "the output `{}` refers to `{id}`, which is not created, as its condition `{condition}` does not hold: CloudFormation refuses it",
            output.name
        );
        Some((message, format!("write `Condition: {condition}` beside its `Value`"), *place))
    })
}

/// What is wrong with the name of an export by itself.
fn export(output: &Output, stack: &str) -> Option<Refusal> {
    let field = output.export.as_ref()?;
    if let Some(id) = &output.export_refers_to {
        let message =
            format!("the name of its export depends on `{id}`: CloudFormation refuses it");
        let help = "a name may depend on parameters and on `AWS::StackName`, and on no resource"
            .to_owned();
        return Some((message, help, field.place));
    }
    let name = field.known_value()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-');
    // The stack's own name is not the template's to choose: where none is given, it is that of the file.
    let (own, beside) = if output.export_is_of_stack {
        (name.replace(stack, ""), " beside the stack's name")
    } else {
        (name.clone(), "")
    };
    let count = own.chars().count();
    let (message, help) = if name.is_empty() || !own.chars().all(is_plain) {
        (
            format!("its export is named `{name}`: CloudFormation refuses it"),
            "write it of letters, digits, colons and hyphens".to_owned(),
        )
    } else if count > LONGEST_EXPORT {
        (
            format!(
                "the name of its export has {count} characters{beside}: CloudFormation refuses it"
            ),
            format!("it has at most {LONGEST_EXPORT}"),
        )
    } else {
        return None;
    };
    Some((message, help, field.place))
}
