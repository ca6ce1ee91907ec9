//! `caller-bypasses-alias`: what invokes a function past the alias that is shifted, or has no permission for what it invokes.
//!
//! A caller that names no qualifier runs `$LATEST`, and one that names a version runs that (Lambda developer guide, "Lambda
//! function versions"): it meets the new code as soon as it is there, before hooks, shift and alarms, and may keep it after a
//! rollback. Routes of APIs have `route-bypasses-alias`.
//!
//! A permission is for what its `FunctionName` names: one on the function is none on its alias (Lambda developer guide, "Using
//! resource-based policies for Lambda"), and the service that invokes the alias is refused; an API then answers 500.

use super::callers::{self, Caller};
use super::{Lint, Subject};
use crate::stack::{Alias, Stack};
use crate::{Diagnostic, Severity, Value};
use rehearsal_aws::lambda::function_name::FunctionName;

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "caller-bypasses-alias",
    finds: "a caller, or a permission, that names the function or a version and not the alias that is shifted",
    severity: Severity::Warning,
    check,
};

/// How the name of API Gateway's service begins.
const API_GATEWAY: &str = "apigateway.";

/// What an invocation without a qualifier runs.
const LATEST: &str = "$LATEST";

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let callers = callers::all(subject);
    for caller in &callers {
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
    permissions(subject, &callers, found);
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
fn shifted<'s>(subject: &Subject<'s, '_>, function: &str) -> Option<&'s Alias> {
    let mut aliases = subject.shifting.iter().map(|shifting| shifting.alias);
    aliases.find(|alias| alias.function.is(function))
}

fn name(alias: &Alias) -> &str {
    alias.name.known_value().unwrap_or(&alias.logical_id)
}

/// How the template refers to an alias.
fn reference(subject: &Subject<'_, '_>, alias: &Alias, function: &str) -> String {
    let resource = subject.stack.resource(&alias.logical_id);
    if resource.is_some_and(|alias| alias.generated) {
        format!("{function}.Alias")
    } else {
        alias.logical_id.clone()
    }
}

/// What a service invokes of a function, and who says so.
struct Invoked<'c> {
    principal: &'static str,
    function: &'c str,
    qualifier: Option<&'c str>,
    who: String,
}

/// All that services of AWS invoke: through other resources, and through the routes of APIs.
fn invoked<'c>(stack: &'c Stack, callers: &'c [Caller]) -> Vec<Invoked<'c>> {
    let by_others = callers.iter().filter_map(|caller| {
        Some(Invoked {
            principal: caller.principal?,
            function: &caller.function,
            qualifier: unqualified(caller.qualifier.as_deref()),
            who: format!("{} `{}`", caller.what, caller.resource),
        })
    });
    let routes = stack.apis.iter().flat_map(|api| {
        api.routes.iter().filter_map(|route| {
            Some(Invoked {
                principal: API_GATEWAY,
                function: route.function.known_value()?,
                qualifier: unqualified(route.qualifier.as_deref()),
                who: format!("{} {} of `{}`", route.method, route.path, api.logical_id),
            })
        })
    });
    by_others.chain(routes).collect()
}

/// A permission for a service that invokes something else of the function, when no other permission is for that.
fn permissions(subject: &Subject<'_, '_>, callers: &[Caller], found: &mut Vec<Diagnostic>) {
    let invoked = invoked(subject.stack, callers);
    let permissions: Vec<Permission> = Permission::all(subject);
    for permission in &permissions {
        let Some(alias) = shifted(subject, &permission.function) else {
            continue;
        };
        let mut by_it = invoked.iter().filter(|invoked| {
            invoked.function == permission.function
                && permission.principal.starts_with(invoked.principal)
        });
        let is_used = by_it
            .clone()
            .any(|invoked| invoked.qualifier == permission.qualifier.as_deref());
        let refused = by_it.find(|invoked| {
            // A stage variable names the qualifier at run time.
            let is_known = invoked
                .qualifier
                .is_none_or(|qualifier| !qualifier.contains("${"));
            let is_allowed = permissions.iter().any(|other| {
                other.function == invoked.function
                    && other.principal.starts_with(invoked.principal)
                    && other.qualifier.as_deref() == invoked.qualifier
            });
            is_known && !is_allowed
        });
        if let Some(refused) = refused.filter(|_| !is_used) {
            let named = reference(subject, alias, &permission.function);
            found.push(permission.is_for_something_else(refused, &named));
        }
    }
}

/// `$LATEST` is the function itself.
fn unqualified(qualifier: Option<&str>) -> Option<&str> {
    qualifier.filter(|qualifier| *qualifier != LATEST)
}

/// An `AWS::Lambda::Permission` for a service.
struct Permission {
    resource: String,
    function: String,
    qualifier: Option<String>,
    principal: String,
    place: crate::Place,
}

impl Permission {
    fn all(subject: &Subject<'_, '_>) -> Vec<Self> {
        let resources = subject.stack.resources.iter();
        let permissions = resources.filter(|resource| resource.r#type == "AWS::Lambda::Permission");
        permissions
            .filter_map(|resource| {
                let known = subject.resolver.resources.by_id.get(&resource.logical_id)?;
                let properties = subject.resolver.value(&known.properties);
                let named = properties.get("FunctionName")?;
                let text = named.to_text()?;
                let called = FunctionName::parse(&text)?;
                Some(Self {
                    resource: resource.logical_id.clone(),
                    function: subject
                        .stack
                        .function_named(called.name)?
                        .logical_id
                        .clone(),
                    qualifier: unqualified(called.qualifier).map(str::to_owned),
                    principal: properties.get("Principal").and_then(Value::to_text)?,
                    place: named.place,
                })
            })
            .collect()
    }

    /// It lets a service invoke something else than what `refused` invokes; `alias` is how the template refers to the function's alias.
    fn is_for_something_else(&self, refused: &Invoked<'_>, alias: &str) -> Diagnostic {
        let of = |qualifier: Option<&str>| match qualifier {
            None => format!("`{}` itself", self.function),
            Some(qualifier) => format!("`{}:{qualifier}`", self.function),
        };
        let is_api = refused.principal == API_GATEWAY;
        let answer = if is_api {
            "API Gateway answers 500"
        } else {
            "the service is refused"
        };
        let message = format!(
            "it lets `{}` invoke {}, and {} invokes {}: {answer}",
            self.principal,
            of(self.qualifier.as_deref()),
            refused.who,
            of(refused.qualifier)
        );
        let help = match refused.qualifier {
            None => "name the function in the permission, or the alias in the caller".to_owned(),
            Some(_) => format!("name the alias: `!Ref {alias}`"),
        };
        let finding = LINT.report(message, self.place);
        let finding = finding.resource(&self.resource).help(help);
        // Of all callers a rehearsal sends only requests through APIs.
        if is_api {
            finding.not_permitted()
        } else {
            finding
        }
    }
}
