//! Whether two properties are the same.

use rehearsal_template::stack::Property;
use rehearsal_template::{Kind, Value};

/// How a property of the new stack differs from that of the live one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Difference {
    Same,
    Different,
    /// What it will be, or what it is, only AWS knows.
    Unknown,
}

/// Compares a property, `None` where it is not set.
pub(super) fn difference(live: Option<&Property>, new: Option<&Property>) -> Difference {
    let set = |property: &&Property| property.value.kind != Kind::Null;
    let (live, new) = (live.filter(set), new.filter(set));
    match (live, new) {
        (None, None) => Difference::Same,
        (Some(one), None) | (None, Some(one)) => match one.value.kind {
            // It may turn out to be `AWS::NoValue`.
            Kind::Unknown(_) => Difference::Unknown,
            _ => Difference::Different,
        },
        (Some(live), Some(new)) => match same(&live.value, &new.value) {
            Some(true) => Difference::Same,
            Some(false) => Difference::Different,
            // What is written alike comes from the same, as long as nothing it refers to changes.
            None if live.written.is_some() && live.written == new.written => Difference::Same,
            None => Difference::Unknown,
        },
    }
}

/// Whether two values are the same; `None` where that depends on something unknown. CloudFormation hands scalars on as text.
fn same(live: &Value, new: &Value) -> Option<bool> {
    let all = |mut parts: Box<dyn Iterator<Item = Option<bool>> + '_>| {
        let mut result = Some(true);
        for part in parts.by_ref() {
            match part {
                Some(false) => return Some(false),
                None => result = None,
                Some(true) => {}
            }
        }
        result
    };
    match (&live.kind, &new.kind) {
        (Kind::Unknown(_), _) | (_, Kind::Unknown(_)) => None,
        (Kind::List(live), Kind::List(new)) => {
            if live.len() != new.len() {
                return Some(false);
            }
            all(Box::new(
                live.iter().zip(new).map(|(live, new)| same(live, new)),
            ))
        }
        (Kind::Map(live), Kind::Map(new)) => {
            let is_set = |value: &&Value| value.kind != Kind::Null;
            let keys = live
                .keys()
                .chain(new.keys().filter(|key| !live.contains_key(key)));
            all(Box::new(keys.map(|key| {
                match (live.get(key).filter(is_set), new.get(key).filter(is_set)) {
                    (Some(live), Some(new)) => same(live, new),
                    (None, None) => Some(true),
                    (Some(one), None) | (None, Some(one)) => {
                        one.as_unknown().is_none().then_some(false)
                    }
                }
            })))
        }
        (Kind::Null, Kind::Null) => Some(true),
        (Kind::String(live), Kind::String(new)) => Some(live == new),
        _ => match (live.to_text(), new.to_text()) {
            (Some(live), Some(new)) => Some(live == new),
            _ => Some(false),
        },
    }
}

/// The most paths that are listed of one property.
const MOST_PATHS: usize = 8;

/// The parts of a property that differ, as `Variables.STAGE`; empty where all of it does.
pub(super) fn paths(live: Option<&Property>, new: Option<&Property>) -> Vec<String> {
    let (Some(live), Some(new)) = (live, new) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    collect(&live.value, &new.value, "", &mut found);
    found.truncate(MOST_PATHS);
    found
}

fn collect(live: &Value, new: &Value, at: &str, found: &mut Vec<String>) {
    let (Kind::Map(live_map), Kind::Map(new_map)) = (&live.kind, &new.kind) else {
        if !at.is_empty() && same(live, new) != Some(true) {
            found.push(at.to_owned());
        }
        return;
    };
    let keys = live_map
        .keys()
        .chain(new_map.keys().filter(|key| !live_map.contains_key(key)));
    for key in keys {
        let path = if at.is_empty() {
            key.clone()
        } else {
            format!("{at}.{key}")
        };
        match (live_map.get(key), new_map.get(key)) {
            (Some(live), Some(new)) => collect(live, new, &path, found),
            _ => found.push(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_template::Place;

    use super::*;

    fn property(value: Value, written: Option<&str>) -> Property {
        Property {
            value,
            written: written.map(str::to_owned),
            references: std::collections::BTreeSet::new(),
        }
    }

    fn text(text: &str) -> Value {
        Value::string(text, Place::default())
    }

    fn unknown() -> Value {
        Value::unknown("only AWS knows", Place::default())
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        let entries = entries.iter();
        let map = entries.map(|(key, value)| ((*key).to_owned(), value.clone()));
        Value::new(Kind::Map(Box::new(map.collect())), Place::default())
    }

    #[test]
    fn numbers_are_the_same_as_their_text_and_the_order_of_keys_is_nothing() {
        let ten = property(Value::new(Kind::Number(10.into()), Place::default()), None);
        assert_eq!(
            difference(Some(&ten), Some(&property(text("10"), None))),
            Difference::Same
        );
        let one = property(map(&[("a", text("1")), ("b", text("2"))]), None);
        let other = property(map(&[("b", text("2")), ("a", text("1"))]), None);
        assert_eq!(difference(Some(&one), Some(&other)), Difference::Same);
        let null = property(Value::new(Kind::Null, Place::default()), None);
        assert_eq!(difference(Some(&null), None), Difference::Same);
    }

    #[test]
    fn unknowns_are_the_same_where_they_are_written_alike_and_a_known_difference_beside_them_counts()
     {
        let with =
            |a: &str, written| property(map(&[("a", text(a)), ("b", unknown())]), Some(written));
        let one = with("1", "x");
        assert_eq!(
            difference(Some(&one), Some(&with("1", "x"))),
            Difference::Same
        );
        assert_eq!(
            difference(Some(&one), Some(&with("1", "y"))),
            Difference::Unknown
        );
        assert_eq!(
            difference(Some(&one), Some(&with("2", "y"))),
            Difference::Different
        );
        assert_eq!(paths(Some(&one), Some(&with("2", "y"))), ["a", "b"]);
    }
}
