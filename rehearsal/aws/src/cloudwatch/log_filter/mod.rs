//! Metric filters of CloudWatch Logs: which log lines count, and what for.
//!
//! Source: CloudWatch Logs user guide, "Filter pattern syntax for metric filters" (`FilterAndPatternSyntax`). Its examples are this
//! module's tests.
//!
//! - [`Pattern`]: text to a pattern of one of three kinds: [`terms`], [`json`], [`delimited`].
//! - [`MetricFilter`]: a pattern, and the metric that it makes of what it finds.
//! - [`comparison`]: how a value is held against what a pattern says.

pub mod comparison;
pub mod delimited;
pub mod json;
pub mod terms;

use std::collections::BTreeMap;

use crate::cloudwatch::metric::Metric;
use crate::cloudwatch::syntax::SyntaxError;

/// How many dimensions a filter may have (CloudWatch Logs API, `MetricTransformation.dimensions`).
pub const MOST_DIMENSIONS: usize = 3;

/// A filter pattern.
#[derive(Clone, Debug, PartialEq)]
pub enum Pattern {
    /// Words and phrases.
    Terms(terms::Terms),
    /// `{ $.latency > 500 }`
    Json(json::Condition),
    /// `[ip, user, status = 5*]`
    Delimited(delimited::Fields),
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong, at its column; regular expressions (`%…%`) are refused by name.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        match text.trim_start().chars().next() {
            Some('{') => json::Condition::parse(text).map(Self::Json),
            Some('[') => delimited::Fields::parse(text).map(Self::Delimited),
            _ => terms::Terms::parse(text).map(Self::Terms),
        }
    }

    /// What it finds in a log line; `None` where it does not match.
    pub fn find(&self, line: &str) -> Option<Found> {
        match self {
            Self::Terms(terms) => terms.matches(line).then_some(Found::Nothing),
            Self::Json(condition) => {
                let event: serde_json::Value = serde_json::from_str(line).ok()?;
                condition.matches(&event).then_some(Found::Json(event))
            }
            Self::Delimited(fields) => fields.find(line).map(Found::Fields),
        }
    }
}

/// What a pattern found in a line, for the metric's value and dimensions.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// Terms have no values.
    Nothing,
    /// The line, which is JSON.
    Json(serde_json::Value),
    /// Values by field.
    Fields(BTreeMap<String, String>),
}

/// Where a value is, in what was found.
#[derive(Clone, Debug, PartialEq)]
pub enum Selector {
    /// `$.latency`
    Json(json::Path),
    /// `$bytes`
    Field(String),
}

impl Selector {
    /// Reads what begins with `$`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        match text.strip_prefix('$') {
            Some(rest) if rest.starts_with(['.', '[']) => json::Path::parse(text).map(Self::Json),
            Some(name) if !name.is_empty() => Ok(Self::Field(name.to_owned())),
            _ => Err(SyntaxError {
                column: 1,
                message: format!(
                    "{text:?} is neither a number nor a place in a line, such as $.latency or $bytes"
                ),
            }),
        }
    }

    /// The text of the value there.
    fn of(&self, found: &Found) -> Option<String> {
        match (self, found) {
            (Self::Json(path), Found::Json(event)) => match path.of(event)? {
                serde_json::Value::String(text) => Some(text.clone()),
                serde_json::Value::Number(number) => Some(number.to_string()),
                serde_json::Value::Bool(flag) => Some(flag.to_string()),
                _ => None,
            },
            (Self::Field(name), Found::Fields(fields)) => fields.get(name).cloned(),
            _ => None,
        }
    }
}

/// `MetricValue`: what a line counts for.
#[derive(Clone, Debug, PartialEq)]
pub enum MetricValue {
    /// A number.
    Constant(f64),
    /// A number that stands in the line. A line that has none there counts for nothing.
    At(Selector),
}

impl MetricValue {
    /// Reads `MetricValue`.
    ///
    /// # Errors
    /// What is wrong.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        match text.trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Self::Constant(number)),
            _ => Selector::parse(text.trim()).map(Self::At),
        }
    }
}

/// A metric filter: a pattern, and the metric that it makes of what it finds.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricFilter {
    /// Which lines count.
    pub pattern: Pattern,
    /// `MetricNamespace`.
    pub namespace: String,
    /// `MetricName`.
    pub name: String,
    /// `MetricValue`.
    pub value: MetricValue,
    /// `DefaultValue`: the point of a minute in which lines came and none counted.
    pub default_value: Option<f64>,
    /// `Dimensions`: where each has its value.
    pub dimensions: BTreeMap<String, Selector>,
}

impl MetricFilter {
    /// The metric and the value that a line counts for; `None` where it does not count.
    ///
    /// Assumed: a line that lacks the value of a dimension counts for nothing.
    pub fn observe(&self, line: &str) -> Option<(Metric, f64)> {
        let found = self.pattern.find(line)?;
        let value = match &self.value {
            MetricValue::Constant(value) => *value,
            MetricValue::At(selector) => selector
                .of(&found)?
                .parse()
                .ok()
                .filter(|value: &f64| value.is_finite())?,
        };
        let mut metric = Metric::new(&self.namespace, &self.name, &[]);
        for (name, selector) in &self.dimensions {
            metric.dimensions.insert(name.clone(), selector.of(&found)?);
        }
        Some((metric, value))
    }

    /// The metric that the default value is a point of.
    pub fn metric_without_dimensions(&self) -> Metric {
        Metric::new(&self.namespace, &self.name, &[])
    }
}

#[cfg(test)]
mod tests;
