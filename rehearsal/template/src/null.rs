//! Names with nothing behind them: `'null' values are not allowed in templates`.
//!
//! Sources: cfn-lint 38, serverless-aws-alias 66. In a template that names `AWS::LanguageExtensions` nulls are no fault, as that transform takes
//! them away (aws-cloudformation/cfn-language-discussion 100). The callers ask of other templates alone.

use crate::text::{Map, Node, NodeKind};
use crate::{Diagnostic, Place};

/// Those in sections that are not judged name by name.
pub(crate) fn in_sections(root: &Node) -> Vec<Diagnostic> {
    let sections = ["Conditions", "Outputs"].into_iter();
    let sections = sections.filter_map(|name| root.get(name));
    sections.flat_map(below_node).collect()
}

/// Each name with nothing behind it, however deep, but in what is for people or for tools. SAM passes over those of its own resources.
pub(crate) fn below(map: &Map) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (name, entry) in map {
        if entry.value.kind == NodeKind::Null {
            found.push(refusal(name, entry.key_place));
        } else if name != "Metadata" {
            found.extend(below_node(&entry.value));
        }
    }
    found
}

/// The refusal of a name with nothing behind it.
pub(crate) fn refusal(name: &str, place: Place) -> Diagnostic {
    let message = format!("`{name}` has nothing behind it: CloudFormation refuses the template");
    Diagnostic::error("template::null", message, place)
        .help("remove it, or give it a value; for an empty text write `''`")
}

fn below_node(node: &Node) -> Vec<Diagnostic> {
    match &node.kind {
        NodeKind::Map(map) => below(map),
        NodeKind::List(items) => items.iter().flat_map(below_node).collect(),
        _ => Vec::new(),
    }
}
