//! A parameter's value in a rehearsal file.

use std::fmt;

use rehearsal_aws::ssm::ParameterType;
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

/// An SSM parameter that the stack does not write, as TOML may write it. Its value may be a secret, which `Debug` does not show.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "neither a value nor a table of `type` (String, StringList or SecureString) and `value`"
)]
pub enum GivenParameter {
    /// A `String` with this value.
    Plain(ParameterValue),
    /// One of a type.
    Typed(TypedParameter),
}

/// One of a type.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedParameter {
    /// What it is.
    pub r#type: ParameterType,
    /// Its value, decrypted.
    pub value: ParameterValue,
}

impl fmt::Debug for GivenParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GivenParameter(****)")
    }
}

impl fmt::Debug for TypedParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedParameter")
            .field("type", &self.r#type)
            .finish_non_exhaustive()
    }
}

impl GivenParameter {
    /// What it is, and its value.
    pub fn to_parts(&self) -> (ParameterType, String) {
        match self {
            Self::Plain(value) => (ParameterType::String, value.to_text()),
            Self::Typed(typed) => (typed.r#type, typed.value.to_text()),
        }
    }
}
