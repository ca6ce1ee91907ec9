//! `hook-with-preference`: a hook that is shifted by a deployment of its own.
//!
//! It happens where `Globals` set the preference (SAM repository, `docs/safe_lambda_deployments.rst`, "Traffic shifting using
//! CodeDeploy", turns it off on the hook). CodeDeploy invokes a hook by its name, which is `$LATEST`, so shifting its alias
//! tests nothing; the update waits for one more shift; and with hooks in `Globals` too, the hook tests itself.

use super::{Lint, Subject};
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "hook-with-preference",
    finds: "a hook that is shifted by a deployment of its own",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for shifted in &subject.shifting {
        let Some(function) = shifted.alias.function.known_value() else {
            continue;
        };
        let of = subject.shifting.iter().find(|other| {
            other
                .hooks()
                .any(|hook| hook.function.as_ref() == Some(function))
        });
        let (Some(of), Some(hook)) = (of, subject.stack.function(function)) else {
            continue;
        };
        let alias = &shifted.alias.logical_id;
        let is_sams = subject
            .stack
            .resource(alias)
            .is_some_and(|alias| alias.generated);
        let help = if is_sams {
            "set `DeploymentPreference: {Enabled: false}` on the hook".to_owned()
        } else {
            format!("remove `CodeDeployLambdaAliasUpdate` from the hook's alias `{alias}`")
        };
        found.push(
            LINT.report(format!(
                    "it is a lifecycle hook of `{}` and has a deployment of its own, which shifts an alias that CodeDeploy does not invoke",
                    of.function_or_alias()
                ),
                hook.place,
            )
            .resource(function)
            .help(help),
        );
    }
}
