//! The template's parameters and the values they take.

use std::collections::{BTreeMap, BTreeSet};

use regex_lite::Regex;

use crate::bounds::MAX_PARAMETER_VALUE;
use crate::text::Node;
use crate::{Diagnostic, Inputs, Kind, Missing, Place, Unknown, Value, Values, form, suggest};

/// Gives every parameter of the template its value: the override, or else the default.
///
/// A parameter that has neither is unknown, and so is one whose type is an SSM parameter: its value is read when the stack is
/// deployed.
pub(crate) fn resolve(
    section: Option<&Node>,
    inputs: &Inputs,
    diagnostics: &mut Vec<Diagnostic>,
) -> Values {
    let mut values = Values::default();
    let Some(section) = section else {
        refuse_unknown_overrides(&values, inputs, Place::default(), diagnostics);
        return values;
    };
    let Some(declarations) = section.as_map() else {
        diagnostics.push(Diagnostic::error(
            "template::parameters",
            "`Parameters` must be a map",
            section.place,
        ));
        return values;
    };
    for (name, entry) in declarations {
        let value = match Declaration::new(name, entry.key_place, &entry.value) {
            Ok(declaration) => declaration.value(inputs, diagnostics),
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                Value::unknown(
                    format!("the parameter `{name}` is refused"),
                    entry.key_place,
                )
            }
        };
        values.insert(name.clone(), value);
    }
    refuse_unknown_overrides(&values, inputs, section.place, diagnostics);
    values
}

/// Why a parameter is unknown that has no default and is given no value.
fn no_value(name: &str) -> String {
    format!("the parameter `{name}` has no value: give it one with --parameter {name}=VALUE")
}

/// The parameters that have no default and are given no value, with where they stand.
pub(crate) fn without_value(parameters: &Values) -> Vec<(String, Place)> {
    parameters
        .iter()
        .filter(|(name, _)| has_no_value(parameters, name))
        .map(|(name, value)| (name.clone(), value.place))
        .collect()
}

/// Whether a name is that of a parameter that has no default and is given no value.
pub(crate) fn has_no_value(parameters: &Values, name: &str) -> bool {
    parameters
        .get(name)
        .and_then(Value::as_unknown)
        .is_some_and(|unknown| unknown.reason == no_value(name))
}

/// What is not to be shown of a template's values: those of `NoEcho` parameters (CloudFormation user guide, "Parameters"), and what is
/// given for dynamic references to Secrets Manager and to secure strings.
pub(crate) fn secrets(
    section: Option<&Node>,
    parameters: &Values,
    inputs: &Inputs,
) -> BTreeSet<String> {
    let is_secret = |name: &String| {
        let entry = section.and_then(|section| section.as_map()?.get(name.as_str()));
        entry.is_some_and(|entry| is_not_echoed(&entry.value))
    };
    let values = parameters.iter().filter(|(name, _)| is_secret(name));
    let values = values.flat_map(|(_, value)| {
        let items = value.one_or_many().iter();
        items.filter_map(Value::to_text).collect::<Vec<_>>()
    });
    let is_reference = |text: &str| {
        ["{{resolve:secretsmanager:", "{{resolve:ssm-secure:"]
            .iter()
            .any(|start| text.starts_with(start))
    };
    let references = inputs.references.iter();
    let references = references.filter(|(text, _)| is_reference(text));
    values
        .chain(references.map(|(_, value)| value.clone()))
        .collect()
}

/// The `NoEcho` parameters, each with the likeliest of its [`examples`].
pub(crate) fn not_echoed(section: Option<&Node>) -> BTreeMap<String, Option<String>> {
    let declared = section.and_then(Node::as_map).into_iter().flatten();
    declared
        .filter(|(_, entry)| is_not_echoed(&entry.value))
        .map(|(name, _)| (name.clone(), examples(section, name, &[], None).next()))
        .collect()
}

