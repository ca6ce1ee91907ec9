//! `hook-cannot-report`: a hook whose role may not report to CodeDeploy.
//!
//! A hook that cannot report is waited for: the lifecycle event fails after its hour (CodeDeploy user guide, "`AppSpec` 'hooks'
//! section"). Statements are judged by their action; whether their resource covers the deployment group is not looked at.

use std::collections::BTreeSet;

use super::shifting::Shifting;
use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-cannot-report",
    finds: "a hook whose role may not report to CodeDeploy",
    severity: Severity::Warning,
    check,
};

/// What a hook needs to be allowed.
const REPORT: &str = "codedeploy:PutLifecycleEventHookExecutionStatus";

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let functions: BTreeSet<&str> = subject
        .shifting
        .iter()
        .flat_map(Shifting::hooks)
        .filter_map(|hook| hook.function.as_deref())
        .collect();
    for function in functions {
        let resources = &subject.resolver.resources.by_id;
        let role = resources
            .get(function)
            .and_then(|resource| resource.properties.get("Role"))
            .and_then(|node| subject.resolver.referred(node, "AWS::IAM::Role"));
        let Some(role) = role else { continue };
        let Some(grants) = subject.policies.granted_to(&role) else {
            continue;
        };
        if grants.allows(REPORT) != Some(false) {
            continue;
        }
        let Some(place) = resources.get(&role).map(|role| role.place) else {
            continue;
        };
        found.push(
            LINT.report(format!("it is a lifecycle hook, and its role `{role}` does not allow `{REPORT}`: the deployment waits an hour for its report and fails"),
                place,
            )
            .resource(function)
            .help(format!("allow `{REPORT}` on the deployment group in the function's `Policies` or its role")),
        );
    }
}
