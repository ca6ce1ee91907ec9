//! `hook-refers-to-api`: a hook that waits for the API, which waits for the alias, which waits for the hook.
//!
//! CloudFormation refuses such a template (cfn-lint, E3004). The circle closes through the hook's environment, and just as well
//! through its role. It is an error: this says how to get out of it.

use super::references::{by_id, path};
use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-refers-to-api",
    finds: "a hook that waits for the API, which waits for the alias, which waits for the hook",
    severity: Severity::Error,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    // Where everything has its turn in an update, nothing waits for itself.
    if !subject.stack.update_levels.is_empty() {
        return;
    }
    let by_id = by_id(subject);
    for shifting in &subject.shifting {
        for hook in shifting.hooks().filter_map(|hook| hook.function.as_deref()) {
            let Some(path) = path(&by_id, hook, &shifting.alias.logical_id) else {
                continue;
            };
            let is_api = |id: &&str| {
                by_id
                    .get(id)
                    .is_some_and(|resource| resource.r#type.starts_with("AWS::ApiGateway"))
            };
            let Some(at) = path.iter().position(is_api).filter(|at| *at > 0) else {
                continue;
            };
            let place = by_id
                .get(path[at - 1])
                .and_then(|from| from.references.get(path[at]))
                .copied()
                .unwrap_or_default();
            let diagnostic = LINT.report(format!(
                    "circular dependency: {} → {hook}: the hook waits for the API, the API for the alias, and the alias for the hook",
                    path.join(" → ")
                ),
                place,
            )
            .resource(hook)
            .help(
                "let the hook find the API at run time, as through an SSM parameter whose name is spelt out; \
                 give its role the right to call the API in an `AWS::IAM::RolePolicy` of its own",
            );
            found.push(diagnostic);
        }
    }
}
