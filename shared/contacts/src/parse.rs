//! Text → [`Value`]: every number exact, every fault with its place.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::limits;
use crate::problem::{Position, Violation, quoted, step};
use crate::value::{Object, Value};

/// How deep a value that is not a body may nest: the depth at which `serde_json` itself stops.
const READ_NESTING: usize = 128;

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// It is not JSON.
    #[error("{detail} at line {} column {}", position.line, position.column)]
    Syntax {
        /// What was met or missed.
        detail: String,
        /// Where.
        position: Position,
    },
    /// It is JSON, but has what is not allowed. At most [`limits::VIOLATIONS`] faults are listed.
    #[error("{}", list(.0))]
    Invalid(Vec<Violation>),
}

fn list(violations: &[Violation]) -> String {
    let lines: Vec<_> = violations
        .iter()
        .map(|fault| format!("{} {}", fault.pointer, fault.detail))
        .collect();
    lines.join(" ")
}

/// Reads one value.
///
/// # Errors
/// When the text is not JSON, has a number that [`Number`](crate::Number) cannot hold, a name twice in one object or
/// an empty name, or nests deeper than 128 levels.
///
/// ```
/// use contacts::parse::value;
///
/// assert!(value("[1, 2}").unwrap_err().to_string().ends_with("at line 1 column 6"));
/// assert!(value(r#"{"a": 1, "a": 2}"#).unwrap_err().to_string().starts_with("#/a "));
/// ```
pub fn value(text: &str) -> Result<Value, ParseError> {
    let mut reader = Reader::new(text, READ_NESTING);
    let raw: &RawValue = reader.check(text, 0)?;
    let value = reader.value(raw, &Place::Root, 0)?;
    reader.finish(value)
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        value(raw.get()).map_err(D::Error::custom)
    }
}

/// Reads a body: an object whose members nest at most [`limits::NESTING`] levels, `None` when it is not an object.
///
/// `judge` sees the name of each top-level member, and may return what is wrong with it.
///
/// # Errors
/// As [`value`].
pub fn body(
    text: &str,
    judge: impl Fn(&str) -> Option<String>,
) -> Result<Option<Object>, ParseError> {
    // The body's own object is the map that holds the attributes, which the limit does not count.
    let mut reader = Reader::new(text, limits::NESTING + 1);
    let raw: &RawValue = reader.check(text, 0)?;
    if !raw.get().starts_with('{') {
        return Ok(None);
    }
    let value = reader.value(raw, &Place::Root, 0)?;
    let Value::Object(members) = value else {
        return Ok(None);
    };
    for name in members.keys() {
        if let Some(detail) = judge(name) {
            reader.fault(&Place::Member(&Place::Root, name), detail);
        }
    }
    if members.len() > limits::ATTRIBUTES {
        let (count, limit) = (members.len(), limits::ATTRIBUTES);
        reader.fault(
            &Place::Root,
            format!("has {count} attributes; a body may have at most {limit}."),
        );
    }
    reader.finish(Some(members))
}

/// Where `offset` lies in `text`.
pub(crate) fn position(text: &[u8], offset: usize) -> Position {
    let before = &text[..offset.min(text.len())];
    let start = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |newline| newline + 1);
    let line = before.split(|byte| *byte == b'\n').count();
    Position {
        line,
        column: before.len() - start + 1,
    }
}

/// The way to a value, as a list of steps that costs nothing until there is a fault to report.
enum Place<'p> {
    Root,
    Member(&'p Place<'p>, &'p str),
    Element(&'p Place<'p>, usize),
}

impl Place<'_> {
    /// The pointer to this place, or to the nearest one around it whose pointer is no longer than
    /// [`limits::POINTER_BYTES`]; and whether it is the place itself.
    fn pointer(&self) -> (String, bool) {
        let (parent, name) = match self {
            Self::Root => return ("#".to_owned(), true),
            Self::Member(parent, name) => (parent, Cow::Borrowed(*name)),
            Self::Element(parent, index) => (parent, Cow::Owned(index.to_string())),
        };
        let (pointer, is_exact) = parent.pointer();
        // An escaped name is no shorter than the name, which may have most of a body's bytes.
        if !is_exact || pointer.len() + name.len() >= limits::POINTER_BYTES {
            return (pointer, false);
        }
        let longer = step(&pointer, &name);
        if longer.len() <= limits::POINTER_BYTES {
            (longer, true)
        } else {
            (pointer, false)
        }
    }

    /// What is wrong here, at the place that the pointer can name.
    fn violation(&self, detail: String) -> Violation {
        let (pointer, is_exact) = self.pointer();
        let detail = match self {
            _ if is_exact => detail,
            Self::Member(_, name) => format!("has a member {:?} in it that {detail}", quoted(name)),
            Self::Element(_, index) => format!("has an element {index} in it that {detail}"),
            Self::Root => detail,
        };
        Violation { detail, pointer }
    }
}

