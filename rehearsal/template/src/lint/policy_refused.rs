//! `policy-refused`: a policy that IAM refuses.
//!
//! The stack's update fails when it comes to the role (`MalformedPolicyDocument`, `LimitExceeded`). Source: IAM user guide, "Grammar of the IAM JSON policy
//! language": `Version` is 2012-10-17 or 2008-10-17; a statement has `Effect`, `Action` or `NotAction`, and what a role may do has `Resource`
//! or `NotResource` and no `Principal`, which who may take the role has; names of elements are taken as they are written there. "IAM JSON policy
//! elements: `Sid`" (letters and digits, once in a policy; seen: `Statement IDs (SID) must be alpha-numeric`, cfn-lint 1376), "… `Action`" (a service, a
//! colon, an action; seen: `Actions/Condition can contain only one colon`, garnaat/kappa 111; `Action vendors … must not contain wildcards`,
//! boogy/iam-policy-validator 172), "… `Resource`" (seen: `Resource sns-topic-name must be in ARN format or "*"`, trussworks/terraform-aws-s3-anti-virus 21).
//! "IAM and AWS STS quotas": how long policies may be, without their white space, and how many managed ones a role has.

use std::collections::BTreeSet;

use super::refusals::{Refusal, is_iam_name, of_written};
use super::{Lint, MadeOf, Subject};
use crate::resource::Resource;
use crate::stack::Condition;
use crate::text::Node;
use crate::{Diagnostic, Kind, Severity, Value, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "policy-refused",
    finds: "a role's policy that IAM refuses",
    severity: Severity::Warning,
    check,
};

/// The names of AWS's managed policies, a line each, below one that says where they are from: SAM makes an ARN of such a name, and takes any other
/// for one (`RoleConstructor`, in the translator's `role_constructor.py`; serverless-application-model 3132: a name that it does not know "will fail
/// either way"). The list has a date: a policy may be newer.
static MANAGED: &str = include_str!("managed_policies.txt");

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

/// The longest policies, in characters: all those in a role, a group or a user together, and a managed one.
const LONGEST_OF_ROLE: usize = 10_240;
const LONGEST_OF_GROUP: usize = 5_120;
const LONGEST_OF_USER: usize = 2_048;
const LONGEST_MANAGED: usize = 6_144;
/// How many managed policies a role has at most, as an account's quota is at first, and as it is raised.
const MANAGED_AT_FIRST: usize = 10;
const MOST_MANAGED: usize = 25;

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
        let documents = documents(subject, written);
        let each = documents.iter();
        let made_of = |value: &Value| {
            let node = written.properties.find(value.place);
            node.map(|node| subject.made_of(node))
        };
        let refused = each.flat_map(|(document, of)| malformed(document, *of, &made_of));
        let refused = refused.chain(too_long(&subject.stack.name, written, &documents));
        let refused = refused.map(|(message, help, place)| {
            let message = format!("{message}: IAM refuses the policy");
            (message, help, place)
        });
        LINT.refuse_of(refused, written, found);
        if Condition::is_met(resource.condition.as_ref()) {
            let named = named_policies(subject, written, &made_of);
            LINT.not_permit(named, written.owner(), found);
        }
        if let Some(finding) = too_many_managed(subject, written) {
            LINT.add(of_written(finding, written), found);
        }
    }
}

/// Policies that are longer than they may be, as far as what is known of them is.
fn too_long(stack: &str, resource: &Resource, documents: &[(Value, Of)]) -> Option<Refusal> {
    let of_role = documents.iter().filter(|(_, of)| *of == Of::Role);
    let count: usize = of_role.map(|(document, _)| length(document, stack)).sum();
    let (what, most) = match resource.r#type.as_str() {
        "AWS::IAM::ManagedPolicy" => ("it has", LONGEST_MANAGED),
        _ if names(resource, "Users") => ("the user's own policies have", LONGEST_OF_USER),
        _ if names(resource, "Groups") => ("the group's own policies have", LONGEST_OF_GROUP),
        _ => ("the role's own policies have", LONGEST_OF_ROLE),
    };
    (count > most).then(|| {
        let message = format!("{what} {count} characters without white space");
        let help =
            format!("{most} at most: name what they are for by patterns, or take managed policies");
        (message, help, resource.place)
    })
}

