//! `too-many-alarms`: a deployment group with more alarms than CodeDeploy takes.

use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "too-many-alarms",
    finds: "a deployment group with more alarms than CodeDeploy takes",
    severity: Severity::Warning,
    check,
};

/// The most alarms that a deployment group takes (CodeDeploy API reference, `AlarmConfiguration`).
const MAX_ALARMS: usize = 10;

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(alarms) = shifting.group.map(|group| &group.alarms) else {
            continue;
        };
        let count = alarms.known_value().map_or(0, Vec::len);
        if count > MAX_ALARMS {
            found.push(
                LINT.report(
                    format!("{count} alarms are named, and a deployment group takes {MAX_ALARMS}: CodeDeploy refuses the group"),
                    alarms.place,
                )
                .resource(shifting.function_or_alias())
                .help("put several into one: metric math adds up errors of several metrics")
                .refused(),
            );
        }
    }
}
