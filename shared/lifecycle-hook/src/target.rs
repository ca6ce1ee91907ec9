//! Which function a hook is to test, and which version must answer.

use std::fmt;
use std::str::FromStr;

/// The function under test, as `NEW_VERSION_ARN` names it.
///
/// A function ARN, with or without a qualifier, or a bare function name as local hosts know it. Only a number is a
/// version: an alias, `$LATEST` and no qualifier at all leave open which code answers, so that its identity
/// cannot be checked (Lambda developer guide, "Manage Lambda function versions").
///
/// ```
/// use lifecycle_hook::Target;
///
/// let target: Target = "arn:aws:lambda:eu-west-1:123456789012:function:contacts:8".parse()?;
/// assert_eq!(target.version(), Some("8"));
/// let target: Target = "arn:aws:lambda:eu-west-1:123456789012:function:contacts".parse()?;
/// assert_eq!(target.version(), None);
/// # Ok::<(), lifecycle_hook::MalformedTarget>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    text: String,
    version: Option<String>,
}

impl Target {
    /// The version that must answer, when the target names one.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The target as it was given: what Lambda's `Invoke` takes as function name.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A text that names no Lambda function.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} names no Lambda function: {reason}; expected an ARN such as \
     arn:aws:lambda:eu-west-1:123456789012:function:contacts:8"
)]
pub struct MalformedTarget {
    text: String,
    reason: &'static str,
}

impl FromStr for Target {
    type Err = MalformedTarget;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |reason| MalformedTarget {
            text: text.to_owned(),
            reason,
        };
        let parts: Vec<&str> = text.split(':').collect();
        let (name, qualifier) = match *parts.as_slice() {
            [
                "arn",
                partition,
                "lambda",
                region,
                account,
                "function",
                name,
                ref rest @ ..,
            ] => {
                if !partition.starts_with("aws") {
                    return Err(malformed("its partition does not begin with aws"));
                }
                if region.is_empty() {
                    return Err(malformed("it has no region"));
                }
                if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
                    return Err(malformed("its account is not twelve digits"));
                }
                (name, rest)
            }
            ["arn", ..] => return Err(malformed("it is an ARN of something else")),
            [name, ref rest @ ..] => (name, rest),
            [] => return Err(malformed("it is empty")),
        };
        if name.is_empty()
            || !name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        {
            return Err(malformed(
                "a function's name has letters, digits, hyphens and underscores",
            ));
        }
        let version = match *qualifier {
            [] => None,
            ["" | "0"] => return Err(malformed("its qualifier is no version")),
            [qualifier] => qualifier
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| qualifier.to_owned()),
            _ => return Err(malformed("something follows its qualifier")),
        };
        Ok(Self {
            text: text.to_owned(),
            version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_number_is_a_version() {
        let version = |text: &str| text.parse::<Target>().unwrap().version().map(str::to_owned);
        assert_eq!(
            version("arn:aws:lambda:us-east-1:123456789012:function:contacts:42").as_deref(),
            Some("42")
        );
        assert_eq!(
            version("arn:aws-cn:lambda:cn-north-1:123456789012:function:contacts:1").as_deref(),
            Some("1")
        );
        assert_eq!(version("contacts:7").as_deref(), Some("7"));
        for unqualified in [
            "arn:aws:lambda:us-east-1:123456789012:function:contacts",
            "arn:aws:lambda:us-east-1:123456789012:function:contacts:live",
            "arn:aws:lambda:us-east-1:123456789012:function:contacts:$LATEST",
            "contacts-api",
        ] {
            assert_eq!(version(unqualified), None, "{unqualified}");
        }
    }

    #[test]
    fn what_names_no_function_is_refused_with_its_reason() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("", "a function's name"),
            ("arn:aws:lambda:us-east-1:123456789012:function:", "a function's name"),
            ("arn:aws:s3:::bucket", "ARN of something else"),
            ("arn:aws:lambda:us-east-1:123:function:contacts", "twelve digits"),
            ("arn:aws:lambda::123456789012:function:contacts", "no region"),
            ("arn:gcp:lambda:us-east-1:123456789012:function:contacts", "partition"),
            ("arn:aws:lambda:us-east-1:123456789012:function:contacts:", "no version"),
            ("arn:aws:lambda:us-east-1:123456789012:function:contacts:8:9", "follows its qualifier"),
            ("${Contacts.Version}", "a function's name"),
        ];
        for (text, reason) in cases {
            let error = text.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