/// Whether a policy is for certain some of these, which it lists.
fn names(policy: &Resource, list: &str) -> bool {
    let named = policy.properties.get(list).and_then(Node::as_list);
    let mut named = named.into_iter().flatten();
    named.any(|one| !matches!(one.intrinsic(), Some(("Fn::If", _))))
}

/// How many characters a value has as JSON, at least: what is not known is left out, and so are white space, and the stack's name, which may be another.
fn length(value: &Value, stack: &str) -> usize {
    let text = |text: &str| {
        let own = text.replace(stack, "");
        own.chars().filter(|c| !c.is_whitespace()).count() + 2
    };
    let of_items = |lengths: &mut dyn Iterator<Item = usize>| {
        let lengths: Vec<usize> = lengths.filter(|length| *length > 0).collect();
        2 + lengths.iter().sum::<usize>() + lengths.len().saturating_sub(1)
    };
    match &value.kind {
        Kind::Null | Kind::Unknown(_) => 0,
        Kind::Bool(_) | Kind::Number(_) => value.to_text().map_or(0, |text| text.len()),
        Kind::String(own) => text(own),
        Kind::List(items) => of_items(&mut items.iter().map(|item| length(item, stack))),
        Kind::Map(map) => of_items(
            &mut map.iter().map(|(name, item)| match length(item, stack) {
                0 => 0,
                length => name.len() + 3 + length,
            }),
        ),
    }
}

/// A role with more managed policies than a role has. Up to the most that there may be it depends on the account's quota.
fn too_many_managed(subject: &Subject<'_, '_>, role: &Resource) -> Option<Diagnostic> {
    if role.r#type != "AWS::IAM::Role" || !role.is_as_written() {
        return None;
    }
    let list = subject
        .resolver
        .optional(role.properties.get("ManagedPolicyArns")?)?;
    let items = list.as_list()?.iter();
    let count = items.filter(|item| item.as_unknown().is_none()).count();
    if count <= MANAGED_AT_FIRST {
        return None;
    }
    let help = "put what they allow into fewer policies";
    let finding = |message| LINT.report(message, list.place).help(help);
    Some(if count > MOST_MANAGED {
        finding(format!(
            "it has {count} managed policies, and a role has {MOST_MANAGED} at most: IAM refuses it"
        ))
        .refused()
    } else {
        finding(format!(
            "it has {count} managed policies, and a role has {MANAGED_AT_FIRST} unless the account's quota is raised"
        ))
    })
}

