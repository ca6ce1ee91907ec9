//! `role-cannot-deploy`: a deployment group whose own role does not let CodeDeploy shift its alias, or see its alarms.
//!
//! CodeDeploy acts in the group's role. One that may not update the alias makes the deployment fail at its first step (`IAM_ROLE_PERMISSIONS`), and one that
//! may not see the alarms stops it, unless the group says `IgnorePollAlarmFailure`. Sources: CodeDeploy user guide, "Create a service role for
//! CodeDeploy", "Grant CloudWatch permissions to a CodeDeploy service role"; CodeDeploy API, `AlarmConfiguration`; AWS managed policy reference:
//! `AWSCodeDeployRoleForLambda` allows both, `AWSCodeDeployRole` and those for ECS are for other platforms. Statements are judged by their
//! actions alone, and a managed policy that is not known here may allow anything.

use super::policy::{Resource, SEE_ALARMS, SHIFT, Stated};
use super::shifting::Shifting;
use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "role-cannot-deploy",
    finds: "a deployment group whose own role may not shift its alias, or not see its alarms",
    severity: Severity::Warning,
    check,
};

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
        let anywhere = Resource::any();
        let lacks = |action| match grants.stated(action, &anywhere) {
            // A statement that denies it everywhere does so whatever else there is.
            Stated::Denied => Some("denies"),
            Stated::NotAllowed if grants.allowed_by_managed(action) == Some(false) => {
                Some("does not allow")
            }
            _ => None,
        };
        let see = || lacks(SEE_ALARMS).filter(|_| needs_alarms(shifting));
        let (action, how, so) = if let Some(how) = lacks(SHIFT) {
            (SHIFT, how, "a deployment fails at its first step")
        } else if let Some(how) = see() {
            (SEE_ALARMS, how, "a deployment is stopped")
        } else {
            continue;
        };
        let message = format!("CodeDeploy acts in the role `{role}`, which {how} `{action}`: {so}");
        let help = if how == "denies" {
            format!("leave `{action}` out of what its statements deny")
        } else {
            "add `!Sub arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda` to its `ManagedPolicyArns`".to_owned()
        };
        let finding = LINT
            .report(message, written.place)
            .resource(role)
            .help(help);
        LINT.add(finding.not_permitted(), found);
    }
}

/// Whether a deployment needs to see its alarms: the group has some that are on, and does not go on where it may not see them.
fn needs_alarms(shifting: &Shifting<'_>) -> bool {
    shifting.group.is_some_and(|group| {
        let alarms = group.alarms.known_value();
        alarms.is_some_and(|alarms| !alarms.is_empty())
            && group.ignore_poll_alarm_failure.is(&false)
    })
}
