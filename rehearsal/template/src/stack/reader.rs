//! Typed access to a resource's resolved properties.

use std::collections::BTreeMap;

use super::Condition;
use crate::resolve::Resolver;
use crate::resource::Resource;
use crate::text::Node;
use crate::{Diagnostic, Field, Kind, Place, Unknown, Value};

/// A resource with its properties resolved.
pub(super) struct Reader<'r, 't> {
    pub(super) resolver: &'r Resolver<'t>,
    pub(super) resource: &'r Resource,
    properties: Value,
}

impl<'r, 't> Reader<'r, 't> {
    pub(super) fn new(resolver: &'r Resolver<'t>, resource: &'r Resource) -> Self {
        Self {
            resolver,
            resource,
            properties: resolver.value(&resource.properties),
        }
    }

    pub(super) fn logical_id(&self) -> String {
        self.resource.logical_id.clone()
    }

    pub(super) fn place(&self) -> Place {
        self.resource.place
    }

    /// The condition the resource exists under.
    pub(super) fn condition(&self) -> Option<Condition> {
        condition(self.resolver, self.resource)
    }

    /// Why the properties are not known one by one: a macro makes some of them.
    pub(super) fn unknown(&self) -> Option<&Unknown> {
        self.properties.as_unknown()
    }

    /// A property as it is written.
    pub(super) fn node(&self, key: &str) -> Option<&'r Node> {
        self.resource.properties.get(key)
    }

    /// A resolved property. What is null is as good as missing.
    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.properties
            .get(key)
            .filter(|value| value.kind != Kind::Null)
    }

    pub(super) fn text(&self, key: &str) -> Option<Field<String>> {
        self.value(key).map(|value| self.text_of(value, key))
    }

    /// Text that the resource cannot do without.
    pub(super) fn required_text(&self, key: &str) -> Field<String> {
        self.text(key).unwrap_or_else(|| self.missing(key))
    }

    /// Text that has a default.
    pub(super) fn text_or(&self, key: &str, default: &str) -> Field<String> {
        self.text(key)
            .unwrap_or_else(|| Field::known(default.to_owned(), self.place()))
    }

    pub(super) fn whole(&self, key: &str) -> Option<Field<u32>> {
        self.value(key).map(|value| self.whole_of(value, key))
    }

    pub(super) fn whole_or(&self, key: &str, default: u32) -> Field<u32> {
        self.whole(key)
            .unwrap_or_else(|| Field::known(default, self.place()))
    }

    /// A whole number that the resource cannot do without.
    pub(super) fn required_whole(&self, key: &str) -> Field<u32> {
        self.whole(key).unwrap_or_else(|| self.missing(key))
    }

    pub(super) fn number(&self, key: &str) -> Option<Field<f64>> {
        self.value(key).map(|value| self.number_of(value, key))
    }

    pub(super) fn number_of(&self, value: &Value, what: &str) -> Field<f64> {
        self.convert(value, what, "a number", |value| value.text()?.parse().ok())
    }

    pub(super) fn flag_of(&self, value: &Value, what: &str) -> Field<bool> {
        self.convert(value, what, "true or false", |value| {
            match &*value.text()? {
                "true" | "True" => Some(true),
                "false" | "False" => Some(false),
                _ => None,
            }
        })
    }

    pub(super) fn text_of(&self, value: &Value, what: &str) -> Field<String> {
        self.convert(value, what, "text", Value::to_text)
    }

    pub(super) fn whole_of(&self, value: &Value, what: &str) -> Field<u32> {
        let most = most(what);
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let wanted = if value.text().as_deref().is_some_and(is_number) {
            format!("a whole number of {most} at most")
        } else {
            "a whole number".to_owned()
        };
        self.convert(value, what, &wanted, |value| {
            let text = value.text()?;
            // `Timeout: 10.0` is ten.
            let number = text.strip_suffix(".0").unwrap_or(&text).parse().ok();
            number.filter(|number| *number <= most)
        })
    }

    /// A list of named texts, such as an alarm's dimensions, as a map.
    pub(super) fn pairs(
        &self,
        key: &str,
        name: &str,
        value: &str,
    ) -> Field<BTreeMap<String, Field<String>>> {
        let Some(list) = self.value(key) else {
            return Field::known(BTreeMap::new(), self.place());
        };
        let mut pairs = BTreeMap::new();
        let Some(items) = list.as_list() else {
            return self.not_a_list(list, key);
        };
        for item in items {
            if let Some(unknown) = item.as_unknown().or_else(|| item.get(name)?.as_unknown()) {
                return Field::unknown(unknown.clone(), list.place);
            }
            match (item.get(name).and_then(Value::to_text), item.get(value)) {
                (Some(name), Some(value)) => {
                    let field = self.text_of(value, key);
                    pairs.insert(name, field);
                }
                _ => self.report(
                    format!("each of `{key}` needs `{name}` and `{value}`"),
                    item.place,
                ),
            }
        }
        Field::known(pairs, list.place)
    }

    /// A value that should have been a list.
    pub(super) fn not_a_list<T>(&self, value: &Value, key: &str) -> Field<T> {
        if let Some(unknown) = value.as_unknown() {
            return Field::unknown(unknown.clone(), value.place);
        }
        let message = format!("`{key}` must be a list, not {}", value.describe());
        self.report(message.clone(), value.place);
        Field::unknown(Unknown::new(message, value.place), value.place)
    }

    fn convert<T>(
        &self,
        value: &Value,
        what: &str,
        wanted: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Field<T> {
        if let Some(unknown) = value.as_unknown() {
            return Field::unknown(unknown.clone(), value.place);
        }
        if let Some(known) = read(value) {
            return Field::known(known, value.place);
        }
        let message = format!("`{what}` must be {wanted}, not {value}");
        self.report(message.clone(), value.place);
        Field::unknown(Unknown::new(message, value.place), value.place)
    }

    fn missing<T>(&self, key: &str) -> Field<T> {
        if let Some(unknown) = self.unknown() {
            return Field::unknown(unknown.clone(), self.place());
        }
        let message = format!("`{key}` is missing");
        self.report(message.clone(), self.place());
        Field::unknown(Unknown::new(message, self.place()), self.place())
    }

    pub(super) fn report(&self, message: String, place: Place) {
        self.resolver.report(
            Diagnostic::error("template::property", message, place)
                .resource(&self.resource.logical_id),
        );
    }

    /// What `Ref` or `GetAtt` of the resource itself gives.
    pub(super) fn own(&self, attribute: Option<&str>) -> Field<String> {
        let place = self.place();
        let value = self.resolver.attribute(self.resource, attribute, place);
        Field {
            value: match (value.to_text(), value.kind) {
                (Some(text), _) => Ok(text),
                (None, Kind::Unknown(unknown)) => Err(*unknown),
                (None, _) => Err(Unknown::new("it has no name", place)),
            },
            place,
        }
    }

    /// The logical id of the function that a property names.
    pub(super) fn function(&self, key: &str) -> Field<String> {
        let Some(node) = self.node(key) else {
            return self.missing(key);
        };
        match self.resolver.function_named_by(node) {
            Some(function) => Field::known(function, node.place),
            None => Field::unknown(self.no_function(key, node), node.place),
        }
    }

    fn no_function(&self, key: &str, node: &Node) -> Unknown {
        match self.value(key).map(|value| (&value.kind, value.to_text())) {
            Some((Kind::Unknown(unknown), _)) => Unknown::clone(unknown),
            Some((_, Some(name))) => Unknown::new(
                format!("the function `{name}` is not in this template"),
                node.place,
            ),
            _ => Unknown::new(format!("`{key}` names no function"), node.place),
        }
    }
}

/// The most that AWS takes for a number, by its property. Each is looked at, or gone through, as often as it says.
fn most(property: &str) -> u32 {
    match property {
        // Lambda developer guide, "Lambda quotas": 900 seconds.
        "Timeout" => 900,
        // Lambda API reference, `CreateFunction`, `MemorySize`.
        "MemorySize" => 32_768,
        // Lambda API reference, `PutFunctionEventInvokeConfig`.
        "MaximumRetryAttempts" => 2,
        "MaximumEventAgeInSeconds" => 21_600,
        // CloudWatch API reference, `PutMetricAlarm`: periods and evaluation periods together are a day, and with periods of an hour
        // or more seven days. The shortest period is ten seconds.
        "EvaluationPeriods" | "DatapointsToAlarm" => 8_640,
        "Period" => 604_800,
        _ => u32::MAX,
    }
}

/// The condition that a resource exists under.
pub(super) fn condition(resolver: &Resolver<'_>, resource: &Resource) -> Option<Condition> {
    let (name, place) = resource.condition.as_ref()?;
    Some(Condition {
        name: name.clone(),
        holds: resolver.condition(name, *place).ok(),
        place: *place,
    })
}
