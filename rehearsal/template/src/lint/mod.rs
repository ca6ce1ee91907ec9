//! Lints: deployments that are valid and would be unsafe.
//!
//! Each lint has a code and a file of its name. It reports at the place that is to be changed, and it is silent where it
//! does not know: an unknown value is no reason for a warning.

mod alarm_cannot_fire;
mod alarm_list;
mod alarm_stays_in_alarm;
mod alarm_without_data;
mod all_at_once_without_hooks;
mod hook_cannot_report;
mod hook_destination_not_told;
mod hook_refers_to_api;
mod hook_with_preference;
mod hook_without_prefix;
mod metrics;
mod policy;
mod reserved_variable;
mod route_bypasses_alias;
mod series;
mod shifting;
mod stage_canary_and_alias_shift;

pub(crate) use hook_refers_to_api::CODE as HOOK_REFERS_TO_API;

use crate::resolve::Resolver;
use crate::{Diagnostic, Severity, Stack};
use shifting::Shifting;

/// A kind of deployment that a warning is given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Its stable code: [`Diagnostic::code`] of what it reports.
    pub code: &'static str,
    /// What it finds, in a sentence.
    pub finds: &'static str,
    /// How much what it reports weighs.
    pub severity: Severity,
}

/// All lints, by code.
///
/// ```
/// use rehearsal_template::lint::LINTS;
///
/// assert!(LINTS.iter().any(|lint| lint.code == "hook-without-prefix"));
/// ```
pub const LINTS: [Lint; 14] = [
    Lint {
        code: "alarm-cannot-fire",
        finds: "an alarm that needs as much bad data as the whole shift gives, or more",
        severity: Severity::Warning,
    },
    Lint {
        code: "alarm-stays-in-alarm",
        finds: "an alarm that one bad minute keeps in ALARM, so that it stops the fix too",
        severity: Severity::Warning,
    },
    Lint {
        code: "alarm-without-data",
        finds: "an alarm on a metric or a set of dimensions that the service never sends",
        severity: Severity::Warning,
    },
    Lint {
        code: "all-at-once-without-hooks",
        finds: "a deployment that shifts everything at once and runs no hook",
        severity: Severity::Warning,
    },
    Lint {
        code: "hook-cannot-report",
        finds: "a hook whose role may not report to CodeDeploy",
        severity: Severity::Warning,
    },
    Lint {
        code: "hook-destination-not-told",
        finds: "a hook whose on-failure destination is set for an alias or a version, which CodeDeploy does not invoke",
        severity: Severity::Warning,
    },
    Lint {
        code: HOOK_REFERS_TO_API,
        finds: "a hook that waits for the API, which waits for the alias, which waits for the hook",
        severity: Severity::Error,
    },
    Lint {
        code: "hook-with-preference",
        finds: "a hook that is shifted by a deployment of its own",
        severity: Severity::Warning,
    },
    Lint {
        code: "hook-without-prefix",
        finds: "a hook whose name CodeDeploy's role may not invoke",
        severity: Severity::Warning,
    },
    Lint {
        code: "no-alarms",
        finds: "a deployment that no alarm can stop",
        severity: Severity::Warning,
    },
    Lint {
        code: "reserved-variable",
        finds: "an environment variable that Lambda sets itself, for which it refuses the function",
        severity: Severity::Warning,
    },
    Lint {
        code: "route-bypasses-alias",
        finds: "a route to the function itself, past the alias that is shifted",
        severity: Severity::Warning,
    },
    Lint {
        code: "stage-canary-and-alias-shift",
        finds: "a stage with a canary of its own in front of an alias that is shifted",
        severity: Severity::Warning,
    },
    Lint {
        code: "too-many-alarms",
        finds: "a deployment group with more alarms than CodeDeploy takes",
        severity: Severity::Warning,
    },
];

/// What the lints look at.
struct Subject<'s, 't> {
    stack: &'s Stack,
    resolver: &'s Resolver<'t>,
    /// The aliases that an update shifts.
    shifting: Vec<Shifting<'s>>,
    policies: policy::Policies,
}

/// Runs all lints on a stack.
pub(crate) fn check(stack: &Stack, resolver: &Resolver<'_>) -> Vec<Diagnostic> {
    let subject = Subject {
        stack,
        resolver,
        shifting: shifting::all(stack),
        policies: policy::Policies::default(),
    };
    if subject.shifting.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for lint in [
        alarm_cannot_fire::check,
        alarm_list::check,
        alarm_stays_in_alarm::check,
        alarm_without_data::check,
        all_at_once_without_hooks::check,
        hook_cannot_report::check,
        hook_destination_not_told::check,
        hook_refers_to_api::check,
        hook_with_preference::check,
        hook_without_prefix::check,
        reserved_variable::check,
        route_bypasses_alias::check,
        stage_canary_and_alias_shift::check,
    ] {
        lint(&subject, &mut found);
    }
    found
}
