//! Conditions on a line that is JSON: `{ $.latency > 500 && $.path = "/orders*" }`.

use serde_json::Value;

use super::comparison::Comparison;
use crate::cloudwatch::syntax::{Reader, SyntaxError};

/// A bound of ours on nesting, against a stack overflow.
const DEEPEST: usize = 64;

/// A place in a JSON line: `$.users[0].id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What a line must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Both.
    And(Box<Condition>, Box<Condition>),
    /// One of them.
    Or(Box<Condition>, Box<Condition>),
    /// A comparison with the value at a place. It does not hold where there is none, or an object or an array.
    Compare(Path, Comparison),
    /// `IS NULL`, `IS TRUE`, `IS FALSE`
    Is(Path, Value),
    /// `NOT EXISTS`
    NotExists(Path),
}

impl Path {
    /// Reads a place.
    ///
    /// # Errors
    /// What is wrong, at its column.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader::new(text);
        let path = Self::read(&mut reader)?;
        if reader.peek().is_some() {
            return Err(reader.error("the place in the line ends before this"));
        }
        Ok(path)
    }

    fn read(reader: &mut Reader) -> Result<Self, SyntaxError> {
        reader.expect("$")?;
        let mut steps = Vec::new();
        loop {
            if reader.take(".") {
                let key = match reader.peek() {
                    Some('"') => reader.quoted()?,
                    _ => reader.take_while(|character| {
                        character.is_alphanumeric() || matches!(character, '-' | '_')
                    }),
                };
                if key.is_empty() {
                    return Err(reader.error("a property's name is expected here"));
                }
                steps.push(Step::Key(key));
            } else if reader.take("[") {
                let index = reader.take_while(|character| character.is_ascii_digit());
                let index = index
                    .parse()
                    .map_err(|_| reader.error("an index is expected here, such as [0]"))?;
                steps.push(Step::Index(index));
                reader.expect("]")?;
            } else if steps.is_empty() {
                return Err(reader.error("a property is expected here, such as $.latency"));
            } else {
                return Ok(Self(steps));
            }
        }
    }

    /// The value there.
    pub fn of<'v>(&self, event: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(event, |value, step| match step {
            Step::Key(key) => value.as_object()?.get(key),
            Step::Index(index) => value.as_array()?.get(*index),
        })
    }
}

impl Condition {
    /// Reads a pattern in braces.
    ///
    /// # Errors
    /// What is wrong, at its column.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader::new(text);
        reader.expect("{")?;
        let condition = Self::either(&mut reader, 0)?;
        reader.expect("}")?;
        if reader.peek().is_some() {
            return Err(reader.error("the pattern ends with } before this"));
        }
        Ok(condition)
    }

    fn either(reader: &mut Reader, depth: usize) -> Result<Self, SyntaxError> {
        if depth > DEEPEST {
            return Err(reader.error("this is nested too deeply"));
        }
        let mut condition = Self::both(reader, depth)?;
        while reader.take("||") {
            condition = Self::Or(Box::new(condition), Box::new(Self::both(reader, depth)?));
        }
        Ok(condition)
    }

    fn both(reader: &mut Reader, depth: usize) -> Result<Self, SyntaxError> {
        let mut condition = Self::single(reader, depth)?;
        while reader.take("&&") {
            condition = Self::And(Box::new(condition), Box::new(Self::single(reader, depth)?));
        }
        Ok(condition)
    }

    fn single(reader: &mut Reader, depth: usize) -> Result<Self, SyntaxError> {
        if reader.take("(") {
            let condition = Self::either(reader, depth + 1)?;
            reader.expect(")")?;
            return Ok(condition);
        }
        let path = Path::read(reader)?;
        if reader.take_word("IS") {
            for (word, value) in [
                ("NULL", Value::Null),
                ("TRUE", Value::Bool(true)),
                ("FALSE", Value::Bool(false)),
            ] {
                if reader.take_word(word) {
                    return Ok(Self::Is(path, value));
                }
            }
            return Err(reader.error("NULL, TRUE or FALSE is expected here"));
        }
        if reader.take_word("NOT") {
            if reader.take_word("EXISTS") {
                return Ok(Self::NotExists(path));
            }
            return Err(reader.error("EXISTS is expected here"));
        }
        Ok(Self::Compare(
            path,
            Comparison::read(reader, &[')', '}', '&', '|'])?,
        ))
    }

    /// Whether a line is so.
    pub fn matches(&self, event: &Value) -> bool {
        match self {
            Self::And(left, right) => left.matches(event) && right.matches(event),
            Self::Or(left, right) => left.matches(event) || right.matches(event),
            Self::Compare(path, comparison) => match path.of(event) {
                Some(Value::String(text)) => comparison.holds_for_text(text),
                Some(Value::Number(number)) => number
                    .as_f64()
                    .is_some_and(|value| comparison.holds_for_number(value, &number.to_string())),
                Some(Value::Bool(flag)) => {
                    comparison.holds_for_text(if *flag { "true" } else { "false" })
                }
                _ => false,
            },
            Self::Is(path, expected) => path.of(event) == Some(expected),
            Self::NotExists(path) => path.of(event).is_none(),
        }
    }
}
