//! `runtime-retired`: a runtime with which Lambda updates no function any more, or that it never had.
//!
//! Source: Lambda developer guide, "Lambda runtimes", "Deprecated runtimes", whose column "Block function update" is a day that has passed
//! for these; the names are those of the API's `Runtime` (botocore's model) and of that page, as of October 2026. What is newer than that is not known here,
//! so an unknown name is warned of, and nothing is refused for it.

use std::collections::BTreeSet;

use super::shifting::Shifting;
use super::{Lint, Subject};
use crate::{Diagnostic, Severity, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "runtime-retired",
    finds: "a runtime with which Lambda updates no function any more",
    severity: Severity::Warning,
    check,
};

/// The runtimes whose functions are not updated any more.
const RETIRED: [&str; 14] = [
    "dotnetcore1.0",
    "dotnetcore2.0",
    "dotnetcore2.1",
    "dotnetcore3.1",
    "nodejs",
    "nodejs10.x",
    "nodejs12.x",
    "nodejs4.3",
    "nodejs4.3-edge",
    "nodejs6.10",
    "nodejs8.10",
    "python2.7",
    "python3.6",
    "ruby2.5",
];

/// All others.
const RUNTIMES: [&str; 38] = [
    "dotnet10",
    "dotnet6",
    "dotnet8",
    "dotnet9",
    "go1.x",
    "java11",
    "java11.al2023",
    "java17",
    "java17.al2023",
    "java21",
    "java25",
    "java8",
    "java8.al2",
    "java8.al2023",
    "nodejs14.x",
    "nodejs16.x",
    "nodejs18.x",
    "nodejs20.x",
    "nodejs22.x",
    "nodejs24.x",
    "nodejs26.x",
    "provided",
    "provided.al2",
    "provided.al2023",
    "python3.10",
    "python3.11",
    "python3.12",
    "python3.13",
    "python3.14",
    "python3.15",
    "python3.7",
    "python3.8",
    "python3.9",
    "ruby2.7",
    "ruby3.2",
    "ruby3.3",
    "ruby3.4",
    "ruby4.0",
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let shifted = subject.shifting.iter();
    let shifted: BTreeSet<&String> = shifted
        .filter_map(|shifting: &Shifting<'_>| shifting.alias.function.known_value())
        .collect();
    let functions = shifted.into_iter();
    for function in functions.filter_map(|id| subject.stack.function(id)) {
        let Some(field) = &function.runtime else {
            continue;
        };
        let Some(runtime) = field.known_value() else {
            continue;
        };
        let (message, help) = if RETIRED.contains(&runtime.as_str()) {
            (
                format!("Lambda updates no function of `{runtime}` any more"),
                "take a runtime that Lambda supports".to_owned(),
            )
        } else if RUNTIMES.contains(&runtime.as_str()) || !is_of_a_family(runtime) {
            continue;
        } else {
            (
                format!("`{runtime}` is no runtime that Lambda is known to have"),
                suggest::did_you_mean(runtime, RUNTIMES).unwrap_or_else(|| {
                    "take one of Lambda's; `provided.al2023` runs any program".to_owned()
                }),
            )
        };
        let finding = LINT.report(message, field.place).help(help).not_permitted();
        LINT.add(finding.resource(&function.logical_id), found);
    }
}

/// Whether a runtime is named like one of Lambda's. What is not may be anything.
fn is_of_a_family(runtime: &str) -> bool {
    let families = ["dotnet", "java", "node", "provided", "python", "ruby"];
    families.iter().any(|family| runtime.starts_with(family))
}
