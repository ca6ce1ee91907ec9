//! `caller-not-permitted`: a service that invokes a function, or an alias of it, and that nothing lets do so.
//!
//! API Gateway, a function URL, EventBridge, SNS, S3 and other services that push need an `AWS::Lambda::Permission` for what they invoke, or, where
//! they take one, a role (Lambda developer guide, "Using resource-based policies for Lambda"; API Gateway developer guide, "Troubleshooting issues
//! with HTTP API Lambda integrations": "the API returns 500"). SAM makes it for its own events; nothing does for an integration in plain CloudFormation,
//! in a definition, or for a function URL of one's own. A permission with the `SourceArn` of something else is none.
//!
//! It is silent where more permissions may be: by a macro, by a connector of the function, by a nested stack or a custom resource that refers to the function.

use super::caller_bypasses_alias::{self, reference, shifted, target};
use super::permissions::{Invoked, Permission, Permissions};
use super::{Lint, Subject};
use crate::stack::is_custom;
use crate::{Diagnostic, Severity};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "caller-not-permitted",
    finds: "an API, a function URL or an event source that may not invoke its function",
    severity: Severity::Warning,
    check,
};

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    let permissions = subject.permissions();
    if permissions.may_be_more {
        return;
    }
    let invoked = Invoked::all(subject.stack, subject.callers());
    let mut refused: Vec<(&Invoked<'_>, usize)> = Vec::new();
    for invoked in &invoked {
        if !is_refused(subject, permissions, invoked) {
            continue;
        }
        // The routes of an API to one function are told together.
        let alike = refused.iter_mut().find(|(first, _)| {
            first.resource == invoked.resource
                && first.function == invoked.function
                && first.qualifier == invoked.qualifier
        });
        match alike {
            Some((_, more)) => *more += 1,
            None => refused.push((invoked, 0)),
        }
    }
    for (invoked, more) in refused {
        let finding = finding(subject, permissions, invoked, more, found);
        found.extend(finding);
    }
}

/// Whether nothing lets a service invoke what it invokes, for certain.
fn is_refused(subject: &Subject<'_, '_>, permissions: &Permissions, invoked: &Invoked<'_>) -> bool {
    let stack = subject.stack;
    let concerns = invoked.is_of_api() || shifted(subject, invoked.function).is_some();
    concerns
        && invoked.is_qualifier_known()
        && invoked.is_certain(stack)
        && !subject
            .resolver
            .resources
            .connected
            .may_have(invoked.function)
        && !missing(subject, permissions, invoked).is_empty()
        && !may_be_permitted_elsewhere(subject, invoked.function)
}

/// The actions that nothing permits, of those that an invocation needs.
fn missing(
    subject: &Subject<'_, '_>,
    permissions: &Permissions,
    invoked: &Invoked<'_>,
) -> Vec<&'static str> {
    let permits = |permission: &Permission, action: &str| {
        permission.is_of(action)
            && permission.is_for_target_of(invoked)
            && permission.is_for_service_of(invoked)
            && permission.is_for_source_of(invoked, subject.stack)
    };
    let is_permitted = |action| {
        permissions
            .all
            .iter()
            .any(|permission| permits(permission, action))
    };
    let actions = invoked.actions().iter().copied();
    actions.filter(|action| !is_permitted(*action)).collect()
}

/// Whether a nested stack or a custom resource refers to the function, or to an alias or a version of it: it may make a permission.
fn may_be_permitted_elsewhere(subject: &Subject<'_, '_>, function: &str) -> bool {
    let stack = subject.stack;
    let aliases = stack
        .aliases
        .iter()
        .filter(|alias| alias.function.is(function));
    let aliases = aliases.map(|alias| alias.logical_id.as_str());
    let names: Vec<&str> = std::iter::once(function).chain(aliases).collect();
    stack.resources.iter().any(|resource| {
        let r#type = resource.r#type.as_str();
        let may_make = is_custom(r#type)
            || matches!(
                r#type,
                "AWS::CloudFormation::Stack" | "AWS::Serverless::Application"
            );
        may_make
            && names
                .iter()
                .any(|name| resource.references.contains_key(*name))
    })
}

fn finding(
    subject: &Subject<'_, '_>,
    permissions: &Permissions,
    invoked: &Invoked<'_>,
    more: usize,
    found: &[Diagnostic],
) -> Option<Diagnostic> {
    let Invoked {
        function,
        qualifier,
        who,
        ..
    } = invoked;
    let what = target(function, *qualifier);
    let of_service: Vec<&Permission> = permissions
        .all
        .iter()
        .filter(|permission| {
            permission.function == *function && permission.is_for_service_of(invoked)
        })
        .collect();
    // A permission for something else of the function is reported where it stands.
    let is_told = |permission: &&Permission| {
        found.iter().any(|known| {
            caller_bypasses_alias::LINT.found(known)
                && known.logical_id.as_ref() == Some(&permission.resource)
        })
    };
    if of_service.iter().any(is_told) {
        return None;
    }
    let so = invoked.refusal();
    let others = match more {
        0 => String::new(),
        1 => ", as another route does".to_owned(),
        more => format!(", as {more} other routes do"),
    };
    let of_other_source = of_service.iter().find(|permission| {
        !permission.is_of_event
            && permission.is_for_target_of(invoked)
            && !permission.is_for_source_of(invoked, subject.stack)
    });
    let finding = if let Some(permission) = of_other_source
        && let Some((source, place)) = &permission.source
    {
        let message = format!(
            "it lets `{}` invoke {what} for `{source}`, which is not that of {who}{others}: {so}",
            permission.principal.as_deref().unwrap_or_default()
        );
        let help = "write the API, a stage, a method and a path, or `*` for any: `arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/GET/orders`";
        let finding = LINT.report(message, *place).help(help);
        finding.resource(&permission.resource)
    } else {
        let missing = missing(subject, permissions, invoked);
        let it = match missing[..] {
            [only] if invoked.actions().len() > 1 => format!("`{only}`, which it needs too"),
            _ => "it".to_owned(),
        };
        let message = format!("{who} invokes {what}{others}, and nothing permits {it}: {so}");
        let finding = LINT.report(message, invoked.place);
        finding
            .resource(invoked.resource)
            .help(help(subject, invoked, &missing))
    };
    Some(finding.not_permitted())
}

/// The permissions that are missing.
fn help(subject: &Subject<'_, '_>, invoked: &Invoked<'_>, missing: &[&str]) -> String {
    let mut aliases = subject.stack.aliases.iter();
    let alias = aliases.find(|alias| {
        let name = alias.name.known_value().map(String::as_str);
        alias.function.is(invoked.function)
            && invoked.qualifier.is_some()
            && name == invoked.qualifier
    });
    let name = alias.map_or_else(
        || invoked.function.to_owned(),
        |alias| reference(subject, alias, invoked.function),
    );
    let needs: Vec<_> = missing.iter().map(|action| invoked.needs(action)).collect();
    format!(
        "add an `AWS::Lambda::Permission` with `FunctionName: !Ref {name}`, {}",
        needs.join(", and another with ")
    )
}
