//! What a request sends, as JSON, as a form or as it is.

use std::collections::BTreeMap;

use serde_json::Value;

/// A request's body.
#[derive(Clone, Debug, PartialEq)]
pub enum RequestBody {
    /// Anything, as JSON.
    Json(Value),
    /// A text, as it is.
    Text(String),
    /// The fields of a form; one with several values stands as often.
    Form(Vec<(String, String)>),
}

impl RequestBody {
    /// A form of fields that are texts, numbers, booleans or lists of such.
    ///
    /// # Errors
    /// The name of a field that is something else.
    pub(super) fn of_form(fields: BTreeMap<String, Value>) -> Result<Self, String> {
        let mut form = Vec::new();
        for (name, value) in fields {
            let values = match value {
                Value::Array(values) => values,
                one => vec![one],
            };
            for value in values {
                let Some(text) = scalar(&value) else {
                    return Err(name);
                };
                form.push((name.clone(), text));
            }
        }
        Ok(Self::Form(form))
    }

    /// The type that it is sent with, unless a header names another.
    pub fn content_type(&self) -> &'static str {
        match self {
            Self::Json(_) => "application/json",
            Self::Text(_) => "text/plain",
            Self::Form(_) => "application/x-www-form-urlencoded",
        }
    }

    /// The body as it is sent.
    pub fn to_text(&self) -> String {
        match self {
            Self::Json(value) => value.to_string(),
            Self::Text(text) => text.clone(),
            Self::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                form.extend_pairs(fields).finish()
            }
        }
    }
}

/// A text, a number or a boolean as a text.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_encoded_field_by_field_and_one_that_is_a_table_is_named() {
        let form = |fields| RequestBody::of_form(toml::from_str(fields).unwrap());
        let body = form("a = [1, true]\n'b c' = 'x&y=\u{e9}'\nd = []").unwrap();
        assert_eq!(body.to_text(), "a=1&a=true&b+c=x%26y%3D%C3%A9");
        assert_eq!(form("a = 1\nb = {c = 1}"), Err("b".to_owned()));
        assert_eq!(form("b = [[1]]"), Err("b".to_owned()));
    }
}
