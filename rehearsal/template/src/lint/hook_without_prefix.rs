//! `hook-without-prefix`: a hook whose name CodeDeploy's role may not invoke.
//!
//! SAM gives CodeDeploy the managed policy `AWSCodeDeployRoleForLambda`, which allows `lambda:InvokeFunction` on functions whose
//! names begin with `CodeDeployHook_` and on no others (AWS managed policy reference). A role with a grant of its own, as
//! CDK makes it, may invoke any name.

use rehearsal_aws::lambda::function_name::FunctionName;

use super::policy::Grants;
use super::{Lint, Subject};
use crate::stack::Hook;
use crate::{Diagnostic, Place, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-without-prefix",
    finds: "a hook whose name CodeDeploy's role may not invoke",
    severity: Severity::Warning,
    check,
};

/// How the names of the functions begin that CodeDeploy's managed policies for Lambda let it invoke.
const PREFIX: &str = "CodeDeployHook_";
/// Those policies.
const MANAGED: [&str; 2] = [
    "AWSCodeDeployRoleForLambda",
    "AWSCodeDeployRoleForLambdaLimited",
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let role = shifting
            .group
            .and_then(|group| group.role.as_ref()?.logical_id.as_deref());
        let Some(grants) = role.and_then(|role| subject.policies.granted_to(role)) else {
            continue;
        };
        if !is_limited_to_the_prefix(&grants) {
            continue;
        }
        for hook in shifting.hooks() {
            let Some(FunctionName { name, .. }) = hook
                .name
                .known_value()
                .and_then(|name| FunctionName::parse(name))
            else {
                continue;
            };
            if name.starts_with(PREFIX) {
                continue;
            }
            let (resource, place) = to_fix(subject, hook);
            let diagnostic = LINT.report(format!(
                    "CodeDeploy may not invoke the hook: its role has `{}`, which allows functions named `{PREFIX}…` alone, and this one is `{name}`",
                    grants.managed.first().map_or(MANAGED[0], String::as_str)
                ),
                place,
            )
            .resource(resource.unwrap_or(shifting.function_or_alias()))
            .help(format!(
                "begin its `FunctionName` with `{PREFIX}`, or give the deployment group a role that may invoke it"
            ));
            if !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
    }
}

/// Whether all that the role may invoke comes from the managed policies.
fn is_limited_to_the_prefix(grants: &Grants) -> bool {
    !grants.managed.is_empty()
        && grants
            .managed
            .iter()
            .all(|name| MANAGED.contains(&name.as_str()))
        && grants.stated("lambda:InvokeFunction") == Some(false)
}

/// The hook's name, where it is one of the template's; or else where the hook is named.
fn to_fix<'h>(subject: &Subject<'_, '_>, hook: &'h Hook) -> (Option<&'h str>, Place) {
    let Some(function) = hook.function.as_deref() else {
        return (None, hook.name.place);
    };
    let resource = subject.resolver.resources.by_id.get(function);
    let place = resource.map_or(hook.name.place, |resource| {
        resource
            .properties
            .get("FunctionName")
            .map_or(resource.place, |name| name.place)
    });
    (Some(function), place)
}
