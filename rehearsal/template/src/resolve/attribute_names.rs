//! What `Fn::GetAtt` gives of a type of CloudFormation's, by name.
//!
//! From the resource provider schemas' `readOnlyProperties`, with what cfn-lint knows beyond them; `tests/oracle/schemas.py` writes the table.
//! CloudFormation refuses any other name before anything is deployed: `Template error: resource X does not support attribute type Y in
//! Fn::GetAtt`.

use std::sync::LazyLock;

use crate::text::QuickMap;

/// A line is a type, and its attributes, if it has any.
static TABLE: &str = include_str!("attribute_names.txt");

static NAMES: LazyLock<QuickMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(|line| line.split_once(": "));
    rows.map(|(r#type, names)| (r#type, names.split_whitespace().collect()))
        .collect()
});

/// The attributes of a type. `None` where the type is not in the table.
pub(super) fn of(r#type: &str) -> Option<&'static [&'static str]> {
    NAMES.get(r#type).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_has_its_attributes_or_none_or_is_not_in_the_table() {
        let has = |r#type, name: &str| of(r#type).is_some_and(|names| names.contains(&name));
        assert!(has("AWS::Lambda::Function", "Arn"));
        assert!(has("AWS::Lambda::Url", "FunctionUrl"));
        assert!(!has("AWS::Lambda::Function", "FunctionName"));
        assert_eq!(of("AWS::ApiGateway::Stage"), Some(&[][..]));
        assert_eq!(of("AWS::CloudFormation::Stack"), None);
    }
}