fn is_not_echoed(declaration: &Node) -> bool {
    declaration
        .get("NoEcho")
        .and_then(Node::to_text)
        .is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// Values that parameters often take, tried in this order.
const EXAMPLES: [&str; 22] = [
    "rehearsal",
    "Rehearsal1",
    "dev",
    "1",
    "true",
    "123456789012",
    "us-east-1",
    "example.com",
    "https://example.com",
    "rehearsal@example.com",
    "/rehearsal",
    "10.0.0.0/16",
    "vpc-0123456789abcdef0",
    "subnet-0123456789abcdef0",
    "sg-0123456789abcdef0",
    "arn:aws:iam::123456789012:role/rehearsal",
    "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
    "rehearsal-0123456789abcdef0123456789abcdef",
    // What a pattern may ask for: a number of several digits, a schedule, a version, a list.
    "128",
    "rate(1 day)",
    "1.2.3",
    "a,b,c",
];

/// The most parts that a value is made up of.
const MOST_PARTS: usize = 16;

/// A value of as many parts as a template asks for, where none of [`EXAMPLES`] has what stands between them.
fn of_parts((between, count): (&str, usize)) -> Option<String> {
    let has_it = EXAMPLES.iter().any(|example| example.contains(between));
    (!has_it && count <= MOST_PARTS).then(|| vec![EXAMPLES[0]; count].join(between))
}

/// Values that a parameter's declaration takes, the likeliest first: these keys of mappings, those that it allows, its least number, one of
/// the parts that the template asks for, and those of [`EXAMPLES`].
pub(crate) fn examples<'a>(
    section: Option<&'a Node>,
    name: &'a str,
    keys: &'a [&'a str],
    parts: Option<(&'a str, usize)>,
) -> impl Iterator<Item = String> + 'a {
    let declared = section.and_then(Node::as_map).and_then(|map| map.get(name));
    let declaration =
        declared.and_then(|entry| Declaration::new(name, entry.key_place, &entry.value).ok());
    // Memory has a least value that no declaration needs to name (Lambda API, `MemorySize`).
    let memory = name.to_lowercase().contains("memory");
    declaration.into_iter().flat_map(move |declaration| {
        keys.iter()
            .map(|key| (*key).to_owned())
            .chain(declaration.allowed().unwrap_or_default())
            .chain(memory.then(|| "128".to_owned()))
            .chain(declaration.node.get("MinValue").and_then(Node::to_text))
            .chain(parts.and_then(of_parts))
            .chain(EXAMPLES.into_iter().map(str::to_owned))
            .filter(move |value| declaration.check(value).is_ok())
    })
}

fn refuse_unknown_overrides(
    values: &Values,
    inputs: &Inputs,
    place: Place,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for name in inputs
        .parameters
        .keys()
        .filter(|name| !values.contains_key(name))
    {
        let mut diagnostic = Diagnostic::error(
            "template::unknown-parameter",
            format!(
                "a value is given for the parameter `{name}`, which the template does not have"
            ),
            place,
        );
        diagnostic.help = suggest::did_you_mean(name, values.keys().map(String::as_str));
        diagnostics.push(diagnostic);
    }
}

/// One parameter's declaration.
struct Declaration<'t> {
    name: &'t str,
    place: Place,
    node: &'t Node,
    r#type: &'t str,
}

