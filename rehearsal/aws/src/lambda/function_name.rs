//! How a function is named.

use crate::arn::Arn;

/// A function's name, with an alias or a version where one is named (Lambda API, `Invoke`, `FunctionName`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionName<'a> {
    /// The name, without account and Region.
    pub name: &'a str,
    /// The alias or version.
    pub qualifier: Option<&'a str>,
}

impl<'a> FunctionName<'a> {
    /// Reads `name[:qualifier]`, `account:function:name[:qualifier]` or a whole ARN. `None` for what names no function.
    ///
    /// ```
    /// use rehearsal_aws::lambda::function_name::FunctionName;
    ///
    /// let text = "arn:aws:lambda:eu-west-1:123456789012:function:contacts:live";
    /// let function = FunctionName::parse(text).expect("it is a function's ARN");
    /// assert_eq!((function.name, function.qualifier), ("contacts", Some("live")));
    /// ```
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = match (Arn::parse(text), text.split_once(":function:")) {
            (Some(arn), _) => arn
                .resource
                .strip_prefix("function:")
                .filter(|_| arn.service == "lambda")?,
            (None, Some((account, rest))) => account
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(rest)?,
            (None, None) => text,
        };
        let mut parts = rest.split(':');
        let name = parts
            .next()
            .filter(|name| !name.is_empty() && name.bytes().all(is_of_a_name))?;
        let qualifier = parts.next();
        if parts.next().is_some() || qualifier == Some("") {
            return None;
        }
        Some(Self { name, qualifier })
    }
}

/// The dot is of the API's pattern too (Lambda API model, `NamespacedFunctionName`), though no function can be made with one.
fn is_of_a_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_name_partial_arn_or_arn() {
        #[rustfmt::skip] // A table.
        let cases = [
            ("contacts", "contacts", None),
            ("contacts:live", "contacts", Some("live")),
            ("123456789012:function:contacts", "contacts", None),
            ("123456789012:function:contacts:2", "contacts", Some("2")),
            ("arn:aws:lambda:eu-central-1:123456789012:function:contacts", "contacts", None),
            ("arn:aws-cn:lambda:cn-north-1:123456789012:function:contacts:$LATEST", "contacts", Some("$LATEST")),
            ("my-function:1", "my-function", Some("1")),
            ("shop.template-F", "shop.template-F", None),
        ];
        for (text, name, qualifier) in cases {
            assert_eq!(
                FunctionName::parse(text),
                Some(FunctionName { name, qualifier }),
                "{text}"
            );
        }
    }

    #[test]
    fn what_names_no_function_is_none() {
        for text in [
            "",
            ":",
            "contacts:",
            "a:b:c",
            "arn:aws:s3:::function:x",
            "a b",
            "arn:aws:lambda:r:1:function:",
        ] {
            assert_eq!(FunctionName::parse(text), None, "{text}");
        }
    }
}
