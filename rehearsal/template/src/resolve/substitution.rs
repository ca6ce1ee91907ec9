//! `Fn::Sub`, and the names inside its text.

use super::Resolver;
use super::functions::{Failure, bounded};
use crate::text::{Node, NodeKind};
use crate::{Kind, Place};

/// A piece of a `Fn::Sub` text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text that stays.
    Text(&'t str),
    /// The name inside `${…}`.
    Name(&'t str),
}

/// Cuts a `Fn::Sub` text into its pieces. `${!x}` is the literal `${x}`.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else {
            break;
        };
        let inside = &rest[start + 2..start + length];
        pieces.push(Piece::Text(&rest[..start]));
        match inside.strip_prefix('!') {
            Some(literal) => {
                pieces.push(Piece::Text("${"));
                pieces.push(Piece::Text(literal));
                pieces.push(Piece::Text("}"));
            }
            None => pieces.push(Piece::Name(inside.trim())),
        }
        rest = &rest[start + length + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

impl Resolver<'_> {
    /// The account or the region that a key depends on, where it is not given but assumed, with the option that gives it.
    pub(super) fn assumed(&self, key: &Node) -> Option<(&'static str, &'static str)> {
        let names = |name: &str| match name {
            "AWS::AccountId" if self.inputs.is_account_assumed => {
                Some(("the account", "--account"))
            }
            "AWS::Region" if self.inputs.is_region_assumed => Some(("the region", "--region")),
            _ => None,
        };
        match (key.intrinsic(), &key.kind) {
            (Some(("Ref", name)), _) => names(name.as_str()?),
            (Some(("Fn::Sub", argument)), _) => {
                let text = argument.as_list().and_then(<[Node]>::first);
                let found = pieces(text.unwrap_or(argument).as_str()?);
                found.into_iter().find_map(|piece| match piece {
                    Piece::Name(name) => names(name),
                    Piece::Text(_) => None,
                })
            }
            (_, NodeKind::List(items)) => items.iter().find_map(|item| self.assumed(item)),
            (_, NodeKind::Map(map)) => map.values().find_map(|entry| self.assumed(&entry.value)),
            _ => None,
        }
    }

    pub(super) fn substitute(&self, argument: &Node, place: Place) -> Result<Kind, Failure> {
        let (template, variables) = match (argument.as_str(), argument.as_list()) {
            (Some(text), _) => (text, None),
            (_, Some([text])) => (text.as_str().ok_or_else(|| wrong(text.place))?, None),
            (_, Some([text, variables])) if variables.as_map().is_some() => (
                text.as_str().ok_or_else(|| wrong(text.place))?,
                Some(variables),
            ),
            _ => return Err(wrong(argument.place)),
        };
        if template.contains("{{resolve:") {
            return Err(Failure::unknown(
                "a dynamic reference is looked up when the stack is deployed",
                place,
            ));
        }
        let mut text = String::new();
        for piece in pieces(template) {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Name(name) => {
                    let value = match variables.and_then(|variables| variables.get(name)) {
                        Some(node) => self.value(node),
                        None => self.named(name, place),
                    };
                    if let Some(unknown) = value.as_unknown() {
                        return Err(Failure::Unknown(unknown.clone()));
                    }
                    text.push_str(&value.to_text().ok_or_else(|| {
                        Failure::malformed(
                            format!("cannot put {} in place of `${{{name}}}`", value.describe()),
                            place,
                        )
                    })?);
                }
            }
            bounded(&text, place)?;
        }
        Ok(Kind::String(text))
    }
}

fn wrong(place: Place) -> Failure {
    Failure::malformed("takes text, or text and a map of variables", place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_at_its_names() {
        use Piece::{Name, Text};
        assert_eq!(
            pieces("a${B}c${!D}e${F.G}"),
            [
                Text("a"),
                Name("B"),
                Text("c"),
                Text("${"),
                Text("D"),
                Text("}"),
                Text("e"),
                Name("F.G"),
                Text("")
            ]
        );
        assert_eq!(pieces("open ${x"), [Text("open ${x")]);
        assert_eq!(pieces("$5 and {}"), [Text("$5 and {}")]);
    }
}
