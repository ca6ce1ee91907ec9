//! `property-refused`: a property whose value CloudFormation refuses, or one that is missing.
//!
//! CloudFormation holds a resource to its schema before it calls the service ([`schema_bounds`] and [`schemas`] have the source): a number beyond
//! its bounds, a text that is too long, has other characters than it may or is none of the words that it may be, a list of too many items, a
//! property that must be there, a list where a map belongs (seen: `#/Tags: expected type: JSONArray, found: JSONObject`, DataDog/datadog-cloudformation-macro
//! 64), nothing under a name (`'null' values are not allowed in templates`, cfn-lint 38). Where an ARN belongs, what `Ref` and `GetAtt` give of
//! a resource of the template is held against that; texts of others may be placeholders. What other lints judge with more than a schema says is
//! left to them.

use super::refusals::of_written;
use super::schema_bounds::{self, Bounds, Number};
use super::unknown_property::PASSED_ON;
use super::{Lint, Subject};
use crate::resource;
use crate::schemas::{self, Shape, inside};
use crate::stack::{Condition, Property, Resource};
use crate::{Diagnostic, Kind, Place, Severity, Value, suggest};

/// The lint.
pub(super) const LINT: Lint = Lint {
    code: "property-refused",
    finds: "a property whose value CloudFormation refuses, or one that is missing",
    severity: Severity::Warning,
    check,
};

/// A word that `store-refused` says more about.
const SAID_ELSEWHERE: (&str, &str) = ("AWS::SSM::Parameter/Type", "SecureString");

/// What is wrong in a place.
struct Finding {
    message: String,
    help: Option<String>,
    place: Place,
    /// Whether a property is not there, or has another shape: SAM may make another of it.
    is_of_shape: bool,
    /// Whether it is certain. A word that is like none of the list may be newer than that.
    is_certain: bool,
}

fn check(subject: &Subject<'_, '_>, found: &mut Vec<Diagnostic>) {
    for resource in &subject.stack.resources {
        // Whether the resource exists is not known.
        if !Condition::is_met(resource.condition.as_ref()) {
            continue;
        }
        let Some(written) = subject.resolver.resources.by_id.get(&resource.logical_id) else {
            continue;
        };
        let mut findings = Vec::new();
        if written.is_as_written() && !written.has_open_properties() {
            findings.extend(missing(resource));
        }
        let is_generated = written.generated_for.is_some();
        let mut path = resource.r#type.clone();
        for (name, property) in &resource.properties {
            // The reader reports a property that is null.
            let shape = schemas::shape(&path, name);
            let shape = shape.filter(|_| property.value.kind != Kind::Null);
            let mut of_property = Vec::new();
            inside(&mut path, name, |path| {
                of_property.extend(misshapen(&property.value, shape, path));
                look(&property.value, path, &subject.stack.name, &mut of_property);
            });
            // SAM makes another shape of most; and of what it generates, only what lints ask for is made.
            let is_as_it_will_be =
                written.is_as_written() || !is_generated && PASSED_ON.contains(&name.as_str());
            of_property.retain(|finding| is_as_it_will_be || !finding.is_of_shape);
            findings.extend(of_property);
        }
        // What the reader itself cannot take is said.
        let reported = subject.resolver.diagnostics.borrow();
        findings.retain(|finding| !reported.iter().any(|known| known.place == finding.place));
        findings.extend(names_for_arns(subject, written, resource));
        for finding in findings {
            let mut diagnostic = LINT.report(finding.message, finding.place);
            diagnostic.help = finding.help;
            diagnostic = if finding.is_certain {
                diagnostic.refused()
            } else {
                diagnostic.not_permitted()
            };
            LINT.add(of_written(diagnostic, written), found);
        }
    }
}

/// The properties that a resource must have and has not. One that `AWS::NoValue` removes is not there.
fn missing(resource: &Resource) -> Vec<Finding> {
    let Some(bounds) = schema_bounds::of(&resource.r#type) else {
        return Vec::new();
    };
    let is_there = |name: &str| {
        let property: Option<&Property> = resource.properties.get(name);
        property.is_some_and(|property| property.value.kind != Kind::Null)
    };
    let missing = bounds.required.iter().filter(|name| !is_there(name));
    missing
        .map(|name| Finding {
            message: format!("it has no `{name}`: CloudFormation refuses it"),
            help: Some(format!("add `{name}`")),
            place: resource.place,
            is_of_shape: true,
            is_certain: true,
        })
        .collect()
}

