//! `hook-without-prefix`: a hook whose name CodeDeploy's role may not invoke.
//!
//! SAM gives CodeDeploy the managed policy `AWSCodeDeployRoleForLambda`, which allows `lambda:InvokeFunction` on functions whose
//! names begin with `CodeDeployHook_` and on no others (AWS managed policy reference). A role with a grant of its own, as
//! CDK makes it, may invoke any name.

use rehearsal_aws::lambda::function_name::FunctionName;

use super::hook_role::{BY_PREFIX, Managed, PREFIX, invoked, managed};
use super::policy::{INVOKE, Stated};
use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-without-prefix",
    finds: "a hook whose name CodeDeploy's role may not invoke",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let role = shifting.role();
        let Some(grants) = role.and_then(|role| subject.policies.granted_to(role)) else {
            continue;
        };
        for hook in shifting.hooks() {
            let Some(name) = hook
                .name
                .known_value()
                .and_then(|name| FunctionName::parse(name))
            else {
                continue;
            };
            let Some(invoked) = invoked(subject, hook) else {
                continue;
            };
            let is_stated = grants.stated(INVOKE, &invoked.resource);
            if !matches!(is_stated, Stated::NotAllowed | Stated::AllowedElsewhere)
                || managed(&grants) != Managed::ByPrefix
                || invoked.has_prefix
            {
                continue;
            }
            let name = name.name;
            let (resource, place) = (invoked.function, invoked.place);
            let diagnostic = LINT.report(format!(
                    "CodeDeploy may not invoke the hook: its role has `{}`, which allows functions named `{PREFIX}…` alone, and this one is `{name}`",
                    grants.managed.iter().find(|name| BY_PREFIX.contains(&name.as_str())).map_or(BY_PREFIX[0], String::as_str)
                ),
                place,
            )
            .resource(resource.unwrap_or(shifting.function_or_alias()))
            .not_permitted()
            .help(format!(
                "begin its `FunctionName` with `{PREFIX}`, or give the deployment group a role that may invoke it"
            ));
            if !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
    }
}
