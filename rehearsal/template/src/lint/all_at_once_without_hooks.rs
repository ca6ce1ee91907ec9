//! `all-at-once-without-hooks`: a deployment that shifts everything at once and runs no hook.
//!
//! Nothing looks at the new version before it has all the traffic, and no minute passes in which an alarm could fire. An alarm that
//! is in ALARM before stops such a deployment too, at its start (SAM repository, `docs/safe_lambda_deployments.rst`, "Production
//! errors preventing deployments").

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
        let Some(group) = shifting.group else {
            continue;
        };
        if shifting.routing != Some(TrafficRouting::AllAtOnce) || shifting.hooks().next().is_some()
        {
            continue;
        }
        let alarms = match group.alarms.known_value() {
            Some(alarms) if alarms.is_empty() => {
                "and there is no alarm: nothing can stop the deployment"
            }
            _ => {
                "and no alarm has the time to fire: only one that is in ALARM before stops the deployment"
            }
        };
        found.push(
            LINT.report(
                format!("all traffic moves at once, no hook looks at the new version, {alarms}"),
                group.config_name.place,
            )
            .resource(shifting.function_or_alias())
            .help("add a `PreTraffic` hook, or take a canary or linear configuration"),
        );
    }
}
