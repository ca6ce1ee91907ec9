//! The intrinsic functions (CloudFormation user guide, "Intrinsic function reference").

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Resolver;
use crate::bounds::MAX_TEXT;
use crate::document::{is_left_open, needs_extensions};
use crate::text::{Node, NodeKind};
use crate::{Diagnostic, Kind, Place, Unknown, Value, suggest};

impl Resolver<'_> {
    /// Applies one function; `None` is `AWS::NoValue`.
    pub(super) fn function(&self, function: &str, argument: &Node, place: Place) -> Option<Value> {
        if matches!(function, "Fn::Length" | "Fn::ToJsonString") {
            self.ask_for_extensions(function, place);
        }
        let result = match function {
            "Ref" => return self.reference(argument, place),
            "Fn::If" => return self.choose(argument, place),
            "Fn::GetAtt" => self.attribute_of(argument, place),
            "Fn::Sub" => self.substitute(argument, place),
            "Fn::Join" => self.join(argument),
            "Fn::Select" => self.select(argument),
            "Fn::Split" => self.split(argument),
            "Fn::FindInMap" => self.find_in_map(argument),
            "Fn::Base64" => self
                .text(argument)
                .map(|text| Kind::String(STANDARD.encode(text))),
            "Fn::Length" => self.length(argument),
            "Fn::ToJsonString" => match self.value(argument).to_json() {
                Ok(json) => Ok(Kind::String(json.to_string())),
                Err(unknown) => Err(Failure::Unknown(unknown)),
            },
            "Fn::Equals" | "Fn::And" | "Fn::Or" | "Fn::Not" => {
                let node = Node::map([(function, argument.clone())], place);
                match self.condition_value(&node) {
                    Ok(holds) => Ok(Kind::Bool(holds)),
                    Err(unknown) => Err(Failure::Unknown(unknown)),
                }
            }
            "Fn::ImportValue" => self.import(argument, place),
            "Fn::Cidr" => Err(Failure::unknown(
                "address blocks are computed when the stack is deployed (Fn::Cidr)",
                place,
            )),
            "Fn::GetAZs" => Err(Failure::unknown(
                "availability zones are the account's (Fn::GetAZs)",
                place,
            )),
            "Fn::Transform" => Err(Failure::unknown(
                "a macro (Fn::Transform) fills it in when the stack is deployed",
                place,
            )),
            _ if function.starts_with("Fn::ForEach") => Err(Failure::unknown(
                "a loop is unrolled when the stack is deployed (Fn::ForEach)",
                place,
            )),
            _ => {
                let known = [
                    "Fn::GetAtt",
                    "Fn::Sub",
                    "Fn::Join",
                    "Fn::Select",
                    "Fn::Split",
                    "Fn::FindInMap",
                    "Fn::If",
                    "Fn::Base64",
                ];
                let mut diagnostic = Diagnostic::error(
                    "template::unknown-function",
                    format!("`{function}` is no intrinsic function"),
                    place,
                );
                diagnostic.help = suggest::did_you_mean(function, known);
                self.report(diagnostic);
                Err(Failure::unknown(
                    format!("`{function}` is no intrinsic function"),
                    place,
                ))
            }
        };
        Some(match result {
            Ok(kind) => Value::new(kind, place),
            Err(failure) => self.no_value(function, failure, place),
        })
    }

    /// The value of a function that gives none. Where it is misused, that is reported.
    fn no_value(&self, function: &str, failure: Failure, place: Place) -> Value {
        match failure {
            Failure::Unknown(unknown) => Value::new(unknown.into(), place),
            Failure::Malformed { message, place: at } => {
                let message = format!("`{function}` {message}");
                self.report(Diagnostic::error("template::intrinsic", &message, at));
                Value::unknown(message, at)
            }
        }
    }

    /// Reports a function of the language's extensions in a template that does not name their transform.
    fn ask_for_extensions(&self, function: &str, place: Place) {
        if !self.resources.has_extensions && !self.resources.is_open {
            self.report(needs_extensions(function, place));
        }
    }

    fn reference(&self, argument: &Node, place: Place) -> Option<Value> {
        // With the language's extensions a function may make the name (CloudFormation template reference, "`Ref`").
        if self.resources.has_extensions && argument.intrinsic().is_some() {
            return match self.text(argument) {
                Ok(name) => self.reference(&Node::string(name, argument.place), place),
                Err(failure) => Some(self.no_value("Ref", failure, place)),
            };
        }
        let Some(name) = argument.as_str() else {
            let message = format!("`Ref` takes a name, not {}", argument.describe());
            self.report(Diagnostic::error(
                "template::intrinsic",
                &message,
                argument.place,
            ));
            return Some(Value::unknown(message, argument.place));
        };
        if name == "AWS::NoValue" {
            return None;
        }
        Some(self.named(name, place))
    }

    /// What `Ref name` gives, for a pseudo parameter, a parameter or a resource.
    pub(super) fn named(&self, name: &str, place: Place) -> Value {
        let text = |text: &str| Value::string(text, place);
        match name {
            "AWS::AccountId" => return text(&self.inputs.account_id),
            "AWS::Region" => return text(&self.inputs.region),
            "AWS::StackName" => return text(&self.inputs.stack_name),
            "AWS::StackId" => return text(&self.inputs.stack_id()),
            "AWS::Partition" => return text(self.inputs.partition()),
            "AWS::URLSuffix" => return text(self.inputs.url_suffix()),
            "AWS::NotificationARNs" => {
                return Value::unknown(
                    "notification topics are given when the stack is deployed",
                    place,
                );
            }
            _ => {}
        }
        if let Some(value) = self.parameters.get(name) {
            return Value::new(value.kind.clone(), place);
        }
        let (logical_id, attribute) = self.resources.resolve_name(name);
        match self.resources.by_id.get(logical_id) {
            Some(resource) => self.attribute(resource, attribute, place),
            None => self.unknown_name(name, place),
        }
    }

    fn attribute_of(&self, argument: &Node, place: Place) -> Result<Kind, Failure> {
        let name = match &argument.kind {
            NodeKind::String(name) => name.clone(),
            NodeKind::List(parts) if parts.len() >= 2 => {
                let parts = parts
                    .iter()
                    .map(|part| self.text(part))
                    .collect::<Result<Vec<_>, _>>()?;
                parts.join(".")
            }
            _ => {
                return Err(Failure::malformed(
                    "takes a logical id and an attribute",
                    argument.place,
                ));
            }
        };
        let (logical_id, attribute) = self.resources.resolve_name(&name);
        if attribute.is_none() {
            return Err(Failure::malformed(
                format!("takes a logical id and an attribute, not `{name}` alone"),
                argument.place,
            ));
        }
        Ok(match self.resources.by_id.get(logical_id) {
            Some(resource) => self.attribute(resource, attribute, place),
            None => self.unknown_name(logical_id, place),
        }
        .kind)
    }

    fn choose(&self, argument: &Node, place: Place) -> Option<Value> {
        let Some([condition, then, otherwise]) = argument.as_list() else {
            let message = "`Fn::If` takes a condition and two values";
            self.report(Diagnostic::error(
                "template::intrinsic",
                message,
                argument.place,
            ));
            return Some(Value::unknown(message, argument.place));
        };
        let holds = match condition.as_str() {
            Some(name) => self.condition(name, condition.place),
            None => self.condition_value(condition),
        };
        match holds {
            Ok(true) => self.optional(then),
            Ok(false) => self.optional(otherwise),
            Err(unknown) => {
                let (then, otherwise) = (self.optional(then), self.optional(otherwise));
                match (&then, &otherwise) {
                    (None, None) => None,
                    (Some(one), Some(other))
                        if one.kind == other.kind && one.first_unknown().is_none() =>
                    {
                        then
                    }
                    _ => Some(Value::new(unknown.into(), place)),
                }
            }
        }
    }

    /// Resolves a node to text, as a function's argument must be.
    pub(super) fn text(&self, node: &Node) -> Result<String, Failure> {
        match self.value(node) {
            Value {
                kind: Kind::String(text),
                ..
            } => Ok(text),
            Value {
                kind: Kind::Unknown(unknown),
                ..
            } => Err(Failure::Unknown(*unknown)),
            other => other.to_text().ok_or_else(|| {
                Failure::malformed(
                    format!("needs text here, not {}", other.describe()),
                    node.place,
                )
            }),
        }
    }

    /// Resolves a node to a list, as a function's argument must be.
    fn list(&self, node: &Node) -> Result<Vec<Value>, Failure> {
        match self.value(node).kind {
            Kind::List(items) => Ok(items),
            Kind::Unknown(unknown) => Err(Failure::Unknown(*unknown)),
            other => Err(Failure::malformed(
                format!(
                    "needs a list here, not {}",
                    Value::new(other, node.place).describe()
                ),
                node.place,
            )),
        }
    }

    fn join(&self, argument: &Node) -> Result<Kind, Failure> {
        let [delimiter, list] = pair(argument, "takes a delimiter and a list")?;
        let delimiter = delimiter
            .to_text()
            .ok_or_else(|| Failure::malformed("takes a literal delimiter", delimiter.place))?;
        let mut joined = String::new();
        for (index, item) in self.list(list)?.iter().enumerate() {
            if index > 0 {
                joined.push_str(&delimiter);
            }
            if let Some(unknown) = item.as_unknown() {
                return Err(Failure::Unknown(unknown.clone()));
            }
            let text = item.text().ok_or_else(|| {
                Failure::malformed(format!("cannot join {}", item.describe()), item.place)
            })?;
            joined.push_str(&text);
            bounded(&joined, argument.place)?;
        }
        self.looked_up(joined, argument.place).map(Kind::String)
    }

    fn select(&self, argument: &Node) -> Result<Kind, Failure> {
        let [index, list] = pair(argument, "takes an index and a list")?;
        let wanted = self.text(index)?;
        let position: usize = wanted.parse().map_err(|_| {
            Failure::malformed(
                format!("takes a number as its index, not `{wanted}`"),
                index.place,
            )
        })?;
        self.note_part(list, position);
        let items = self.list(list)?;
        let count = items.len();
        if let Some(item) = items.into_iter().nth(position) {
            return Ok(item.kind);
        }
        let message = format!("asks for item {position}, counted from 0, of a list of {count}");
        Err(match self.assumed(list) {
            Some((what, option)) => Failure::unknown(
                format!(
                    "{what} is assumed here, and `Fn::Select` {message}; give yours with {option}"
                ),
                argument.place,
            ),
            None => Failure::malformed(message, argument.place),
        })
    }

    fn split(&self, argument: &Node) -> Result<Kind, Failure> {
        let [delimiter, text] = pair(argument, "takes a delimiter and text")?;
        let delimiter = self.text(delimiter)?;
        if delimiter.is_empty() {
            return Err(Failure::malformed(
                "takes a delimiter that is not empty",
                argument.place,
            ));
        }
        let place = text.place;
        let text = self.text(text)?;
        Ok(Kind::List(
            text.split(&delimiter)
                .map(|part| Value::string(part, place))
                .collect(),
        ))
    }

    fn length(&self, argument: &Node) -> Result<Kind, Failure> {
        Ok(Kind::Number(self.list(argument)?.len().into()))
    }

    fn find_in_map(&self, argument: &Node) -> Result<Kind, Failure> {
        let Some([name, top, second, rest @ ..]) = argument.as_list() else {
            return Err(Failure::malformed(
                "takes a mapping and two keys",
                argument.place,
            ));
        };
        self.note_keys(name, top, second);
        let assumed = [top, second].into_iter().find_map(|key| self.assumed(key));
        let (name, top, second) = (self.text(name)?, self.text(top)?, self.text(second)?);
        let found = self
            .mappings
            .and_then(|mappings| mappings.at(&[name.as_str(), top.as_str(), second.as_str()]));
        if let Some(node) = found {
            return Ok(self.value(node).kind);
        }
        if let Some(default) = rest.first().and_then(|options| options.get("DefaultValue")) {
            return Ok(self.value(default).kind);
        }
        let levels = [&[][..], &[name.as_str()], &[name.as_str(), top.as_str()]];
        let is_open = |path: &[&str]| {
            let level = self.mappings.and_then(|mappings| mappings.at(path));
            let keys = level.and_then(Node::as_map).into_iter().flatten();
            keys.map(|(key, _)| key).any(|key| is_left_open(key))
        };
        if levels.into_iter().any(is_open) {
            let reason = "a macro (Fn::Transform) fills the mapping in when the stack is deployed";
            return Err(Failure::unknown(reason, argument.place));
        }
        if let Some((what, option)) = assumed {
            let reason = format!(
                "the mapping `{name}` has no `{second}` under `{top}`; give yours with {option}"
            );
            let reason = format!("{what} is assumed here, and {reason}");
            return Err(Failure::unknown(reason, argument.place));
        }
        Err(Failure::malformed(
            format!("finds no `{second}` under `{top}` in the mapping `{name}`"),
            argument.place,
        ))
    }
}