struct Reader<'t> {
    text: &'t str,
    nesting: usize,
    violations: Vec<Violation>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, nesting: usize) -> Self {
        Self {
            text,
            nesting,
            violations: Vec::new(),
        }
    }

    fn finish<T>(self, value: T) -> Result<T, ParseError> {
        if self.violations.is_empty() {
            Ok(value)
        } else {
            Err(ParseError::Invalid(self.violations))
        }
    }

    fn fault(&mut self, place: &Place, detail: impl Into<String>) {
        if self.violations.len() < limits::VIOLATIONS {
            self.violations.push(place.violation(detail.into()));
        }
    }

    /// Reads `part`, which begins at `offset` of the whole text, as a `T`.
    fn check<T: Deserialize<'t>>(&self, part: &'t str, offset: usize) -> Result<T, ParseError> {
        serde_json::from_str(part).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let start = position(self.text.as_bytes(), offset);
            let message = error.to_string();
            let detail = message
                .strip_suffix(&format!(" at line {line} column {column}"))
                .unwrap_or(&message);
            ParseError::Syntax {
                detail: detail.to_owned(),
                position: if line <= 1 {
                    Position {
                        line: start.line,
                        column: start.column - 1 + column,
                    }
                } else {
                    Position {
                        line: start.line + line - 1,
                        column,
                    }
                },
            }
        })
    }

    fn part<T: Deserialize<'t>>(&self, raw: &'t RawValue) -> Result<T, ParseError> {
        // A raw value borrows from the text, so the distance of their addresses is its offset.
        let offset = (raw.get().as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.check(raw.get(), offset)
    }

    /// Reads a value whose syntax was checked with the text's. A fault is noted and reading goes on.
    fn value(
        &mut self,
        raw: &'t RawValue,
        place: &Place,
        depth: usize,
    ) -> Result<Value, ParseError> {
        let text = raw.get();
        Ok(match text.as_bytes().first() {
            Some(b'{' | b'[') if depth >= self.nesting => {
                // What counts is how deep an attribute's value goes.
                let limit = limits::NESTING;
                self.fault(
                    place,
                    format!("is nested too deep; a value may nest at most {limit} levels."),
                );
                Value::Null
            }
            Some(b'{') => {
                let Members(members) = self.part(raw)?;
                let mut object = Object::new();
                for (name, raw) in members {
                    let value = {
                        let place = Place::Member(place, &name);
                        if object.contains_key(&name) {
                            self.fault(
                                &place,
                                "is there twice; a name may be given once in an object.",
                            );
                        }
                        if name.is_empty() {
                            self.fault(
                                &place,
                                "has an empty name; a name must have at least one character.",
                            );
                        }
                        if name.len() > limits::NAME_BYTES {
                            let limit = limits::NAME_BYTES;
                            self.fault(
                                &Place::Root,
                                format!("has a name longer than {limit} bytes."),
                            );
                        }
                        self.value(raw, &place, depth + 1)?
                    };
                    object.insert(name, value);
                }
                Value::Object(object)
            }
            Some(b'[') => {
                let elements: Vec<&RawValue> = self.part(raw)?;
                let mut array = Vec::with_capacity(elements.len());
                for (index, raw) in elements.into_iter().enumerate() {
                    array.push(self.value(raw, &Place::Element(place, index), depth + 1)?);
                }
                Value::Array(array)
            }
            Some(b'"') => Value::String(self.part(raw)?),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => match text.parse() {
                Ok(number) => Value::Number(number),
                Err(error) => {
                    self.fault(place, format!("{error}."));
                    Value::Null
                }
            },
        })
    }
}

/// An object's members in the text's order, a name as often as it is there.
struct Members<'t>(Vec<(String, &'t RawValue)>);

