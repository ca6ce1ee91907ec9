//! A function, as the resources name it that invoke it.

use std::collections::BTreeSet;

use rehearsal_template::stack::Resource;
use rehearsal_template::{Stack, Value as Resolved};

/// A function, as resources name it that invoke it.
pub(super) struct Target<'s> {
    /// The logical ids of the function and of its aliases.
    ids: BTreeSet<&'s str>,
    /// Its ARN without a qualifier.
    arn: Option<&'s str>,
}

impl<'s> Target<'s> {
    pub(super) fn new(stack: &'s Stack, function: &'s str) -> Self {
        let aliases = stack
            .aliases
            .iter()
            .filter(|alias| alias.function.is(function));
        let arn = stack
            .function(function)
            .and_then(|function| function.arn.known_value());
        Self {
            ids: aliases
                .map(|alias| alias.logical_id.as_str())
                .chain([function])
                .collect(),
            arn: arn.map(String::as_str),
        }
    }

    /// Whether a resource refers to it or to one of its aliases.
    pub(super) fn is_referred_to_by(&self, resource: &Resource) -> bool {
        let mut references = resource.references.keys();
        references.any(|id| self.ids.contains(id.as_str()))
    }

    /// Whether a value is its ARN, with or without a qualifier: also where only AWS knows what the value is.
    pub(super) fn is_named_by(&self, value: Option<&Resolved>) -> bool {
        match (value.and_then(Resolved::as_str), self.arn) {
            (Some(text), Some(arn)) => {
                let rest = text.strip_prefix(arn);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            }
            _ => true,
        }
    }
}
