//! `route-bypasses-alias`: a route to the function itself or to a version, past the alias that is shifted.
//!
//! An integration without a qualifier invokes `$LATEST` (Lambda developer guide, "Lambda function versions"): it meets the new
//! code as soon as it is uploaded, before hooks, shift and alarms, and keeps it after a rollback. One that names a version stays on it,
//! whatever an alias does; where the template refers to the version that an update publishes, all its traffic changes with the API.

use rehearsal_aws::apigateway::stage::ApiKind;

use super::{Lint, Subject};
use crate::stack::Api;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "route-bypasses-alias",
    finds: "a route to the function itself or to a version, past the alias that is shifted",
    severity: Severity::Warning,
    check,
};

/// What a route invokes that is no alias.
enum Past {
    Latest,
    Version,
}

impl Past {
    fn of(qualifier: Option<&str>) -> Option<Self> {
        match qualifier {
            None | Some("$LATEST") => Some(Self::Latest),
            // The name of an alias is no number (Lambda API reference, `CreateAlias`: `(?!^[0-9]+$)`).
            Some(qualifier) => {
                let is_version = qualifier.bytes().all(|byte| byte.is_ascii_digit());
                is_version.then_some(Self::Version)
            }
        }
    }

    /// What is invoked, and what follows from it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Latest => (
                "`$LATEST`",
                "its traffic has the new code before any hook has run, and after a rollback",
            ),
            Self::Version => (
                "a version",
                "no deployment shifts its traffic, which stays on that version until the API itself is deployed with another",
            ),
        }
    }
}

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    // A function URL is another caller's: `caller-bypasses-alias` reports it.
    let is_api = |api: &&Api| api.kind != ApiKind::FunctionUrl;
    for api in subject.stack.apis.iter().filter(is_api) {
        for route in &api.routes {
            let Some(past) = Past::of(route.qualifier.as_deref()) else {
                continue;
            };
            let Some(function) = route.function.known_value() else {
                continue;
            };
            let shifted = subject
                .shifting
                .iter()
                .find(|shifting| shifting.alias.function.is(function));
            let Some(shifted) = shifted else { continue };
            let (what, so) = past.words();
            found.push(
                LINT.report(
                    format!(
                        "{} {} invokes {what} of `{function}`, not its alias `{}`: {so}",
                        route.method, route.path, shifted.alias.logical_id
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
