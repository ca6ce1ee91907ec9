//! `caller-bypasses-alias`: what invokes a function past the alias that is shifted, or has no permission for what it invokes.
//!
//! A caller that names no qualifier runs `$LATEST`, and one that names a version runs that (Lambda developer guide, "Lambda
//! function versions"): it meets the new code as soon as it is there, before hooks, shift and alarms, and may keep it after a
//! rollback. Routes of APIs have `route-bypasses-alias`.
//!
//! A permission for the one that is there while the other is invoked is reported too. What has no permission at all is
//! `caller-not-permitted`'s.

use super::callers::Caller;
use super::permissions::{Invoked, LATEST, Permission};
use super::{Lint, Subject};
use crate::stack::Alias;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "caller-bypasses-alias",
    finds: "a caller, or a permission, that names the function or a version and not the alias that is shifted",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let callers = subject.callers();
    for caller in callers {
        let Some(alias) = shifted(subject, &caller.function) else {
            continue;
        };
        let Some(past) = past(caller.qualifier.as_deref()) else {
            continue;
        };
        let diagnostic = LINT
            .report(
                format!(
                    "{} invokes {past} of `{}`, not its alias `{}`: it has the new code before any hook has run, whatever the alarms say",
                    caller.what,
                    caller.function,
                    name(alias)
                ),
                caller.place,
            )
            .resource(&caller.resource)
            .help(format!("name the alias: `!Ref {}`", reference(subject, alias, &caller.function)));
        if !found.contains(&diagnostic) {
            found.push(diagnostic);
        }
    }
    permissions(subject, callers, found);
}

/// What is invoked past every alias; `None` for an alias.
fn past(qualifier: Option<&str>) -> Option<String> {
    match qualifier {
        None | Some(LATEST) => Some(format!("`{LATEST}`")),
        Some(version) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some("a version".to_owned())
        }
        Some(_) => None,
    }
}

/// The alias of a function that is shifted.
pub(super) fn shifted<'s>(subject: &Subject<'s, '_>, function: &str) -> Option<&'s Alias> {
    let mut aliases = subject.shifting.iter().map(|shifting| shifting.alias);
    aliases.find(|alias| alias.function.is(function))
}

fn name(alias: &Alias) -> &str {
    alias.name.known_value().unwrap_or(&alias.logical_id)
}

/// How the template refers to an alias.
pub(super) fn reference(subject: &Subject<'_, '_>, alias: &Alias, function: &str) -> String {
    let resource = subject.stack.resource(&alias.logical_id);
    if resource.is_some_and(|alias| alias.generated) {
        format!("{function}.Alias")
    } else {
        alias.logical_id.clone()
    }
}

/// A permission for a service that invokes something else of the function, when no other permission is for that.
fn permissions(subject: &Subject<'_, '_>, callers: &[Caller], found: &mut Vec<Diagnostic>) {
    let invoked = Invoked::all(subject.stack, callers);
    let permissions = subject.permissions();
    for permission in &permissions.all {
        let Some(alias) = shifted(subject, &permission.function) else {
            continue;
        };
        // What SAM makes for an event it makes for what that invokes.
        let Some(principal) = &permission.principal else {
            continue;
        };
        let mut by_it = invoked.iter().filter(|invoked| {
            invoked.function == permission.function && permission.is_for_service_of(invoked)
        });
        let is_used = by_it
            .clone()
            .any(|invoked| permission.is_for_target_of(invoked));
        let refused = by_it.find(|invoked| {
            let mut others = permissions.all.iter();
            let is_allowed = others
                .any(|other| other.is_for_target_of(invoked) && other.is_for_service_of(invoked));
            invoked.is_qualifier_known() && !is_allowed
        });
        if let Some(refused) = refused.filter(|_| !is_used) {
            let named = reference(subject, alias, &permission.function);
            found.push(is_for_something_else(
                (permission, principal),
                refused,
                &named,
            ));
        }
    }
}

/// A permission lets a service invoke something else than what `refused` invokes; `alias` is how the template refers to the function's alias.
fn is_for_something_else(
    (permission, principal): (&Permission, &str),
    refused: &Invoked<'_>,
    alias: &str,
) -> Diagnostic {
    let message = format!(
        "it lets `{principal}` invoke {}, and {} invokes {}: {}",
        target(&permission.function, permission.qualifier.as_deref()),
        refused.who,
        target(refused.function, refused.qualifier),
        refused.refusal()
    );
    let help = match refused.qualifier {
        None => "name the function in the permission, or the alias in the caller".to_owned(),
        Some(_) => format!("name the alias: `!Ref {alias}`"),
    };
    let finding = LINT.report(message, permission.place);
    let finding = finding.resource(&permission.resource).help(help);
    // Of all callers a rehearsal sends only requests through APIs.
    if refused.is_of_api() {
        finding.not_permitted()
    } else {
        finding
    }
}

/// What is invoked, in words.
pub(super) fn target(function: &str, qualifier: Option<&str>) -> String {
    match qualifier {
        None => format!("`{function}` itself"),
        Some(qualifier) => format!("`{function}:{qualifier}`"),
    }
}
