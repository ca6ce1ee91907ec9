//! What a value of the template is made of: its own words and resources, or what another deployment of it has another value for.

use std::collections::BTreeSet;

use super::Subject;
use crate::resolve::{Piece, pieces};
use crate::text::{Node, NodeKind};

/// What a value is made of.
#[derive(Debug, Default)]
pub(in crate::lint) struct MadeOf {
    /// The template's resources that it names.
    pub(in crate::lint) resources: BTreeSet<String>,
    /// Whether anything is in it that the template does not say itself: a parameter, which may have a made-up value or a sample's placeholder, the
    /// stack's name, an import, a custom resource's answer.
    pub(in crate::lint) is_open: bool,
}

impl MadeOf {
    /// Whether it is all text of the template, and says nothing of its resources.
    pub(in crate::lint) fn is_text(&self) -> bool {
        !self.is_open && self.resources.is_empty()
    }
}

/// The pseudo parameters that depend on the account and the Region alone, and not on the stack.
const OF_REGION: [&str; 4] = [
    "AWS::AccountId",
    "AWS::Partition",
    "AWS::Region",
    "AWS::URLSuffix",
];
/// The types whose attributes the template does not say: a parameter in SSM may hold anything, and custom resources, nested stacks and wait
/// conditions answer with values of their own.
const ANSWERS: [&str; 2] = ["AWS::SSM::Parameter", "AWS::CloudFormation::"];

impl Subject<'_, '_> {
    /// What a part of the template is made of.
    pub(in crate::lint) fn made_of(&self, node: &Node) -> MadeOf {
        let mut made_of = MadeOf::default();
        self.look(node, &mut made_of);
        made_of
    }

    fn look(&self, node: &Node, made_of: &mut MadeOf) {
        let Some((function, argument)) = node.intrinsic() else {
            match &node.kind {
                NodeKind::List(items) => items.iter().for_each(|item| self.look(item, made_of)),
                NodeKind::Map(map) => {
                    map.values()
                        .for_each(|entry| self.look(&entry.value, made_of));
                }
                NodeKind::String(text) => made_of.is_open |= text.contains("{{resolve:"),
                _ => {}
            }
            return;
        };
        match (function, &argument.kind) {
            ("Ref" | "Fn::GetAtt", NodeKind::String(name)) => self.name(name, made_of),
            ("Fn::GetAtt", NodeKind::List(parts)) => {
                let parts: Option<Vec<_>> = parts.iter().map(Node::as_str).collect();
                match parts {
                    Some(parts) => self.name(&parts.join("."), made_of),
                    None => made_of.is_open = true,
                }
            }
            ("Fn::Join", NodeKind::List(_)) => self.look(argument, made_of),
            ("Fn::Sub", _) => {
                let parts = argument.one_or_many();
                let text = parts.first().and_then(Node::as_str).unwrap_or_default();
                let variables = parts.get(1);
                made_of.is_open |= text.contains("{{resolve:");
                for piece in pieces(text) {
                    if let Piece::Name(name) = piece {
                        match variables.and_then(|variables| variables.get(name)) {
                            Some(variable) => self.look(variable, made_of),
                            None => self.name(name, made_of),
                        }
                    }
                }
            }
            _ => made_of.is_open = true,
        }
    }

    fn name(&self, name: &str, made_of: &mut MadeOf) {
        if OF_REGION.contains(&name) {
            return;
        }
        let (id, _) = self.resolver.resources.resolve_name(name);
        let resource = self.resolver.resources.by_id.get(id);
        let answers = |r#type: &str| {
            !r#type.starts_with("AWS::")
                || ANSWERS.iter().any(|answers| r#type.starts_with(answers))
        };
        match resource.filter(|resource| !answers(&resource.r#type)) {
            Some(_) => {
                made_of.resources.insert(id.to_owned());
            }
            None => made_of.is_open = true,
        }
    }
}