impl<'t> Declaration<'t> {
    fn new(name: &'t str, place: Place, node: &'t Node) -> Result<Self, Box<Diagnostic>> {
        let r#type = node.get("Type").and_then(Node::as_str).ok_or_else(|| {
            Box::new(
                Diagnostic::error(
                    "template::parameter-type",
                    format!("the parameter `{name}` has no `Type`"),
                    place,
                )
                .help("most parameters are `Type: String`"),
            )
        })?;
        if let Some(help) = form::parameter_type(r#type) {
            let message =
                format!("the parameter `{name}` is of a type that there is not, `{type}`");
            let place = node.get("Type").map_or(place, |node| node.place);
            let diagnostic = Diagnostic::error("template::parameter-type", message, place);
            return Err(Box::new(diagnostic.help(help)));
        }
        Ok(Self {
            name,
            place,
            node,
            r#type,
        })
    }

    fn value(&self, inputs: &Inputs, diagnostics: &mut Vec<Diagnostic>) -> Value {
        let given = inputs.parameters.get(self.name);
        let default = self.node.get("Default");
        let place = default.map_or(self.place, |node| node.place);
        if let Some(of) = self.r#type.strip_prefix("AWS::SSM::Parameter::Value<") {
            let itself = given.filter(|_| !inputs.as_deployed.contains(self.name));
            return self.looked_up(of, itself, place);
        }
        let Some(text) = given.cloned().or_else(|| default.and_then(Node::to_text)) else {
            // CloudFormation would ask for it. Here it travels like what only AWS knows, and is named where something needs it.
            let unknown = Unknown::new(no_value(self.name), self.place)
                .without(Missing::Parameter(self.name.to_owned()));
            return Value::new(unknown.into(), self.place);
        };
        let is_list = self.r#type == "CommaDelimitedList" || self.r#type.starts_with("List<");
        let items: Vec<&str> = if is_list {
            text.split(',').map(str::trim).collect()
        } else {
            vec![text.as_str()]
        };
        if text.len() > MAX_PARAMETER_VALUE {
            let reason = format!(
                "it has {} bytes, and CloudFormation takes {MAX_PARAMETER_VALUE}",
                text.len()
            );
            let beginning: String = text.chars().take(20).collect();
            diagnostics.push(self.refusal(&format!("{beginning}…"), &reason, place));
            return Value::unknown(format!("the parameter `{}` is too long", self.name), place);
        }
        for item in &items {
            if let Err(reason) = self.check(item) {
                diagnostics.push(self.refusal(item, &reason, place));
            }
        }
        if is_list {
            let items = items
                .into_iter()
                .map(|item| Value::string(item, place))
                .collect();
            Value::new(Kind::List(items), place)
        } else {
            // A Number too is text once it is referred to.
            Value::string(text, place)
        }
    }

    /// The value of an SSM type, `AWS::SSM::Parameter::Value<of`. What is given is the value itself. CloudFormation holds the name
    /// of the SSM parameter to the declaration's bounds, never the value (user guide, "Specify existing resources at runtime with
    /// CloudFormation-supplied parameter types").
    fn looked_up(&self, of: &str, given: Option<&String>, place: Place) -> Value {
        let Some(text) = given else {
            let reason = format!(
                "the parameter `{}` is read from SSM when the stack is deployed",
                self.name
            );
            let unknown =
                Unknown::new(reason, place).without(Missing::Parameter(self.name.to_owned()));
            return Value::new(unknown.into(), place);
        };
        if of.starts_with("List<") || of.starts_with("CommaDelimitedList") {
            let items = text
                .split(',')
                .map(|item| Value::string(item.trim(), place));
            Value::new(Kind::List(items.collect()), place)
        } else {
            Value::string(text.clone(), place)
        }
    }

    fn refusal(&self, value: &str, reason: &str, place: Place) -> Diagnostic {
        let shown = if is_not_echoed(self.node) {
            "****"
        } else {
            value
        };
        let message = format!(
            "the parameter `{}` cannot be `{shown}`: {reason}",
            self.name
        );
        let mut diagnostic = Diagnostic::error("template::parameter-value", message, place);
        diagnostic.help = self
            .node
            .get("ConstraintDescription")
            .and_then(Node::to_text)
            .map(|constraint| format!("it must be {constraint}"))
            .or_else(|| {
                let allowed = self.allowed()?;
                suggest::did_you_mean(value, allowed.iter().map(String::as_str))
            });
        diagnostic
    }

    fn allowed(&self) -> Option<Vec<String>> {
        let allowed = self.node.get("AllowedValues")?.as_list()?;
        Some(allowed.iter().filter_map(Node::to_text).collect())
    }

    fn check(&self, value: &str) -> Result<(), String> {
        if let Some(allowed) = self.allowed()
            && !allowed.iter().any(|candidate| candidate == value)
        {
            return Err(format!("it must be one of {}", allowed.join(", ")));
        }
        if self.r#type == "Number" || self.r#type == "List<Number>" {
            let number: f64 = value
                .parse()
                .map_err(|_| "it must be a number".to_owned())?;
            if self.limit("MinValue").is_some_and(|least| number < least) {
                return Err(format!(
                    "it must be at least {}",
                    self.limit("MinValue").unwrap_or_default()
                ));
            }
            if self.limit("MaxValue").is_some_and(|most| number > most) {
                return Err(format!(
                    "it must be at most {}",
                    self.limit("MaxValue").unwrap_or_default()
                ));
            }
        }
        let length = value.chars().count();
        let bound = |key| {
            self.node
                .get(key)
                .and_then(Node::to_text)?
                .parse::<usize>()
                .ok()
        };
        if bound("MinLength").is_some_and(|least| length < least)
            || bound("MaxLength").is_some_and(|most| length > most)
        {
            return Err(format!(
                "its length, {length}, is outside `MinLength` and `MaxLength`"
            ));
        }
        if let Some(pattern) = self.node.get("AllowedPattern").and_then(Node::to_text)
            // A pattern that this engine cannot read (it has no look-around) is CloudFormation's to check.
            && let Ok(pattern) = Regex::new(&format!("^(?:{pattern})$"))
            && !pattern.is_match(value)
        {
            return Err("it does not match `AllowedPattern`".to_owned());
        }
        Ok(())
    }

    fn limit(&self, key: &str) -> Option<f64> {
        self.node.get(key)?.to_text()?.parse().ok()
    }
}
