//! What SAM resolves itself, before CloudFormation sees the template: parameters and mappings, nothing else
//! (SAM translator, `intrinsics/resolver.py`).

use crate::resolve::{Piece, pieces};
use crate::text::{Entry, Node, NodeKind};
use crate::{Inputs, Kind, Value, Values, parameters};

/// What is known at transform time.
pub(crate) struct TransformTime<'t> {
    pub(crate) inputs: &'t Inputs,
    pub(crate) parameters: &'t Values,
    pub(crate) mappings: Option<&'t Node>,
}

impl TransformTime<'_> {
    /// The node with references to parameters replaced by their values, and mappings looked up. Everything else stays.
    pub(crate) fn resolve(&self, node: &Node) -> Node {
        match node.intrinsic() {
            Some(("Ref", name)) => name
                .as_str()
                .and_then(|name| self.parameter(name, node))
                .unwrap_or_else(|| node.clone()),
            Some(("Fn::FindInMap", argument)) => {
                let argument = self.resolve(argument);
                // Text alone: what YAML reads as a boolean or a number, SAM looks up in vain.
                let keys: Option<Vec<&str>> = argument
                    .as_list()
                    .filter(|keys| keys.len() == 3)
                    .and_then(|keys| keys.iter().map(Node::as_str).collect());
                keys.and_then(|keys| self.mappings?.at(&keys).cloned())
                    .unwrap_or_else(|| Node::map([("Fn::FindInMap", argument)], node.place))
            }
            Some(("Fn::Sub", argument)) => {
                Node::map([("Fn::Sub", self.substitute(argument))], node.place)
            }
            _ => match &node.kind {
                NodeKind::List(items) => Node::list(
                    items.iter().map(|item| self.resolve(item)).collect(),
                    node.place,
                ),
                NodeKind::Map(map) => Node::new(
                    NodeKind::Map(
                        map.iter()
                            .map(|(key, entry)| {
                                let value = self.resolve(&entry.value);
                                (
                                    key.clone(),
                                    Entry {
                                        key_place: entry.key_place,
                                        value,
                                    },
                                )
                            })
                            .collect(),
                    ),
                    node.place,
                ),
                _ => node.clone(),
            },
        }
    }

    /// Whether what a node comes to depends on a parameter that was given no value: SAM would ask for the value first, so what it
    /// refuses without it is no refusal here.
    pub(crate) fn lacks_value(&self, node: &Node) -> bool {
        let is_unset = |name: &str| parameters::has_no_value(self.parameters, name);
        match (node.intrinsic(), &node.kind) {
            (Some(("Ref", name)), _) => name.as_str().is_some_and(is_unset),
            (Some(("Fn::Sub", argument)), _) => {
                let text = argument.as_list().and_then(<[Node]>::first);
                let text = text.unwrap_or(argument).as_str().unwrap_or_default();
                let names_one = pieces(text)
                    .iter()
                    .any(|piece| matches!(piece, Piece::Name(name) if is_unset(name)));
                names_one || self.lacks_value(argument)
            }
            (_, NodeKind::List(items)) => items.iter().any(|item| self.lacks_value(item)),
            (_, NodeKind::Map(map)) => map.values().any(|entry| self.lacks_value(&entry.value)),
            _ => false,
        }
    }

    /// The text of a `Fn::Sub` with the names of parameters replaced; every other name stays for CloudFormation.
    fn substitute(&self, argument: &Node) -> Node {
        if let Some([text, variables]) = argument.as_list() {
            return Node::list(
                vec![self.substitute(text), self.resolve(variables)],
                argument.place,
            );
        }
        let Some(text) = argument.as_str() else {
            return argument.clone();
        };
        let mut replaced = text.to_owned();
        for (name, value) in self.parameters {
            if let Some(value) = value.as_str() {
                replaced = replaced.replace(&format!("${{{name}}}"), value);
            }
        }
        Node::string(replaced, argument.place)
    }

    fn parameter(&self, name: &str, node: &Node) -> Option<Node> {
        let place = node.place;
        match name {
            "AWS::Region" => return Some(Node::string(&self.inputs.region, place)),
            "AWS::Partition" => return Some(Node::string(self.inputs.partition(), place)),
            _ => {}
        }
        match &self.parameters.get(name)?.kind {
            Kind::String(text) => Some(Node::string(text, place)),
            Kind::List(items) => {
                let items = items
                    .iter()
                    .filter_map(Value::to_text)
                    .map(|item| Node::string(item, place));
                Some(Node::list(items.collect(), place))
            }
            _ => None,
        }
    }
}