/// Managed policies that a role has by what is no ARN, where the template says so itself: SAM makes one of the names that it knows, IAM of none.
fn named_policies(
    subject: &Subject<'_, '_>,
    role: &Resource,
    made_of: &impl Fn(&Value) -> Option<MadeOf>,
) -> Vec<Refusal> {
    let is_role = role.r#type == "AWS::IAM::Role";
    let property = if role.is_as_written() {
        "ManagedPolicyArns"
    } else {
        "Policies"
    };
    let list = role.properties.get(property).filter(|_| is_role);
    let list = list.and_then(|list| subject.resolver.optional(list));
    let known = || MANAGED.lines().skip(1);
    let unknown_name = |value: &Value| {
        let name = value.as_str().filter(|name| is_iam_name(name))?;
        if !made_of(value)?.is_text() {
            return None;
        }
        if role.is_as_written() {
            let message = format!("`{name}` is no ARN of a managed policy: IAM refuses the role");
            let help = "write its ARN: those of AWS's begin with `arn:aws:iam::aws:policy/`";
            return Some((message, help.to_owned(), value.place));
        }
        if known().any(|known| known == name) {
            return None;
        }
        let message = format!(
            "AWS has no managed policy `{name}` that is known here: SAM takes it for an ARN, which IAM refuses"
        );
        let help = suggest::did_you_mean(name, known()).unwrap_or_else(|| {
            "a policy of your own is named by its ARN; that of AWS's may be newer than this list"
                .to_owned()
        });
        Some((message, help, value.place))
    };
    let items = list.iter().flat_map(Value::one_or_many);
    items.filter_map(unknown_name).collect()
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

/// `made_of`: what a value is made of. What a parameter stands for is not the template's to say: samples have placeholders there, and it may be made
/// up.
fn malformed(
    document: &Value,
    of: Of,
    made_of: &impl Fn(&Value) -> Option<MadeOf>,
) -> Vec<Refusal> {
    let is_text = |value: &Value| made_of(value).is_some_and(|made_of| made_of.is_text());
    let is_own = |value: &Value| made_of(value).is_some_and(|made_of| !made_of.is_open);
    let mut findings = Vec::new();
    // A document may be a text of JSON, or be filled in later.
    if document.as_map().is_none() {
        return findings;
    }
    if let Some(version) = document.get("Version").filter(|version| is_text(version))
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
    let mut ids = BTreeSet::new();
    for statement in statement.one_or_many() {
        findings.extend(of_statement(statement, of, &is_text));
        let id = statement.get("Sid").filter(|id| is_text(id));
        findings.extend(id.and_then(|id| sid(id, &mut ids)));
        findings.extend(actions(statement, &is_text));
        if of == Of::Role {
            findings.extend(resources(statement, &is_own));
        }
    }
    findings
}

/// An id of a statement that IAM does not take, or that another one has.
fn sid(id: &Value, ids: &mut BTreeSet<String>) -> Option<Refusal> {
    let text = id.to_text()?;
    if !text.chars().all(|c| c.is_ascii_alphanumeric()) {
        let message = format!("a statement's `Sid` is `{text}`");
        let help = "it has letters and digits alone".to_owned();
        return Some((message, help, id.place));
    }
    (!text.is_empty() && !ids.insert(text.clone())).then(|| {
        let message = format!("two statements have the `Sid` `{text}`");
        (message, "give one of them another".to_owned(), id.place)
    })
}

/// The texts under either of two names, each with where it stands. Empty ones may be a parameter that is yet to be given.
fn texts<'v>(
    statement: &'v Value,
    names: [&str; 2],
) -> impl Iterator<Item = (String, &'v Value)> + use<'v> {
    let values = names.map(|name| statement.get(name));
    let values = values.into_iter().flatten().flat_map(Value::one_or_many);
    let texts = values.filter_map(|value| Some((value.to_text()?, value)));
    texts.filter(|(text, _)| !text.is_empty())
}

/// Actions that are no action of a service.
fn actions(statement: &Value, is_text: &impl Fn(&Value) -> bool) -> Vec<Refusal> {
    let texts = texts(statement, ["Action", "NotAction"]);
    let texts = texts.filter(|(_, value)| is_text(value));
    let wrong = texts.filter(|(text, _)| match text.split_once(':') {
        None => text != "*",
        Some((service, action)) => {
            action.contains(':') || (text != "*:*" && service.contains(['*', '?']))
        }
    });
    let wrong = wrong.map(|(text, value)| {
        let message = format!("`{text}` is no action");
        let help = "an action has its service before it: `dynamodb:GetItem`".to_owned();
        (message, help, value.place)
    });
    wrong.collect()
}

/// Resources that are named by no ARN: `!Ref` of a table gives its name.
fn resources(statement: &Value, is_own: &impl Fn(&Value) -> bool) -> Vec<Refusal> {
    let texts = texts(statement, ["Resource", "NotResource"]);
    let texts = texts.filter(|(_, value)| is_own(value));
    let wrong =
        texts.filter(|(text, _)| !text.starts_with("arn:") && !text.starts_with(['*', '?', '$']));
    let wrong = wrong.map(|(text, value)| {
        let message = format!("`{text}` is no ARN");
        let help = "a resource is named by its ARN, as `!GetAtt` gives it, or is `*`".to_owned();
        (message, help, value.place)
    });
    wrong.collect()
}

fn of_statement(statement: &Value, of: Of, is_text: &impl Fn(&Value) -> bool) -> Vec<Refusal> {
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
    if let Some(effect) = elements.get("Effect").filter(|effect| is_text(effect))
        && let Some(text) = effect.to_text()
        && !["Allow", "Deny"].contains(&text.as_str())
    {
        let message = format!("its `Effect` is `{text}`");
        findings.push((message, "it is `Allow` or `Deny`".to_owned(), effect.place));
    }
    findings
}
