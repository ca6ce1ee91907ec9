//! `Value` ⇄ `AttributeValue`, exact in both directions.

use aws_sdk_dynamodb::types::AttributeValue;
use contacts::Value;

/// An attribute that no contact has: a set or binary data, which JSON does not know, or a number that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an attribute of type {0} is none that this API writes")]
pub struct Foreign(&'static str);

/// How a value is stored.
///
/// ```
/// use aws_sdk_dynamodb::types::AttributeValue;
///
/// let value = serde_json::from_str("1.50")?;
/// assert_eq!(contacts_store::attribute::to_attribute(&value), AttributeValue::N("1.5".to_owned()));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn to_attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(value) => AttributeValue::Bool(*value),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Array(values) => AttributeValue::L(values.iter().map(to_attribute).collect()),
        Value::Object(members) => AttributeValue::M(
            members
                .iter()
                .map(|(name, value)| (name.clone(), to_attribute(value)))
                .collect(),
        ),
    }
}

/// The value of a stored attribute.
///
/// # Errors
/// When it has a type that [`to_attribute`] never writes.
pub fn from_attribute(attribute: AttributeValue) -> Result<Value, Foreign> {
    Ok(match attribute {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(value) => Value::Bool(value),
        AttributeValue::N(text) => Value::Number(text.parse().map_err(|_| Foreign("N"))?),
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::L(values) => Value::Array(
            values
                .into_iter()
                .map(from_attribute)
                .collect::<Result<_, _>>()?,
        ),
        AttributeValue::M(members) => Value::Object(
            members
                .into_iter()
                .map(|(name, value)| Ok((name, from_attribute(value)?)))
                .collect::<Result<_, _>>()?,
        ),
        AttributeValue::B(_) => return Err(Foreign("B")),
        AttributeValue::Bs(_) => return Err(Foreign("BS")),
        AttributeValue::Ns(_) => return Err(Foreign("NS")),
        AttributeValue::Ss(_) => return Err(Foreign("SS")),
        _ => return Err(Foreign("unknown")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_comes_back() {
        let text = r#"[null,true,1E-130,"",[],{"":{"a":[false]}}]"#.replace("\"\":", "\"é\":");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(from_attribute(to_attribute(&value)).unwrap(), value);
    }

    #[test]
    fn a_set_is_told_apart_from_what_we_write() {
        let set = AttributeValue::L(vec![AttributeValue::Ss(vec!["a".to_owned()])]);
        assert_eq!(from_attribute(set), Err(Foreign("SS")));
    }
}
