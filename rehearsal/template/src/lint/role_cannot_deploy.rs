//! `role-cannot-deploy`: a deployment group whose own role does not let CodeDeploy shift its alias, or see its alarms.
//!
//! CodeDeploy acts in the group's role. One that may not update the alias makes the deployment fail at its first step (`IAM_ROLE_PERMISSIONS`), and one that
//! may not see the alarms stops it, unless the group says `IgnorePollAlarmFailure`. Sources: CodeDeploy user guide, "Create a service role for
//! CodeDeploy", "Grant CloudWatch permissions to a CodeDeploy service role"; CodeDeploy API, `AlarmConfiguration`; AWS managed policy reference:
//! `AWSCodeDeployRoleForLambda` allows both, `AWSCodeDeployRole` and those for ECS are for other platforms. Statements are judged by their
//! actions alone, and a managed policy that is not known here may allow anything.

use super::policy::{Resource, Stated};
use super::shifting::Shifting;
use super::{Lint, Subject, is_on};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "role-cannot-deploy",
    finds: "a deployment group whose own role may not shift its alias, or not see its alarms",
    severity: Severity::Warning,
    check,
};

/// AWS managed policies that let nobody update an alias (AWS managed policy reference), and whether they let see alarms.
const MANAGED: [(&str, bool); 8] = [
    ("AWSCodeDeployRole", true),
    ("AWSCodeDeployRoleForECS", true),
    ("AWSCodeDeployRoleForECSLimited", true),
    ("AWSLambdaBasicExecutionRole", false),
    ("AWSLambdaRole", false),
    ("AWSLambdaVPCAccessExecutionRole", false),
    ("AWSXRayDaemonWriteAccess", false),
    ("CloudWatchReadOnlyAccess", true),
];

/// What moves an alias.
const SHIFT: &str = "lambda:UpdateAlias";
/// What tells the state of an alarm.
const SEE: &str = "cloudwatch:DescribeAlarms";

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(role) = shifting.role() else {
            continue;
        };
        let by_id = &subject.resolver.resources.by_id;
        let Some(written) = by_id.get(role) else {
            continue;
        };
        if written.has_open_properties() || written.generated_for.is_some() {
            continue;
        }
        let Some(grants) = subject.policies.granted_to(role) else {
            continue;
        };
        let known = grants
            .managed
            .iter()
            .map(|name| MANAGED.iter().find(|(known, _)| known == name));
        let Some(known) = known.collect::<Option<Vec<_>>>() else {
            continue;
        };
        let sees_alarms = known.iter().any(|(_, sees)| *sees);
        let anywhere = Resource::any();
        let lacks = |action| match grants.stated(action, &anywhere) {
            Stated::NotAllowed => true,
            Stated::Denied | Stated::Allowed | Stated::AllowedElsewhere | Stated::Unknown => false,
        };
        let (action, so) = if lacks(SHIFT) {
            (SHIFT, "a deployment fails at its first step")
        } else if has_alarms(subject, shifting) && !sees_alarms && lacks(SEE) {
            (SEE, "a deployment is stopped")
        } else {
            continue;
        };
        let message =
            format!("CodeDeploy acts in the role `{role}`, which does not allow `{action}`: {so}");
        let finding = LINT.report(message, written.place).resource(role).help(
            "add `arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda` to its `ManagedPolicyArns`",
        );
        LINT.add(finding.not_permitted(), found);
    }
}

/// Whether CodeDeploy asks for alarms, and does not go on where it may not see them.
fn has_alarms(subject: &Subject<'_, '_>, shifting: &Shifting<'_>) -> bool {
    let Some(group) = shifting.group else {
        return false;
    };
    let has_any = group
        .alarms
        .known_value()
        .is_some_and(|all| !all.is_empty());
    let written = subject.resolver.resources.by_id.get(&group.logical_id);
    let configuration = written.and_then(|group| group.properties.get("AlarmConfiguration"));
    let configuration = configuration.map(|node| subject.resolver.value(node));
    let goes_on = configuration.is_some_and(|configuration| {
        let ignores = configuration.get("IgnorePollAlarmFailure");
        ignores.is_some_and(|value| value.to_text().as_deref() != Some("false"))
            || !is_on(&configuration)
    });
    has_any && !goes_on
}
