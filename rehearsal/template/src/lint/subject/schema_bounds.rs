//! What CloudFormation's resource schemas allow in a place: numbers from and to, lengths, words, and the names that must be there.
//!
//! `tests/oracle/schemas.py` writes the table from the same schemas as [`schemas`](crate::schemas). CloudFormation holds each resource to them
//! before it calls the service: `Properties validation failed for resource X with message: #/Timeout: 0 is not greater or equal to 1`.

use std::sync::{LazyLock, OnceLock};

use regex_lite::Regex;

use crate::text::QuickMap;

/// A line is a type or a place inside one, and its bounds.
static TABLE: &str = include_str!("schema_bounds.txt");

static BOUNDS: LazyLock<QuickMap<&str, Bounds>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(|line| line.split_once(": "));
    rows.map(|(path, bounds)| (path, Bounds::parse(bounds)))
        .collect()
});

/// The bounds of a place. A list's items have those of the list's place, beside how many there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::lint) struct Bounds {
    /// Whether it is a number, and whether a whole one.
    pub(in crate::lint) number: Option<Number>,
    /// The least and the most that a number may be.
    pub(in crate::lint) value: (Option<f64>, Option<f64>),
    /// The fewest and the most characters of a text.
    pub(in crate::lint) length: (Option<usize>, Option<usize>),
    /// The fewest and the most items of a list.
    pub(in crate::lint) items: (Option<usize>, Option<usize>),
    /// What a text may be; nothing where it may be any.
    pub(in crate::lint) words: Vec<&'static str>,
    /// Whether it is an ARN.
    pub(in crate::lint) is_arn: bool,
    /// What the characters of a text may be.
    pub(in crate::lint) pattern: Option<Pattern>,
    /// The names that a map must have.
    pub(in crate::lint) required: Vec<&'static str>,
}

/// A kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Number {
    Whole,
    Any,
}

/// A pattern of a schema, which is read when a text is held against it: few templates have any.
#[derive(Clone, Debug)]
pub(in crate::lint) struct Pattern {
    pub(in crate::lint) text: &'static str,
    read: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Whether a text is as the pattern says. One that cannot be read says nothing.
    pub(in crate::lint) fn matches(&self, text: &str) -> bool {
        let read = self.read.get_or_init(|| Regex::new(self.text).ok());
        read.as_ref().is_none_or(|pattern| pattern.is_match(text))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Bounds {
    fn parse(text: &'static str) -> Self {
        let mut bounds = Self::default();
        for (name, value) in text.split(' ').filter_map(|bound| bound.split_once('=')) {
            let number = || value.parse().ok();
            let count = || value.parse().ok();
            match name {
                "type" if value == "integer" => bounds.number = Some(Number::Whole),
                "type" => bounds.number = Some(Number::Any),
                "minimum" => bounds.value.0 = number(),
                "maximum" => bounds.value.1 = number(),
                "minLength" => bounds.length.0 = count(),
                "maxLength" => bounds.length.1 = count(),
                "minItems" => bounds.items.0 = count(),
                "maxItems" => bounds.items.1 = count(),
                "format" => bounds.is_arn = value == "arn",
                "enum" => bounds.words = value.split('|').collect(),
                "pattern" => {
                    bounds.pattern = Some(Pattern {
                        text: value,
                        read: OnceLock::new(),
                    });
                }
                "required" => bounds.required = value.split('|').collect(),
                _ => {}
            }
        }
        bounds
    }
}

/// The bounds of a place: `AWS::Lambda::Function/Timeout`. `None` where the schema sets none, or the type is not in the table.
pub(in crate::lint) fn of(path: &str) -> Option<&'static Bounds> {
    BOUNDS.get(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_the_bounds_of_its_schema() {
        let size = of("AWS::Lambda::Function/EphemeralStorage/Size").expect("it has bounds");
        assert_eq!(size.number, Some(Number::Whole));
        assert_eq!(size.value, (Some(512.0), Some(32_768.0)));
        let layers = of("AWS::Lambda::Function/Layers").expect("it has bounds");
        assert_eq!((layers.items, layers.length.0), ((None, Some(5)), Some(1)));
        let url = of("AWS::Lambda::Url").expect("it has bounds");
        assert_eq!(url.required, ["AuthType", "TargetFunctionArn"]);
        assert_eq!(of("AWS::Lambda::Function/Environment/Variables"), None);
    }

    #[test]
    fn every_pattern_of_the_table_can_be_read() {
        let patterns = BOUNDS.values().filter_map(|bounds| bounds.pattern.as_ref());
        let texts: Vec<_> = patterns.map(|pattern| pattern.text).collect();
        assert!(texts.len() > 20, "{texts:?}");
        for text in texts {
            assert!(Regex::new(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_pattern_of_an_aliases_name_takes_no_number() {
        let name = of("AWS::Lambda::Alias/Name").expect("it has bounds");
        let pattern = name.pattern.as_ref().expect("it has a pattern");
        let taken = ["live", "v1", "1a", "_", "12", "", "a b"].map(|text| pattern.matches(text));
        assert_eq!(taken, [true, true, true, true, false, false, false]);
    }

    #[test]
    fn every_row_of_the_table_says_something() {
        for (path, bounds) in &*BOUNDS {
            assert_ne!(*bounds, Bounds::default(), "{path}");
        }
    }
}
