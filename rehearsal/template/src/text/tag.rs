//! Tags: the short forms of intrinsic functions, and YAML's own types.

use std::borrow::Cow;

use super::scanner::Refused;
use super::{Node, NodeKind, scalar};
use crate::{Diagnostic, Place};

/// The intrinsic functions that have a short tag; each is `Fn::` and its name, except `Ref` and `Condition`
/// (CloudFormation user guide, "Intrinsic function reference" and "Rule-specific intrinsic functions").
const SHORT_TAGS: [&str; 27] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAtt",
    "GetAZs",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// What YAML's own tags begin with.
pub(super) const CORE: &str = "tag:yaml.org,2002:";

/// A tag that no one knows, with the node as it is without it.
pub(super) struct BadTag {
    pub(super) refused: Refused,
    pub(super) node: Node,
}

/// A scalar with a tag.
pub(super) fn scalar(text: Cow<'_, str>, tag: &str, place: Place) -> Result<Node, BadTag> {
    let Some(name) = tag.strip_prefix(CORE) else {
        // A short form's scalar is text, whatever it looks like.
        return apply(Node::string(text, place), Some(tag));
    };
    let resolved = scalar::resolve(Cow::Borrowed(&text));
    let kind = match (name, resolved) {
        ("str" | "binary" | "timestamp", _) => NodeKind::String(text.into_owned()),
        ("null", _) => NodeKind::Null,
        ("bool", kind @ NodeKind::Bool(_)) | ("int" | "float", kind @ NodeKind::Number(_)) => kind,
        ("bool" | "int" | "float", _) => {
            return Err(bad(
                format!("`{text}` is no {name}, which its tag says it is"),
                Node::string(text, place),
            ));
        }
        _ => return Err(unknown(tag, Node::string(text, place))),
    };
    Ok(Node::new(kind, place))
}

/// `!Name value` → `{Fn::Name: value}`.
pub(super) fn apply(value: Node, tag: Option<&str>) -> Result<Node, BadTag> {
    let name = match tag {
        None | Some("!") => return Ok(value),
        Some(tag) => match (tag.strip_prefix(CORE), &value.kind) {
            (Some("seq" | "omap" | "pairs"), NodeKind::List(_))
            | (Some("map" | "set"), NodeKind::Map(_)) => return Ok(value),
            _ => match tag.strip_prefix('!') {
                Some(name) if SHORT_TAGS.contains(&name) => name,
                _ => return Err(unknown(tag, value)),
            },
        },
    };
    let place = value.place;
    let key = match name {
        "Ref" | "Condition" => name.to_owned(),
        _ => ["Fn::", name].concat(),
    };
    let value = match (name, value.as_str().and_then(|text| text.split_once('.'))) {
        ("GetAtt", Some((logical_id, attribute))) => Node::list(
            vec![
                Node::string(logical_id, place),
                Node::string(attribute, place),
            ],
            place,
        ),
        _ => value,
    };
    Ok(Node::map([(key, value)], place))
}

fn unknown(tag: &str, node: Node) -> BadTag {
    let Some(name) = tag.strip_prefix('!') else {
        return bad(format!("the tag `{tag}` stands for nothing here"), node);
    };
    let mut bad = bad(format!("`!{name}` is no intrinsic function"), node);
    bad.refused.0.help =
        crate::suggest::closest(name, SHORT_TAGS).map(|near| format!("did you mean `!{near}`?"));
    bad
}

fn bad(message: String, node: Node) -> BadTag {
    BadTag {
        refused: Diagnostic::error("template::tag", message, node.place).into(),
        node,
    }
}
