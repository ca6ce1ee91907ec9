//! `no-alarms`: a deployment that no alarm can stop.

use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "no-alarms",
    finds: "a deployment that no alarm can stop",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let alarms = shifting.group.map(|group| &group.alarms);
        if alarms.is_some_and(|alarms| alarms.known_value().is_some_and(Vec::is_empty)) {
            found.push(
                LINT.report(
                    "no alarm can stop the deployment: once traffic shifts it goes on, whatever the new version does",
                    shifting.place(),
                )
                .resource(shifting.function_or_alias())
                .help("name alarms on the new version's errors in the preference's `Alarms`"),
            );
        }
    }
}
