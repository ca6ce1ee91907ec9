//! Amazon Resource Names.

use std::fmt;

/// An ARN, in its parts (IAM user guide, "Identify AWS resources with Amazon Resource Names (ARNs)").
///
/// ```
/// use rehearsal_aws::arn::Arn;
///
/// let arn = Arn::parse("arn:aws:dynamodb:eu-west-1:123456789012:table/contacts").expect("it has all parts");
/// assert_eq!((arn.service, arn.resource), ("dynamodb", "table/contacts"));
/// assert_eq!(arn.to_string(), "arn:aws:dynamodb:eu-west-1:123456789012:table/contacts");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Arn<'a> {
    /// `aws`, `aws-cn` or `aws-us-gov`.
    pub partition: &'a str,
    /// The service, such as `lambda`.
    pub service: &'a str,
    /// The Region; empty for a service that has none, such as IAM.
    pub region: &'a str,
    /// The account; empty where none belongs in it, as for S3.
    pub account: &'a str,
    /// The rest, colons included.
    pub resource: &'a str,
}

impl<'a> Arn<'a> {
    /// Reads an ARN. `None` for a text that begins otherwise, or lacks a part.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self {
            partition: parts.next()?,
            service: parts.next()?,
            region: parts.next()?,
            account: parts.next()?,
            resource: parts.next()?,
        })
    }
}

impl fmt::Display for Arn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            partition,
            service,
            region,
            account,
            resource,
        } = self;
        write!(f, "arn:{partition}:{service}:{region}:{account}:{resource}")
    }
}

/// The name of a table, from its name or its ARN (DynamoDB API, `TableName`).
pub fn table_name(text: &str) -> &str {
    Arn::parse(text)
        .and_then(|arn| arn.resource.strip_prefix("table/"))
        .unwrap_or(text)
}

/// A parameter's part of its ARN, from its name: a path has its own slash there.
pub(crate) fn parameter_resource(name: &str) -> String {
    if name.starts_with('/') {
        format!("parameter{name}")
    } else {
        format!("parameter/{name}")
    }
}

/// The name of a parameter, from its name or its ARN. A name that is a path keeps its slash, which is the one in its ARN
/// (Systems Manager API, `GetParameter`).
pub fn parameter_name(text: &str) -> &str {
    let Some(name) = Arn::parse(text).and_then(|arn| arn.resource.strip_prefix("parameter")) else {
        return text;
    };
    match name.strip_prefix('/') {
        // `parameter/plain`: the slash is the ARN's own.
        Some(plain) if !plain.contains('/') => plain,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_keeps_the_colons_of_its_resource() {
        let arn = Arn::parse("arn:aws-cn:lambda:cn-north-1:123456789012:function:f:live").unwrap();
        assert_eq!((arn.partition, arn.resource), ("aws-cn", "function:f:live"));
    }

    #[test]
    fn what_lacks_a_part_is_no_arn() {
        for text in [
            "",
            "arn",
            "arn:aws:s3",
            "arn:aws:s3:::",
            "f:live",
            "123456789012:function:f",
        ] {
            let expected = (text == "arn:aws:s3:::").then_some("");
            assert_eq!(Arn::parse(text).map(|arn| arn.resource), expected, "{text}");
        }
    }

    #[test]
    fn a_table_is_named_by_its_name_or_its_arn() {
        for text in ["t", "arn:aws:dynamodb:us-east-1:123456789012:table/t"] {
            assert_eq!(table_name(text), "t");
        }
    }

    #[test]
    fn a_parameter_that_is_a_path_keeps_its_slash() {
        let arn = |name: &str| format!("arn:aws:ssm:us-east-1:123456789012:parameter{name}");
        assert_eq!(parameter_name("/a/b"), "/a/b");
        assert_eq!(parameter_name(&arn("/a/b")), "/a/b");
        assert_eq!(parameter_name("plain"), "plain");
        assert_eq!(parameter_name(&arn("/plain")), "plain");
    }
}
