//! AWS Systems Manager.

use std::fmt;

use serde::Deserialize;

use crate::account::Account;
use crate::arn::parameter_resource;
use crate::service::Service;

/// What a parameter is (API model 2014-11-06, `ParameterType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum ParameterType {
    /// A text.
    #[default]
    String,
    /// Texts with commas between them.
    StringList,
    /// A text that is kept encrypted.
    SecureString,
}

impl ParameterType {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::SecureString => "SecureString",
        }
    }
}

/// A parameter, as it is read.
#[derive(Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub r#type: ParameterType,
    /// Its value, decrypted.
    pub value: String,
}

impl Parameter {
    /// One in an account.
    pub fn new(account: &Account, name: String, r#type: ParameterType, value: String) -> Self {
        Self {
            arn: account.arn(Service::Ssm.name(), &parameter_resource(&name)),
            name,
            r#type,
            value,
        }
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The value may be a secret.
        f.debug_struct("Parameter")
            .field("arn", &self.arn)
            .field("type", &self.r#type)
            .finish_non_exhaustive()
    }
}

/// Whether a parameter of this name is below a path: next below it, or anywhere where it is asked for all (API model, `GetParametersByPath`: `Recursive`).
/// Below `/` is each name, also one without a slash (seen: moto, `ssm/models.py`).
pub fn is_below(name: &str, path: &str, recursive: bool) -> bool {
    let path = path.trim_end_matches('/');
    let below = match name
        .strip_prefix(path)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        Some(below) => below,
        None if path.is_empty() => name,
        None => return false,
    };
    recursive || !below.contains('/')
}

/// Why SSM gives no parameter (API model 2014-11-06, `GetParameter`; common errors).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SsmError {
    /// There is none of this name. AWS gives no message.
    #[error("")]
    ParameterNotFound,
    /// The caller has no permission.
    #[error("{message}")]
    AccessDenied {
        /// Who may not do what.
        message: String,
    },
}

impl SsmError {
    /// The error's code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ParameterNotFound => "ParameterNotFound",
            Self::AccessDenied { .. } => "AccessDeniedException",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_next_below_its_path_and_with_recursion_below_all_of_them() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("/prod/host", "/prod", true, true),
            ("/prod/host", "/prod/", true, true),
            ("/prod/db/host", "/prod", false, true),
            ("/production/host", "/prod", false, false),
            ("/prod", "/prod", false, false),
            ("/prod", "/", true, true),
            ("plain", "/", true, true),
            ("/prod/host", "/", false, true),
        ];
        for (name, path, next, anywhere) in cases {
            assert_eq!(is_below(name, path, false), next, "{name} {path}");
            assert_eq!(is_below(name, path, true), anywhere, "{name} {path}");
        }
    }

    #[test]
    fn debug_output_of_a_parameter_has_no_value() {
        let parameter = Parameter {
            arn: String::new(),
            name: "/key".to_owned(),
            r#type: ParameterType::SecureString,
            value: "do not tell".to_owned(),
        };
        assert!(!format!("{parameter:?}").contains("do not tell"));
    }
}