/// Why a function gives no value.
pub(super) enum Failure {
    /// It depends on something that is not known.
    Unknown(Unknown),
    /// It is used in a way that CloudFormation refuses.
    Malformed { message: String, place: Place },
}

impl Failure {
    pub(super) fn unknown(reason: impl Into<String>, place: Place) -> Self {
        Self::Unknown(Unknown::new(reason, place))
    }

    /// The value that there is none of, used at this place.
    pub(super) fn into_value(self, place: Place) -> Value {
        match self {
            Self::Unknown(unknown) => Value::new(unknown.into(), place),
            Self::Malformed { message, place } => Value::unknown(message, place),
        }
    }

    pub(super) fn malformed(message: impl Into<String>, place: Place) -> Self {
        Self::Malformed {
            message: message.into(),
            place,
        }
    }
}

/// The two items of an argument.
fn pair<'n>(argument: &'n Node, takes: &str) -> Result<&'n [Node; 2], Failure> {
    let items = argument.as_list().and_then(|items| items.try_into().ok());
    items.ok_or_else(|| Failure::malformed(takes, argument.place))
}

/// Refuses text that grows past all bounds: references can double it at each step.
pub(super) fn bounded(text: &str, place: Place) -> Result<(), Failure> {
    if text.len() > MAX_TEXT {
        return Err(Failure::malformed(
            format!("makes text of more than {MAX_TEXT} bytes"),
            place,
        ));
    }
    Ok(())
}
