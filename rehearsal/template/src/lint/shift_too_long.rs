//! `shift-too-long`: a shift that takes longer than CloudFormation waits for an alias.
//!
//! The whole deployment is the update of the alias, and its handler is given [`ALIAS_UPDATE_MINUTES`]. That the stack's update then fails is
//! inferred: no document says what becomes of the deployment.

use rehearsal_aws::cloudformation::ALIAS_UPDATE_MINUTES;
use rehearsal_aws::codedeploy::traffic_routing::TrafficRouting;

use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "shift-too-long",
    finds: "a shift that takes longer than CloudFormation waits for an alias",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(minutes) = shifting.routing.map(TrafficRouting::minutes) else {
            continue;
        };
        if minutes < ALIAS_UPDATE_MINUTES {
            continue;
        }
        let place = shifting
            .group
            .map_or(shifting.place(), |group| group.config_name.place);
        found.push(
            LINT.report(
                format!("the shift takes {minutes} minutes, and CloudFormation gives the update of an alias {ALIAS_UPDATE_MINUTES}, hooks included"),
                place,
            )
            .resource(shifting.function_or_alias())
            .help("take a configuration that is done earlier, and leave the hooks their time"),
        );
    }
}
