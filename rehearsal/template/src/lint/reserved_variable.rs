//! `reserved-variable`: an environment variable that Lambda sets itself, for which it refuses the function.
//!
//! CloudFormation takes the template, and the update fails when it comes to the function ([`is_reserved`] has the source).

use std::collections::BTreeSet;

use rehearsal_aws::lambda::variables::is_reserved;

use super::shifting::Shifting;
use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "reserved-variable",
    finds: "an environment variable that Lambda sets itself, for which it refuses the function",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let shifted = subject
        .shifting
        .iter()
        .filter_map(|shifting| shifting.alias.function.known_value());
    let hooks = subject
        .shifting
        .iter()
        .flat_map(Shifting::hooks)
        .filter_map(|hook| hook.function.as_ref());
    let functions: BTreeSet<&String> = shifted.chain(hooks).collect();
    for function in functions
        .into_iter()
        .filter_map(|id| subject.stack.function(id))
    {
        let variables = function.environment.known_value().into_iter().flatten();
        for (name, value) in variables.filter(|(name, _)| is_reserved(name)) {
            let message =
                format!("Lambda sets the variable `{name}` itself, and refuses the function");
            found.push(
                LINT.report(message, value.place)
                    .resource(&function.logical_id)
                    .help("remove it: the function has it all the same; or choose another name"),
            );
        }
    }
}
