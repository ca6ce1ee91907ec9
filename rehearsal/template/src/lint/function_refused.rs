//! `function-refused`: a function that Lambda refuses, for its name or its variables.
//!
//! CloudFormation takes the template, and the update fails when it comes to the function. Sources: Lambda API, `CreateFunction`:
//! `FunctionName` (1 to 64 of letters, digits, `-` and `_`), `EnvironmentVariableName` (`[a-zA-Z]([a-zA-Z0-9_])+`); Lambda developer guide,
//! "Lambda quotas": 4 KB for all variables together; CloudFormation user guide, "Name type": a name can be taken once. What Lambda sets
//! itself has `reserved-variable`; numbers beyond their bounds have `property-refused`.

use rehearsal_aws::lambda::variables::is_reserved;

use super::refusals::{Refusal, taken_name};
use super::{Lint, Subject};
use crate::stack::Function;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "function-refused",
    finds: "a function that Lambda refuses, for its name or its variables",
    severity: Severity::Warning,
    check,
};

/// The most characters of a function's name.
const LONGEST_NAME: usize = 64;
/// The most bytes of all variables together, names and values.
const MOST_VARIABLES: usize = 4_096;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for function in &subject.stack.functions {
        let mut findings = Vec::new();
        findings.extend(name(subject, function));
        findings.extend(taken_name(subject, &subject.stack.functions, function));
        findings.extend(variables(function));
        let refused = findings.into_iter().map(|(message, help, place)| {
            let message = format!("{message}: Lambda refuses the function");
            (message, help, place)
        });
        LINT.refuse(refused, &function.logical_id, found);
    }
}

/// A name that is written. One that is made of the stack's is as long as that, which may be another here.
fn name(subject: &Subject<'_, '_>, function: &Function) -> Option<Refusal> {
    let written = subject.resolver.resources.by_id.get(&function.logical_id)?;
    let node = written.properties.get("FunctionName")?;
    let name = function.name.known_value()?;
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.contains(':') {
        return None;
    }
    if let Some(other) = name.chars().find(|c| !is_of_name(*c)) {
        let message = format!("its name has {other:?} in it");
        let help = "a name has letters, digits, `-` and `_`".to_owned();
        return Some((message, help, node.place));
    }
    let count = name.chars().count();
    let is_of_stack = node.as_str().is_none() && name.contains(&subject.stack.name);
    (count > LONGEST_NAME && !is_of_stack).then(|| {
        let message = format!("its name has {count} characters");
        let help = format!("a name has at most {LONGEST_NAME}");
        (message, help, node.place)
    })
}

fn variables(function: &Function) -> Vec<Refusal> {
    let Some(variables) = function.environment.known_value() else {
        return Vec::new();
    };
    let is_taken = |name: &str| {
        name.len() > 1
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let names = variables.iter();
    let names = names.filter(|(name, _)| !is_reserved(name) && !is_taken(name));
    let mut findings: Vec<Refusal> = names
        .map(|(name, value)| {
            let message = format!("`{name}` is no name of a variable");
            let help = "it begins with a letter, has two characters at least, and letters, digits and `_` alone";
            (message, help.to_owned(), value.place)
        })
        .collect();
    let known = variables.iter().filter_map(|(name, value)| {
        let value = value.known_value()?;
        Some(name.len() + value.len())
    });
    let bytes: usize = known.sum();
    if bytes > MOST_VARIABLES {
        let message = format!("its variables take {bytes} bytes together");
        let help = format!(
            "they take at most {MOST_VARIABLES}; keep what is long in SSM or Secrets Manager"
        );
        findings.push((message, help, function.environment.place));
    }
    findings
}
