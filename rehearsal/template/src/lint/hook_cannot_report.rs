//! `hook-cannot-report`: a hook whose role may not report to CodeDeploy.
//!
//! A hook that cannot report is waited for: the lifecycle event fails after its hour (CodeDeploy user guide, "`AppSpec` 'hooks'
//! section"). Statements are judged by their action, their resource and their effect, as far as the template tells: the resource is
//! the deployment group (Service authorization reference, "Actions, resources, and condition keys for AWS CodeDeploy"). What a
//! condition or a permissions boundary takes away is not looked at.

use super::policy::{Resource, Stated};
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
    let resources = &subject.resolver.resources.by_id;
    for shifting in &subject.shifting {
        for function in shifting.hooks().filter_map(|hook| hook.function.as_deref()) {
            let role = resources
                .get(function)
                .and_then(|resource| resource.properties.get("Role"))
                .and_then(|node| subject.resolver.referred(node, "AWS::IAM::Role"));
            let Some(role) = role else { continue };
            let Some(grants) = subject.policies.granted_to(&role) else {
                continue;
            };
            let Some((resource, called)) = group(subject, shifting) else {
                continue;
            };
            let why = match grants.stated(REPORT, &resource) {
                Stated::Denied => format!("a statement of its role `{role}` denies `{REPORT}`"),
                _ if grants.allowed_by_managed(REPORT) != Some(false) => continue,
                Stated::NotAllowed => format!("its role `{role}` does not allow `{REPORT}`"),
                Stated::AllowedElsewhere => {
                    format!(
                        "its role `{role}` allows `{REPORT}` on other resources than the deployment group `{called}`"
                    )
                }
                Stated::Allowed | Stated::Unknown => continue,
            };
            let Some(place) = resources.get(&role).map(|role| role.place) else {
                continue;
            };
            // A hook of several deployments is reported once.
            let is_known = |known: &Diagnostic| {
                LINT.found(known) && known.logical_id.as_deref() == Some(function)
            };
            if !found.iter().any(is_known) {
                found.push(
                    LINT.report(
                        format!("it is a lifecycle hook, and {why}: the deployment waits an hour for its report and fails"),
                        place,
                    )
                    .not_permitted()
                    .resource(function)
                    .help(format!(
                        "allow `{REPORT}` on the deployment group in the function's `Policies` or its role"
                    )),
                );
            }
        }
    }
}

/// The deployment group as policies name it, and as people do.
fn group(subject: &Subject<'_, '_>, shifting: &Shifting<'_>) -> Option<(Resource, String)> {
    let application = shifting.deployment.application.known_value()?;
    let group = shifting.deployment.group_name.known_value()?;
    let inputs = &subject.stack.inputs;
    let prefix = format!(
        "arn:{}:codedeploy:{}:{}:deploymentgroup:",
        inputs.partition(),
        inputs.region,
        inputs.account_id
    );
    Some((
        Resource::deployment_group(&prefix, application, group),
        format!("{application}/{group}"),
    ))
}
