//! The account and Region that a stack is deployed to.

use crate::arn::Arn;

/// An account, in one Region.
///
/// ```
/// use rehearsal_aws::account::Account;
///
/// let account = Account {
///     id: "123456789012".to_owned(),
///     region: "cn-north-1".to_owned(),
/// };
/// assert_eq!(account.arn("dynamodb", "table/contacts"), "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/contacts");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Twelve digits.
    pub id: String,
    /// The Region, such as `eu-west-1`.
    pub region: String,
}

impl Account {
    /// The ARN of a resource in it.
    pub fn arn(&self, service: &str, resource: &str) -> String {
        let arn = Arn {
            partition: partition(&self.region),
            service,
            region: &self.region,
            account: &self.id,
            resource,
        };
        arn.to_string()
    }
}

/// Whether a text is an account's id: twelve digits.
pub fn is_id(text: &str) -> bool {
    text.len() == 12 && text.chars().all(|c| c.is_ascii_digit())
}

/// Whether a text has a Region's form. New ones come, so no list is asked.
///
/// ```
/// use rehearsal_aws::account::is_region;
///
/// assert!(["eu-west-1", "us-gov-east-1"].into_iter().all(is_region));
/// assert!(!["production", "eu-west", "-1", "210987654321"].into_iter().any(is_region));
/// ```
pub fn is_region(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [words @ .., number] = parts.as_slice() else {
        return false;
    };
    words.len() >= 2
        && number.parse::<u8>().is_ok()
        && words
            .iter()
            .all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase()))
}

/// The partition that a Region is in (AWS General Reference, "Amazon Resource Names").
pub fn partition(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}

/// The domain that AWS's names of a Region end with (CloudFormation user guide, "Pseudo parameters reference", `AWS::URLSuffix`).
pub fn url_suffix(region: &str) -> &'static str {
    match partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        _ => "amazonaws.com",
    }
}
