//! The functions and alarms that a rehearsal file names, held to those of the template.

use rehearsal_aws::cloudwatch::composite_alarm::alarm_name;
use rehearsal_deployment::bounds::Step;
use rehearsal_deployment::expectation::Expectation;
use rehearsal_template::Stack;
use rehearsal_template::suggest::closest;

use crate::file::{FileError, RehearsalFile};

/// Functions and alarms that the file names are the template's.
/// # Errors
/// The first that is not, at its place, with what it may be meant for.
pub fn check(file: &RehearsalFile, stack: &Stack) -> Result<(), FileError> {
    let functions: Vec<_> = stack
        .functions
        .iter()
        .map(|function| function.logical_id.as_str())
        .collect();
    let own = stack.alarm_names().map(|(id, _)| id);
    let given = file.rehearsal.alarms.iter();
    let given = given.map(|given| alarm_name(&given.name));
    let alarms: Vec<_> = own.chain(given).collect();
    for named in names(file) {
        let there = match named.kind {
            "alarm" => &alarms,
            _ => &functions,
        };
        if !there.contains(&named.name) {
            let message = format!("the template has no {} {}", named.kind, named.name);
            return Err(file.wrong_at(message, &named.at, help(named.name, there)));
        }
    }
    Ok(())
}

/// Something of the template that a rehearsal file names.
struct Named<'f> {
    /// `function` or `alarm`.
    kind: &'static str,
    name: &'f str,
    at: Vec<Step>,
}

/// All functions and alarms that a file names.
fn names(file: &RehearsalFile) -> Vec<Named<'_>> {
    let faults = file.rehearsal.faults.iter().enumerate();
    let mut names: Vec<_> = faults
        .filter_map(|(number, fault)| {
            Some(Named {
                kind: "function",
                name: fault.function.as_deref()?,
                at: vec!["fault".into(), number.into()],
            })
        })
        .collect();
    let stubs = file.rehearsal.stubs.iter().enumerate();
    names.extend(stubs.map(|(number, stub)| Named {
        kind: "function",
        name: &stub.function,
        at: vec!["stub".into(), number.into()],
    }));
    expected(&file.rehearsal.expect, &["expect".into()], &mut names);
    names
}

/// Those that an expectation names, and the expectations of single deployments in it.
fn expected<'f>(expect: &'f Expectation, at: &[Step], names: &mut Vec<Named<'f>>) {
    let below = |key: &str| [at, &[Step::from(key)]].concat();
    for (kind, key, name) in [
        ("function", "reported_by", &expect.reported_by),
        ("alarm", "alarm", &expect.alarm),
    ] {
        names.extend(name.as_deref().map(|name| Named {
            kind,
            name,
            at: below(key),
        }));
    }
    for (function, expect) in &expect.deployments {
        let at = [below("deployment"), vec![function.as_str().into()]].concat();
        names.push(Named {
            kind: "function",
            name: function,
            at: at.clone(),
        });
        expected(expect, &at, names);
    }
}

/// What a name may be meant for, or else what there is.
pub fn help(name: &str, names: &[&str]) -> Option<String> {
    match closest(name, names.iter().copied()) {
        Some(like) => Some(format!("did you mean {like}?")),
        None if names.is_empty() => None,
        None => Some(format!("it has: {}", names.join(", "))),
    }
}
