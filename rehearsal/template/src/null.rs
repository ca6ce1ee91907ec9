//! Nothing where something should be: `'null' values are not allowed in templates`.
//!
//! Sources: cfn-lint 38, serverless-aws-alias 66 (`[/Resources/…/DependsOn/0]`, so in lists too), aws-cdk 8660 (`[…/EventPattern/detail/…/0]`); of what SAM
//! passes on to what it makes, aws-sam-java-rest 2 (`[/Resources/…/Environment/Variables/TABLE_NAME]`, by `sam deploy`); of mappings, aws-sam-cli 2788.
//! In a template that names `AWS::LanguageExtensions` nulls are no fault, as that transform takes them away
//! (aws-cloudformation/cfn-language-discussion 100). The callers ask of other templates alone.

use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// What SAM's function passes to Lambda's as it is, and has more below it. `Environment` is read name by name.
const PASSED_ON: [&str; 6] = [
    "EphemeralStorage",
    "FileSystemConfigs",
    "ImageConfig",
    "LoggingConfig",
    "SnapStart",
    "VpcConfig",
];

/// Those in sections that are not judged name by name, and in what all of SAM's functions have, where there is one.
pub(crate) fn in_sections(root: &Node) -> Vec<Diagnostic> {
    let sections = ["Conditions", "Outputs"].into_iter();
    let sections = sections.filter_map(|name| Some((name, root.get(name)?)));
    let resources = root.get("Resources").and_then(Node::as_map);
    let mut resources = resources.into_iter().flat_map(|all| all.values());
    let has_function = resources.any(|resource| {
        let r#type = resource.value.get("Type");
        r#type.and_then(Node::as_str) == Some("AWS::Serverless::Function")
    });
    let globals = root.at(&["Globals", "Function"]);
    let globals = globals.filter(|_| has_function).into_iter();
    let globals = globals.flat_map(|all| {
        let passed = PASSED_ON.into_iter();
        passed.filter_map(|key| Some((key, all.get(key)?)))
    });
    sections
        .chain(globals)
        .flat_map(|(name, section)| below_node(name, section))
        .collect()
}

/// Each name with nothing behind it, and each item of a list that is nothing, however deep, but in what is for people or for tools.
pub(crate) fn below(map: &Map) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, entry) in map {
        if entry.value.kind == NodeKind::Null {
            found.push(refusal(name, entry.key_place));
        } else if name != "Metadata" {
            found.extend(below_node(name, &entry.value));
        }
    }
    found
}

/// The same of what SAM passes on of one of its resources, with the statements of policies (`role_constructor.py`). What is null itself it passes
/// over, and of most else it makes something else: of a definition it takes some away (`tests/translator/input/http_api_with_null_path.yaml`).
pub(crate) fn passed_on(resource: &Node) -> Vec<Diagnostic> {
    let properties = resource.get("Properties");
    let of = |key: &'static str| Some((key, properties?.get(key)?));
    let passed = PASSED_ON.into_iter().filter_map(of);
    // It makes no role where there is another, and of a template of a policy it makes statements of its own.
    let makes_role = of("Role").is_none_or(|(_, role)| {
        role.kind == NodeKind::Null || matches!(role.intrinsic(), Some(("Fn::If", _)))
    });
    let policies = of("Policies").filter(|_| makes_role);
    let policies = policies.map(|(_, policies)| policies.one_or_many());
    let policies = policies.into_iter().flatten().flat_map(Node::branches);
    let statements = policies.filter(|policy| policy.get("Statement").is_some());
    let statements = statements.map(|policy| ("Policies", policy));
    let events = of("Events").and_then(|(_, events)| events.as_map());
    let patterns = events.into_iter().flatten().filter_map(|(_, event)| {
        let pattern = event.value.at(&["Properties", "Pattern"])?;
        Some(("Pattern", pattern))
    });
    passed
        .chain(patterns)
        .chain(statements)
        .flat_map(|(name, node)| below_node(name, node))
        .collect()
}

/// Those in the value of a name.
pub(crate) fn below_node(name: &str, node: &Node) -> Vec<Diagnostic> {
    let in_item = |item: &Node| match item.kind {
        NodeKind::Null => vec![refused(
            format!("an item of `{name}` is null: CloudFormation refuses the template"),
            item.place,
        )],
        _ => below_node(name, item),
    };
    match &node.kind {
        NodeKind::Map(map) => below(map),
        NodeKind::List(items) => items.iter().flat_map(in_item).collect(),
        _ => Vec::new(),
    }
}

/// The refusal of a name with nothing behind it.
pub(crate) fn refusal(name: &str, place: Place) -> Diagnostic {
    let message = format!("`{name}` has nothing behind it: CloudFormation refuses the template");
    refused(message, place)
}

fn refused(message: String, place: Place) -> Diagnostic {
    Diagnostic::error("template::null", message, place)
        .help("remove it, or give it a value; for an empty text write `''`")
}
