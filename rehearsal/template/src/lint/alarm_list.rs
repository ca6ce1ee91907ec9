//! `no-alarms` and `too-many-alarms`: how many alarms can stop a deployment.

use super::Subject;
use crate::Diagnostic;

/// The most alarms that a deployment group takes (CodeDeploy API reference, `AlarmConfiguration`).
const MAX_ALARMS: usize = 10;

pub(super) fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(alarms) = shifting.group.map(|group| &group.alarms) else {
            continue;
        };
        match alarms.known_value().map(Vec::len) {
            Some(0) => found.push(
                Diagnostic::warning(
                    "no-alarms",
                    "no alarm can stop the deployment: once traffic shifts it goes on, whatever the new version does",
                    shifting.place(),
                )
                .resource(shifting.function_or_alias())
                .help("name alarms on the new version's errors in the preference's `Alarms`"),
            ),
            Some(count) if count > MAX_ALARMS => found.push(
                Diagnostic::warning(
                    "too-many-alarms",
                    format!("{count} alarms are named, and a deployment group takes {MAX_ALARMS}: CodeDeploy refuses the group"),
                    alarms.place,
                )
                .resource(shifting.function_or_alias())
                .help("put several into one: metric math adds up errors of several metrics"),
            ),
            _ => {}
        }
    }
}
