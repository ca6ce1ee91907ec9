//! A JSON object of which a few members count, and the others may be anything.
//!
//! Nothing here fails: what is not there, or not of the kind that is asked for, is not there. A text may hold what is no
//! Unicode, such as half a surrogate pair, which JSON can write and `serde_json` refuses to read as a `String`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object, unread, in the text's order.
#[derive(Default)]
pub struct Fields<'e>(Vec<(Text<'e>, &'e RawValue)>);

impl<'e> Fields<'e> {
    /// The members of an object; `None` where the value is none.
    pub fn of(value: &'e RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    /// All members, by name.
    pub fn iter(&self) -> impl Iterator<Item = (Cow<'_, str>, &'e RawValue)> {
        self.0.iter().map(|(name, value)| (name.lossy(), *value))
    }

    /// The last member of this name.
    pub fn get(&self, name: &str) -> Option<&'e RawValue> {
        let mut members = self.0.iter().rev();
        let found = members.find(|(text, _)| *text.0 == *name.as_bytes());
        found.map(|(_, value)| *value)
    }

    /// An object inside; without members where there is none.
    pub fn object(&self, name: &str) -> Self {
        self.get(name).and_then(Self::of).unwrap_or_default()
    }

    /// A text, in which what is no Unicode is replaced.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(Text::of(self.get(name)?)?.into_string())
    }

    /// The bytes of a text, which need not be UTF-8.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        Some(Text::of(self.get(name)?)?.0.into_owned())
    }

    /// Whether this is `true`.
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.get() == "true")
    }

    /// The texts in a list; a text by itself is a list of one.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.get(name).map(texts).unwrap_or_default()
    }
}

/// The texts in a list; a text by itself is a list of one.
pub fn texts(value: &RawValue) -> Vec<String> {
    if let Some(text) = Text::of(value) {
        return vec![text.into_string()];
    }
    let values: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    values
        .into_iter()
        .filter_map(Text::of)
        .map(Text::into_string)
        .collect()
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Fields(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// A text of JSON, as bytes: what is no Unicode is not lost. It is copied only where it has escapes.
struct Text<'e>(Cow<'e, [u8]>);

impl<'e> Text<'e> {
    fn of(value: &'e RawValue) -> Option<Self> {
        serde_json::from_str(value.get()).ok()
    }

    fn lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    fn into_string(self) -> String {
        String::from_utf8(self.0.into_owned())
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(bytes.to_vec())))
            }

            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(bytes)))
            }
        }
        // As bytes, `serde_json` writes half a surrogate pair as if it were a character.
        deserializer.deserialize_bytes(Collect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields<'_> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_member_of_another_kind_is_not_there() {
        let fields = fields(
            r#"{"a": null, "b": [1, "x", null, "y"], "c": {"d": "e"}, "t": true, "s": "true"}"#,
        );
        for name in ["a", "b", "c", "t", "none"] {
            assert_eq!(fields.text(name), None, "{name}");
            assert!(fields.object(name).text("x").is_none());
        }
        assert_eq!(fields.texts("b"), ["x", "y"]);
        assert_eq!(fields.texts("s"), ["true"]);
        assert!(fields.texts("c").is_empty() && fields.texts("none").is_empty());
        assert_eq!(fields.object("c").text("d").as_deref(), Some("e"));
        assert!(fields.is_true("t") && !fields.is_true("s") && !fields.is_true("none"));
        for other in ["[]", "null", "1", "\"{}\""] {
            let value: &RawValue = serde_json::from_str(other).unwrap();
            assert!(Fields::of(value).is_none(), "{other}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_is_read_as_no_unicode() {
        let fields = fields(r#"{"\ud800": 1, "a": "x\udfff", "a\u0062": "\ud83d\ude00"}"#);
        assert_eq!(
            fields.text("a").as_deref(),
            Some("x\u{fffd}\u{fffd}\u{fffd}")
        );
        assert!(std::str::from_utf8(&fields.bytes("a").unwrap()).is_err());
        assert_eq!(fields.text("ab").as_deref(), Some("😀"));
        assert_eq!(fields.iter().count(), 3);
    }

    #[test]
    fn of_a_name_that_is_there_twice_the_last_counts() {
        assert_eq!(
            fields(r#"{"a": "1", "a": "2"}"#).text("a").as_deref(),
            Some("2")
        );
    }

    #[test]
    fn a_member_may_nest_deeper_than_a_stack_would_bear() {
        let deep = format!(
            r#"{{"x": {}{}, "a": "b"}}"#,
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert_eq!(fields(&deep).text("a").as_deref(), Some("b"));
    }
}
