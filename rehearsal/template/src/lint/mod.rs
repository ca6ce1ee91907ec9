//! Lints: deployments that are valid and would be unsafe.
//!
//! Each lint has a code and a file of its name, which owns its words and its severity. It reports at the place that is to be
//! changed, and it is silent where it does not know: an unknown value is no reason for a warning. What they all look at is
//! in [`subject`]; [`references`]: what waits for what; [`refusals`]: what AWS refuses; [`provisioned`]: of provisioned
//! concurrency.
//!
//! A new lint is its file, a line in [`LINTS`], and two templates under `tests/lints`.

mod alarm_cannot_fire;
mod alarm_depends_on_range;
mod alarm_refused;
mod alarm_stays_in_alarm;
mod alarm_without_data;
mod all_at_once_without_hooks;
mod api_refused;
mod caller_bypasses_alias;
mod caller_not_permitted;
mod event_source_refused;
mod function_refused;
mod function_settings_refused;
mod gate_watches_nothing;
mod group_refused;
mod hook_cannot_be_invoked;
mod hook_cannot_report;
mod hook_destination_not_told;
mod hook_refers_to_api;
mod hook_with_preference;
mod hook_without_prefix;
mod name_taken;
mod no_alarms;
mod output_refused;
mod policy_refused;
mod preference_ignored;
mod property_refused;
mod provisioned;
mod publishes_without_content;
mod reference_not_created;
mod references;
mod refusals;
mod reserved_variable;
mod role_cannot_deploy;
mod role_refused;
mod route_bypasses_alias;
mod runtime_retired;
mod shift_too_long;
mod stage_canary_and_alias_shift;
mod store_refused;
mod subject;
mod too_many_alarms;
mod unknown_preference;
mod unknown_property;
mod version_exists_on_retry;

use crate::resolve::Resolver;
use crate::{Diagnostic, Place, Severity, Stack, Value};
use subject::{
    MadeOf, Subject, callers, execution_role, hook_role, metrics, permissions, policy,
    schema_bounds, series, shifting,
};

/// A kind of deployment that a warning is given for.
#[derive(Clone, Copy, Debug)]
pub struct Lint {
    /// Its stable code: [`Diagnostic::code`] of what it reports.
    pub code: &'static str,
    /// What it finds, in a sentence.
    pub finds: &'static str,
    /// How much what it reports weighs.
    pub severity: Severity,
    check: fn(&Subject<'_, '_>, &mut Vec<Diagnostic>),
}

impl Lint {
    /// A finding of this lint, at the place that is to be changed.
    fn report(&self, message: impl Into<String>, place: Place) -> Diagnostic {
        Diagnostic {
            severity: self.severity,
            ..Diagnostic::error(self.code, message, place)
        }
    }

    /// Adds a finding, unless it is there: what several deployments share, or what stands in `Globals`, is reported once. What AWS does not permit is
    /// reported of each resource: the verdict names them.
    fn add(&self, finding: Diagnostic, found: &mut Vec<Diagnostic>) {
        let is_same = |known: &Diagnostic| {
            self.found(known)
                && known.place == finding.place
                && known.message == finding.message
                && known.refused_at == finding.refused_at
                && (!finding.is_not_permitted || known.logical_id == finding.logical_id)
        };
        if !found.iter().any(is_same) {
            found.push(finding);
        }
    }

    /// Whether it made this finding.
    pub(crate) fn found(&self, diagnostic: &Diagnostic) -> bool {
        diagnostic.code == self.code
    }
}

/// Whether a group's configuration of alarms or of rollbacks says that it is on.
fn is_on(configuration: &Value) -> bool {
    let enabled = configuration.get("Enabled").and_then(Value::to_text);
    enabled.is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// A hook that waits for the API: the same circle as the one that the order of resources finds, in better words.
pub(crate) const HOOK_REFERS_TO_API: Lint = hook_refers_to_api::LINT;

/// All lints, by code.
///
/// ```
/// use rehearsal_template::lint::LINTS;
///
/// assert!(LINTS.iter().any(|lint| lint.code == "hook-without-prefix"));
/// ```
pub const LINTS: [Lint; 40] = [
    alarm_cannot_fire::LINT,
    alarm_depends_on_range::LINT,
    alarm_refused::LINT,
    alarm_stays_in_alarm::LINT,
    alarm_without_data::LINT,
    all_at_once_without_hooks::LINT,
    api_refused::LINT,
    caller_bypasses_alias::LINT,
    caller_not_permitted::LINT,
    event_source_refused::LINT,
    function_refused::LINT,
    function_settings_refused::LINT,
    gate_watches_nothing::LINT,
    group_refused::LINT,
    hook_cannot_be_invoked::LINT,
    hook_cannot_report::LINT,
    hook_destination_not_told::LINT,
    hook_refers_to_api::LINT,
    hook_with_preference::LINT,
    hook_without_prefix::LINT,
    name_taken::LINT,
    no_alarms::LINT,
    output_refused::LINT,
    policy_refused::LINT,
    preference_ignored::LINT,
    property_refused::LINT,
    publishes_without_content::LINT,
    reference_not_created::LINT,
    reserved_variable::LINT,
    role_cannot_deploy::LINT,
    role_refused::LINT,
    route_bypasses_alias::LINT,
    runtime_retired::LINT,
    shift_too_long::LINT,
    stage_canary_and_alias_shift::LINT,
    store_refused::LINT,
    too_many_alarms::LINT,
    unknown_preference::LINT,
    unknown_property::LINT,
    version_exists_on_retry::LINT,
];

/// Runs all lints on a stack.
pub(crate) fn check(stack: &Stack, resolver: &Resolver<'_>) -> Vec<Diagnostic> {
    let subject = Subject::of(stack, resolver);
    let mut found = Vec::new();
    if !subject.shifting.is_empty() {
        for lint in LINTS {
            (lint.check)(&subject, &mut found);
        }
    }
    found
}