impl<'de: 't, 't> Deserialize<'de> for Members<'t> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Members)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn syntax(text: &str) -> (usize, usize) {
        match value(text) {
            Err(ParseError::Syntax { position, .. }) => (position.line, position.column),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn pointers(error: &ParseError) -> Vec<&str> {
        match error {
            ParseError::Invalid(violations) => violations
                .iter()
                .map(|fault| fault.pointer.as_str())
                .collect(),
            ParseError::Syntax { .. } => panic!("{error}"),
        }
    }

    #[test]
    fn broken_json_is_refused_at_its_position() {
        assert_eq!(syntax("{\"a\": }"), (1, 7));
        assert_eq!(syntax("{\n  \"a\": trx\n}"), (2, 10));
        assert_eq!(syntax("{} {}"), (1, 4));
        assert_eq!(syntax(""), (1, 0));
        for number in ["01", "1.", ".5", "+1", "1e", "-", "NaN", "0x10"] {
            assert!(
                matches!(value(number), Err(ParseError::Syntax { .. })),
                "{number}"
            );
        }
    }

    #[test]
    fn a_broken_escape_deep_inside_has_its_position_in_the_whole_text() {
        let text = "{\"a\": 1,\n  \"b\": [\n    \"\\ud800\"]}";
        let (line, column) = syntax(text);
        assert_eq!(line, 3);
        assert!((5..=13).contains(&column), "{column}");
    }

    #[test]
    fn every_fault_of_a_text_is_listed_with_its_place() {
        let error = value(r#"{"a": [1e999, {"b": 1, "b": 2}], "": 0, "c/d": 1e-200}"#).unwrap_err();
        assert_eq!(pointers(&error), ["#/a/0", "#/a/1/b", "#/", "#/c~1d"]);
    }

    #[test]
    fn a_fault_at_a_place_too_long_to_point_to_is_told_from_a_place_around_it() {
        let long = "n".repeat(limits::POINTER_BYTES);
        let error = value(&format!(r#"{{"a": {{"{long}": 1, "{long}": [1e999]}}}}"#)).unwrap_err();
        assert_eq!(pointers(&error), ["#/a", "#/a"]);
        let ParseError::Invalid(faults) = error else {
            unreachable!("it has pointers");
        };
        assert!(
            faults[0].detail.starts_with("has a member \"nnn")
                && faults[0].detail.ends_with(
                    "…\" in it that is there twice; a name may be given once in an object."
                ),
            "{}",
            faults[0].detail
        );
        assert!(
            faults[1]
                .detail
                .starts_with("has an element 0 in it that is too large;"),
            "{}",
            faults[1].detail
        );

        // The longest that fits is not touched, and escapes count.
        let longest = "n".repeat(limits::POINTER_BYTES - "#/".len());
        let error = value(&format!(r#"{{"{longest}": 1e999}}"#)).unwrap_err();
        assert_eq!(pointers(&error), [format!("#/{longest}")]);
        let error = value(&format!(r#"{{"{}": 1e999}}"#, "é".repeat(500))).unwrap_err();
        assert_eq!(pointers(&error), ["#"]);
    }

    #[test]
    fn names_that_differ_only_in_their_escapes_are_the_same_name() {
        let error = value(r#"{"a": 1, "\u0061": 2}"#).unwrap_err();
        assert_eq!(pointers(&error), ["#/a"]);
    }

    #[test]
    fn a_body_nests_thirty_levels_and_no_deeper() {
        let nested =
            |levels: usize| format!(r#"{{"a": {}{}}}"#, "[".repeat(levels), "]".repeat(levels));
        assert!(body(&nested(limits::NESTING), |_| None).is_ok());
        let error = body(&nested(limits::NESTING + 1), |_| None).unwrap_err();
        assert!(pointers(&error)[0].starts_with("#/a/0/0"));
        // Far deeper than the stack would bear, were it read level by level.
        assert!(body(&nested(100_000), |_| None).is_err());
    }

    #[test]
    fn a_body_that_is_no_object_is_told_apart() {
        for text in ["[]", "1", "null", "\"{}\""] {
            assert_eq!(body(text, |_| None), Ok(None), "{text}");
        }
    }

    #[test]
    fn a_body_has_at_most_256_attributes() {
        let text = |count: usize| {
            let members: Vec<_> = (0..count)
                .map(|index| format!("\"a{index}\":null"))
                .collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(body(&text(limits::ATTRIBUTES), |_| None).is_ok());
        let error = body(&text(limits::ATTRIBUTES + 1), |_| None).unwrap_err();
        assert!(error.to_string().contains("256"), "{error}");
    }

    proptest! {
        #[test]
        fn no_fault_is_longer_than_its_limits(
            names in prop::collection::vec("[ -~é]{1,40}|n{900,1100}|é{300,400}|\u{1}{3000}", 1..8),
            twice: bool,
        ) {
            let names: Vec<_> = names.iter().map(|name| serde_json::to_string(name).unwrap()).collect();
            let text = names.iter().rev().fold("1e999".to_owned(), |inner, name| {
                if twice { format!("{{{name}: 1, {name}: {inner}}}") } else { format!("{{{name}: [{inner}]}}") }
            });
            let Err(ParseError::Invalid(faults)) = value(&text) else {
                return Err(TestCaseError::fail("it has a number that is too large"));
            };
            for fault in faults {
                prop_assert!(fault.pointer.len() <= limits::POINTER_BYTES, "{}", fault.pointer);
                prop_assert!(fault.detail.len() <= limits::DETAIL_BYTES, "{}", fault.detail);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in r#"[\[\]{}",:0-9eE+.\\untrfalsé \n-]{0,40}"#) {
            let _ = value(&text);
        }
    }
}