fn look(value: &Value, path: &mut String, stack: &str, found: &mut Vec<Finding>) {
    let bounds = schema_bounds::of(path);
    match &value.kind {
        Kind::List(items) => {
            if let Some(bounds) = bounds {
                found.extend(counted(items, bounds, path, value.place));
            }
            for item in items {
                look(item, path, stack, found);
            }
        }
        Kind::Map(map) => {
            if let Some(bounds) = bounds {
                let is_there = |name: &str| {
                    let item: Option<&Value> = map.get(name);
                    item.is_some_and(|item| item.kind != Kind::Null)
                };
                let missing = bounds.required.iter().filter(|name| !is_there(name));
                found.extend(missing.map(|name| Finding {
                    message: format!(
                        "{} has no `{name}`: CloudFormation refuses it",
                        printed(path)
                    ),
                    help: Some(format!("add `{name}`")),
                    place: value.place,
                    is_of_shape: true,
                    is_certain: true,
                }));
            }
            for (name, item) in map.iter() {
                let shape = schemas::shape(path, name);
                inside(path, name, |path| {
                    found.extend(misshapen(item, shape, path));
                    look(item, path, stack, found);
                });
            }
        }
        Kind::Unknown(_) | Kind::Null => {}
        _ => found.extend(bounds.and_then(|bounds| scalar(value, bounds, path, stack))),
    }
}

/// Something of another shape than what the schema has in a place.
fn misshapen(value: &Value, shape: Option<Shape>, path: &str) -> Option<Finding> {
    let (what, help) = match (&value.kind, shape?) {
        (Kind::Unknown(_), _) => return None,
        (Kind::Null, _) => ("nothing".to_owned(), "remove it, or give it a value"),
        (_, shape) => other_shape(value, shape)?,
    };
    Some(Finding {
        message: format!("{} is {what}: CloudFormation refuses it", printed(path)),
        help: Some(help.to_owned()),
        place: value.place,
        is_of_shape: true,
        is_certain: true,
    })
}

/// What a value is, where it has another shape than this, and what it should be.
fn other_shape(value: &Value, shape: Shape) -> Option<(String, &'static str)> {
    let (list, map) = (value.as_list(), value.as_map());
    let is_scalar = list.is_none() && map.is_none();
    let (is_right, help) = match shape {
        Shape::Any => (true, ""),
        Shape::Scalar => (is_scalar, "it is text or a number"),
        Shape::Map => (map.is_some(), "it is a map"),
        Shape::List => (list.is_some(), "it is a list"),
        Shape::ListOfMaps => (list.is_some(), "it is a list of maps"),
        Shape::Flag => {
            let flags = ["true", "false", "0", "1"];
            let text = value.to_text();
            let is_flag = |text: &str| flags.iter().any(|flag| text.eq_ignore_ascii_case(flag));
            let what = match text {
                Some(text) if is_flag(&text) => return None,
                Some(text) => format!("`{text}`"),
                None => value.describe().to_owned(),
            };
            return Some((what, "it is true or false"));
        }
    };
    if !is_right {
        return Some((value.describe().to_owned(), help));
    }
    let mut items = list.filter(|_| shape == Shape::ListOfMaps)?.iter();
    let other = items.find(|item| !matches!(item.kind, Kind::Map(_) | Kind::Unknown(_)))?;
    Some((format!("a list with {}", other.describe()), help))
}

/// The names and URLs that `Ref` or `GetAtt` gives of the template's resources where an ARN belongs.
fn names_for_arns(
    subject: &Subject<'_, '_>,
    written: &resource::Resource,
    resource: &Resource,
) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut path = resource.r#type.clone();
    for (name, property) in &resource.properties {
        if property.references.is_empty() {
            continue;
        }
        inside(&mut path, name, |path| {
            names_in(subject, written, &property.value, path, &mut found);
        });
    }
    found
}

fn names_in(
    subject: &Subject<'_, '_>,
    written: &resource::Resource,
    value: &Value,
    path: &mut String,
    found: &mut Vec<Finding>,
) {
    match &value.kind {
        Kind::List(items) => {
            for item in items {
                names_in(subject, written, item, path, found);
            }
        }
        Kind::Map(map) => {
            for (name, item) in map.iter() {
                inside(path, name, |path| {
                    names_in(subject, written, item, path, found);
                });
            }
        }
        Kind::String(text) if !text.is_empty() && !text.starts_with("arn:") => {
            if !is_arn(path) {
                return;
            }
            let node = written.properties.find(value.place);
            let made_of = node.map(|node| subject.made_of(node));
            let own = made_of.filter(|made_of| !made_of.is_open);
            let Some(id) = own.and_then(|own| own.resources.into_iter().next()) else {
                return;
            };
            let help = format!("name `{id}` by its ARN: `!GetAtt {id}.Arn` of most types");
            found.push(no_arn(path, &format!("`{text}`"), help, value.place));
        }
        Kind::Unknown(_) if is_arn(path) => {
            let node = written.properties.find(value.place);
            let Some(("Ref", name)) = node.and_then(|node| node.intrinsic()) else {
                return;
            };
            let key = name.as_str().and_then(|name| subject.stack.resource(name));
            if let Some(key) = key.filter(|key| key.r#type == "AWS::KMS::Key") {
                let id = &key.logical_id;
                let help = format!("name it by its ARN: `!GetAtt {id}.Arn`");
                let what = format!("the id of the key `{id}`");
                found.push(no_arn(path, &what, help, value.place));
            }
        }
        _ => {}
    }
}

