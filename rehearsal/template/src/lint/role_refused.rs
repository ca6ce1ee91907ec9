//! `role-refused`: a role of the template that the service which needs it may not take.
//!
//! The stack's update fails when it comes to the function (`The role defined for the function cannot be assumed by Lambda`) or to the deployment
//! group (`AWS CodeDeploy does not have the permissions required to assume the role`). Sources: Lambda developer guide, "Lambda execution role";
//! CodeDeploy API, `InvalidRoleException`; CodeDeploy user guide, "Create a service role for CodeDeploy" (its principal may name a region).

use super::{Lint, Subject};
use crate::stack::{Condition, Resource};
use crate::{Diagnostic, Severity, Value};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "role-refused",
    finds: "a role that the service which needs it may not take",
    severity: Severity::Warning,
    check,
};

/// The types that need a role, the property that names it, and the service that takes it, in words and as a principal begins.
const NEEDS: [(&str, &str, &str, &str); 2] = [
    (
        "AWS::CodeDeploy::DeploymentGroup",
        "ServiceRoleArn",
        "CodeDeploy",
        "codedeploy.",
    ),
    ("AWS::Lambda::Function", "Role", "Lambda", "lambda."),
];

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for resource in &subject.stack.resources {
        let needs = NEEDS.iter().find(|(r#type, ..)| *r#type == resource.r#type);
        let Some((_, property, service, principal)) = needs else {
            continue;
        };
        let written = subject.resolver.resources.by_id.get(&resource.logical_id);
        let Some(role) = written.and_then(|written| {
            let node = written.properties.get(property)?;
            let id = subject.resolver.referred(node, "AWS::IAM::Role")?;
            subject.stack.resource(&id)
        }) else {
            continue;
        };
        // Whether it has another trust is not known, or what SAM makes of it is.
        if role.generated || !Condition::is_met(role.condition.as_ref()) {
            continue;
        }
        let Some(trusted) = trusted(role) else {
            continue;
        };
        if trusted.iter().any(|name| name.starts_with(principal)) {
            continue;
        }
        let trust = &role.properties["AssumeRolePolicyDocument"].value;
        let message = format!(
            "`{}` needs the role `{}`, which {service} may not take: {service} refuses it",
            resource.logical_id, role.logical_id
        );
        let help = format!("add `Principal: {{Service: {principal}amazonaws.com}}`");
        LINT.refuse([(message, help, trust.place)], &role.logical_id, found);
    }
}

/// The services that may take a role. `None` where that is not known, or where anyone may.
fn trusted(role: &Resource) -> Option<Vec<String>> {
    let document = &role.properties.get("AssumeRolePolicyDocument")?.value;
    let statements = document.get("Statement")?;
    let mut services = Vec::new();
    for statement in statements.one_or_many() {
        let principal = statement.get("Principal")?;
        let of_services = match principal.as_map() {
            Some(map) => map.get("Service"),
            None => return None,
        };
        if principal.first_unknown().is_some() {
            return None;
        }
        let Some(of_services) = of_services else {
            continue;
        };
        let of_services = of_services.one_or_many().iter();
        services.extend(of_services.filter_map(Value::to_text));
    }
    Some(services)
}
