//! `no-alarms`: a deployment that no alarm can stop.

use super::{Lint, Subject};
use crate::stack::DeploymentGroup;
use crate::{Diagnostic, Place, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "no-alarms",
    finds: "a deployment that no alarm can stop",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(group) = shifting.group else {
            continue;
        };
        if group
            .alarms
            .known_value()
            .is_none_or(|alarms| !alarms.is_empty())
        {
            continue;
        }
        let diagnostic = match turned_off(subject, group) {
            Some(place) => LINT
                .report(
                    "no alarm can stop the deployment: those that its group names are turned off",
                    place,
                )
                .help("write `Enabled: true` in `AlarmConfiguration`"),
            None => LINT
                .report(
                    "no alarm can stop the deployment: once traffic shifts it goes on, whatever the new version does",
                    shifting.place(),
                )
                .help("name alarms on the new version's errors in the preference's `Alarms`"),
        };
        found.push(diagnostic.resource(shifting.function_or_alias()));
    }
}

/// Where a group's alarms are turned off that it names all the same; without `Enabled` they are (`stack::group`).
fn turned_off(subject: &Subject<'_, '_>, group: &DeploymentGroup) -> Option<Place> {
    let written = subject.resolver.resources.by_id.get(&group.logical_id)?;
    let configuration = written.properties.get("AlarmConfiguration")?;
    let alarms = subject
        .resolver
        .value(configuration)
        .get("Alarms")?
        .as_list()?
        .len();
    (alarms > 0).then_some(configuration.place)
}
