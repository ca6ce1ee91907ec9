//! The names of the properties of CloudFormation's own types, those that lie on a deployment's path.
//!
//! From the resource provider schemas (CloudFormation user guide, "Resource type schema"), as cfn-lint ships them; `tests/oracle/schemas.py`
//! writes the table. A schema's `additionalProperties: false` is why CloudFormation refuses any other name: `extraneous key [x] is not
//! permitted`, `Encountered unsupported property x`.

use std::sync::LazyLock;

use crate::text::QuickMap;

/// A line is a type or a place inside one, and the names that may stand there.
static TABLE: &str = include_str!("schemas.txt");

static NAMES: LazyLock<QuickMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let rows = TABLE.lines().filter_map(|line| line.split_once(": "));
    rows.map(|(path, names)| (path, names.split(' ').collect()))
        .collect()
});

/// The names that may stand at a place: `AWS::Lambda::Function`, `AWS::Lambda::Function/Environment`. `None` where any may, or the type is
/// not in the table.
pub(crate) fn names(path: &str) -> Option<&'static [&'static str]> {
    NAMES.get(path).map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_names_and_what_may_have_any_has_none() {
        let names_of = |path| names(path).unwrap_or_default();
        assert!(names_of("AWS::CloudWatch::Alarm").contains(&"TreatMissingData"));
        assert_eq!(names_of("AWS::Lambda::Function/Environment"), ["Variables"]);
        assert_eq!(names("AWS::Lambda::Function/Environment/Variables"), None);
        assert_eq!(names("AWS::EC2::Instance"), None);
    }
}
