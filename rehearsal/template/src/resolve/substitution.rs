//! `Fn::Sub`, and the names inside its text.

use super::Resolver;
use super::external_values::{Chunk, has_references, not_looked_up, references_in};
use super::functions::{Failure, bounded};
use crate::text::{Node, NodeKind};
use crate::{Kind, Place, Value};

/// A piece of a `Fn::Sub` text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text that stays.
    Text(&'t str),
    /// The name inside `${…}`.
    Name(&'t str),
}

/// Where the next name begins: a search for one character is several times as quick as one for two.
fn opening(text: &str) -> Option<usize> {
    let mut dollars = text.match_indices('$').map(|(at, _)| at);
    dollars.find(|at| text[*at..].starts_with("${"))
}

/// Cuts a `Fn::Sub` text into its pieces. `${!x}` is the literal `${x}`.
pub(crate) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = opening(rest) {
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
    /// The account, the region or the stack that a value depends on, where it is not given but assumed, with what gives it.
    pub(super) fn assumed(&self, key: &Node) -> Option<(&'static str, &'static str)> {
        match (key.intrinsic(), &key.kind) {
            (Some(("Ref", name)), _) => self.assumed_name(name.as_str()?),
            (Some(("Fn::Sub", argument)), _) => {
                let text = argument.as_list().and_then(<[Node]>::first);
                let found = pieces(text.unwrap_or(argument).as_str()?);
                found.into_iter().find_map(|piece| match piece {
                    Piece::Name(name) => self.assumed_name(name),
                    Piece::Text(_) => None,
                })
            }
            (_, NodeKind::List(items)) => items.iter().find_map(|item| self.assumed(item)),
            (_, NodeKind::Map(map)) => map.values().find_map(|entry| self.assumed(&entry.value)),
            _ => None,
        }
    }

    /// The same of a name.
    pub(super) fn assumed_name(&self, name: &str) -> Option<(&'static str, &'static str)> {
        let inputs = self.inputs;
        match name {
            "AWS::AccountId" if inputs.is_account_assumed => Some(("the account", "--account")),
            "AWS::Region" if inputs.is_region_assumed => Some(("the region", "--region")),
            "AWS::StackName" | "AWS::StackId" if inputs.is_stack_name_assumed => {
                Some(("the stack's name", "`stack_name` in samconfig.toml"))
            }
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
            _ if argument.get("Fn::Transform").is_some() => {
                let reason = "a macro (Fn::Transform) fills it in when the stack is deployed";
                return Err(Failure::unknown(reason, argument.place));
            }
            _ => return Err(wrong(argument.place)),
        };
        let mut text = String::new();
        for chunk in self.cut_at_given(template) {
            let written = match chunk {
                Chunk::Written(written) => written,
                Chunk::Given(value) => {
                    text.push_str(value);
                    continue;
                }
            };
            let begin = text.len();
            for piece in pieces(written) {
                match piece {
                    Piece::Text(literal) => text.push_str(literal),
                    Piece::Name(name) => {
                        let value = match variables.and_then(|variables| variables.get(name)) {
                            Some(node) => self.value(node),
                            None => self.named(name, place),
                        };
                        push(&mut text, &value, name, written, place)?;
                    }
                }
                bounded(&text, place)?;
            }
            self.look_up_from(begin, &mut text, place)?;
        }
        Ok(Kind::String(text))
    }

    /// Replaces the dynamic references of a text from this byte on.
    fn look_up_from(&self, begin: usize, text: &mut String, place: Place) -> Result<(), Failure> {
        if !has_references(&text[begin..]) {
            return Ok(());
        }
        let replaced = self.looked_up(text[begin..].to_owned(), place)?;
        text.truncate(begin);
        text.push_str(&replaced);
        bounded(text, place)
    }
}

/// Puts the value in place of a name.
fn push(
    text: &mut String,
    value: &Value,
    name: &str,
    written: &str,
    place: Place,
) -> Result<(), Failure> {
    if let Some(unknown) = value.as_unknown() {
        return Err(match reference_around(written, name) {
            Some(reference) => not_looked_up(reference, place),
            None => Failure::Unknown(unknown.clone()),
        });
    }
    let value = value.text().ok_or_else(|| {
        Failure::malformed(
            format!("cannot put {} in place of `${{{name}}}`", value.describe()),
            place,
        )
    })?;
    text.push_str(&value);
    Ok(())
}

/// The dynamic reference that a name is a part of, as it is written.
fn reference_around<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    references_in(text).find(|reference| pieces(reference).contains(&Piece::Name(name)))
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
