//! `policy-refused`: a policy that IAM refuses.
//!
//! The stack's update fails when it comes to the role (`MalformedPolicyDocument`). Source: IAM user guide, "Grammar of the IAM JSON policy
//! language": `Version` is 2012-10-17 or 2008-10-17; a statement has `Effect`, `Action` or `NotAction`, and what a role may do has `Resource`
//! or `NotResource` and no `Principal`, which who may take the role has; names of elements are taken as they are written there.

use super::refusals::Refusal;
use super::{Lint, Subject};
use crate::resource::Resource;
use crate::{Diagnostic, Severity, Value, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "policy-refused",
    finds: "a role's policy that IAM refuses",
    severity: Severity::Warning,
    check,
};

/// The elements of a statement.
const ELEMENTS: [&str; 9] = [
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
];
/// The versions of the policy language.
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];

/// What a policy says: what a role may do, or who may take it.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Role,
    Trust,
}

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for resource in &subject.stack.resources {
        let Some(written) = subject.resolver.resources.by_id.get(&resource.logical_id) else {
            continue;
        };
        let mut findings = Vec::new();
        for (document, of) in documents(subject, written) {
            findings.extend(malformed(&document, of));
        }
        let refused = findings.into_iter().map(|(message, help, place)| {
            let message = format!("{message}: IAM refuses the policy");
            (message, help, place)
        });
        // What SAM generates stands where it is generated for.
        let id = written.generated_for.as_ref();
        LINT.refuse(refused, id.unwrap_or(&resource.logical_id), found);
    }
}

/// The policies of a resource, as far as they are known.
fn documents(subject: &Subject<'_, '_>, resource: &Resource) -> Vec<(Value, Of)> {
    let value = |name: &str| {
        let node = resource.properties.get(name)?;
        subject.resolver.optional(node)
    };
    match resource.r#type.as_str() {
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" | "AWS::IAM::RolePolicy" => {
            value("PolicyDocument")
                .map(|document| (document, Of::Role))
                .into_iter()
                .collect()
        }
        "AWS::IAM::Role" => {
            let policies = value("Policies");
            let policies = policies.as_ref().and_then(Value::as_list);
            // SAM's functions have documents without a name around them, and templates of policies, which are none.
            let of_role = policies.into_iter().flatten().filter_map(|policy| {
                let document = policy.get("PolicyDocument").unwrap_or(policy);
                document.get("Statement")?;
                Some((document.clone(), Of::Role))
            });
            let trust = value("AssumeRolePolicyDocument").map(|document| (document, Of::Trust));
            of_role.chain(trust).collect()
        }
        _ => Vec::new(),
    }
}

fn malformed(document: &Value, of: Of) -> Vec<Refusal> {
    let mut findings = Vec::new();
    // A document may be a text of JSON, or be filled in later.
    if document.as_map().is_none() {
        return findings;
    }
    if let Some(version) = document.get("Version")
        && let Some(text) = version.to_text()
        && !VERSIONS.contains(&text.as_str())
    {
        let message = format!("a policy has no version `{text}`");
        let help = format!(
            "write `'{}'`: it is the language's, not the policy's",
            VERSIONS[0]
        );
        findings.push((message, help, version.place));
    }
    let Some(statement) = document.get("Statement") else {
        return findings;
    };
    match statement.as_list() {
        Some(statements) => {
            findings.extend(statements.iter().flat_map(|one| of_statement(one, of)));
        }
        None => findings.extend(of_statement(statement, of)),
    }
    findings
}

fn of_statement(statement: &Value, of: Of) -> Vec<Refusal> {
    let Some(elements) = statement.as_map() else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let unknown = elements.iter();
    let unknown = unknown.filter(|(name, _)| !ELEMENTS.contains(&name.as_str()));
    findings.extend(unknown.map(|(name, value)| {
        let message = format!("a statement has no `{name}`");
        let help = suggest::did_you_mean(name, ELEMENTS)
            .unwrap_or_else(|| format!("it has {}", ELEMENTS.join(", ")));
        (message, help, value.place)
    }));
    // What is misspelt is missing, too.
    if findings.is_empty() {
        let has = |names: [&str; 2]| names.iter().any(|name| elements.contains_key(name));
        let mut needed = vec![
            ("Effect", ["Effect"; 2]),
            ("Action", ["Action", "NotAction"]),
        ];
        needed.push(match of {
            Of::Role => ("Resource", ["Resource", "NotResource"]),
            Of::Trust => ("Principal", ["Principal", "NotPrincipal"]),
        });
        let missing = needed.into_iter().filter(|(_, names)| !has(*names));
        findings.extend(missing.map(|(name, _)| {
            let message = format!("a statement has no `{name}`");
            (message, format!("add `{name}`"), statement.place)
        }));
        let excluded = match of {
            Of::Role => ["Principal", "NotPrincipal"],
            Of::Trust => ["Resource", "NotResource"],
        };
        findings.extend(excluded.into_iter().filter_map(|name| {
            let value = elements.get(name)?;
            let message = match of {
                Of::Role => format!("what a role may do has no `{name}`"),
                Of::Trust => format!("who may take a role has no `{name}`"),
            };
            Some((message, format!("remove `{name}`"), value.place))
        }));
    }
    if let Some(effect) = elements.get("Effect")
        && let Some(text) = effect.to_text()
        && !["Allow", "Deny"].contains(&text.as_str())
    {
        let message = format!("its `Effect` is `{text}`");
        findings.push((message, "it is `Allow` or `Deny`".to_owned(), effect.place));
    }
    findings
}
