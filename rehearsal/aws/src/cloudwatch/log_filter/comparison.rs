//! How a value is held against what a pattern says.

use crate::cloudwatch::syntax::{Reader, SyntaxError};

/// `=` and its like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// An operator, and what stands on its right.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    operator: Operator,
    text: String,
    /// The text as a number, unless it stands in quotation marks.
    number: Option<f64>,
}

impl Comparison {
    /// Reads an operator and a value. A value without quotation marks ends before a space or one of `ends`.
    pub(super) fn read(reader: &mut Reader, ends: &[char]) -> Result<Self, SyntaxError> {
        let operator = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ]
        .into_iter()
        .find_map(|(sign, operator)| reader.take(sign).then_some(operator))
        .ok_or_else(|| reader.error("=, !=, <, <=, > or >= is expected here"))?;
        let (text, is_quoted) = match reader.peek() {
            Some('"') => (reader.quoted()?, true),
            Some('%') => return Err(reader.error(REGULAR_EXPRESSION)),
            _ => (
                reader.take_while(|character| {
                    !character.is_whitespace() && !ends.contains(&character)
                }),
                false,
            ),
        };
        if text.is_empty() && !is_quoted {
            return Err(reader.error("a value is expected here"));
        }
        let number = if is_quoted {
            None
        } else {
            text.parse().ok().filter(|number: &f64| number.is_finite())
        };
        if number.is_none() && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err(reader.error(format!(
                "{text:?} is no number, and only = and != compare text"
            )));
        }
        Ok(Self {
            operator,
            text,
            number,
        })
    }

    /// Whether it holds for a number.
    #[expect(clippy::float_cmp, reason = "= is what the pattern asks for")]
    pub(super) fn holds_for_number(&self, value: f64, written: &str) -> bool {
        let Some(number) = self.number else {
            return self.holds_for_text(written);
        };
        match self.operator {
            Operator::Equal => value == number,
            Operator::NotEqual => value != number,
            Operator::Less => value < number,
            Operator::LessOrEqual => value <= number,
            Operator::Greater => value > number,
            Operator::GreaterOrEqual => value >= number,
        }
    }

    /// Whether it holds for a text. One that is a number counts as that where the pattern has a number.
    pub(super) fn holds_for_text(&self, value: &str) -> bool {
        if self.number.is_some()
            && let Ok(number) = value.parse::<f64>()
        {
            return self.holds_for_number(number, value);
        }
        match self.operator {
            Operator::Equal => matches(&self.text, value),
            Operator::NotEqual => !matches(&self.text, value),
            _ => false,
        }
    }
}

/// Why a regular expression is refused.
pub(super) const REGULAR_EXPRESSION: &str = "a regular expression (%…%) is not rehearsed";

/// Whether a text is as a pattern says. A star at its beginning or end stands for any text; between them it is a star (an earlier
/// edition of the guide: "`Ev*ent` will only match the actual string `Ev*ent`").
fn matches(pattern: &str, text: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(rest), Some(_)) => text.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => text.ends_with(end),
        (None, Some(start)) => text.starts_with(start),
        (None, None) => text == pattern,
    }
}
