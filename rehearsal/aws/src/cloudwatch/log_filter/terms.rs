//! Words and phrases: `ERROR -ARGUMENTS`, `?ERROR ?WARN`, `"INTERNAL SERVER ERROR"`.

use super::comparison::REGULAR_EXPRESSION;
use crate::cloudwatch::syntax::{Reader, SyntaxError};

/// A pattern of terms. A term matches where the line contains it, also within a word; case counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terms {
    /// All of them must be there.
    all: Vec<String>,
    /// One of them must be there, where there are any: `?term`.
    any: Vec<String>,
    /// None of them may be there: `-term`.
    none: Vec<String>,
}

impl Terms {
    /// Reads a pattern of terms. An empty one, and `" "`, match every line.
    ///
    /// # Errors
    /// A term with other characters than letters, digits and `_` outside quotation marks; a regular expression; `?` beside other terms,
    /// which CloudWatch does not combine.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader::new(text);
        let mut terms = Self::default();
        while let Some(first) = reader.peek() {
            let group = match first {
                '?' => &mut terms.any,
                '-' => &mut terms.none,
                '%' => return Err(reader.error(REGULAR_EXPRESSION)),
                _ => &mut terms.all,
            };
            if matches!(first, '?' | '-') {
                reader.take(&first.to_string());
            }
            let term = if reader.peek() == Some('"') {
                reader.quoted()?
            } else {
                let is_of_term = |character: char| character.is_alphanumeric() || character == '_';
                let term = reader.take_while(is_of_term);
                if term.is_empty() {
                    return Err(reader.error(
                        "a term with other characters than letters, digits and _ stands in quotation marks",
                    ));
                }
                term
            };
            // `" "` is how the guide matches everything.
            if !term.trim().is_empty() {
                group.push(term);
            }
        }
        let has_others = !terms.all.is_empty() || !terms.none.is_empty();
        if has_others && !terms.any.is_empty() {
            return Err(SyntaxError {
                column: 1,
                message: "?term is not combined with other terms".to_owned(),
            });
        }
        Ok(terms)
    }

    /// Whether a line matches.
    pub fn matches(&self, line: &str) -> bool {
        let has = |term: &String| line.contains(term.as_str());
        self.all.iter().all(has)
            && !self.none.iter().any(has)
            && (self.any.is_empty() || self.any.iter().any(has))
    }
}