/// Whether an ARN belongs there.
fn is_arn(path: &str) -> bool {
    schema_bounds::of(path).is_some_and(|bounds| bounds.is_arn)
}

/// Something else where an ARN belongs.
fn no_arn(path: &str, what: &str, help: String, place: Place) -> Finding {
    Finding {
        message: format!(
            "{} is {what}, which is no ARN: CloudFormation refuses it",
            printed(path)
        ),
        help: Some(help),
        place,
        is_of_shape: false,
        is_certain: true,
    }
}

/// A list of too few or too many items. Items that a condition may take away are not known, so that a list with one is not counted.
fn counted(items: &[Value], bounds: &Bounds, path: &str, place: Place) -> Option<Finding> {
    if items.iter().any(|item| item.as_unknown().is_some()) {
        return None;
    }
    let count = items.len();
    let help = match bounds.items {
        (Some(fewest), _) if count < fewest => format!("it has at least {fewest}"),
        (_, Some(most)) if count > most => format!("it has at most {most}"),
        _ => return None,
    };
    Some(Finding {
        message: format!(
            "{} has {count} items: CloudFormation refuses it",
            printed(path)
        ),
        help: Some(help),
        place,
        is_of_shape: false,
        is_certain: true,
    })
}

fn scalar(value: &Value, bounds: &Bounds, path: &str, stack: &str) -> Option<Finding> {
    let text = value.text()?;
    let text = &*text;
    let refused = |message: String, help: String| Finding {
        message: format!("{} {message}: CloudFormation refuses it", printed(path)),
        help: Some(help),
        place: value.place,
        is_of_shape: false,
        is_certain: true,
    };
    if !bounds.words.is_empty() {
        if bounds.words.contains(&text) || (path, text) == SAID_ELSEWHERE {
            return None;
        }
        let is_of_numbers = bounds.words.iter().all(|word| word.parse::<u32>().is_ok());
        if is_of_numbers {
            let help = format!("it is one of {}", bounds.words.join(", "));
            return Some(refused(format!("is `{text}`"), help));
        }
        let near = suggest::did_you_mean(text, bounds.words.iter().copied());
        return Some(match near {
            Some(near) => refused(format!("is `{text}`"), near),
            None => Finding {
                message: format!("{} is not known to be `{text}`", printed(path)),
                help: Some(format!(
                    "it is one of {}; CloudFormation refuses any other, if it is not newer than this list of October 2026",
                    bounds.words.join(", ")
                )),
                place: value.place,
                is_of_shape: false,
                is_certain: false,
            },
        });
    }
    if let Some(kind) = bounds.number {
        // CloudFormation takes a number that is written as text.
        let number: Option<f64> = text.parse().ok();
        let number = number.filter(|number| kind == Number::Any || number.fract() == 0.0);
        let Some(number) = number else {
            let help = match kind {
                Number::Whole => "it is a whole number",
                Number::Any => "it is a number",
            };
            return Some(refused(format!("is `{text}`"), help.to_owned()));
        };
        let help = match bounds.value {
            (Some(least), _) if number < least => format!("it is at least {least}"),
            (_, Some(most)) if number > most => format!("it is at most {most}"),
            _ => return None,
        };
        return Some(refused(format!("is {text}"), help));
    }
    let count = text.chars().count();
    let help = match bounds.length {
        (Some(fewest), _) if count < fewest => format!("it has at least {fewest}"),
        // A name that has the stack's is as long as that, and has its characters, which is not this template's fault.
        _ if text.contains(stack) => return None,
        (_, Some(most)) if count > most => format!("it has at most {most}"),
        _ => {
            let pattern = bounds.pattern.as_ref()?;
            return (!pattern.matches(text)).then(|| {
                let help = format!("it is as the pattern `{}` says", pattern.text);
                refused(format!("is `{text}`"), help)
            });
        }
    };
    Some(refused(format!("has {count} characters"), help))
}

/// A place in words: `Size` of `EphemeralStorage`.
fn printed(path: &str) -> String {
    let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
    format!("`{}`", inside.replace('/', "."))
}
