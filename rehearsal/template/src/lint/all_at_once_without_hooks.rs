//! `all-at-once-without-hooks`: a deployment that shifts everything at once and runs no hook.
//!
//! Nothing looks at the new version before it has all the traffic, and no minute passes in which an alarm could fire.

use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;

use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "all-at-once-without-hooks",
    finds: "a deployment that shifts everything at once and runs no hook",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        if shifting.routing == Some(TrafficRouting::AllAtOnce) && shifting.hooks().next().is_none()
        {
            let place = shifting
                .group
                .map_or(shifting.place(), |group| group.config_name.place);
            found.push(
                LINT.report("all traffic moves at once and no hook looks at the new version: the deployment can only succeed",
                    place,
                )
                .resource(shifting.function_or_alias())
                .help("add a `PreTraffic` hook, or take a canary or linear configuration"),
            );
        }
    }
}
