//! `route-bypasses-alias`: a route to the function itself, past the alias that is shifted.
//!
//! An integration without a qualifier invokes `$LATEST` (Lambda developer guide, "Lambda function versions"): it meets the new
//! code as soon as it is uploaded, before hooks, shift and alarms, and keeps it after a rollback.

use rehearsal_aws::apigateway::stage::ApiKind;

use super::{Lint, Subject};
use crate::stack::Api;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "route-bypasses-alias",
    finds: "a route to the function itself, past the alias that is shifted",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    // A function URL is another caller's: `caller-bypasses-alias` tells of it.
    let is_api = |api: &&Api| api.kind != ApiKind::FunctionUrl;
    for api in subject.stack.apis.iter().filter(is_api) {
        for route in &api.routes {
            if !matches!(route.qualifier.as_deref(), None | Some("$LATEST")) {
                continue;
            }
            let Some(function) = route.function.known_value() else {
                continue;
            };
            let shifted = subject
                .shifting
                .iter()
                .find(|shifting| shifting.alias.function.known_value() == Some(function));
            let Some(shifted) = shifted else { continue };
            found.push(
                LINT.report(format!(
                        "{} {} invokes `{function}` itself, not its alias `{}`: its traffic has the new code before any hook has run, and after a rollback",
                        route.method,
                        route.path,
                        shifted.alias.logical_id
                    ),
                    route.place,
                )
                .resource(&api.logical_id)
                .help(format!(
                    "put the alias into the integration: `${{{function}.Alias}}` with SAM, `!Ref {}` without",
                    shifted.alias.logical_id
                )),
            );
        }
    }
}
