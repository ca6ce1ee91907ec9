//! Fields of a line, divided by spaces: `[ip, user, ..., status = 5*, bytes]`.

use std::collections::BTreeMap;

use super::comparison::{Comparison, REGULAR_EXPRESSION};
use crate::cloudwatch::syntax::{Reader, SyntaxError};

/// Whether the last field of a pattern without `...` takes all that is left of a line.
///
/// Assumed: the guide says of `[w1=ERROR, w2]` that it "returns log events where the first word is ERROR", whatever follows.
pub const LAST_FIELD_TAKES_THE_REST: bool = true;

/// The fields of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub struct Fields {
    before: Vec<Field>,
    /// After `...`; `None` where the pattern has none.
    after: Option<Vec<Field>>,
}

#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: String,
    /// One of these groups must hold, each of which is comparisons that must hold together. Empty: anything.
    conditions: Vec<Vec<Comparison>>,
}

impl Fields {
    /// Reads a pattern in square brackets.
    ///
    /// # Errors
    /// What is wrong, at its column.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut reader = Reader::new(text);
        reader.expect("[")?;
        let (mut before, mut after): (Vec<Field>, Option<Vec<Field>>) = (Vec::new(), None);
        loop {
            if reader.take("...") || reader.take("…") {
                if after.replace(Vec::new()).is_some() {
                    return Err(reader.error("a pattern has ... once"));
                }
            } else {
                let number = before.len() + after.as_ref().map_or(0, Vec::len) + 1;
                let field = Field::read(&mut reader, number)?;
                after.as_mut().unwrap_or(&mut before).push(field);
            }
            if reader.take("]") {
                break;
            }
            if !reader.take(",") {
                return Err(reader.error(", or ] is expected here"));
            }
        }
        if reader.peek().is_some() {
            return Err(reader.error("the pattern ends with ] before this"));
        }
        Ok(Self { before, after })
    }

    /// The values by field, where a line has these fields and all conditions hold.
    pub fn find(&self, line: &str) -> Option<BTreeMap<String, String>> {
        let values = split(line);
        let (before, after) = (self.before.len(), self.after.as_ref().map_or(0, Vec::len));
        if values.len() < before + after {
            return None;
        }
        let mut found = BTreeMap::new();
        let mut take = |field: &Field, value: &str| {
            found.insert(field.name.clone(), value.to_owned());
            field.holds(value)
        };
        let mut holds = true;
        for (index, field) in self.before.iter().enumerate() {
            let takes_rest =
                self.after.is_none() && index + 1 == before && LAST_FIELD_TAKES_THE_REST;
            let value = &values[index];
            if takes_rest && values.len() > before {
                holds &= take(field, line[value.from..].trim_end());
            } else {
                holds &= take(field, &value.text);
            }
        }
        for (index, field) in self.after.iter().flatten().enumerate() {
            holds &= take(field, &values[values.len() - after + index].text);
        }
        holds.then_some(found)
    }
}

impl Field {
    /// A field and its conditions. One without a name is called by its number.
    fn read(reader: &mut Reader, number: usize) -> Result<Self, SyntaxError> {
        let is_of_name =
            |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
        let name = reader.take_while(is_of_name);
        if reader.peek() == Some('%') {
            return Err(reader.error(REGULAR_EXPRESSION));
        }
        let mut conditions = Vec::new();
        if matches!(reader.peek(), Some('=' | '!' | '<' | '>')) {
            conditions.push(vec![Comparison::read(reader, &[',', ']', '&', '|'])?]);
            loop {
                let starts_group = reader.take("||");
                if !starts_group && !reader.take("&&") {
                    break;
                }
                let again = reader.take_while(is_of_name);
                // The guide writes W1 for w1.
                if !again.eq_ignore_ascii_case(&name) {
                    return Err(reader.error(format!(
                        "the conditions of a field are on itself: {name} is expected here"
                    )));
                }
                let comparison = Comparison::read(reader, &[',', ']', '&', '|'])?;
                match conditions.last_mut() {
                    Some(group) if !starts_group => group.push(comparison),
                    _ => conditions.push(vec![comparison]),
                }
            }
        }
        let name = if name.is_empty() {
            number.to_string()
        } else {
            name
        };
        Ok(Self { name, conditions })
    }

    fn holds(&self, value: &str) -> bool {
        self.conditions.is_empty()
            || self.conditions.iter().any(|group| {
                group
                    .iter()
                    .all(|comparison| comparison.holds_for_text(value))
            })
    }
}

/// A value of a line, without the brackets or quotation marks around it, and where it begins.
struct Split {
    text: String,
    from: usize,
}

/// The values of a line: divided by spaces, and what stands in `[]` or `""` is one.
fn split(line: &str) -> Vec<Split> {
    let mut values = Vec::new();
    let mut at = 0;
    while let Some(skipped) = line[at..].find(|character: char| !character.is_whitespace()) {
        let from = at + skipped;
        let rest = &line[from..];
        let closing = match rest.chars().next() {
            Some('[') => Some(']'),
            Some('"') => Some('"'),
            _ => None,
        };
        let (text, length) = if let Some(length) = closing.and_then(|sign| rest[1..].find(sign)) {
            (&rest[1..=length], length + 2)
        } else {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            (&rest[..length], length)
        };
        values.push(Split {
            text: text.to_owned(),
            from,
        });
        at = from + length;
    }
    values
}
