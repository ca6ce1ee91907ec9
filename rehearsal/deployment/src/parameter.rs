//! A parameter's value in a rehearsal file.

use serde::Deserialize;

/// A parameter's value as TOML may write it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum ParameterValue {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A boolean.
    Boolean(bool),
}

impl ParameterValue {
    /// The value as CloudFormation gets it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Boolean(boolean) => boolean.to_string(),
        }
    }
}
