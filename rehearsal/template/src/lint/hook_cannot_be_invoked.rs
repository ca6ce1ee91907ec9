//! `hook-cannot-be-invoked`: a hook that a role of the template's own does not let CodeDeploy invoke.
//!
//! A deployment group acts in its role. One that may not invoke the hook makes the deployment fail with `IAM_ROLE_PERMISSIONS` (seen:
//! aws/serverless-application-model#219). Statements are judged by action, resource and effect, as far as the template tells. A
//! role that has CodeDeploy's managed policy alone has `hook-without-prefix`.

use super::hook_role::{Managed, invoked, managed};
use super::policy::{INVOKE, Stated};
use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-cannot-be-invoked",
    finds: "a hook that the deployment group's own role may not invoke",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifting in &subject.shifting {
        let Some(role) = shifting.role() else {
            continue;
        };
        let Some(grants) = subject.policies.granted_to(role) else {
            continue;
        };
        let Some(resource) = subject.resolver.resources.by_id.get(role) else {
            continue;
        };
        for hook in shifting.hooks() {
            let Some(invoked) = invoked(subject, hook) else {
                continue;
            };
            let managed = managed(&grants);
            let why = match grants.stated(INVOKE, &invoked.resource) {
                Stated::Denied => {
                    format!("a statement of its role `{role}` denies `{INVOKE}` on it")
                }
                _ if managed != Managed::Nothing => continue,
                Stated::NotAllowed => format!("its role `{role}` does not allow `{INVOKE}`"),
                Stated::AllowedElsewhere => {
                    format!("its role `{role}` allows `{INVOKE}` on other functions alone")
                }
                Stated::Allowed | Stated::Unknown => continue,
            };
            let hook = invoked
                .function
                .or(hook.name.known_value().map(String::as_str));
            let diagnostic = LINT
                .report(
                    format!(
                        "CodeDeploy may not invoke the hook `{}`: {why}",
                        hook.unwrap_or_default()
                    ),
                    resource.place,
                )
                .not_permitted()
                .resource(role)
                .help(format!(
                    "allow `{INVOKE}` on the hook's ARN, without a qualifier, in that role"
                ));
            if !found.contains(&diagnostic) {
                found.push(diagnostic);
            }
        }
    }
}
