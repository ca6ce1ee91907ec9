//! An event that a pattern takes (EventBridge user guide, "Creating Amazon EventBridge event patterns", "Comparison operators"), as filters of event
//! source mappings are patterns (Lambda developer guide, "Control which events Lambda sends to your function").

use serde_json::{Map, Value, json};

/// How deep a pattern is looked into.
const DEPTH: usize = 32;

/// Changes an event so that a pattern takes it: of several values the first. Whether it does; else the event is as far changed as it could be.
pub(super) fn satisfy(event: &mut Value, pattern: &Value) -> bool {
    of_map(event, pattern, DEPTH)
}

fn of_map(event: &mut Value, pattern: &Value, depth: usize) -> bool {
    let (Some(pattern), Some(depth)) = (pattern.as_object(), depth.checked_sub(1)) else {
        return false;
    };
    if !event.is_object() {
        *event = Value::Object(Map::new());
    }
    let mut is_taken = true;
    for (name, wanted) in pattern {
        is_taken &= match wanted {
            Value::Array(ways) if name == "$or" => {
                ways.first().is_some_and(|way| of_map(event, way, depth))
            }
            Value::Object(_) => of_map(&mut event[name], wanted, depth),
            Value::Array(values) => of_field(event, name, values),
            _ => false,
        };
    }
    is_taken
}

/// Gives a field a value that one of these takes.
fn of_field(event: &mut Value, name: &str, values: &[Value]) -> bool {
    let is_missing = |value: &Value| value["exists"] == json!(false);
    if let Some(event) = event.as_object_mut()
        && values.iter().any(is_missing)
    {
        event.remove(name);
        return true;
    }
    let current = event.get(name).filter(|value| !value.is_object());
    // What is there already may do.
    let fits = current.is_some_and(|current| values.contains(current));
    if fits {
        return true;
    }
    match values.iter().find_map(value) {
        Some(found) => {
            event[name] = found;
            true
        }
        None => false,
    }
}

/// A value that an operator takes; `None` for one that is not known.
fn value(wanted: &Value) -> Option<Value> {
    let Value::Object(operator) = wanted else {
        return (!wanted.is_array()).then(|| wanted.clone());
    };
    let (name, operand) = operator.iter().next()?;
    match name.as_str() {
        "exists" => Some(json!("1")),
        "prefix" | "suffix" => match operand {
            Value::Object(inner) => inner.get("equals-ignore-case").cloned(),
            text => Some(text.clone()),
        },
        "equals-ignore-case" => Some(operand.clone()),
        "wildcard" => Some(operand.as_str()?.replace('*', "").into()),
        "anything-but" => other_than(operand),
        "numeric" => number(operand.as_array()?),
        "cidr" => Some(operand.as_str()?.split('/').next()?.into()),
        _ => None,
    }
}

/// A text that is none of these, and neither begins nor ends like them.
fn other_than(operand: &Value) -> Option<Value> {
    let texts: Vec<&str> = match operand {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::Object(inner) => match inner.values().next()? {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            item => vec![item.as_str()?],
        },
        Value::String(text) => vec![text],
        _ => Vec::new(),
    };
    // What a wildcard leaves out is not looked into.
    if texts.iter().any(|text| text.contains('*')) {
        return None;
    }
    let is_other = |candidate: &&str| {
        texts.iter().all(|text| {
            let text = text.to_lowercase();
            !candidate.starts_with(&text) && !candidate.ends_with(&text)
        })
    };
    let found = ["rehearsal", "other", "1"].into_iter().find(is_other);
    found.map(Value::from)
}

/// A number within bounds: `[">", 0, "<=", 5]`.
fn number(bounds: &[Value]) -> Option<Value> {
    let (mut low, mut high) = (None, None);
    for pair in bounds.chunks(2) {
        let [operator, bound] = pair else { return None };
        let bound = bound.as_f64()?;
        match operator.as_str()? {
            "=" => return Some(pair[1].clone()),
            ">" => low = Some((bound, false)),
            ">=" => low = Some((bound, true)),
            "<" => high = Some((bound, false)),
            "<=" => high = Some((bound, true)),
            _ => return None,
        }
    }
    let found = match (low, high) {
        (Some((low, true)), Some(_)) => low,
        (Some(_), Some((high, true))) => high,
        (Some((low, _)), Some((high, _))) => f64::midpoint(low, high),
        (Some((low, is_in)), None) => low + if is_in { 0.0 } else { 1.0 },
        (None, Some((high, is_in))) => high - if is_in { 0.0 } else { 1.0 },
        (None, None) => return None,
    };
    Some(json!(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(pattern: &Value) -> (bool, Value) {
        let mut event = json!({"source": "aws.events", "detail": {}});
        let is_taken = satisfy(&mut event, pattern);
        (is_taken, event)
    }

    #[test]
    fn an_event_has_the_first_value_that_its_pattern_takes() {
        let (is_taken, event) = made(&json!({
            "source": ["my.shop", "other"],
            "detail-type": [{"prefix": "Order"}],
            "detail": {
                "state": [{"anything-but": ["other", "rehearsal"]}],
                "total": [{"numeric": [">", 10, "<=", 20]}],
                "note": [{"exists": false}],
                "$or": [{"a": [true]}, {"b": [1]}],
            },
        }));
        assert!(is_taken);
        let detail = json!({"state": "1", "total": 20.0, "a": true});
        let expected = json!({"source": "my.shop", "detail-type": "Order", "detail": detail});
        assert_eq!(event, expected);
    }

    #[test]
    fn what_is_there_and_is_taken_stays() {
        let (_, event) = made(&json!({"source": ["my.shop", "aws.events"]}));
        assert_eq!(event["source"], "aws.events");
    }

    #[test]
    fn an_operator_that_is_not_known_is_told() {
        let (is_taken, event) =
            made(&json!({"source": ["my.shop"], "detail": {"a": [{"newer": 1}]}}));
        assert!(!is_taken);
        assert_eq!(event["source"], "my.shop");
        for no_pattern in [json!("text"), json!({"source": "my.shop"})] {
            assert!(!made(&no_pattern).0);
        }
    }
}
